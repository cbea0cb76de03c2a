package scanner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"coldcase/matchers"
	"coldcase/rules"
)

// The worked example of ranking.md, from events: one host of ten with rules of 73, 47,
// 47 (which fires on nine hosts) and 21, over three tactics.
func TestWorkedExampleEndToEnd(t *testing.T) {
	cfg := withRules(t,
		kqlRule(t, "best", `process.name: best`, risk("high", 73), tactic(8, "TA0006", "Credential Access")),
		kqlRule(t, "second", `process.name: second`, tactic(2, "TA0002", "Execution")),
		kqlRule(t, "common", `process.name: common`, tactic(14, "TA0040", "Impact")),
		kqlRule(t, "weak", `process.name: weak`, risk("low", 21), tactic(11, "TA0011", "Command and Control")))
	var lines []string
	for i := range 10 {
		name := "quiet"
		if i < 9 {
			name = "common"
		}
		lines = append(lines, ev{host: fmt.Sprintf("h%d", i), name: name, user: "-"}.String())
	}
	for _, name := range []string{"best", "second", "weak", "weak"} {
		lines = append(lines, ev{host: "h0", name: name, user: "-"}.String())
	}
	res := scan(t, cfg, write(t, t.TempDir(), "a.ndjson", lines...))
	e := res.Entities[0]
	equal(t, "entities", len(res.Entities), 9)
	equal(t, "name", e.Kind+" "+e.Name, "host h0")
	near(t, "score", e.Score, 85.1, 0.05)
	equal(t, "band", e.Band, "high")
	near(t, "breadth", e.Breadth, 1.5, 0)
	equal(t, "tactics in matrix order", strings.Join(e.Tactics, ", "), "Execution, Credential Access, Impact")
	equal(t, "rules", e.Rules, 4)
	equal(t, "findings", e.Findings, 5)
	for i, want := range []struct {
		rule         string
		score, added float64
	}{{"best", 73, 73}, {"second", 47, 4.5}, {"common", 26.1, 1.1}, {"weak", 21, 0.6}} {
		p := e.Parts[i]
		equal(t, "part", p.Rule.Name, want.rule)
		near(t, want.rule, p.Score, want.score, 0.05)
		near(t, want.rule+" adds", p.Added, want.added, 0.05)
	}
	for _, g := range res.Groups {
		if g.Rule.Name == "common" && (len(g.Factors) != 2 || g.Factors[1].Why != "fires on 9 of 10 hosts") {
			t.Errorf("factors of a common rule are %+v", g.Factors)
		}
	}
	near(t, "an entity with the common rule alone", res.Entities[1].Score, 26.1, 0.05)
}

// With fewer than five hosts in a rule's patterns its rarity says nothing.
func TestRarityNeedsHosts(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "all", `process.name: tool`))
	for hosts, want := range map[int]float64{4: 47, 5: 23.5} {
		var lines []string
		for i := range hosts {
			lines = append(lines, ev{host: fmt.Sprintf("h%d", i)}.String())
		}
		// A host without an event that the rule looks at is not in its scope.
		lines = append(lines, ev{host: "elsewhere", index: "-", more: `"data_stream.type":"metrics","data_stream.dataset":"cpu"`}.String())
		near(t, fmt.Sprint(hosts, " hosts"), scan(t, cfg, write(t, t.TempDir(), "a", lines...)).Groups[0].Score, want, 1e-9)
	}
}

