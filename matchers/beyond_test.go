package matchers

import (
	"strings"
	"testing"

	"coldcase/rules"
	"coldcase/rules/schema"
)

func TestLimits(t *testing.T) {
	ls := limits{}
	ls.add(0, schema.Field{})
	ls.add(1, schema.Field{IgnoreAbove: 1024})
	ls.add(1, schema.Field{IgnoreAbove: 256})
	ls.add(1, schema.Field{IgnoreAbove: 1024})
	ls.add(2, schema.Field{IgnoreAbove: 8, HasNullValue: true, NullValue: "longer than that"})
	ls.add(2, schema.Field{IgnoreAbove: 8})
	got := ls.bySlot(4)
	for slot, want := range []int{0, 256, anyLength, 0} {
		if got[slot] != want {
			t.Errorf("limit of slot %d is %d, want %d", slot, got[slot], want)
		}
	}
}

// A hit is beyond what a live stack finds when it rests on a value of more characters,
// not bytes, than the mapping indexes; on both paths.
func TestBeyond(t *testing.T) {
	p := newTwoPaths(t, []*rules.Rule{eventRule(parseQuery(t, `process where process.args : "x*"`))}, Options{AnyIndex: true})
	f := func(want bool, args ...any) {
		t.Helper()
		d := docOf(t, kccBase).with(args, "process", "args")
		p.line(t, d.line(t))
		if hits := match(t, p.fast, string(d.line(t))); len(hits) != 1 || hits[0].Beyond != want {
			t.Errorf("%.20q: %+v, want beyond %v", args, hits, want)
		}
	}
	long := "x" + strings.Repeat("y", 1024)
	f(false, "x")
	f(false, long[:1024])
	f(true, long)
	f(false, long, "x")
	f(false, "x"+strings.Repeat("\u00e9", 1023)) // 2047 bytes
	f(true, "x"+strings.Repeat("\u00e9", 1024))
}
