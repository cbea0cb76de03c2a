package lines

import (
	"cmp"
	"slices"
)

// The kinds of Bad that the framer finds.
const (
	// kindCutOff is a line or element that damage cuts: at its end, or at its beginning.
	kindCutOff = "cut off by damage"
	// KindNUL is a run of NUL bytes at the beginning or end of a line: a hole that a
	// crash left. What else is on the line is scanned.
	KindNUL = "NUL bytes"
	// kindNoEvents is a search response that holds no hits, but an error perhaps.
	kindNoEvents = "search response without events"
	// kindDoubt is what was taken for a search response, because it begins so, and then
	// says something that none says: that is not scanned.
	kindDoubt = "search response with foreign keys"
	// kindColumns is a row that has not as many cells as there are columns.
	kindColumns = "row with missing or surplus cells"
	// kindUnknown is followed by what is seen of an input that is of no known shape.
	// Its lines are counted as what they are, one by one.
	kindUnknown = "unknown shape"

	// These are named as the parser of events names lines of the same kind.
	kindBroken = "not JSON"
	kindShort  = "JSON breaks off"
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
