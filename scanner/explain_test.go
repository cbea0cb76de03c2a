package scanner

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/rules/query"
	"coldcase/scanner/input"
)

// why writes an explanation as one line an event.
func why(f *Finding) string {
	var out []string
	w := f.Explain()
	for _, e := range w.Events {
		text := fmt.Sprintf("%d/%d", e.Evidence, e.Step)
		if e.HasSince {
			text += " +" + e.Since.String()
		}
		for _, c := range e.Clauses {
			text += "; " + c.Clause + " = " + c.Value
			if c.Pattern != c.Value {
				text += " by " + c.Pattern
			}
		}
		for _, c := range e.Not {
			text += "; not " + c.Clause + " = " + c.Value
			if c.Missing {
				text += "nothing"
			}
		}
		if e.More > 0 {
			text += fmt.Sprintf("; %d more", e.More)
		}
		if e.Note != "" {
			text += "; " + e.Note
		}
		out = append(out, text)
	}
	if w.More > 0 {
		out = append(out, fmt.Sprintf("%d more events", w.More))
	}
	return strings.Join(out, " | ")
}

func whys(t *testing.T, res *Result) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := res.Findings(func(f *Finding) error {
		out[f.Rule.ID] = append(out[f.Rule.ID], why(f))
		if again := why(f); again != out[f.Rule.ID][len(out[f.Rule.ID])-1] {
			t.Errorf("a second explanation differs: %s", again)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Each type of rule says why it fired.
func TestExplainFindings(t *testing.T) {
	alert := kqlRule(t, "over one alert", `event.kind:signal and kibana.alert.rule.name:"query*" or kibana.alert.rule.name:query`, func(r *rules.Rule) {
		r.Indices = []string{".alerts-security.*"}
	})
	alerts := kqlRule(t, "over alerts", `event.kind:signal`, func(r *rules.Rule) {
		r.Indices, r.Type, r.Threshold = []string{".alerts-security.*"}, rules.KindThreshold, &rules.Threshold{Value: 1}
		r.LookBack = time.Hour
	})
	cfg := withRules(t, alert, alerts,
		kqlRule(t, "query", `process.name:(tool* or other) and not user.name:bob and not file.path:*`, func(r *rules.Rule) { r.Indices = []string{"logs-endpoint.*"} }),
		eqlRule(t, "sequence", `sequence by host.name with maxspan=1m [any where process.name == "tool"] with runs=2 [any where process.name : "LAST"]`),
		eqlRule(t, "sample", `sample by host.name [any where process.name == "last"] [any where process.name == "tool"]`),
		kqlRule(t, "threshold", `process.name:tool`, func(r *rules.Rule) {
			r.Type, r.Threshold, r.LookBack = rules.KindThreshold, &rules.Threshold{Fields: []string{"host.name"}, Value: 2}, time.Hour
		}),
		kqlRule(t, "new terms", `process.name:*`, func(r *rules.Rule) {
			r.Type, r.NewTerms = rules.KindNewTerms, &rules.NewTerms{Fields: []string{"process.name"}, Window: 24 * time.Hour}
		}),
		kqlRule(t, "suppressed", `process.name:tool`, func(r *rules.Rule) {
			r.Suppression = &rules.Suppression{GroupBy: []string{"host.name"}, Duration: time.Hour}
		}))
	got := whys(t, scan(t, cfg, write(t, t.TempDir(), "a", ev{time: at(0)}.String(), ev{time: at(2)}.String(), ev{time: at(5), name: "last", user: "bob"}.String())))
	f := func(rule string, want ...string) {
		t.Helper()
		if strings.Join(got[rule], "\n") != strings.Join(want, "\n") {
			t.Errorf("%s:\ngot  %q\nwant %q", rule, got[rule], want)
		}
	}
	query := `0/0; process.name : tool* = tool by tool*; not user.name : bob = alice; not file.path : * = nothing`
	f("query", query, query)
	f("sequence", `0/0; process.name == "tool" = tool | 1/1 +2s; process.name == "tool" = tool | 2/2 +3s; process.name : "LAST" = last by LAST`)
	f("sample", `0/1; process.name == "tool" = tool | 1/0 +3s; process.name == "last" = last`)
	f("threshold", `0/0; process.name : tool = tool | 1 more events`)
	f("new terms", `0/0; process.name : * = tool by `, `0/0; process.name : * = last by `)
	f("suppressed", `0/0; process.name : tool = tool`)
	f("over one alert", `0/0; kibana.alert.rule.name : query = query`, `0/0; kibana.alert.rule.name : query = query`)
	for _, w := range got["over alerts"] {
		if !strings.HasPrefix(w, "0/0; the rule looks at findings; this is the event behind one") {
			t.Errorf("over alerts: %q", w)
		}
	}
	if len(got["over alerts"]) == 0 {
		t.Error("no alert was found over alerts")
	}
}

// An event inside looks like an envelope, and one nests as deep as it may: both are
// explained as they were matched.
func TestExplainOddEvents(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "x", `process.name:tool`))
	deep := `"process.name":"tool","x":` + strings.Repeat("[", 98) + strings.Repeat("]", 98)
	got := whys(t, scan(t, cfg, write(t, t.TempDir(), "a",
		`{"_index":"logs-a-b","_id":"1","_source":{"_source":{"process.name":"other"},"_id":"2","process.name":"tool"}}`,
		`{"_index":"logs-a-b","_id":"2","_source":{`+deep+`}}`)))
	for _, w := range got["x"] {
		if w != `0/0; process.name : tool = tool` {
			t.Errorf("%q", w)
		}
	}
	if len(got["x"]) != 2 {
		t.Errorf("%d findings", len(got["x"]))
	}
}

// What cannot be explained says so, and what a finding carries has a bound.
func TestExplainBounds(t *testing.T) {
	var many []query.Expr
	for i := range 50 {
		many = append(many, &query.Term{Field: query.Field{Name: "process.args"}, Values: []query.Literal{{Text: fmt.Sprint(i)}}})
		many = append(many, &query.Not{X: &query.Term{Field: query.Field{Name: "user.id"}, Values: []query.Literal{{Text: fmt.Sprint(i)}}}})
	}
	r := kqlRule(t, "many", `process.name:*`)
	r.Program = &query.Program{Event: &query.And{X: many}}
	args := `"process.args":[` + strings.TrimSuffix(strings.Repeat(`"0",`, 1), ",")
	for i := range 50 {
		args += fmt.Sprintf(`,"%d"`, i)
	}
	res := scan(t, withRules(t, r), write(t, t.TempDir(), "a", ev{more: args + "],"}.String()))
	err := res.Findings(func(f *Finding) error {
		e := f.Explain().Events[0]
		if len(e.Clauses) != maxWhyClauses || len(e.Not) != maxWhyNot || e.More != 100-maxWhyClauses-maxWhyNot {
			t.Errorf("%d clauses, %d not, %d more", len(e.Clauses), len(e.Not), e.More)
		}
		f.Evidence[0].Event = []byte(`{"process":{"name":"else"}}`)
		equal(t, "changed", f.Explain().Events[0].Note, "the event, as it was read again, does not satisfy the rule")
		f.Evidence[0].Event = nil
		equal(t, "gone", f.Explain().Events[0].Note, "the event could not be read again")
		return nil
	})
	if err != nil || res.Counts.Findings != 1 {
		t.Fatal(res.Counts.Findings, err)
	}
	if (&Finding{}).Explain() != nil {
		t.Error("a finding of no run is explained")
	}
}

// The earliest finding of each group; groups of one name on two hosts are two.
func TestFirstFindings(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "a", `process.name:tool`), kqlRule(t, "b", `process.name:last`))
	line := func(second int, id, name string) string {
		return ev{time: at(second), name: name, more: `"host.id":"` + id + `",`}.String()
	}
	res := scan(t, cfg, write(t, t.TempDir(), "x", line(9, "1", "tool"), line(3, "2", "tool"), line(5, "1", "tool"), line(7, "1", "last")))
	got := map[int]string{}
	visit := func(i int, f *Finding) error {
		got[i] += fmt.Sprintf("%s %s %d", f.Rule.ID, f.Time.Format("05"), f.Evidence[0].Origin.Line)
		return nil
	}
	if err := res.FirstFindings(res.Groups, visit); err != nil {
		t.Fatal(err)
	}
	want := map[int]string{}
	for i, g := range res.Groups {
		want[i] = map[string]string{"a1": "a 05 3", "a2": "a 03 2", "b1": "b 07 4"}[g.Rule.ID+g.hostKey]
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || len(got) != 3 {
		t.Errorf("got %v, want %v", got, want)
	}
	clear(got)
	if err := res.FirstFindings(res.Groups[1:2], visit); err != nil || len(got) != 1 || got[0] != want[1] {
		t.Errorf("%v %v", got, err)
	}
	if err := res.FirstFindings(res.Groups, func(int, *Finding) error { return errStop }); err != errStop {
		t.Errorf("got %v, want the error of the visit", err)
	}
}

