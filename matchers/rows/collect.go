package rows

import (
	"container/heap"
	"slices"
)

// collected is VALUES: the distinct values, sorted. At its limit it holds the smallest,
// so that the result does not depend on the order of rows.
type collected struct {
	limit int // bytes
	set   map[Scalar]struct{}
	bytes int
	left  int64
	// above is the smallest value that was left out: those from it on are not held.
	above *Scalar
}

// scalarSize is about what a value takes in a set, beside its text.
const scalarSize = 64

func newCollected(limit int) *collected { return &collected{limit: limit} }

func (s *collected) add(a []Value) {
	for _, x := range a[0] {
		s.note(x)
	}
}

func (s *collected) note(x Scalar) {
	if _, ok := s.set[x]; ok {
		return
	}
	if s.above != nil && less(x, *s.above) >= 0 {
		s.left++
		return
	}
	if s.set == nil {
		s.set = map[Scalar]struct{}{}
	}
	s.set[x] = struct{}{}
	if s.bytes += scalarSize + len(x.S); s.bytes > s.limit {
		s.prune()
	}
}

// prune gives up the largest values, down to half of the limit.
func (s *collected) prune() {
	all := s.sorted()
	keep, size := 0, 0
	for keep < len(all) && size+scalarSize+len(all[keep].S) <= s.limit/2 {
		size += scalarSize + len(all[keep].S)
		keep++
	}
	for _, x := range all[keep:] {
		delete(s.set, x)
	}
	if keep < len(all) {
		s.above = &all[keep]
		s.left += int64(len(all) - keep)
	}
	s.bytes = size
}

func (s *collected) sorted() Value {
	out := make(Value, 0, len(s.set))
	for x := range s.set {
		out = append(out, x)
	}
	slices.SortFunc(out, less)
	return out
}

func (s *collected) merge(o state) {
	t := o.(*collected)
	for x := range t.set {
		s.note(x)
	}
	s.left += t.left
	if t.above == nil || s.above != nil && less(*s.above, *t.above) <= 0 {
		return
	}
	s.above = t.above
	for x := range s.set {
		if less(x, *s.above) >= 0 {
			delete(s.set, x)
			s.bytes -= scalarSize + len(x.S)
			s.left++
		}
	}
}

func (s *collected) dropped() int64 { return s.left }

// result is what is held: with values left out, exactly those below the first of them.
func (s *collected) result() Value {
	if len(s.set) == 0 {
		return nil
	}
	return s.sorted()
}

// top is the n smallest or largest values, with duplicates.
type top struct {
	n     int
	desc  bool
	limit int // bytes
	heap  topHeap
	bytes int
	left  int64
}

// topHeap has the value that goes first at its front.
type topHeap struct {
	values Value
	desc   bool
}

func (h *topHeap) Len() int { return len(h.values) }
func (h *topHeap) Less(i, j int) bool {
	c := less(h.values[i], h.values[j])
	return h.desc && c < 0 || !h.desc && c > 0
}
func (h *topHeap) Swap(i, j int) { h.values[i], h.values[j] = h.values[j], h.values[i] }
func (h *topHeap) Push(x any)    { h.values = append(h.values, x.(Scalar)) }
func (h *topHeap) Pop() any {
	last := h.values[len(h.values)-1]
	h.values = h.values[:len(h.values)-1]
	return last
}

func (s *top) add(a []Value) {
	for _, x := range a[0] {
		s.note(x)
	}
}

func (s *top) note(x Scalar) {
	s.heap.desc = s.desc
	heap.Push(&s.heap, x)
	s.bytes += scalarSize + len(x.S)
	for len(s.heap.values) > s.n || s.bytes > s.limit && len(s.heap.values) > 1 {
		if len(s.heap.values) <= s.n {
			s.left++
		}
		s.bytes -= scalarSize + len(heap.Pop(&s.heap).(Scalar).S)
	}
}

func (s *top) merge(o state) {
	t := o.(*top)
	for _, x := range t.heap.values {
		s.note(x)
	}
	s.left += t.left
}

func (s *top) dropped() int64 { return s.left }

func (s *top) result() Value {
	if len(s.heap.values) == 0 {
		return nil
	}
	out := sorted(s.heap.values)
	if s.desc {
		out = slices.Clone(out)
		slices.Reverse(out)
	}
	return slices.Clip(out)
}
