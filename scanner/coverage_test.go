package scanner

import (
	"errors"
	"strings"
	"testing"

	"coldcase/rules"
)

// Every rule given stands in the result once, with what became of it and why.
func TestCoverage(t *testing.T) {
	notRun := func(r *rules.Rule) { r.Program, r.NotRun = nil, rules.ReasonML+": needs job x" }
	version := func(n int) func(*rules.Rule) {
		return func(r *rules.Rule) { r.ID, r.Version = "twice", n }
	}
	index := func(r *rules.Rule) { r.Indices = []string{"endgame-*"} }
	deprecated := func(r *rules.Rule) { r.Deprecated = true }
	set := rules.NewSet([]*rules.Rule{
		kqlRule(t, "fires", `process.name: tool`),
		kqlRule(t, "silent", `process.name: nothing`),
		kqlRule(t, "no index", `process.name: tool`, index),
		kqlRule(t, "no field", `process.name: tool and dll.name: x`),
		kqlRule(t, "no field either", `registry.path: *`),
		kqlRule(t, "no category", `event.category: network and process.name: tool`),
		kqlRule(t, "no system", `host.os.type: windows and process.name: tool`),
		kqlRule(t, "ml", `process.name: tool`, notRun),
		kqlRule(t, "old", `process.name: tool`, deprecated),
		kqlRule(t, "newer", `process.name: tool`, version(2)),
		kqlRule(t, "older", `process.name: tools`, version(1)),
		kqlRule(t, "unwanted", `process.name: tool`),
	}, []rules.Problem{{Path: "broken.toml", Err: errors.New("broken.toml:3:1: expected a query")}})
	cfg := config(t, set.Select(rules.Selection{Exclude: []string{"unwanted"}}))
	res := scan(t, cfg, write(t, t.TempDir(), "a.ndjson",
		ev{more: `"event.category":"process","host.os.type":"linux"`}.String()))
	want := map[string][2]string{
		"fires": {"ran", ""}, "silent": {"ran", ""}, "newer": {"ran", ""},
		"no index":        {"could_not_match", "index never seen"},
		"no field":        {"could_not_match", "field never present: dll.name"},
		"no field either": {"could_not_match", "field never present: registry.path"},
		"no category":     {"could_not_match", "event category never seen"},
		"no system":       {"could_not_match", "OS never seen"},
		"ml":              {"not_run", "machine learning: needs job x"},
		"old":             {"not_run", "deprecated"},
		"older":           {"superseded", "2"},
		"unwanted":        {"excluded", "--exclude-rule unwanted"},
		"":                {"unreadable", "broken.toml:3:1: expected a query"},
	}
	if len(res.Rules) != len(want) {
		t.Errorf("%d rules, want %d", len(res.Rules), len(want))
	}
	for _, rr := range res.Rules {
		w, ok := want[rr.Name]
		if delete(want, rr.Name); !ok || rr.Status != w[0] || !strings.Contains(rr.Reason, w[1]) {
			t.Errorf("rule %q is %s (%s), want %v", rr.Name, rr.Status, rr.Reason, w)
		}
		found := int64(0)
		if rr.Name == "fires" || rr.Name == "newer" {
			found = 1
		}
		equal(t, "findings of "+rr.Name, rr.Findings, found)
	}
	c := res.Coverage
	if got := [...]int{c.Ran, c.CouldNotMatch, c.NotRun, c.Superseded, c.Excluded, c.Unreadable}; got != [...]int{3, 5, 2, 1, 1, 1} {
		t.Errorf("coverage counts %v", got)
	}
	if len(c.Reasons) != 4 || c.Reasons[0] != (ReasonCount{"field never present", 2}) || c.Reasons[1].Reason > c.Reasons[2].Reason {
		t.Errorf("reasons %+v", c.Reasons)
	}
	if len(c.NotRunReasons) != 2 || c.NotRunReasons[0] != (ReasonCount{"deprecated", 1}) {
		t.Errorf("reasons not run %+v", c.NotRunReasons)
	}
	equal(t, "complete with an unreadable rule", res.Complete, false)
}

// The census lists what the evidence holds, most events first.
func TestCensus(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool and event.category: process`))
	res := scan(t, cfg, write(t, t.TempDir(), "a",
		ev{time: at(7), host: "b", more: `"event.category":["process","host"]`}.String(),
		ev{time: at(3), host: "a", more: `"event.category":"host"`}.String(),
		ev{time: "-", host: "a"}.String(),
		ev{time: at(5), host: "c", index: "-"}.String()))
	c := res.Coverage.Census
	equal(t, "hosts", len(c.Hosts), 3)
	equal(t, "first host", c.Hosts[0], NameCount{"a", 2})
	equal(t, "categories", len(c.Categories), 2)
	equal(t, "first category", c.Categories[0], NameCount{"host", 2})
	equal(t, "index", c.Indices[0], NameCount{"logs-endpoint.events.process-default", 3})
	equal(t, "span", c.First.Format("05")+" "+c.Last.Format("05"), "03 07")
	equal(t, "without time", res.Counts.NoTime, 1)
	equal(t, "without index", res.Counts.NoIndex, 1)
	equal(t, "capped", c.Capped, false)
	if !contains(res.Notes, "events without a readable @timestamp: 1") {
		t.Errorf("notes are %q", res.Notes)
	}
}
