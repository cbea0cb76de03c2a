package matchers

import (
	"fmt"
	"strings"
	"testing"

	"coldcase/rules"
	"coldcase/rules/eql"
	"coldcase/rules/query"
	"coldcase/rules/source"
)

// explained explains one rule on one line.
func explained(t *testing.T, r *rules.Rule, opt Options, line string) *Explanation {
	t.Helper()
	m, err := Compile([]*rules.Rule{r}, opt)
	if err != nil {
		t.Fatal(err)
	}
	w := m.NewWorker(false)
	if _, err := w.Match([]byte(line)); err != nil {
		t.Fatal(err)
	}
	explainAgrees(t, w)
	return w.Explain(0)
}

// What each operator says of itself. The expected trees follow from rules/query and
// query-semantics.md.
func TestExplainOperators(t *testing.T) {
	s := generatorSchema(t)
	f := func(q, line, want string) {
		t.Helper()
		r := eventRule(parseQuery(t, q))
		r.Language = "eql"
		if !strings.Contains(q, " where ") {
			r.Language = "kuery"
		}
		e := explained(t, r, Options{Schema: s, AnyIndex: true}, line)
		if got := strings.TrimSpace(draw(e.Steps[0].Root, "")); got != strings.TrimSpace(want) {
			t.Errorf("%s\non %s\ngot\n%s\nwant\n%s", q, line, got, want)
		}
	}
	// Equality, lists, folding.
	f(`process.name:(cmd.exe or a\:b)`, `{"process":{"name":["x","a:b"]}}`,
		`true  process.name : (cmd.exe or a\:b)  [keyword]  values x | a:b  hit a:b  by a:b`)
	f(`message:"Ab c"`, `{"message":"x ab C"}`, `true  message : "Ab c"  [text]  values x ab C  hit x ab C  by Ab c`)
	f(`process.name:cmd.exe`, `{"process":{"name":"CMD.EXE"}}`, `false  process.name : cmd.exe  [keyword]  values CMD.EXE`)
	f(`any where process.name : "cmd.exe"`, `{"process":{"name":"CMD.EXE"}}`,
		`true  process.name : "cmd.exe"  [keyword]  values CMD.EXE  hit CMD.EXE  by cmd.exe`)
	f(`any where process.name in ("a", "b")`, `{"process":{"name":null}}`, `missing  process.name in ("a", "b")  [keyword]  values null`)
	// Exists and its not; a missing field makes not true.
	f(`process.name:*`, `{"process":{}}`, `missing  process.name : *  [keyword]`)
	f(`any where process.name == null`, `{}`, "true  not\n  missing  process.name != null  [keyword]")
	f(`not process.name:a*`, `{}`, "true  not\n  missing  process.name : a*  [keyword]")
	// Wildcards.
	f(`any where process.args : ("x?", "*KAT*")`, `{"process":{"args":["q","mimikatz"]}}`,
		`true  process.args : ("x?", "*KAT*")  [keyword]  values q | mimikatz  hit mimikatz  by *KAT*`)
	f(`any where process.name like "C:\\*"`, `{"process":{"name":"C:\\a"}}`,
		`true  process.name like "C:\\*"  [keyword]  values C:\a  hit C:\a  by C:\*`)
	// Regular expressions.
	f(`any where process.name regex ("x", "b[a-c]+")`, `{"process":{"name":"baa"}}`,
		`true  process.name regex ("x", "b[a-c]+")  [keyword]  values baa  hit baa  by b[a-c]+`)
	// Ranges, networks, dates.
	f(`any where process.pid >= 4`, `{"process":{"pid":"5"}}`, `true  process.pid >= 4  [long]  values 5  hit 5  by >= 4`)
	f(`source.ip:10.0.0.0/8`, `{"source":{"ip":"10.1.1.1"}}`, `true  source.ip : 10.0.0.0/8  [ip]  values 10.1.1.1  hit 10.1.1.1  by 10.0.0.0/8`)
	f(`any where cidrMatch(source.ip, "::1", "10.0.0.0/8")`, `{"source":{"ip":"11.1.1.1"}}`,
		`false  cidrMatch(source.ip, "::1", "10.0.0.0/8")  [ip]  values 11.1.1.1`)
	f(`@timestamp >= "2020-01-01"`, `{"@timestamp":"2021-01-01T00:00:00Z"}`,
		`true  @timestamp >= 2020-01-01  [date]  values 2021-01-01T00:00:00Z  hit 2021-01-01T00:00:00Z  by >= 2020-01-01`)
	// A literal that is not of the field's type, a constant, a null_value.
	f(`process.pid:foo`, `{"process":{"pid":4}}`, `false  process.pid : foo  [long]  values 4`)
	f(`m.con:*`, `{}`, `true  m.con : *  [constant_keyword]  values abc  hit abc  (constant of the index)`)
	// And, or, not.
	f(`process.name:a and (process.pid:1 or not process.pid:2)`, `{"process":{"name":"a","pid":3}}`, `
true  and
  true  process.name : a  [keyword]  values a  hit a  by a
  true  or
    false  process.pid : 1  [long]  values 3
    true  not
      false  process.pid : 2  [long]  values 3`)
	// Scripts: the operands, null as missing, the combination that is true.
	f(`any where length(process.name) > 3`, `{"process":{"name":["ab","abcd"]}}`, `
true  length(process.name) > 3  hit abcd  (true for one of 2 combinations of values)
  true  length(process.name) > 3  is true
    true  length(process.name)  is 4
      true  process.name  is abcd
    true  3  is 3`)
	f(`any where not endsWith(substring(process.name, 1), "x")`, `{}`, `
missing  not endsWith(substring(process.name, 1), "x")  hit null
  missing  not endsWith(substring(process.name, 1), "x")  is null
    missing  endsWith(substring(process.name, 1), "x")  is null
      missing  substring(process.name, 1)  is null
        missing  process.name  is null
        true  1  is 1
      true  "x"  is x`)
	// Nested: the element that satisfies it.
	f(`m.nst:{ a:1 and b:2 }`, `{"m":{"nst":[{"a":"1"},{"a":"1","b":"2"}]}}`, `
true  m.nst  (element 2 of 2)
  true  and
    true  m.nst.a : 1  [in no schema]  values 1  hit 1  by 1
    true  m.nst.b : 2  [in no schema]  values 2  hit 2  by 2`)
	f(`m.nst:{ a:1 }`, `{"m":{"nst":[]}}`, `missing  m.nst`)
	// Any field whose name matches.
	f(`process.*:(b or bc)`, `{"process":{"name":"x","title":"bc"}}`,
		`true  process.* : (b or bc)  [keyword]  values process.name = x | process.title = bc  hit bc  by bc`)
	f(`zzz*:a`, `{"process":{"name":"x"}}`, `missing  zzz* : a`)
	// Decision 1.
	long := strings.Repeat("y", 1100) + "kat" + strings.Repeat("z", 50)
	f(`process.args:*kat*`, `{"process":{"args":"`+long+`"}}`, `true  process.args : *kat*  [keyword]  values `+strings.Repeat("y", 240)+
		`… (1153 bytes)  hit …`+strings.Repeat("y", 187)+`kat`+strings.Repeat("z", 50)+
		` (1153 bytes)  by *kat*  (the value is longer than ignore_above 1024: a live stack would not find it)`)
}