// Groups stand by score, severity, first time, rule name, host, user; their facts are
// those of their findings.
func TestGroupsOrderAndFacts(t *testing.T) {
	cfg := withRules(t,
		kqlRule(t, "b", `process.name: (tool or both)`, risk("high", 47)),
		kqlRule(t, "a", `process.name: both`, risk("high", 47)),
		kqlRule(t, "m", `process.name: m`, risk("medium", 47)),
		kqlRule(t, "top", `process.name: top`, risk("low", 60)))
	res := scan(t, cfg, write(t, t.TempDir(), "a.ndjson",
		ev{time: at(50), name: "m"}.String(),
		ev{time: at(40), name: "tool", host: "z", more: `"process.command_line":"second","message":"x"`}.String(),
		ev{time: "-", name: "tool", host: "z", more: `"process.command_line":"timeless"`}.String(),
		ev{time: at(20), name: "tool", host: "z", more: `"process.command_line":"first"`}.String(),
		ev{time: at(30), name: "both", host: "y", user: "bob"}.String(),
		ev{time: at(30), name: "both", host: "y"}.String(),
		ev{time: at(30), name: "both", host: "x"}.String(),
		ev{time: at(90), name: "top"}.String()))
	var got []string
	for _, g := range res.Groups {
		got = append(got, fmt.Sprint(g.Rule.Name, " ", g.Host, " ", g.User, " ", g.Count))
	}
	want := "top h1 alice 1, b z alice 3, a x alice 1, a y alice 1, a y bob 1, b x alice 1, b y alice 1, b y bob 1, m h1 alice 1"
	equal(t, "groups", strings.Join(got, ", "), want)
	g := res.Groups[1]
	equal(t, "sample", g.Sample, "first")
	equal(t, "first and last", g.First.Format("15:04:05")+" "+g.Last.Format("15:04:05"), "08:00:20 08:00:40")
	equal(t, "first of all", res.First.Format("15:04:05"), "08:00:20")
	equal(t, "last of all", res.Last.Format("15:04:05"), "08:01:30")
	if !slices.IsSortedFunc(res.Entities, func(a, b Entity) int { return cmp.Compare(a.Kind, b.Kind) }) {
		t.Error("users stand before hosts")
	}
}

// One finding with a known index makes its group's confidence whole, whichever comes
// first in time.
func TestConfidence(t *testing.T) {
	r := kqlRule(t, "tools", `process.name: tool`)
	m, err := matchers.Compile([]*rules.Rule{r}, matchers.Options{AssumeIndex: "logs-endpoint.events.process-default"})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Matcher: m, Rules: rules.NewSet([]*rules.Rule{r}, nil), TempDir: t.TempDir()}
	known, assumed := ev{time: at(9)}.String(), ev{time: at(5), index: "-", more: `"message":"m"`}.String()
	res := scan(t, cfg, write(t, t.TempDir(), "a", assumed, known, ev{index: "-", host: "h2"}.String()))
	if len(res.Groups) != 2 {
		t.Fatalf("%d groups, want 2", len(res.Groups))
	}
	near(t, "with a known index", res.Groups[0].Score, 47, 0)
	equal(t, "its first is the assumed one", res.Groups[0].First.Second(), 5)
	equal(t, "its sample", res.Groups[0].Sample, "m")
	near(t, "assumed throughout", res.Groups[1].Score, 47*0.8, 1e-9)
	for _, f := range findings(t, res) {
		equal(t, "assumed in the finding's detail", f.Detail["index_assumed"] != nil, f.Host == "h2" || f.Message == "m")
	}
}

// Tactics stand in matrix order with their techniques, counted by findings.
func TestHitTactics(t *testing.T) {
	twice := func(r *rules.Rule) {
		r.Threat[0].Techniques = append(r.Threat[0].Techniques, rules.Technique{ID: "T0001", Name: "first", Was: "T0000",
			Subtechniques: []rules.Technique{{ID: "T0001.001", Name: "sub"}}})
	}
	cfg := withRules(t,
		kqlRule(t, "impact", `process.name: tool`, tactic(14, "TA0040", "Impact")),
		kqlRule(t, "exec", `process.name: (tool or other)`, tactic(2, "TA0002", "Execution"), twice),
		kqlRule(t, "exec2", `process.name: other`, tactic(2, "TA0002", "Execution")),
		kqlRule(t, "silent", `process.name: nothing`, tactic(1, "TA0001", "Initial Access")))
	res := scan(t, cfg, write(t, t.TempDir(), "a", ev{}.String(), ev{name: "other"}.String()))
	got := fmt.Sprintf("%+v", res.Tactics)
	want := "[{ID:TA0002 Name:Execution Count:3 Techniques:[" +
		"{ID:T0001 Name:first Was:T0000 Count:2 Rules:[exec] Subtechniques:[{ID:T0001.001 Name:sub Was: Count:2 Rules:[exec] Subtechniques:[]}]} " +
		"{ID:T1002 Name:technique of Execution Was: Count:3 Rules:[exec exec2] Subtechniques:[]}]} " +
		"{ID:TA0040 Name:Impact Count:1 Techniques:[{ID:T1040 Name:technique of Impact Was: Count:1 Rules:[impact] Subtechniques:[]}]}]"
	equal(t, "tactics", got, want)
}
