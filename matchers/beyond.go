package matchers

import (
	"coldcase/matchers/event"
	"coldcase/rules/schema"
)

// limits are, by slot, the smallest ignore_above of the fields that leaves look at: an
// event without a value of more bytes is the same to a live stack.
type limits map[int]int

// anyLength is the limit of a slot of which each value may be one too long: the text
// that stands for its nulls may be.
const anyLength = -1

func (ls limits) add(slot int, f schema.Field) {
	limit := f.IgnoreAbove
	switch old, ok := ls[slot]; {
	case limit <= 0 || ok && old <= limit:
		return
	case f.HasNullValue:
		limit = anyLength
	}
	ls[slot] = limit
}

// bySlot returns the limits of n slots, 0 where there is none.
func (ls limits) bySlot(n int) []int {
	out := make([]int, n)
	for slot, limit := range ls {
		out[slot] = limit
	}
	return out
}

// isBeyond says whether a value of the event may be longer than a limit. Lowering keeps
// the number of characters, so that a text of few bytes is not too long lowered either.
func (m *Matcher) isBeyond(ev *event.Event) bool {
	for _, slot := range ev.Touched() {
		limit := m.limits[slot]
		if limit == 0 {
			continue
		}
		for _, v := range ev.Values(int(slot)) {
			if len(v.Text) > limit {
				return true
			}
		}
	}
	return false
}

// markBeyond evaluates the rules that hit once more as a live stack would have,
// without the values that its ignore_above keeps out of the index. Where there is no
// such value the outcome is known, but to the reference path.
func (w *Worker) markBeyond() {
	long := w.reference || w.m.isBeyond(&w.ev)
	w.s.strict = true
	for i := range w.hits {
		if st := &w.m.steps[w.hits[i].step]; long || st.tree {
			w.hits[i].Beyond = !w.try(st, st.n)
		}
	}
	w.s.strict = false
}
