package correlate_test

import (
	"fmt"
	"testing"

	"coldcase/matchers/rows"
	"coldcase/rules/esql"
)

// replayAgrees holds what explaining makes of rows against what the pipe made of them: the
// same result, and a way to the first row of it, which no command drops.
func replayAgrees(t testing.TB, p *rows.Program, in []rows.Waiting, want [][]any) {
	t.Helper()
	var got [][]any
	all := func(row []rows.Value) bool {
		cells := []any{}
		for _, v := range row {
			cells = append(cells, v.JSON())
		}
		got = append(got, cells)
		return false
	}
	way, first, err := p.NewTracer().Replay(p.NewEnv(), in, all)
	if err != nil {
		t.Fatal(err)
	}
	if len(in) == 0 || len(got) == 0 && len(want) == 1 && countsNothing(p) {
		return // the row of a STATS over no rows, behind which there is no event
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("replayed as %v\nthe pipe has %v", got, want)
	}
	if (first != nil) != (len(want) > 0) {
		t.Errorf("%d rows, and %v is explained", len(want), first)
	}
	last := 0
	for i, x := range way {
		dropped := i == len(way)-1 && len(want) == 0
		if x.At < last || x.Dropped != dropped || x.Where != nil && (x.Where.Truth == rows.Yes) == x.Dropped {
			t.Errorf("step %d of %d does not follow: %+v", i, len(way), x)
		}
		last = x.At
	}
}

// countsNothing says whether a STATS of the query has no keys.
func countsNothing(p *rows.Program) bool {
	for _, c := range p.Commands() {
		if s, ok := c.(*esql.Stats); ok && !s.Inline && len(s.By) == 0 {
			return true
		}
	}
	return false
}