// What decides: all parts of an and that holds, the first of an or, what a not is about.
func TestExplainDeciding(t *testing.T) {
	f := func(q, line, want string) {
		t.Helper()
		e := explained(t, eventRule(parseQuery(t, q)), Options{AnyIndex: true}, line)
		var got []string
		for _, d := range e.Steps[0].Root.Deciding() {
			text := d.Verdict.String() + " " + d.Text
			if d.Not {
				text = "not: " + text
			}
			got = append(got, text)
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%s on %s:\ngot  %s\nwant %s", q, line, strings.Join(got, "; "), want)
		}
	}
	q := `process where (process.name == "a" or process.name == "b") and not (process.pid == 1 or process.title : "x*")`
	f(q, `{"event":{"category":"process"},"process":{"name":"b","pid":2}}`,
		`true event.category == "process"; true process.name == "b"; not: false process.pid == 1; not: missing process.title : "x*"`)
	f(q, `{"event":{"category":"process"},"process":{"name":"c","pid":2}}`, `false process.name == "a"; false process.name == "b"`)
	f(q, `{"event":{"category":"process"},"process":{"name":"b","title":"xy","pid":2}}`, `not: true process.title : "x*"`)
	f(`any where true`, `{}`, ``)
}

// How far from holding.
func TestExplainShort(t *testing.T) {
	f := func(q, line string, wrong, right int, clauses ...string) {
		t.Helper()
		e := explained(t, eventRule(parseQuery(t, q)), Options{AnyIndex: true}, line)
		var got []string
		for _, d := range e.Steps[0].Root.Wrong() {
			got = append(got, fmt.Sprint(d.Text, d.Not))
		}
		if strings.Join(got, "; ") != strings.Join(clauses, "; ") {
			t.Errorf("%s on %s: wrong is %q, want %q", q, line, got, clauses)
		}
		if w, r := e.Steps[0].Root.Short(); w != wrong || r != right {
			t.Errorf("%s on %s: %d wrong, %d right; want %d, %d", q, line, w, r, wrong, right)
		}
	}
	f(`any where process.pid == 1 and user.id == "2"`, `{"process":{"pid":1}}`, 1, 1, `user.id == "2"false`)
	f(`any where process.pid == 1 and user.id == "2"`, `{}`, 2, 0, `process.pid == 1false`, `user.id == "2"false`)
	f(`any where (process.pid == 1 and user.id == "2") or user.name == "x"`, `{"process":{"pid":1}}`, 1, 1, `user.id == "2"false`)
	f(`any where not (process.pid == 1 or process.name == "x")`, `{"process":{"pid":1}}`, 1, 1, `process.pid == 1true`)
	f(`any where not (process.pid == 1 and process.name == "x")`, `{"process":{"pid":1,"name":"x"}}`, 1, 0, `process.pid == 1true`)
	f(`any where process.pid == 1 or true`, `{}`, 0, 0)
	f(`any where false`, `{}`, neverHolds, 0)
}

