package matchers

import (
	"hash/maphash"

	"coldcase/matchers/event"
)

// costlyLeaf is a leaf whose test is worth remembering: regular expressions, lists of
// patterns, networks. Rules share leaves, so one asks for the result of an event once,
// and the values of fields repeat from event to event, so the worker's memo knows many.
type costlyLeaf struct {
	leaf
	id   uint32 // from 0 on, distinct in one Matcher
	memo bool   // worth a place in the worker's memo
}

// Costs from which on results are remembered: within an event, which saves some 200 ns an
// event of cmd/evgen with all rules, and from one event to the next. The latter made no
// difference there that could be told from noise; it is for evidence whose values pass
// the shapes of expressions and repeat.
const (
	costlyFrom = 20
	memoFrom   = 100
)

// isCostly says whether the test of a leaf hangs on the value alone, so that it can be
// remembered, and costs enough.
func isCostly(t test) bool {
	switch t.(type) {
	case *regexpTest, *globTest, *netTest, *anyTokenTest, *phraseTest, *tokenGlobTest:
		return costOfTest(t) >= costlyFrom
	}
	return false
}

// maybeCostly makes a leaf costly that is.
func (c *compiler) maybeCostly(l *leaf) node {
	if !isCostly(l.test) {
		return l
	}
	c.costly++
	return &costlyLeaf{leaf: *l, id: c.costly - 1, memo: costOfTest(l.test) >= memoFrom}
}

func (l *costlyLeaf) eval(s *scratch) bool {
	if s.strict || s.memo == nil {
		return l.leaf.eval(s)
	}
	for int(l.id) >= len(s.known) {
		s.known = append(s.known, known{})
	}
	k := &s.known[l.id]
	if k.gen != s.gen {
		*k = known{s.gen, l.anyValue(s)}
	}
	return k.value
}

// anyValue is leaf.eval, with the worker's memo in front of the test.
func (l *costlyLeaf) anyValue(s *scratch) bool {
	if !l.memo {
		return l.leaf.eval(s)
	}
	for i, v := range s.ev.Values(int(l.slot)) {
		if v, ok := l.look(s, i, v); ok && s.memo.match(l, s, v) {
			return true
		}
	}
	return false
}

// known is what a costly leaf was on an event.
type known struct {
	gen   uint32
	value bool
}

// testMemo remembers the results of the tests of costly leaves on single values. It has
// a fixed size: each entry has one place. A result is taken only when leaf, kind and all
// bytes of the value are the same, so that a collision costs time and nothing else, and
// the hash is seeded at random, so that evidence cannot aim at that.
type testMemo struct {
	seed    maphash.Seed
	entries []memoEntry
}

// memoEntry is 128 bytes: two lines of a processor's cache.
type memoEntry struct {
	leaf   uint32 // 1 more than the leaf's id
	size   uint8
	kind   event.Kind
	result bool
	text   [maxMemoText]byte
}

const (
	memoEntries = 1 << 11 // 256 KiB, an eighth of a usual second level cache
	maxMemoText = 121
)

func newTestMemo() *testMemo { return &testMemo{maphash.MakeSeed(), make([]memoEntry, memoEntries)} }

func (m *testMemo) match(l *costlyLeaf, s *scratch, v event.Value) bool {
	if len(v.Text) > maxMemoText {
		return l.test.match(s, v)
	}
	e := &m.entries[(maphash.Bytes(m.seed, v.Text)+uint64(l.id)*memoSpread)%memoEntries]
	if e.leaf == l.id+1 && e.kind == v.Kind && string(e.text[:e.size]) == string(v.Text) {
		return e.result
	}
	e.leaf, e.kind, e.size = l.id+1, v.Kind, uint8(copy(e.text[:], v.Text))
	e.result = l.test.match(s, v)
	return e.result
}

// memoSpread keeps the leaves' entries for one value apart.
const memoSpread = 0x9E3779B1