// eventsAt lists what begins on a line as "offset: hits".
func eventsAt(t *testing.T, cfg Config, path string, line, offset int64) (out []string, err error) {
	t.Helper()
	inputs, _, werr := input.Walk([]string{path}, input.WalkOptions{})
	if werr != nil || len(inputs) != 1 {
		t.Fatal(len(inputs), werr)
	}
	err = EventsAt(context.Background(), cfg, inputs[0], line, offset, func(e *LineEvent) error {
		text := fmt.Sprintf("%d: ", e.Origin.Offset)
		if e.Bad != "" {
			out = append(out, text+e.Bad)
			return nil
		}
		out = append(out, text+string(e.Facts.Index)+fmt.Sprintf(" %d", len(e.Hits)))
		return nil
	})
	return out, err
}

// A line is found in every shape of evidence, with the bulk action that is about it.
func TestEventsAt(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "a", `process.name:tool`))
	tool, other := `{"process.name":"tool","event.dataset":"x"}`, `{"process.name":"other","event.dataset":"x"}`
	f := func(name, text string, line, offset int64, want string) {
		t.Helper()
		path := writeBytes(t, t.TempDir(), name, []byte(text))
		got, err := eventsAt(t, cfg, path, line, offset)
		if text := strings.Join(got, "; "); err != nil || text != want {
			t.Errorf("line %d of %q: got %q, %v; want %q", line, text, got, err, want)
		}
	}
	lines := other + "\n\n" + tool + "\nbroken\n"
	n := int64(len(other))
	f("plain", lines, 3, -1, fmt.Sprintf("%d: logs-x-default 1", n+2))
	f("zipped", string(gz(t, []byte(lines), 2)), 3, -1, fmt.Sprintf("%d: logs-x-default 1", n+2))
	f("bad", lines, 4, -1, fmt.Sprintf("%d: not JSON", int(n)+3+len(tool)))
	f("array", "[\n"+other+",\n"+tool+"]", 3, -1, fmt.Sprintf("%d: logs-x-default 1", n+4))
	f("pieces", other+tool+"\n", 1, -1, fmt.Sprintf("0: logs-x-default 0; %d: logs-x-default 1", n))
	f("piece", other+tool+"\n", 1, n, fmt.Sprintf("%d: logs-x-default 1", n))
	bulk := `{"index":{"_index":"logs-bulk-a"}}`
	f("bulk", bulk+"\n"+tool+"\n"+other+"\n", 2, -1, fmt.Sprintf("%d: logs-bulk-a 1", len(bulk)+1))
	f("bulk", bulk+"\n"+other+"\n"+tool+"\n", 3, -1, fmt.Sprintf("%d: logs-x-default 1", len(bulk)+int(n)+2))
}

