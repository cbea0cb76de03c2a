package matchers

import (
	"math"
	"strconv"
)

// number is a whole number or a fraction. Whole numbers of 64 bits stay exact; all
// others are floats, as Elasticsearch's long and double are.
type number struct {
	i     int64
	f     float64
	whole bool
}

func whole(i int64) number      { return number{i: i, f: float64(i), whole: true} }
func fraction(f float64) number { return number{f: f} }
func (n number) isZero() bool   { return n.f == 0 }

// cmp returns -1, 0 or 1.
func (n number) cmp(m number) int {
	if n.whole && m.whole {
		switch {
		case n.i < m.i:
			return -1
		case n.i > m.i:
			return 1
		}
		return 0
	}
	switch {
	case n.f < m.f:
		return -1
	case n.f > m.f:
		return 1
	}
	return 0
}

// truncated is what a field of type long holds of n: coerce cuts the fraction.
func (n number) truncated() number {
	if n.whole || math.Abs(n.f) >= 1<<62 {
		return n
	}
	return whole(int64(n.f))
}

// parseNumber reads a decimal number: sign, digits, fraction, exponent. It
// allocates nothing for whole numbers; strconv sees only well-formed text, since
// its errors allocate.
func parseNumber(b []byte) (number, bool) {
	i, neg := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		i = 1
	}
	var v uint64
	start := i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		if i-start < 19 {
			v = v*10 + uint64(b[i]-'0') // 19 digits fit
		}
		i++
	}
	if i == len(b) && i > start && i-start <= 19 && v <= math.MaxInt64 {
		if neg {
			return whole(-int64(v)), true
		}
		return whole(int64(v)), true
	}
	if len(b) > 400 || !isFloat(b) {
		return number{}, false
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return number{}, false
	}
	return fraction(f), true
}

// isFloat says whether b is a decimal number with an optional fraction and
// exponent. Hexadecimal, inf and nan are not.
func isFloat(b []byte) bool {
	i := 0
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		i = 1
	}
	digits := func() int {
		n := 0
		for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
			n++
		}
		return n
	}
	n := digits()
	if i < len(b) && b[i] == '.' {
		i++
		n += digits()
	}
	if n == 0 {
		return false
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '-' || b[i] == '+') {
			i++
		}
		if digits() == 0 {
			return false
		}
	}
	return i == len(b)
}
