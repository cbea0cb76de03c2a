package scanner

import (
	"fmt"
	"strings"
	"testing"

	"coldcase/rules"

	"github.com/google/go-cmp/cmp"
)

// waiting makes a rule whose verdict step is skipped.
func waiting(r *rules.Rule) { r.Candidates, r.Severity, r.RiskScore = true, "low", 21 }

// candidateEvents are findings on two hosts and what candidates are made of: before the
// first of them, on the same host and in the same minute, and on a host of their own.
func candidateEvents(t *testing.T) string {
	t.Helper()
	return write(t, t.TempDir(), "a.ndjson", ev{time: at(0), name: "odd", id: "c1"}.String(), ev{time: at(5), name: "one", id: "f1"}.String(),
		ev{time: at(6), name: "two", id: "f2"}.String(), ev{time: at(7), name: "odd", id: "c2"}.String(),
		ev{time: at(8), name: "odd", host: "h2", user: "bob", id: "c3"}.String(), ev{time: at(9), name: "one", host: "h3", id: "f3"}.String())
}

// With a rule of candidates a run has all that it has without, and the candidates.
func TestCandidatesAreKeptApart(t *testing.T) {
	rs := func() []*rules.Rule {
		return []*rules.Rule{kqlRule(t, "one", `process.name : one`, tactic(3, "TA0002", "Execution")),
			kqlRule(t, "two", `process.name : two`, risk("high", 73), tactic(9, "TA0006", "Credential Access"))}
	}
	path := candidateEvents(t)
	alone := scan(t, withRules(t, rs()...), path)
	res := scan(t, withRules(t, append(rs(), kqlRule(t, "odd", `process.name : odd`, waiting, tactic(12, "TA0007", "Discovery")))...), path)

	equal(t, "candidates", res.Counts.Candidates, 3)
	equal(t, "groups of candidates", res.Counts.CandidateGroups, 2)
	for _, n := range []struct {
		what      string
		got, want int64
	}{{"findings", res.Counts.Findings, 3}, {"groups", res.Counts.Groups, 3}, {"low", res.Counts.BySeverity["low"], 0},
		{"chains", res.Counts.Chains, alone.Counts.Chains}, {"chains alone", alone.Counts.Chains, 1}} {
		equal(t, n.what, n.got, n.want)
	}
	equal(t, "first", res.First, alone.First)
	equal(t, "last", res.Last, alone.Last)
	for _, part := range []struct {
		what      string
		got, want any
	}{{"groups", placesOf(res.Groups), placesOf(alone.Groups)}, {"tactics", res.Tactics, alone.Tactics},
		{"entities", fmt.Sprint(entityNames(res)), fmt.Sprint(entityNames(alone))}} {
		if d := cmp.Diff(part.want, part.got); d != "" {
			t.Errorf("%s (-without, +with candidates):\n%s", part.what, d)
		}
	}
	// 21 of the rule, halved because a step is skipped (ranking.md), then by host.
	if d := cmp.Diff([]string{"odd h1 alice 2 10.5", "odd h2 bob 1 10.5"}, placesOf(res.Candidates)); d != "" {
		t.Errorf("candidates (-want, +got):\n%s", d)
	}
	for _, rr := range res.Rules {
		want := map[string][2]int64{"one": {2, 0}, "two": {1, 0}, "odd": {0, 3}}[rr.Name]
		if got := [2]int64{rr.Findings, rr.Candidates}; got != want {
			t.Errorf("%s: %v findings and candidates, want %v", rr.Name, got, want)
		}
	}
	// All are walked in the order of time, and each says what it is.
	equal(t, "order", brief(t, res), "odd h1 alice, one h1 alice, two h1 alice, odd h1 alice, odd h2 bob, one h3 alice")
	for _, f := range findings(t, res) {
		equal(t, "candidate of "+f.Rule.Name, f.Candidate, f.Rule.Name == "odd")
		if f.Candidate {
			equal(t, "chain of a candidate", f.Chain, "")
		}
	}
}

func placesOf(groups []Group) []string {
	var out []string
	for _, g := range groups {
		out = append(out, fmt.Sprintf("%s %s %s %d %v", g.Rule.Name, g.Host, g.User, g.Count, g.Score))
	}
	return out
}

func entityNames(res *Result) []string {
	var out []string
	for _, e := range res.Entities {
		out = append(out, fmt.Sprintf("%s %s %v %d", e.Kind, e.Name, e.Score, e.Rules))
	}
	return out
}

