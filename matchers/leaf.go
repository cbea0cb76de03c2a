package matchers

import (
	"coldcase/matchers/event"
	"coldcase/rules/schema"
)

// node is a compiled predicate. Nodes are immutable and shared by all workers;
// what an evaluation needs to write is in the scratch.
type node interface{ eval(s *scratch) bool }

// test says whether one value satisfies a leaf predicate. Null and Object values
// never reach it.
type test interface {
	match(s *scratch, v event.Value) bool
}

// leaf is a predicate on one field: true when any value passes the test.
//
// It is small on purpose: trees are walked once an event, out of a cold cache.
type leaf struct {
	test test
	slot int32
	// ignoreAbove is that of the field.
	ignoreAbove int32
	// fold has the test look at values in ASCII lower case; the test's own texts
	// are lowered at compile time.
	fold bool
	// lower says that the field has a normalizer.
	lower bool
	// null, lowered if need be, stands for explicit nulls when the mapping has a
	// null_value.
	null *event.Value
}

func (l *leaf) eval(s *scratch) bool {
	for i, v := range s.ev.Values(int(l.slot)) {
		if v, ok := l.look(s, i, v); ok && l.test.match(s, v) {
			return true
		}
	}
	return false
}

// look returns the i-th value of the leaf's slot as the test looks at it; ok is false
// for one that it does not look at.
func (l *leaf) look(s *scratch, i int, v event.Value) (seen event.Value, ok bool) {
	switch {
	case v.Kind == event.Object:
		return v, false
	case v.Kind == event.Null:
		if l.null == nil {
			return v, false
		}
		v = *l.null
	case l.lower:
		s.normal = appendLowerUnicode(s.normal[:0], v.Text)
		v.Text = s.normal
	case l.fold:
		v.Text = s.folded(int(l.slot), i, v.Text)
	}
	return v, !s.strict || !l.tooLong(v.Text)
}

// lowered is a text as the test looks at it.
func (l *leaf) lowered(b []byte) []byte { return lowering(l.fold, l.lower).text(b) }

// holdsText says whether a text passes, apart from any event.
func (l *leaf) holdsText(b []byte) bool {
	return l.test.match(&scratch{}, event.Value{Kind: event.String, Text: l.lowered(b)})
}

// tooLong says whether a live stack would not have indexed the value.
func (l *leaf) tooLong(b []byte) bool { return tooLong(b, int(l.ignoreAbove)) }

// tooLong says whether b has more characters than ignore_above, 0 for no limit.
func tooLong(b []byte, limit int) bool { return schema.TooLong(b, limit) }

// constNode is always or never true.
type constNode bool

func (n constNode) eval(*scratch) bool { return bool(n) }

type andNode []node

func (n andNode) eval(s *scratch) bool {
	for _, x := range n {
		if !x.eval(s) {
			return false
		}
	}
	return true
}

type orNode []node

func (n orNode) eval(s *scratch) bool {
	for _, x := range n {
		if x.eval(s) {
			return true
		}
	}
	return false
}

type notNode struct{ x node }

func (n notNode) eval(s *scratch) bool { return !n.x.eval(s) }
