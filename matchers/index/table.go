package index

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// Table finds, among the trees of one class, those that an event can satisfy. It is
// immutable and safe for concurrent use.
type Table struct {
	n      int
	always []int32
	slots  []slotTable
}

// slotTable holds the atoms on one slot.
type slotTable struct {
	slot     int
	present  []int32
	exact    map[string][]int32
	maxExact int // length of the longest key: longer values need no look-up
	grams    *gramTable
}

// Folder returns the i-th value of a slot in ASCII lower case.
type Folder interface {
	Folded(slot, i int, text []byte) []byte
}

// NewTable makes the table of the trees xs, numbered from 0. Fields that the layout
// lacks never occur.
func NewTable(xs []query.Expr, s *schema.Schema, l *event.Layout) *Table {
	t := &Table{n: len(xs)}
	f := fields{s, l}
	bySlot := map[int]*slotTable{}
	for i, x := range xs {
		atoms, _, ok := f.anchorsOf(x)
		if !ok {
			t.always = append(t.always, int32(i))
			continue
		}
		for _, a := range atoms {
			st := bySlot[a.slot]
			if st == nil {
				st = &slotTable{slot: a.slot}
				bySlot[a.slot] = st
			}
			st.add(a, int32(i))
		}
	}
	for _, st := range bySlot {
		if st.grams != nil {
			st.grams.seal()
		}
		t.slots = append(t.slots, *st)
	}
	slices.SortFunc(t.slots, func(a, b slotTable) int { return a.slot - b.slot })
	return t
}

func (st *slotTable) add(a atom, i int32) {
	switch a.kind {
	case present:
		st.present = append(st.present, i)
	case exact:
		if st.exact == nil {
			st.exact = map[string][]int32{}
		}
		st.exact[a.text] = append(st.exact[a.text], i)
		st.maxExact = max(st.maxExact, len(a.text))
	case gram:
		if st.grams == nil {
			st.grams = &gramTable{rules: map[uint32][]int32{}}
		}
		st.grams.add(a.text, i)
	}
}

// Candidates sets in dst the numbers of the trees that ev can satisfy. dst must have
// room for Len bits and be clear. It allocates nothing.
func (t *Table) Candidates(dst []uint64, ev *event.Event, fold Folder) {
	set(dst, t.always)
	for i := range t.slots {
		st := &t.slots[i]
		values := ev.Values(st.slot)
		if len(values) == 0 {
			continue
		}
		set(dst, st.present)
		if st.exact == nil && st.grams == nil {
			continue
		}
		for j, v := range values {
			text := fold.Folded(st.slot, j, v.Text)
			if st.exact != nil && len(text) <= st.maxExact {
				set(dst, st.exact[string(text)])
			}
			if st.grams != nil {
				st.grams.find(dst, text)
			}
		}
	}
}

// Len returns the number of trees.
func (t *Table) Len() int { return t.n }

func set(dst []uint64, rules []int32) {
	for _, r := range rules {
		dst[r>>6] |= 1 << (uint(r) & 63)
	}
}

// gramTable finds which of a set of grams a text contains. In front of its map stands
// a filter of at least 32 bits a gram, so that nearly all positions cost one look
// at a few kilobytes.
type gramTable struct {
	filter []uint64
	shift  uint // a hash's high bits choose the filter's bit
	rules  map[uint32][]int32
}

func (g *gramTable) add(text string, rule int32) {
	k := binary.LittleEndian.Uint32([]byte(text))
	g.rules[k] = append(g.rules[k], rule)
}

// seal makes the filter.
func (g *gramTable) seal() {
	size := max(6, bits.Len(uint(len(g.rules)*32)))
	g.filter = make([]uint64, 1<<size/64)
	g.shift = uint(32 - size)
	for k := range g.rules {
		h := k * gramFactor >> g.shift
		g.filter[h>>6] |= 1 << (h & 63)
	}
}

// gramFactor is Knuth's multiplicative hash. A collision only costs a map look-up.
const gramFactor = 0x9E3779B1

func (g *gramTable) find(dst []uint64, text []byte) {
	for i := 0; i+gramSize <= len(text); i++ {
		k := binary.LittleEndian.Uint32(text[i:])
		if h := k * gramFactor >> g.shift; g.filter[h>>6]&(1<<(h&63)) != 0 {
			set(dst, g.rules[k])
		}
	}
}
