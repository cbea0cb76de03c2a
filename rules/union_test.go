package rules

import (
	"fmt"
	"slices"
	"testing"
)

// sides writes who has which rule: "a AB" is in both.
func sides(u *Union) []string {
	var out []string
	for i, r := range u.Rules {
		s := fmt.Sprintf("%s%d ", r.ID, r.Version)
		if u.InA(i) {
			s += "A"
		}
		if u.InB(i) {
			s += "B"
		}
		out = append(out, s)
	}
	return out
}

func TestUnite(t *testing.T) {
	alerts := rule("z", 1, "z", "q")
	alerts.Indices = []string{".alerts-security.alerts-*"}
	again := *alerts
	a := NewSet([]*Rule{rule("b", 1, "b1", "x"), rule("a", 2, "a", "x"), rule("gone", 1, "g", "x"), rule("b", 0, "b0", "y"), alerts}, nil)
	louder := rule("b", 1, "b1", "x")
	louder.Severity = "critical"
	b := NewSet([]*Rule{louder, rule("a", 2, "elsewhere", "x"), rule("a", 1, "older", "w"), rule("fresh", 1, "f", "x"), rule("b", 0, "b0", "y"), &again}, nil)
	u := Unite(a, b)
	want := []string{"a2 AB", "b1 A", "b0 AB", "gone1 A", "z1 A", "b1 B", "fresh1 B", "z1 B"}
	if got := sides(u); !slices.Equal(got, want) {
		t.Errorf("union is %q, want %q", got, want)
	}
	if got := a.Runnable(); !slices.Equal(u.Rules[:len(got)], got) {
		t.Error("the rules of A do not come first, in their order")
	}
	f := func(x, y int, want bool) {
		t.Helper()
		if got := u.Meet(x, y); got != want {
			t.Errorf("%s and %s meet: %v", sides(u)[x], sides(u)[y], got)
		}
	}
	f(0, 4, true)  // both and A
	f(0, 7, true)  // both and B
	f(1, 7, false) // A and B
	f(1, 3, true)
	f(5, 7, true)
}

// A set united with itself is itself.
func TestUniteWithItself(t *testing.T) {
	s := NewSet([]*Rule{rule("a", 1, "a", "x"), rule("b", 0, "b", "y"), rule("b", 0, "c", "z")}, nil)
	if got, want := sides(Unite(s, s)), []string{"a1 AB", "b0 AB", "b0 AB"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
