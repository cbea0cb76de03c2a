package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/rules/load"
	"coldcase/scanner"
	"coldcase/scanner/input"
)

// whyRules has a rule of most kinds of clauses, with names that a terminal must not see.
const whyRules = `
[[rule]]
name = "Lamp \u001b[31mlit"
rule_id = "w1"
type = "eql"
language = "eql"
index = ["logs-lamp.*"]
severity = "high"
risk_score = 73
query = '''
process where process.name : ("lamp*", "torch") and not process.parent.name in ("cron", "init") and
  length(process.command_line) > 10 and (user.id == "0" or process.args : "*--root*")
'''
[[rule]]
name = "Lamp Then Oil"
rule_id = "w2"
type = "eql"
language = "eql"
index = ["logs-lamp.*"]
severity = "medium"
risk_score = 47
query = '''
sequence by host.id with maxspan=1m [process where process.name : "lamp*"] [file where file.name == "oil"]
'''
[[rule]]
name = "Elsewhere"
rule_id = "w3"
type = "query"
language = "kuery"
index = ["endgame-*"]
severity = "low"
risk_score = 21
query = 'process.name:(lamp or "lit\u001b lamp") and not file.path:* and process.pid >= 4'
`

var whyEvents = []string{
	`{"@timestamp":"2026-03-01T08:00:00Z","data_stream":{"type":"logs","dataset":"lamp.process","namespace":"x"},"event":{"category":["process"]},"host":{"id":"h1","name":"h\u001b]0;x\u0007"},"process":{"name":"lamp\u001b[2J\u202e","pid":7,"parent":{"name":"bash"},"command_line":"lamp --oil --rooted","args":["lamp","--oil","--rooted"]}}`,
	`{"@timestamp":"2026-03-01T08:00:02.5Z","data_stream":{"type":"logs","dataset":"lamp.file","namespace":"x"},"event":{"category":["file"]},"host":{"id":"h1"},"file":{"name":"oil"}}`,
}

// whyCase writes rules and evidence and returns their set and the path of the evidence.
func whyCase(t *testing.T) (set *rules.Set, dir string) {
	t.Helper()
	dir = t.TempDir()
	evidence := filepath.Join(dir, "lamp.ndjson")
	files := map[string]string{evidence: strings.Join(whyEvents, "\n") + "\n"}
	var tomls []string
	for i, text := range strings.Split(whyRules, "[[rule]]")[1:] {
		name := filepath.Join(dir, fmt.Sprintf("w%d.toml", i+1))
		tomls = append(tomls, name)
		files[name] = "[rule]\nauthor = [\"a\"]\ndescription = \"d\"\nlicense = \"l\"\ntags = []" + text
	}
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := load.Paths(tomls)
	if err != nil || len(set.Problems) > 0 || len(set.Entries) != 3 {
		t.Fatal(err, set.Problems, len(set.Entries))
	}
	return set.Select(rules.Selection{}), evidence
}

