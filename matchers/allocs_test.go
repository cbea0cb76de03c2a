package matchers

import (
	"testing"

	"coldcase/rules"
	"coldcase/rules/builtin"
)

// builtinRules are the rules of the pack.
func builtinRules(t testing.TB) []*rules.Rule {
	t.Helper()
	set, err := builtin.Load()
	if err != nil {
		t.Fatal(err)
	}
	return set.Select(rules.Selection{}).Runnable()
}

// withoutHits returns the lines on which nothing fires, once a worker has seen them:
// what is new to it it may remember.
func withoutHits(t testing.TB, w *Worker, lines [][]byte) [][]byte {
	t.Helper()
	var quiet [][]byte
	for range 3 {
		quiet = quiet[:0]
		for _, line := range lines {
			hits, err := w.Match(line)
			if err == nil && len(hits) == 0 {
				quiet = append(quiet, line)
			}
		}
	}
	return quiet
}

func TestNoAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector empties the pools of regexp at random")
	}
	f := func(name string, rs []*rules.Rule, lines [][]byte, least int) {
		t.Helper()
		m, err := Compile(rs, Options{})
		if err != nil {
			t.Fatal(err)
		}
		w := m.NewWorker(false)
		quiet := withoutHits(t, w, lines)
		if len(quiet) < least {
			t.Errorf("%s: only %d of %d lines are without a hit", name, len(quiet), len(lines))
		}
		for _, line := range quiet {
			if n := testing.AllocsPerRun(5, func() { w.Match(line) }); n != 0 {
				t.Errorf("%s: %v allocations on %.300s", name, n, line)
			}
		}
	}
	var events [][]byte
	for _, ev := range quietEvents {
		events = append(events, []byte(ev))
	}
	f("built-in pack", builtinRules(t), events, len(events))

	shared(t)
	rs, err := corpus()
	if err != nil {
		t.Fatal(err)
	}
	f("corpus", rs, events, len(events)/2)
	real := readLines(t, shared(t, "events", "linux-benign.auditbeat.ndjson.gz"))
	f("corpus, auditbeat", rs, real[:min(len(real), 400)], 100)
}
