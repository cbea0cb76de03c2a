package index

import (
	"bytes"
	"slices"

	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// Table finds, among the trees of one class, those that an event can satisfy. It is
// immutable and safe for concurrent use.
type Table struct {
	n      int
	always []uint64 // a bit for each tree that has no atoms
	slots  []slotTable
	lookup *lookup // by key and salt
}

// slotTable says which kinds of atoms there are on a slot.
type slotTable struct {
	slot  int32
	kinds uint8 // bit for each atomKind
	// startSizes and endSizes have bit n set when there is a text of n bytes.
	startSizes, endSizes uint8
	maxExact             int32  // length of the longest text: longer values need no look-up
	salt                 uint64 // of the slot
}

// Salts keep the keys of the kinds of atoms on the slots apart. Were they not apart
// after all, it would cost an evaluation.
func slotSalt(slot int) uint64           { return uint64(slot+1) * mix2 }
func (st *slotTable) of(k wanted) uint64 { return st.salt + uint64(k)*mix3 }

// wanted is what is asked of a slot or value: that an atom holds, or that it is odd in a
// way in which that cannot be told.
type wanted uint8

const (
	wantPresent wanted = iota
	wantExact
	wantStart
	wantEnd
	wantGram
	wantNumber
	wantOddNumber // a number in another spelling than with digits alone
	wantColon     // perhaps an IPv6 address
)

// builder collects the atoms of a table.
type builder struct {
	slots map[int]*slotTable
	rules map[uint64][]int32
}

// NewTable makes the table of the trees xs, numbered from 0. Fields that the layout
// lacks are not known to be absent: trees that ask for them are always tried.
func NewTable(xs []query.Expr, s *schema.Schema, l *event.Layout) *Table {
	t := &Table{n: len(xs), always: make([]uint64, (len(xs)+63)/64)}
	f := fields{s, l}
	b := builder{map[int]*slotTable{}, map[uint64][]int32{}}
	for i, x := range xs {
		atoms, _, ok := f.anchorsOf(x)
		if !ok {
			set(t.always, []int32{int32(i)})
		}
		for _, a := range atoms {
			b.add(a, int32(i))
		}
	}
	for _, st := range b.slots {
		t.slots = append(t.slots, *st)
	}
	slices.SortFunc(t.slots, func(a, b slotTable) int { return int(a.slot - b.slot) })
	t.lookup = newLookup(b.rules)
	return t
}

func (b *builder) slot(slot int) *slotTable {
	st := b.slots[slot]
	if st == nil {
		st = &slotTable{slot: int32(slot), salt: slotSalt(slot)}
		b.slots[slot] = st
	}
	return st
}

func (b *builder) add(a atom, rule int32) {
	st, text := b.slot(a.slot), []byte(a.text)
	st.kinds |= 1 << a.kind
	put := func(k wanted, key uint64) {
		key ^= st.of(k)
		if rs := b.rules[key]; len(rs) == 0 || rs[len(rs)-1] != rule {
			b.rules[key] = append(rs, rule)
		}
	}
	switch a.kind {
	case present:
		put(wantPresent, 0)
	case exact:
		put(wantExact, wholeKey(text))
		st.maxExact = max(st.maxExact, int32(len(text)))
	case start:
		put(wantStart, startKey(text, len(text)))
		st.startSizes |= 1 << len(text)
	case end:
		put(wantEnd, stopKey(text, len(text)))
		st.endSizes |= 1 << len(text)
	case gram:
		put(wantGram, gramKey(text))
	case number:
		put(wantNumber, a.n)
		put(wantOddNumber, 0)
	case address:
		put(wantExact, wholeKey(text))
		st.maxExact = max(st.maxExact, int32(len(text)))
		put(wantColon, 0)
	}
}

// Candidates sets in dst, which must have Len bits, the numbers of the trees that ev
// can satisfy, and clears the others. It allocates nothing.
func (t *Table) Candidates(dst []uint64, ev *event.Event) {
	copy(dst, t.always)
	for i := range t.slots {
		st := &t.slots[i]
		values := ev.Values(int(st.slot))
		if len(values) == 0 {
			continue
		}
		if st.kinds&(1<<present) != 0 {
			t.lookup.findSlot(dst, st.of(wantPresent))
		}
		if st.kinds == 1<<present {
			continue
		}
		for j := range values {
			st.find(dst, t.lookup, values[j].Text)
		}
	}
}

// find sets the trees with an atom that holds on a value.
func (st *slotTable) find(dst []uint64, l *lookup, b []byte) {
	if st.kinds&(1<<exact|1<<address) != 0 && len(b) <= int(st.maxExact) {
		l.find(dst, wholeKey(b)^st.of(wantExact))
	}
	if st.kinds&(1<<start|1<<end) != 0 {
		st.findEnds(dst, l, b)
	}
	if st.kinds&(1<<number) != 0 {
		st.findNumber(dst, l, b)
	}
	if st.kinds&(1<<address) != 0 && bytes.IndexByte(b, ':') >= 0 {
		l.findSlot(dst, st.of(wantColon))
	}
	if st.kinds&(1<<gram) != 0 {
		l.findGrams(dst, b, st.of(wantGram))
	}
}

func (st *slotTable) findEnds(dst []uint64, l *lookup, b []byte) {
	h := head(b)
	for n := 1; n <= min(endSize, len(b)); n++ {
		if st.startSizes&(1<<n) != 0 {
			l.find(dst, endKey(h, n)^st.of(wantStart))
		}
		if st.endSizes&(1<<n) != 0 {
			l.find(dst, stopKey(b, n)^st.of(wantEnd))
		}
	}
}

func (st *slotTable) findNumber(dst []uint64, l *lookup, b []byte) {
	if n, ok := plainNumber(b); ok {
		l.find(dst, n^st.of(wantNumber))
	} else if mayBeNumber(b) {
		l.findSlot(dst, st.of(wantOddNumber))
	}
}

// Len returns the number of trees.
func (t *Table) Len() int { return t.n }
