package matchers

import (
	"unicode/utf8"

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
type leaf struct {
	slot  int
	field schema.Field
	test  test
	// fold has the test look at values in ASCII lower case; the test's own texts
	// are lowered at compile time.
	fold bool
	// null, lowered if need be, stands for explicit nulls when the mapping has a
	// null_value.
	null *event.Value
}

func (l *leaf) eval(s *scratch) bool {
	for i, v := range s.ev.Values(l.slot) {
		if v.Kind == event.Object {
			continue
		}
		if v.Kind == event.Null {
			if l.null == nil {
				continue
			}
			v = *l.null
		} else if l.field.Lower {
			s.normal = appendLowerUnicode(s.normal[:0], v.Text)
			v.Text = s.normal
		} else if l.fold {
			v.Text = s.folded(l.slot, i, v.Text)
		}
		if s.strict && l.tooLong(v.Text) {
			continue
		}
		if l.test.match(s, v) {
			return true
		}
	}
	return false
}

// lowered is a text as the test looks at it.
func (l *leaf) lowered(b []byte) []byte { return lowering(l.fold, l.field.Lower).text(b) }

// holdsText says whether a text passes, apart from any event.
func (l *leaf) holdsText(b []byte) bool {
	return l.test.match(&scratch{}, event.Value{Kind: event.String, Text: l.lowered(b)})
}

// tooLong says whether a live stack would not have indexed the value.
func (l *leaf) tooLong(b []byte) bool {
	n := l.field.IgnoreAbove
	return n > 0 && len(b) > n && utf8.RuneCount(b) > n
}

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