// Which index, and how it is known.
func TestExplainIndex(t *testing.T) {
	f := func(opt Options, line string, looks bool, want string) {
		t.Helper()
		r := eventRule(&query.Const{Value: true})
		r.Indices = []string{"logs-endpoint.*"}
		e := explained(t, r, opt, line)
		if got := strings.Join(e.Index.Names, " ") + ": " + e.Index.How; e.Index.Looks != looks || e.Hit != looks || got != want {
			t.Errorf("%s: %v %v %q, want %v %q", line, e.Index.Looks, e.Hit, got, looks, want)
		}
	}
	f(Options{}, `{"_index":".ds-logs-endpoint.events.file-default-2026.01.01-000001","_id":"1","_source":{}}`, true, "logs-endpoint.events.file-default: from _index or @metadata")
	f(Options{}, `{"agent":{"type":"auditbeat"}}`, false, "auditbeat-0: from the agent that made the event")
	f(Options{}, `{"data_stream":{"type":"logs","dataset":"endpoint.alerts"}}`, true, "logs-endpoint.alerts-default: from data_stream")
	f(Options{}, `{"@metadata":{"index":"x"}}`, false, "x: from _index or @metadata")
	f(Options{}, `{"@metadata":{"beat":"x","version":"1"}}`, false, "x-1: from @metadata")
	f(Options{}, `{"endgame":{"metadata":{"type":"x"}}}`, false, "endgame-0: it looks like Endgame's")
	f(Options{}, `{"winlog":{"channel":"Security"}}`, false, "winlogbeat-0 logs-system.security-default: from event.module or winlog.channel")
	f(Options{}, `{"event":{"dataset":"endpoint.events.x"}}`, true, "logs-endpoint.events.x-default: assumed from event.dataset")
	f(Options{}, `{}`, false, ": nothing in the event tells")
	f(Options{AssumeIndex: "logs-endpoint.x"}, `{}`, true, "logs-endpoint.x: assumed, as was asked for")
	f(Options{AnyIndex: true}, `{}`, true, ": not known: held against every rule, as was asked for")
}

