package scanner

import (
	"fmt"
	"testing"

	"coldcase/rules"
)

// product.md, Identity: two events are one only when content and id agree; without
// any id, only when they stand in different inputs.
func TestDuplicates(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	f := func(what string, files [][]string, findings, folded, conflicts int64) {
		t.Helper()
		dir := t.TempDir()
		for i, lines := range files {
			write(t, dir, fmt.Sprintf("%d.ndjson", i), lines...)
		}
		c := scan(t, cfg, dir).Counts
		if c.Findings != findings || c.Folded != folded || c.IDConflicts != conflicts {
			t.Errorf("%s: %d findings, %d folded, %d conflicts; want %d, %d, %d",
				what, c.Findings, c.Folded, c.IDConflicts, findings, folded, conflicts)
		}
	}
	id, other, bare := ev{id: "x"}.String(), ev{id: "x", user: "mallory"}.String(), ev{}.String()
	f("the same id and content in two inputs", [][]string{{id}, {id}}, 1, 1, 0)
	f("the same id and content twice in one input", [][]string{{id, id}}, 1, 1, 0)
	f("another spelling of the same event", [][]string{{id}, {`{"process":{"name":["tool"]},"note":null,` + ev{id: "x", name: "-"}.String()[1:]}}, 1, 1, 0)
	f("no id, two inputs", [][]string{{bare}, {bare}}, 1, 1, 0)
	f("no id, one input", [][]string{{bare, bare}}, 2, 0, 0)
	f("no id, two in one input and one in the other", [][]string{{bare, bare}, {bare}}, 2, 1, 0)
	f("no id, one and then two", [][]string{{bare}, {bare, bare}}, 2, 1, 0)
	f("the same id, other content", [][]string{{id}, {other}}, 2, 0, 1)
	f("the same id, other content, in one input", [][]string{{id, other}}, 2, 0, 1)
	f("one with and one without an id", [][]string{{id}, {bare}}, 2, 0, 0)
	f("an event that no rule takes is not identified", [][]string{{ev{id: "x", name: "quiet"}.String(), id}}, 1, 0, 0)
	scoped := func(agent string) string { return ev{id: "x", more: `"agent.id":"` + agent + `"`}.String() }
	f("the same id at another agent", [][]string{{scoped("a"), scoped("b")}}, 2, 0, 0)
}

// Equal events without an id that are all kept have ids of their own, and a finding's
// id tells nothing of where its event is stored.
func TestFindingIDs(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	one := findings(t, scan(t, cfg, write(t, t.TempDir(), "a", ev{}.String(), ev{}.String(), ev{user: "bob"}.String())))
	two := findings(t, scan(t, cfg, writeBytes(t, t.TempDir(), "b.gz",
		gz(t, []byte("\n\n"+ev{user: "bob"}.String()+"\n"+ev{}.String()+"\n"+ev{}.String()), 2))))
	ids := map[string]int{}
	for _, f := range one {
		ids[f.ID]++
	}
	equal(t, "distinct ids", len(ids), 3)
	for _, f := range two {
		ids[f.ID]++
	}
	equal(t, "distinct ids of both", len(ids), 3)
	for id, n := range ids {
		if len(id) != 32 || n != 2 {
			t.Errorf("finding id %q is there %d times", id, n)
		}
	}
}

// Every envelope in which exports write events is opened, and says its index and id.
func TestEnvelopes(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`, func(r *rules.Rule) { r.Indices = append(r.Indices, "auditbeat-*") }))
	const index = "logs-endpoint.events.process-default"
	inner := ev{index: "-"}.String()
	f := func(what string, wantIndex, wantID string, lines ...string) {
		t.Helper()
		res := scan(t, cfg, write(t, t.TempDir(), "a.ndjson", lines...))
		fs := findings(t, res)
		if len(fs) != 1 || res.Counts.BadLines != 0 || res.Counts.Events != 1 {
			t.Fatalf("%s: %d findings, %+v", what, len(fs), res.Counts)
		}
		e := fs[0].Evidence[0]
		equal(t, what+": index", e.Index, wantIndex)
		equal(t, what+": id", e.ID, wantID)
		equal(t, what+": line", e.Origin.Line, int64(len(lines)))
		equal(t, what+": lines read", res.Counts.Lines, int64(len(lines)))
		if e.LineSHA256 != hexSum([]byte(lines[len(lines)-1])) {
			t.Errorf("%s: the hash is not that of the line", what)
		}
	}
	f("bare", index, "", ev{}.String())
	f("bare with its own id", index, "e1", ev{id: "e1"}.String())
	f("elasticdump", index, "d1", `{"_index":"`+index+`","_type":"_doc","_id":"d1","_score":1,"_source":`+inner+`}`)
	f("search hit", index, "d2", `{"_id":"d2","_source":`+inner+`,"_index":"`+index+`","sort":[1]}`)
	f("fields", index, "d3", `{"_index":"`+index+`","_id":"d3","fields":{"@timestamp":["2026-03-01T08:00:00Z"],"host.name":["h1"],"process.name":["tool"]}}`)
	f("bulk index", index, "b1", `{"index":{"_index":"`+index+`","_id":"b1"}}`, inner)
	f("bulk create", index, "b2", `{"create":{"_id":"b2","_index":"`+index+`"}}`, inner)
	f("bulk delete before an event", index, "", `{"delete":{"_index":"`+index+`","_id":"b3"}}`, ev{}.String())
	f("beats", "auditbeat-7.10.0", "", `{"@metadata":{"beat":"auditbeat","version":"7.10.0","type":"_doc"},`+inner[1:])
}
