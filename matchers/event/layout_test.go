package event

import (
	"slices"
	"testing"
)

func TestLayout(t *testing.T) {
	l := NewLayout()
	for i, name := range []string{"b.c", "b", "a", "b.c.d"} {
		if got := l.Slot(name); got != i {
			t.Errorf("slot of %s: got %d, want %d", name, got, i)
		}
	}
	if got := l.Slot("b"); got != 1 || l.Len() != 4 {
		t.Errorf("b again: slot %d of %d, want 1 of 4", got, l.Len())
	}
	if got, ok := l.Lookup("b.c.d"); !ok || got != 3 || l.Name(3) != "b.c.d" {
		t.Errorf("b.c.d: got %d, %v, named %s", got, ok, l.Name(3))
	}
	if got, ok := l.Lookup("b.x"); ok {
		t.Errorf("b.x has slot %d", got)
	}
	if got, want := l.Names(), []string{"a", "b", "b.c", "b.c.d"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
