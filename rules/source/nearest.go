package source

// maxNearName bounds what is compared, in bytes: names in rules may be hostile.
const maxNearName = 100

// shortName is the length from which a name with two other letters is taken for the same.
const shortName = 10

// Nearest returns the one of known that is spelt most like name: one letter is other, of
// a name of ten letters or more two; "" when there is none. Of several it is the first.
func Nearest(name string, known []string) string {
	best, least := "", 2
	if len(name) >= shortName {
		least = 3
	}
	for _, other := range known {
		if d := len(name) - len(other); len(name) > maxNearName || d >= least || -d >= least {
			continue
		}
		if d := distance(name, other); d < least {
			best, least = other, d
		}
	}
	return best
}

// distance is the number of letters to be put in, left out, changed or swapped with the
// next to make b of a.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		two, one, row := rows[0], rows[1], rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(one[j]+1, row[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
		rows = [3][]int{one, row, two}
	}
	return rows[1][len(b)]
}