// Steps have names, keys have values.
func TestExplainSteps(t *testing.T) {
	r := eventRule(nil)
	r.Program = mustProgram(t, `sequence by host.id with maxspan=1m [process where true] by ?user.id [file where true] by user.name ![network where true] by user.name until [any where process.pid == 9] by user.id`)
	e := explained(t, r, Options{AnyIndex: true}, `{"event":{"category":"process"},"host":{"id":["a","b"]},"process":{"pid":9}}`)
	got := ""
	for _, s := range e.Steps {
		got += fmt.Sprintf("%s: %v", s.Name, s.Root.Verdict)
		for _, k := range s.Keys {
			got += fmt.Sprintf(" %s%v=%v", k.Field, k.Optional, k.Values)
		}
		got += "\n"
	}
	want := `step 1 of 3: true host.idfalse=[a b] user.idtrue=[]
step 2 of 3: false host.idfalse=[a b] user.namefalse=[]
step 3 of 3, which must be missing: false host.idfalse=[a b] user.namefalse=[]
until: true host.idfalse=[a b] user.idfalse=[]
`
	if got != want || !e.Hit {
		t.Errorf("hit %v, got\n%swant\n%s", e.Hit, got, want)
	}
	r.Program = mustProgram(t, `sequence with maxspan=1m [process where true] with runs=6 [file where true]`)
	if e := explained(t, r, Options{AnyIndex: true}, `{}`); e.Steps[0].Name != "step 1 to 6 of 7" || e.Steps[1].Name != "step 7 of 7" {
		t.Errorf("steps %q and %q", e.Steps[0].Name, e.Steps[1].Name)
	}
	r.Program = mustProgram(t, `sample by host.id [process where true] [file where true]`)
	if e := explained(t, r, Options{AnyIndex: true}, `{}`); e.Steps[1].Name != "step 2 of 2" {
		t.Errorf("step %q", e.Steps[1].Name)
	}
}

// Exceptions take away, unless they have ended; indicators are looked for.
func TestExplainParts(t *testing.T) {
	items := loadExceptions(t, map[string]string{"x": `
[[exception]]
name = "quiet"
rules = ["*"]
expires = 2026-02-01T00:00:00Z
[[exception.entries]]
field = "process.name"
type = "match"
value = "x"
[[exception]]
name = "other"
rules = ["*"]
[[exception.entries]]
field = "process.name"
type = "match"
value = "y"
`})
	r := eventRule(&query.Const{Value: true})
	f := func(line string, hit, ended bool) {
		t.Helper()
		e := explained(t, r, Options{AnyIndex: true, Exceptions: items}, line)
		if e.Hit != hit || e.ExceptionsTried != 2 || len(e.Exceptions) != 1 || e.Exceptions[0].Ended != ended || e.Exceptions[0].Item.Name != "quiet" ||
			draw(e.Exceptions[0].Root, "") != "true  process.name : \"x\"  [keyword]  values x  hit x  by x\n" {
			t.Errorf("%s: hit %v, %+v\n%s", line, e.Hit, e.Exceptions, draw(e.Exceptions[0].Root, ""))
		}
	}
	f(`{"@timestamp":"2026-01-01T00:00:00Z","process":{"name":"x"}}`, false, false)
	f(`{"@timestamp":"2026-03-01T00:00:00Z","process":{"name":"x"}}`, true, true)

	tr := threatRule(t, "", "source.ip = ip", "file.name = file.name and user.name = user.name")
	opt := Options{AnyIndex: true, Indicators: loadIndicators(t, "10.1.2.3\n")}
	e := explained(t, tr, opt, `{"source":{"ip":"10.1.2.3"}}`)
	if i := e.Indicator; !e.Hit || !i.Found || i.Field != "source.ip" || i.Value != "10.1.2.3" || i.File != "ioc" || i.Line != 1 {
		t.Errorf("%+v", i)
	}
	e = explained(t, tr, opt, `{"source":{"ip":"10.1.2.4"},"user":{"name":"u"}}`)
	if i := e.Indicator; e.Hit || i.Found || fmt.Sprint(i.Compared) != "[{source.ip false [10.1.2.4] 0} {file.name false [] 0} {user.name false [u] 0}]" {
		t.Errorf("%+v", i)
	}
}

