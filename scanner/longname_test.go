package scanner

import (
	"slices"
	"strings"
	"testing"
)

// What queries on any field pass over is told, the same on both paths.
func TestLongNamesAreTold(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "any", "process.*:one"))
	long := `{"@timestamp":"2026-03-01T10:00:00Z","process":{"` + strings.Repeat("k", 5000) + `":"one"}}`
	path := write(t, t.TempDir(), "a.ndjson", ev{name: "one"}.String(), long, ev{name: "two"}.String(), long)
	for _, reference := range []bool{false, true} {
		cfg.Reference = reference
		res := scan(t, cfg, path)
		equal(t, "findings", res.Counts.Findings, 1)
		want := "events with a field name of more than 4,096 bytes: 2; queries on any field do not look at such fields"
		if !slices.Contains(res.Notes, want) {
			t.Errorf("reference %v: notes %q", reference, res.Notes)
		}
	}
}
