package matchers

import (
	"cmp"
	"slices"
)

// Costs of evaluation, in about nanoseconds of one value.
const (
	costExists  = 1
	costText    = 3
	costMany    = 15
	costNumber  = 6
	costGlob    = 20 // of a pattern with no literal text at either end of it
	costEdges   = 2
	costNet     = 8
	costDate    = 40
	costWords   = 60
	costRegexp  = 300
	costScript  = 400
	costElement = 4000 // nested queries and those on any field
)

// costOf says about how long a node takes, so that the cheap parts of an and or an or
// come first: they often settle it.
func costOf(n node) int {
	switch n := n.(type) {
	case constNode:
		return 0
	case *existsNode:
		return costExists
	case *leaf:
		return costOfTest(n.test)
	case *costlyLeaf:
		return costOfTest(n.test)
	case notNode:
		return costOf(n.x)
	case andNode:
		return costOfAll(n)
	case orNode:
		return costOfAll(n)
	case *nestedNode, *anyFieldNode:
		return costElement
	}
	return costScript
}

func costOfAll(ns []node) int {
	sum := 0
	for _, n := range ns {
		sum += costOf(n)
	}
	return sum
}

func costOfTest(t test) int {
	switch t := t.(type) {
	case *textTest:
		if t.many != nil {
			return costMany
		}
		return costText
	case *boolTest:
		return costText
	case *numberTest, *numberRange, *textRange, *versionRange:
		return costNumber
	case *dynamicTest:
		return costOfTest(t.text)
	case *globTest:
		return costText + t.cost()
	case *netTest:
		return costMany + costNet*min(len(t.nets), manyNets)
	case *addrRange:
		return costMany
	case *dateTest, *dateRange:
		return costDate
	case *bothTest:
		return costOfTest(t.a) + costOfTest(t.b)
	case *regexpTest:
		return costRegexp * len(t.res)
	}
	return costWords
}

func (t *globTest) cost() (sum int) {
	for _, e := range t.edges {
		if e.headMask|e.tailMask == 0 {
			sum += costGlob
		} else {
			sum += costEdges
		}
	}
	return sum
}

// cheapFirst orders the parts of an and or an or; their order has no meaning.
func cheapFirst(ns []node) {
	type part struct {
		node
		cost int
	}
	parts := make([]part, len(ns))
	for i, n := range ns {
		parts[i] = part{n, costOf(n)}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(a.cost, b.cost) })
	for i, p := range parts {
		ns[i] = p.node
	}
}
