package rows

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"coldcase/rules/esql"
)

// compare orders two values; ok is false for values that have no order, such as a number
// and a string. Whole numbers are compared exactly, others as doubles.
func compare(a, b Scalar) (c int, ok bool) {
	if a.Type != b.Type {
		if isNumber(a.Type) && isNumber(b.Type) {
			return compareNumbers(a, b), true
		}
		var aok, bok bool
		if a, aok = as(a, b.Type); !aok {
			if b, bok = as(b, a.Type); !bok {
				return 0, false
			}
		}
	}
	switch a.Type {
	case esql.Boolean, esql.UnsignedLong:
		return sign(a.N < b.N, a.N > b.N), true
	case esql.Integer, esql.Long, esql.Date:
		return sign(a.int() < b.int(), a.int() > b.int()), true
	case esql.Double:
		return compareNumbers(a, b), true
	case esql.Keyword, esql.IP:
		return strings.Compare(a.S, b.S), true
	case esql.Version:
		return bytes.Compare(appendVersion(nil, a.S), appendVersion(nil, b.S)), true
	case esql.GeoPoint:
		return sign(a != b, false), a == b
	}
	return 0, false
}

func sign(less, more bool) int {
	switch {
	case less:
		return -1
	case more:
		return 1
	}
	return 0
}

func compareNumbers(a, b Scalar) int {
	if a.Type != esql.Double && b.Type != esql.Double {
		return compareWhole(a, b)
	}
	x, y := a.float(), b.float()
	return sign(x < y, x > y)
}

// compareWhole takes unsigned and signed numbers.
func compareWhole(a, b Scalar) int {
	negative := func(s Scalar) bool { return s.Type != esql.UnsignedLong && s.int() < 0 }
	switch {
	case negative(a) != negative(b):
		return sign(negative(a), negative(b))
	case negative(a):
		return sign(a.int() < b.int(), a.int() > b.int())
	}
	return sign(a.N < b.N, a.N > b.N)
}

// less orders values of any types, as a whole: those without an order by their type.
func less(a, b Scalar) int {
	if c, ok := compare(a, b); ok && c != 0 {
		return c
	}
	return bytes.Compare(appendScalar(nil, a), appendScalar(nil, b))
}

// sorted returns the values of a list in ascending order.
func sorted(v Value) Value {
	if slices.IsSortedFunc(v, less) {
		return v
	}
	out := slices.Clone(v)
	slices.SortStableFunc(out, less)
	return out
}

// appendScalar appends a value so that bytes.Compare orders values of one type as SORT
// does, and whole numbers and fractions together. Values are equal when the bytes are.
// What is appended is no beginning of another.
func appendScalar(dst []byte, s Scalar) []byte {
	switch s.Type {
	case esql.Integer, esql.Long, esql.UnsignedLong, esql.Double:
		return appendNumber(append(dst, 'd'), s)
	case esql.Keyword:
		return appendText(append(dst, 's'), s.S)
	case esql.Version:
		return appendText(appendVersion(append(dst, 'v'), s.S), s.S)
	case esql.Date:
		return binary.BigEndian.AppendUint64(append(dst, 't'), s.N^1<<63)
	case esql.Boolean:
		return append(dst, 'b', byte(s.N))
	case esql.IP:
		return append(append(dst, 'i'), s.S...)
	}
	dst = binary.BigEndian.AppendUint64(append(dst, 'z', byte(s.Type)), s.N)
	return appendText(dst, s.S)
}

// appendNumber writes the double first, then what a double cannot tell of a whole number.
func appendNumber(dst []byte, s Scalar) []byte {
	f := math.Float64bits(s.float())
	if f>>63 == 1 {
		f = ^f
	} else {
		f |= 1 << 63
	}
	rest := uint64(0)
	if s.Type != esql.Double {
		rest = s.N
		if s.Type != esql.UnsignedLong {
			rest ^= 1 << 63
		}
	} else if x := s.float(); x >= -1<<62 && x <= 1<<62 {
		rest = uint64(int64(x)) ^ 1<<63
	}
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, f), rest)
}

// appendText ends with a mark that sorts a text before those that it begins.
func appendText(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		dst = append(dst, s[i])
		if s[i] == 0 {
			dst = append(dst, 0xff)
		}
	}
	return append(dst, 0, 0)
}

// appendVersion writes a version in its order: by numeric core, a pre-release before its
// release, what is no version last. Build metadata comes last.
func appendVersion(dst []byte, s string) []byte {
	rest, build, _ := strings.Cut(s, "+")
	core, pre, hasPre := strings.Cut(rest, "-")
	parts := strings.Split(core, ".")
	if slices.ContainsFunc(parts, func(p string) bool { return !isDigits(p) }) {
		return appendText(append(dst, 2), s)
	}
	dst = append(dst, 1)
	for _, p := range parts {
		dst = appendDigits(append(dst, 1), p)
	}
	dst = append(dst, 0)
	if !hasPre || pre == "" {
		return appendText(append(dst, 1), build)
	}
	dst = append(dst, 0)
	for _, p := range strings.Split(pre, ".") {
		if isDigits(p) {
			dst = appendDigits(append(dst, 1), p)
		} else {
			dst = appendText(append(dst, 2), p)
		}
	}
	return appendText(append(dst, 0), build)
}

// appendDigits orders numbers of any length: the longer is the larger.
func appendDigits(dst []byte, s string) []byte {
	s = strings.TrimLeft(s, "0")
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(s)))
	return append(dst, s...)
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// appendSortKey appends a value as one key of SORT: a list counts by its smallest value, or
// by its largest where the order is descending. Null stands first or last.
func appendSortKey(dst []byte, v Value, desc, nullsFirst bool) []byte {
	if len(v) == 0 {
		if nullsFirst {
			return append(dst, 0)
		}
		return append(dst, 2)
	}
	dst = append(dst, 1)
	start := len(dst)
	if !desc {
		return appendScalar(dst, slices.MinFunc(v, less))
	}
	dst = appendScalar(dst, slices.MaxFunc(v, less))
	for i := start; i < len(dst); i++ {
		dst[i] = ^dst[i]
	}
	return dst
}
