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

// A findings file says which of its lines are candidates.
func TestRecordedCandidate(t *testing.T) {
	stated := func(id, more string) string {
		return `{"schema":"coldcase/finding/1","finding_id":"` + id + `","rule":{"id":"r","version":1},"evidence":[{"file":"a.ndjson","line":1,"line_sha256":"00","event":{"a":1}}]` + more + "}\n"
	}
	lines := stated("aaaa", `,"candidate":true`) + stated("bbbb", "")
	for id, want := range map[string]bool{"aaaa": true, "bbbb": false} {
		x, err := FindFinding(strings.NewReader(lines), id)
		if err != nil || x.Candidate != want {
			t.Errorf("%s: %+v, %v", id, x, err)
		}
	}
}
