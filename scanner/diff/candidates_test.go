package diff

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Candidates are held against candidates, and none is said to be missed for sure.
func TestCandidates(t *testing.T) {
	mark := func(f stated) string {
		s := f.String()
		return s[:len(s)-1] + `,"candidate":true}`
	}
	event := func(id string) []string {
		return []string{eventWith(id, "2026-03-01T10:00:00Z", "2026-03-01T10:00:01Z")}
	}
	one := stated{id: "x1", rule: "r", host: "h", at: "2026-03-01T10:00:00Z", version: 1, events: event("e1")}
	two := stated{id: "x2", rule: "r", host: "h", at: "2026-03-01T10:00:00Z", version: 1, events: event("e2")}
	newer := two
	newer.id, newer.version = "x3", 2

	got, res := compared(t, Config{}, []string{mark(one), mark(two)}, []string{mark(one), mark(newer)})
	equal(t, "candidates of both", strings.Join(got, ", "), "changed x3 version 1 to 2, same x1")
	if d := cmp.Diff(map[string]int64{StatusSame: 1, StatusChanged: 1}, res.Candidates); d != "" || len(res.Counts) > 0 {
		t.Errorf("counts %v, candidates (-want, +got):\n%s", res.Counts, d)
	}
	equal(t, "candidates of A", res.A.Candidates, 2)

	// The same id, once as a candidate and once as a finding: two things.
	got, res = compared(t, Config{}, []string{mark(one)}, []string{one.String()})
	equal(t, "a verdict step lost", strings.Join(got, ", "), "gone x1, new x1")
	equal(t, "new findings", res.Counts[StatusNew], 1)
	equal(t, "gone candidates", res.Candidates[StatusGone], 1)
	equal(t, "rows", fmt.Sprint(res.Rows[0].Candidate, res.Rows[1].Candidate), "false true")

	// A stack that has asked its model has an alert for one of the two.
	alert := `{"@timestamp":"2026-03-01T10:05:00Z","kibana.alert.rule.rule_id":"r","kibana.alert.uuid":"u1","kibana.alert.original_time":"2026-03-01T10:00:00Z","kibana.alert.ancestors.id":"e1"}`
	got, res = compared(t, Config{}, []string{mark(one), mark(two)}, []string{alert})
	equal(t, "candidates and alerts", strings.Join(got, ", "), "both x1, missed x2 "+noVerdict)
	equal(t, "missed", res.Counts[StatusMissed], 0)
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
