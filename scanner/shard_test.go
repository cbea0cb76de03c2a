package scanner

import (
	"context"
	"fmt"
	"testing"

	"coldcase/rules"
	"coldcase/rules/builtin"
)

// Mapping the evidence in one, three or eight shards gives the same result, byte for
// byte: rules that join events across inputs included.
func TestSameResultForAnyShards(t *testing.T) {
	set, err := builtin.Load()
	if err != nil {
		t.Fatal(err)
	}
	across := eqlRule(t, "across", `sequence by event.module with maxspan=100d [process where true] [process where true]`,
		func(r *rules.Rule) { r.Indices = []string{"*"} })
	cfg := config(t, rules.NewSet(append(set.Runnable(), across), nil))
	cfg = withDefaults(over(t, cfg, "../samples"))
	want := ""
	for _, n := range []int{1, 3, 8} {
		s, err := mapShards(context.Background(), cfg, t.TempDir(), n)
		if err != nil {
			t.Fatal(err)
		}
		res, err := reduce(context.Background(), cfg, s, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		got := whole(t, res)
		if err := res.Close(); err != nil {
			t.Error(err)
		}
		if want == "" {
			want = got
			if res.Counts.Findings <= 13 {
				t.Errorf("%d findings: the sequence found nothing", res.Counts.Findings)
			}
		}
		same(t, fmt.Sprint(n, " shards"), got, want)
	}
}