// What stands below each group, and in the detail of each finding.
func TestExplainGolden(t *testing.T) {
	set, evidence := whyCase(t)
	res := scanOf(t, set, evidence)
	plain := func(s string) string { return strings.ReplaceAll(s, filepath.Dir(evidence)+"/", "") }
	text := screenText(t, res, Options{Full: true, Explain: true})
	groups, rest, _ := strings.Cut(text, "HOSTS\n")
	hosts, _, _ := strings.Cut(rest, "\n\n")
	groups, _, _ = strings.Cut(groups, "\n\n") // what others put between is theirs
	golden(t, "explain-screen.txt", plain(groups)+"\n\nHOSTS\n"+hosts+"\n")

	var b bytes.Buffer
	if err := JSONL(&b, res, Options{}); err != nil {
		t.Fatal(err)
	}
	var details strings.Builder
	for l := range strings.Lines(b.String()) {
		var f struct{ Detail any }
		if err := json.Unmarshal([]byte(l), &f); err != nil {
			t.Fatal(err)
		}
		text, err := json.MarshalIndent(f.Detail, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		details.Write(append(text, '\n'))
	}
	golden(t, "explain-detail.txt", SafeLines(details.String()))
	for _, width := range []int{60, 80, 133} {
		for l := range strings.Lines(screenText(t, res, Options{Width: width, Explain: true})) {
			if l = strings.TrimSuffix(l, "\n"); displayWidth(l) > width && strings.HasPrefix(l, "        ") || !isSafe(l) {
				t.Errorf("width %d: %d columns or unsafe: %q", width, displayWidth(l), l)
			}
		}
	}
}

// explanations explains every rule on every event of the case.
func explanations(t *testing.T, draw func(*Explained)) {
	t.Helper()
	set, evidence := whyCase(t)
	m, err := matchers.Compile(set.Runnable(), matchers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inputs, _, err := input.Walk([]string{evidence}, input.WalkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for line := range int64(2) {
		err := scanner.EventsAt(context.Background(), scanner.Config{Matcher: m}, inputs[0], line+1, -1, func(e *scanner.LineEvent) error {
			out := &Explained{File: "lamp.ndjson", Line: e.Origin.Line, Offset: e.Origin.Offset, Host: string(e.Facts.Host)}
			for i := range m.Rules() {
				x := *out
				x.Explanation = e.Worker.Explain(i)
				r := *x.Rule // without the directory of the test
				r.File = "rules.toml"
				x.Rule = &r
				draw(&x)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The whole trees, and why not; what evidence and rules hold is made safe.
func TestExplainTreeGolden(t *testing.T) {
	var plain, coloured, lines bytes.Buffer
	explanations(t, func(x *Explained) {
		for _, err := range []error{ExplainTree(&plain, x, Options{}), ExplainTree(&coloured, x, Options{Color: true}), ExplainJSON(&lines, x, "f1")} {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	golden(t, "explain-tree.txt", plain.String())
	for l := range strings.Lines(plain.String()) {
		if l = strings.TrimSuffix(l, "\n"); !isSafe(l) {
			t.Errorf("not safe: %q", l)
		}
	}
	for _, colour := range []string{severityColours["low"], severityColours["medium"], missColour, bold, reset} {
		coloured = *bytes.NewBuffer(bytes.ReplaceAll(coloured.Bytes(), []byte(colour), nil))
	}
	if coloured.String() != plain.String() {
		t.Error("colour changes more than colours")
	}
	hits := ""
	for l := range strings.Lines(lines.String()) {
		var x struct {
			Schema, Why string
			FindingID   string `json:"finding_id"`
			Rule        struct{ ID string }
			Hit         bool
			Index       struct{ Looks bool }
			Steps       []struct {
				Name   string
				Clause struct {
					Kind, Verdict string
					Clauses       []json.RawMessage
				}
			}
		}
		if err := json.Unmarshal([]byte(l), &x); err != nil {
			t.Fatal(err)
		}
		hits += x.Rule.ID + " "
		for _, s := range x.Steps {
			hits += s.Clause.Kind + " " + s.Clause.Verdict + " "
		}
		if x.Hit {
			hits += "hit "
		}
		if x.Schema != "coldcase/explanation/1" || x.FindingID != "f1" || x.Why == "" {
			t.Errorf("%s", l)
		}
	}
	if want := "w1 and true hit w2 and true and false hit w3 and false w1 and false w2 and false and true hit w3 and false "; hits != want {
		t.Errorf("got  %q\nwant %q", hits, want)
	}
}

// Only the steps asked for are drawn, and what stands above comes first.
func TestExplainTreeSteps(t *testing.T) {
	n := 0
	explanations(t, func(x *Explained) {
		if x.Rule.ID != "w2" || x.Line != 2 {
			return
		}
		n++
		x.Steps, x.Above, x.Time, x.User = []int{1}, []string{"2.5s after the event before", "nasty \x1b[2J"}, "2026-03-01T08:00:02.5Z", "u"
		var tree, line bytes.Buffer
		if err := ExplainTree(&tree, x, Options{}); err != nil {
			t.Fatal(err)
		}
		if err := ExplainJSON(&line, x, ""); err != nil {
			t.Fatal(err)
		}
		text := tree.String()
		if strings.Contains(text, "step 1 of 2") || !strings.Contains(text, "step 2 of 2\n") || !strings.Contains(text, "  2.5s after the event before\n  nasty \\x1b[2J\n") ||
			!strings.Contains(text, ":2  2026-03-01T08:00:02.5Z  on h1  by u\n") {
			t.Errorf("got\n%s", text)
		}
		if got := line.String(); strings.Contains(got, "step 1") || strings.Contains(got, "finding_id") || !strings.Contains(got, `"notes":["2.5s after`) {
			t.Errorf("got %s", got)
		}
	})
	if n != 1 {
		t.Fatalf("drawn %d times", n)
	}
}

// What is not in the golden trees: indicators, exceptions, notes.
func TestExplainTreeParts(t *testing.T) {
	r := &rules.Rule{ID: "r", Name: "R", File: "r.toml", Severity: "low", Type: rules.KindThreatMatch}
	leaf := &scanner.Clause{Kind: "leaf", Text: "a : b", Verdict: scanner.ClauseTrue, Value: "", Values: []string{"", "b"}, More: 3, Type: "keyword"}
	item := matchers.ExplainedException{Item: &rules.ExceptionItem{Name: "quiet\x00", File: "x.toml", Line: 3}, Root: leaf}
	f := func(change func(e *scanner.Explanation), want ...string) {
		t.Helper()
		e := &scanner.Explanation{Rule: r, Hit: true, Steps: []scanner.ExplainedStep{{Root: leaf}}}
		e.Index.Looks = true
		change(e)
		var b bytes.Buffer
		if err := ExplainTree(&b, &Explained{Explanation: e, File: "f", Line: 1}, Options{}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("no %q in\n%s", w, b.String())
			}
		}
	}
	f(func(e *scanner.Explanation) {}, `true     a : b  =  ""  (of 5 values)  [keyword]`, "HIT  the rule fires on the event", "index unknown (), which the rule looks at: Kibana's default indices")
	f(func(e *scanner.Explanation) {
		e.Indicator = &matchers.IndicatorCheck{Found: true, Field: "source.ip", Value: "10.1.1.1", File: "ioc", Line: 4, Mapping: []string{"source.ip = x"}}
	}, "true     source.ip = 10.1.1.1 is an indicator: ioc, line 4 (source.ip = x)")
	f(func(e *scanner.Explanation) {
		e.Hit = false
		e.Indicator = &matchers.IndicatorCheck{Compared: []scanner.ExplainedKey{{Field: "source.ip", Values: []string{"\x1b"}, More: 2}, {Field: "file.name"}}}
	}, "false    no indicator for what the event has\n  source.ip = \\x1b | … 2 more\n  file.name: no value\nNO HIT  no indicator is in the event")
	f(func(e *scanner.Explanation) { e.Hit, e.Exceptions = false, []matchers.ExplainedException{item} },
		"EXCEPTION  quiet\\x00 (x.toml, line 3) takes the event from the rule\ntrue     a : b", "NO HIT  an exception takes the event away")
	f(func(e *scanner.Explanation) {
		it := item
		it.Ended = true
		e.Exceptions = []matchers.ExplainedException{it}
	}, "quiet\\x00 (x.toml, line 3) holds, but had ended at the event's time", "HIT  the rule fires")
	f(func(e *scanner.Explanation) {
		e.Steps[0].Beyond = true
		e.Steps[0].Keys = []scanner.ExplainedKey{{Field: "k"}, {Field: "o", Optional: true}, {Field: "v", Values: []string{"1"}}}
	}, "joined by k: no value: the event is joined with none", "joined by o: no value, which counts as one", "joined by v = 1", "a live stack would have missed it", "HIT  the event is one of those that the rule joins")
	f(func(e *scanner.Explanation) {
		e.Hit = false
		root := &scanner.Clause{Kind: scanner.ClauseAnd}
		for range 5 {
			root.Kids = append(root.Kids, &scanner.Clause{Kind: "leaf", Text: "a : b", Values: []string{"c"}})
		}
		e.Steps[0].Root = root
	}, "5 clauses short: a : b  is  c; a : b  is  c; a : b  is  c; and 2 more")
}

func TestExplainRestAndFinding(t *testing.T) {
	var b bytes.Buffer
	r := &rules.Rule{ID: "r", Name: "R\x1b"}
	near := []*scanner.Explanation{{Rule: r, Steps: []scanner.ExplainedStep{{Root: &scanner.Clause{Kind: "leaf", Text: "a : b", Values: []string{"c"}}}}, Index: matchers.IndexCheck{Looks: true}}}
	if err := ExplainRest(&b, &ExplainedRest{File: "f\x00", Line: 7, Hits: 1, Misses: 1200, Elsewhere: 3, Near: near}, Options{Full: true}); err != nil {
		t.Fatal(err)
	}
	want := "RULES  1 hold on f\\x00:7; 1,200 look at its index and do not, 3 look at other indices; the nearest that do not:\n" +
		"  R\\x1b (r): the query does not hold: 1 clause short: a : b  is  c\n\n"
	if b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
	b.Reset()
	x := &scanner.RecordedFinding{ID: "f1", Severity: "high", RuleName: "N\x1b", Host: "h", Time: "2026",
		Detail: map[string]any{"sequence": map[string]any{"steps": 2, "span_ms": 5, "maxspan_ms": 9, "keys": []any{map[string]any{"field": "host.id", "value": "\x1b"}}}}}
	if err := ExplainFinding(&b, x, Options{Full: true}); err != nil {
		t.Fatal(err)
	}
	want = "FINDING  f1  [high] N\\x1b  2026  on h\n  A sequence of 2 steps within 5 ms (allowed: 9 ms), joined by host.id = \\x1b.\n\n"
	if b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
}

// Every factor is printed, also those that are 1.
func TestFactors(t *testing.T) {
	f := func(want string, factorsOf ...scanner.Factor) {
		t.Helper()
		if got := factors(&scanner.Group{Score: 26.1, Factors: factorsOf}); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
	f("score 26.1 = 1 risk x 1 confidence x 1 baseline x 1 rarity x 1 kind")
	f(`score 26.1 = 47 risk x 0.8 confidence (assumed\x1b) x 1 baseline x 0.56 rarity (fires on 9 of 10 hosts) x 0.4 kind (building block) x 0.7 kind (deprecated) x 2 asset (extreme)`,
		scanner.Factor{Name: "risk", Value: 47, Why: "of the rule"}, scanner.Factor{Name: "rarity", Value: 0.5556, Why: "fires on 9 of 10 hosts"},
		scanner.Factor{Name: "kind", Value: 0.4, Why: "building block"}, scanner.Factor{Name: "confidence", Value: 0.8, Why: "assumed\x1b"},
		scanner.Factor{Name: "kind", Value: 0.7, Why: "deprecated"}, scanner.Factor{Name: "asset", Value: 2, Why: "extreme"})
}

func TestWhyLines(t *testing.T) {
	e := &scanner.WhyEvent{Step: 1, Since: 2500 * time.Millisecond, HasSince: true, More: 2,
		Clauses: []scanner.WhyClause{{Clause: "a : (b, c*)", Value: "cd", Pattern: "c*", Note: "long"}, {Clause: "x", Value: "\x1b", Pattern: "\x1b"}},
		Not:     []scanner.WhyClause{{Clause: "d : e", Missing: true}, {Clause: "f : g", Value: "h"}}}
	f := func(full bool, want ...string) {
		t.Helper()
		s := &screen{opt: Options{Full: full}}
		if got := s.whyClauses(e); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
	f(false, "  a : (b, c*)  =  cd  by c*  (long)", `  x  =  \x1b`, "  and 4 clauses more, such as exclusions that do not hold (coldcase explain draws all)")
	f(true, "  a : (b, c*)  =  cd  by c*  (long)", `  x  =  \x1b`, "  not d : e  has no value", "  not f : g  =  h",
		"  and 2 clauses more, such as exclusions that do not hold (coldcase explain draws all)")
	if got := whereabouts(&scanner.Evidence{File: "a\x00"}, e, true); got != `step 2  a\x00:0  2.5s after the one before` {
		t.Errorf("got %q", got)
	}
	e.Note = "gone"
	f(false, "  gone")
}
