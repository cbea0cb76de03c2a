package event

// MayHaveLongName says whether a leaf of a JSON object that is well formed can have a
// dotted name of more than limit bytes. It may say so of one that has none, by some
// bytes; it never overlooks one. It takes one pass over b and no memory.
func MayHaveLongName(b []byte, limit int) bool {
	var open [maxDepth + 1]int // what each container around adds to a name
	depth, name, key := 0, 0, 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			if depth == len(open) {
				return true
			}
			open[depth] = key
			depth, name, key = depth+1, name+key, 0
		case '}', ']':
			if depth--; depth < 0 {
				return true
			}
			name, key = name-open[depth], 0
		case '"':
			end, _ := stringEnd(b, i+1)
			if end < 0 {
				return true
			}
			length := end - i - 1 // with a dot
			i = space(b, end)
			if i == len(b) || b[i] != ':' {
				i--
				continue
			}
			if key = length; name+key > limit {
				return true
			}
		}
	}
	return false
}
