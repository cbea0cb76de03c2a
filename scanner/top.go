package scanner

import "slices"

// top keeps the first of any number of values in a total order: at most n of them, and
// no more than have text bytes by size together, but always one. It needs memory for
// twice as many. The result does not depend on the order in which values are added: a
// value that was cut once stands behind too much already, and so does all behind it.
type top[T any] struct {
	n, text int
	compare func(a, b T) int
	size    func(v T) int
	kept    []T
	held    int  // bytes of the texts of kept
	cutAt   T    // the first value that was cut so far
	isCut   bool // cutAt is set
	seen    int64
}

func (t *top[T]) add(v T) {
	t.seen++
	if t.isCut && t.compare(v, t.cutAt) >= 0 {
		return
	}
	t.kept = append(t.kept, v)
	t.held += t.size(v)
	if len(t.kept) >= 2*t.n || t.held >= 2*t.text {
		t.cut()
	}
}

func (t *top[T]) cut() {
	slices.SortFunc(t.kept, t.compare)
	n, held := 0, 0
	for ; n < len(t.kept) && n < t.n; n++ {
		size := t.size(t.kept[n])
		if n > 0 && held+size > t.text {
			break
		}
		held += size
	}
	if n == len(t.kept) {
		return
	}
	t.cutAt, t.isCut = t.kept[n], true
	clear(t.kept[n:])
	t.kept, t.held = t.kept[:n], held
}

// sorted returns the kept values in order.
func (t *top[T]) sorted() []T {
	t.cut()
	return t.kept
}
