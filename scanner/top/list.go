package top

import "slices"

// List keeps the first of any number of values in a total order: at most N of them, and
// no more than have Text bytes by Size together, but always one. It needs memory for
// twice as many. The result does not depend on the order in which values are added: a
// value that was cut once stands behind too much already, and so does all behind it.
type List[T any] struct {
	N, Text int
	Compare func(a, b T) int
	Size    func(v T) int
	// Seen is how many values were added.
	Seen int64

	kept  []T
	held  int  // bytes of the texts of kept
	cutAt T    // the first value that was cut so far
	isCut bool // cutAt is set
}

// Add adds a value.
func (t *List[T]) Add(v T) {
	t.Seen++
	if t.isCut && t.Compare(v, t.cutAt) >= 0 {
		return
	}
	t.kept = append(t.kept, v)
	t.held += t.Size(v)
	if len(t.kept) >= 2*t.N || t.held >= 2*t.Text {
		t.cut()
	}
}

func (t *List[T]) cut() {
	slices.SortFunc(t.kept, t.Compare)
	n, held := 0, 0
	for ; n < len(t.kept) && n < t.N; n++ {
		size := t.Size(t.kept[n])
		if n > 0 && held+size > t.Text {
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

// Sorted returns the kept values in order.
func (t *List[T]) Sorted() []T {
	t.cut()
	return t.kept
}