// Hostile size: texts, values and trees are cut, and depth does not matter.
func TestExplainIsBounded(t *testing.T) {
	q := `any where process.args : (` + strings.Repeat(`"`+strings.Repeat("a", 2000)+`*", `, 100) + `"*b")`
	args := strings.Repeat(`"`+strings.Repeat("x", 2000)+`",`, 3000)
	e := explained(t, eventRule(parseQuery(t, q)), Options{AnyIndex: true}, `{"process":{"args":[`+args+`"b"]}}`)
	c := e.Steps[0].Root
	if len(c.Text) > 2*maxClauseText || len(c.Values) != maxExplainedValues || c.More != 3001-maxExplainedValues || c.Value != "b" || c.Pattern != "*b" {
		t.Errorf("%d bytes, %d values and %d more, %q by %q", len(c.Text), len(c.Values), c.More, c.Value, c.Pattern)
	}
	var list []query.Literal
	for i := range 5000 {
		list = append(list, query.Literal{Text: fmt.Sprint(i)})
	}
	e = explained(t, eventRule(&query.Term{Field: query.Field{Name: "process.name"}, Values: list}), Options{AnyIndex: true}, `{"process":{"name":"4999"}}`)
	if c := e.Steps[0].Root; c.Pattern != "one of 5000" || c.Value != "4999" {
		t.Errorf("%q by %q", c.Value, c.Pattern)
	}
	deep := strings.Repeat("concat(", 60) + "process.name" + strings.Repeat(`, "x")`, 60)
	e = explained(t, eventRule(parseQuery(t, "any where "+deep+` == "y"`)), Options{AnyIndex: true}, `{"process":{"name":"n"}}`)
	if len(e.Steps[0].Root.Text) > 2*maxClauseText {
		t.Errorf("%d bytes of text", len(e.Steps[0].Root.Text))
	}
}

// Explain gives the worker back as it was.
func TestExplainLeavesNoTrace(t *testing.T) {
	m, err := Compile([]*rules.Rule{eventRule(parseQuery(t, `process.name:a*`))}, Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	w := m.NewWorker(false)
	for range 3 {
		hits, err := w.Match([]byte(`{"process":{"name":"ab"}}`))
		if err != nil || len(hits) != 1 {
			t.Fatal(hits, err)
		}
		if e := w.Explain(0); !e.Hit || w.s.memo == nil || w.s.plain {
			t.Errorf("hit %v, memo %v, plain %v", e.Hit, w.s.memo != nil, w.s.plain)
		}
	}
	if w.Suppressed().Events != 0 {
		t.Error("explaining has counted")
	}
}

func mustProgram(t *testing.T, q string) *query.Program {
	t.Helper()
	p, err := eql.Parse(source.Text{Body: q}, eql.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