// A rule over alerts does not look at candidates, may have some of its own, and the notes
// say so.
func TestCandidatesAreNoAlerts(t *testing.T) {
	alerts := func(r *rules.Rule) { r.Indices = []string{".alerts-security.*"} }
	res := scan(t, withRules(t, kqlRule(t, "one", `process.name : one`), kqlRule(t, "odd", `process.name : odd`, waiting),
		kqlRule(t, "over", `kibana.alert.rule.name : (one or odd)`, alerts),
		kqlRule(t, "asked", `kibana.alert.rule.name : one and host.name : h3`, alerts, waiting)), candidateEvents(t))
	equal(t, "findings", brief(t, res),
		"odd h1 alice, one h1 alice, over h1 alice, odd h1 alice, odd h2 bob, asked h3 alice, one h3 alice, over h3 alice")
	equal(t, "candidates", res.Counts.Candidates, 4)
	said := false
	for _, n := range res.Notes {
		said = said || n == "candidates that rules over alerts did not look at: 3; without the verdict they are no alerts"
	}
	equal(t, "note", said, true)
}

// What one set of rules finds and the other only asks about is lost and gained.
func TestCompareCandidates(t *testing.T) {
	path := candidateEvents(t)
	query := `process.name : odd`
	finds, asks := kqlRule(t, "odd", query), kqlRule(t, "odd", query, waiting, version(2))
	wider := kqlRule(t, "odd", `process.name : (odd or one)`, waiting, version(3))
	f := func(a, b *rules.Rule, findings, candidates string) {
		t.Helper()
		c := scan(t, compared(t, []*rules.Rule{a}, []*rules.Rule{b}), path).Comparison
		equal(t, "findings", fmt.Sprintf("%d %d %d", c.Gained, c.Lost, c.Same), findings)
		k := c.Candidates
		equal(t, "candidates", fmt.Sprintf("%d %d %d", k.Gained, k.Lost, k.Same), candidates)
		for _, r := range append(c.Rules, k.Rules...) {
			if r.Was != a || r.Is != b {
				t.Errorf("rule %v, %v", r.Was, r.Is)
			}
		}
	}
	f(finds, asks, "0 3 0", "3 0 0")
	f(asks, finds, "3 0 0", "0 3 0")
	f(asks, wider, "0 0 0", "2 0 3")
}

// Candidates are held against candidates, and none is said to be missed for sure.
func TestDiffCandidates(t *testing.T) {
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

	got, res := diffLines(t, DiffConfig{}, []string{mark(one), mark(two)}, []string{mark(one), mark(newer)})
	same(t, "candidates of both", strings.Join(got, ", "), "changed x3 version 1 to 2, same x1")
	if d := cmp.Diff(map[string]int64{DiffSame: 1, DiffChanged: 1}, res.Candidates); d != "" || len(res.Counts) > 0 {
		t.Errorf("counts %v, candidates (-want, +got):\n%s", res.Counts, d)
	}
	equal(t, "candidates of A", res.A.Candidates, 2)

	// The same id, once as a candidate and once as a finding: two things.
	got, res = diffLines(t, DiffConfig{}, []string{mark(one)}, []string{one.String()})
	same(t, "a verdict step lost", strings.Join(got, ", "), "gone x1, new x1")
	equal(t, "new findings", res.Counts[DiffNew], 1)
	equal(t, "gone candidates", res.Candidates[DiffGone], 1)
	equal(t, "rows", fmt.Sprint(res.Rows[0].Candidate, res.Rows[1].Candidate), "false true")

	// A stack that has asked its model has an alert for one of the two.
	alert := `{"@timestamp":"2026-03-01T10:05:00Z","kibana.alert.rule.rule_id":"r","kibana.alert.uuid":"u1","kibana.alert.original_time":"2026-03-01T10:00:00Z","kibana.alert.ancestors.id":"e1"}`
	got, res = diffLines(t, DiffConfig{}, []string{mark(one), mark(two)}, []string{alert})
	same(t, "candidates and alerts", strings.Join(got, ", "), "both x1, missed x2 "+noVerdict)
	equal(t, "missed", res.Counts[DiffMissed], 0)
}

// A findings file says which of its lines are candidates.
func TestRecordedCandidate(t *testing.T) {
	one := stated{id: "aaaa", rule: "r", host: "h", at: "2026-03-01T10:00:00Z", version: 1, events: []string{`{"a":1}`}}
	two := one
	two.id = "bbbb"
	text := one.String()
	lines := text[:len(text)-1] + `,"candidate":true}` + "\n" + two.String() + "\n"
	for id, want := range map[string]bool{"aaaa": true, "bbbb": false} {
		x, err := FindFinding(strings.NewReader(lines), id)
		if err != nil || x.Candidate != want {
			t.Errorf("%s: %+v, %v", id, x, err)
		}
	}
}