func TestEventsAtNothing(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "a", `process.name:tool`))
	path := write(t, t.TempDir(), "a", "", `{"a":1}`, "", `{"a":2}`)
	f := func(line, offset int64, want string) {
		t.Helper()
		got, err := eventsAt(t, cfg, path, line, offset)
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("line %d: %q, %v; want %q", line, got, err, want)
		}
	}
	f(1, -1, "no event begins at line 1: the next begins on line 2")
	f(3, -1, "no event begins at line 3: the next begins on line 4")
	f(9, -1, "no event begins at line 9: the last begins on line 4")
	f(2, 5, "no event begins at line 2, offset 5: the next begins on line 4")
	if _, err := eventsAt(t, cfg, path, 2, -1); err != nil {
		t.Error(err)
	}
	in := input.Input{Name: "gone", Path: filepath.Join(t.TempDir(), "gone")}
	if err := EventsAt(context.Background(), cfg, in, 1, -1, func(*LineEvent) error { return nil }); err == nil {
		t.Error("an input that is gone was read")
	}
	inputs, _, _ := input.Walk([]string{path}, input.WalkOptions{})
	if err := EventsAt(context.Background(), cfg, inputs[0], 2, -1, func(*LineEvent) error { return errStop }); !errors.Is(err, errStop) {
		t.Errorf("got %v, want the error of yield", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := EventsAt(ctx, cfg, inputs[0], 2, -1, func(*LineEvent) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
}

// The nearest rules come first, those of other indices do not come at all.
func TestNearest(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "two wrong", `process.name:a and user.name:b`), kqlRule(t, "b", `process.name:a and user.name:alice`),
		kqlRule(t, "a", `process.name:a and user.name:alice`), kqlRule(t, "one clause", `process.name:a`), kqlRule(t, "hit", `process.name:tool`),
		eqlRule(t, "never", `any where false`),
		kqlRule(t, "elsewhere", `process.name:a`, func(r *rules.Rule) { r.Indices = []string{"other-*"} }))
	inputs, _, err := input.Walk([]string{write(t, t.TempDir(), "x", ev{}.String())}, input.WalkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	err = EventsAt(context.Background(), cfg, inputs[0], 1, -1, func(e *LineEvent) error {
		var got []string
		near, elsewhere := e.Nearest(4)
		for _, x := range near {
			got = append(got, x.Rule.ID)
		}
		equal(t, "nearest", strings.Join(got, ", "), "a, b, one clause, two wrong")
		equal(t, "elsewhere", elsewhere, 1)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Every event behind a finding of the corpus over the shared envelopes is found again
// at its line and offset, and the finding's rule holds on it and explains it.
func TestEventsAtFindings(t *testing.T) {
	dir := sharedPath(t, "events", "envelopes")
	cfg := config(t, rules.NewSet(append(pack(t), kqlRule(t, "all", `process.name:*`)), nil))
	cfg = over(t, cfg, dir)
	res, err := Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	n := 0
	for _, f := range findings(t, res) {
		for _, e := range f.Evidence {
			if n++; n%7 != 0 && testing.Short() || e.Origin.Length > 1<<20 {
				continue
			}
			found := false
			err := EventsAt(context.Background(), cfg, cfg.Inputs[e.Origin.Input], e.Origin.Line, e.Origin.Offset, func(x *LineEvent) error {
				found = found || slices.ContainsFunc(x.Hits, func(h matchers.Hit) bool { return cfg.Matcher.Rules()[h.Rule] == f.Rule })
				return nil
			})
			if err != nil || !found {
				t.Errorf("%s:%d:%d: %s not found there: %v", e.File, e.Origin.Line, e.Origin.Offset, f.Rule.Name, err)
			}
			if w := f.Explain(); w.Events[0].Note != "" || len(w.Events[0].Clauses) == 0 {
				t.Errorf("%s:%d: %+v", e.File, e.Origin.Line, w)
			}
		}
	}
	if n < 10 {
		t.Errorf("%d events behind findings", n)
	}
}

// A recorded finding is found by its id or the beginning of it, and explained event by
// event as it fired.
func TestRecordedFinding(t *testing.T) {
	cfg := withRules(t, eqlRule(t, "sequence", `sequence by host.name with maxspan=1m [any where process.name == "tool"] with runs=2 [any where process.name : "LAST"]`))
	path := write(t, t.TempDir(), "a", ev{time: at(0)}.String(), ev{time: at(2)}.String(), `{"_index":"logs-q","_id":"1","_source":`+ev{time: at(5), name: "last", index: "-"}.String()+`}`)
	res := scan(t, cfg, path)
	text := "\nno finding\n" + string(findingsFile(t, res))
	id := findings(t, res)[0].ID
	x, err := FindFinding(strings.NewReader(text), id[:8])
	if err != nil {
		t.Fatal(err)
	}
	rule, note := x.RuleOf(cfg.Matcher)
	equal(t, "rule", rule, 0)
	equal(t, "note", note, "")
	got := ""
	for _, e := range x.Explain(cfg.Matcher, rule) {
		st := e.Explanation.Steps[e.Step]
		got += fmt.Sprintf("%d %s %v %v %v %v; ", e.Place, st.Name, st.Root.Verdict, e.Explanation.Hit, e.Since, e.Explanation.Index.Names)
	}
	equal(t, "explained", got, "0 step 1, 2 of 3 true true 0s [logs-endpoint.events.process-default]; "+
		"1 step 1, 2 of 3 true true 2s [logs-endpoint.events.process-default]; 2 step 3 of 3 true true 3s [logs-q]; ")

	f := func(text, id, want string) {
		t.Helper()
		if _, err := FindFinding(strings.NewReader(text), id); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", id, err, want)
		}
	}
	f(text, "ab", "too short")
	f(text, "zzzzzz", "no finding has the id")
	other := strings.Replace(text, id, id[:8]+strings.Repeat("0", len(id)-8), 1)
	f(text+other, id[:8], "several findings")
	if _, err := FindFinding(strings.NewReader(text+text), id[:8]); err != nil {
		t.Errorf("a finding that stands twice: %v", err)
	}
	if _, err := FindFinding(strings.NewReader(text+other), id); err != nil {
		t.Errorf("a whole id: %v", err)
	}

	newer := strings.Replace(text, `"version":1`, `"version":7`, 1)
	x, err = FindFinding(strings.NewReader(newer), id)
	if err != nil {
		t.Fatal(err)
	}
	rule, note = x.RuleOf(cfg.Matcher)
	equal(t, "rule of another version", fmt.Sprintf("%d %s", rule, note), "0 the finding is of version 7 of the rule, this is version 1")
	x.RuleID = "unknown"
	rule, _ = x.RuleOf(cfg.Matcher)
	equal(t, "unknown rule", rule, -1)
}

// A findings file can hold anything.
func TestRecordedFindingIsHostile(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "a", `process.name:tool`))
	for _, event := range []string{`null`, `7`, `[]`, `"no event"`, `"{\"process.name\":\"tool\"}"`, `{"_source":{"process.name":"x"}}`, `{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`} {
		text := `{"schema":"coldcase/finding/1","finding_id":"aaaa","rule":{"id":"a","version":1},"evidence":[{"file":"f","line":-1,"offset":-5,"step":9999,"line_sha256":"x","index":"a\u0000\"","event":` + event + `}],"detail":{"index_assumed":1}}`
		x, err := FindFinding(strings.NewReader(text), "aaaa")
		if err != nil {
			t.Errorf("%s: %v", event, err)
			continue
		}
		for _, e := range x.Explain(cfg.Matcher, 0) {
			if (e.Err == nil) == (e.Explanation == nil) {
				t.Errorf("%s: %+v", event, e)
			}
		}
	}
}
