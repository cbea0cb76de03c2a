package lines

import (
	"cmp"
	"slices"
)

// The kinds of Bad that the framer finds.
const (
	// KindCutOff is a line at which a damaged input ends.
	KindCutOff = "cut off by damage"
	// KindUTF16 is a line of an input in UTF-16, which is not read.
	KindUTF16 = "UTF-16 text"
)

// Bad counts the lines of one kind that could not be used, with the position of the
// first.
type Bad struct {
	Kind   string
	Count  int64
	Line   int64 // of the first: 1-based
	Offset int64 // of the first, in the decoded stream
}

// AddBad adds to list one of the same input, which may be of a kind that is listed
// already. The result does not depend on the order of additions: it is sorted by
// kind, and the first position wins.
func AddBad(list []Bad, b Bad) []Bad {
	i, ok := slices.BinarySearchFunc(list, b.Kind, func(x Bad, kind string) int {
		return cmp.Compare(x.Kind, kind)
	})
	if !ok {
		return slices.Insert(list, i, b)
	}
	x := &list[i]
	x.Count += b.Count
	if b.Line < x.Line || b.Line == x.Line && b.Offset < x.Offset {
		x.Line, x.Offset = b.Line, b.Offset
	}
	return list
}
