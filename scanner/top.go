package scanner

import "slices"

// top keeps the first of any number of values in a total order: at most n, and no
// more than fit text bytes by size, but one. It needs memory for twice as many. The
// result does not depend on the order in which values are added: a value that is cut
// stands behind enough others already, and more can only come before it.
type top[T any] struct {
	n, text int
	compare func(a, b T) int
	size    func(v T) int
	kept    []T
	held    int // bytes of the texts of kept
	seen    int64
}

func (t *top[T]) add(v T) {
	t.seen++
	t.kept = append(t.kept, v)
	t.held += t.size(v)
	if len(t.kept) >= 2*t.n || t.held >= 2*t.text {
		t.cut()
	}
}

func (t *top[T]) cut() {
	slices.SortFunc(t.kept, t.compare)
	n, held := 0, 0
	for n < len(t.kept) && n < t.n {
		size := t.size(t.kept[n])
		if n > 0 && held+size > t.text {
			break
		}
		n, held = n+1, held+size
	}
	clear(t.kept[n:])
	t.kept, t.held = t.kept[:n], held
}

// sorted returns the kept values in order.
func (t *top[T]) sorted() []T {
	t.cut()
	return t.kept
}
