package lint

import (
	"fmt"
	"strings"
	"testing"

	"coldcase/rules"
	"coldcase/rules/query"

	"github.com/google/go-cmp/cmp"
)

func term(field string, values ...string) *query.Term {
	t := &query.Term{Field: query.Field{Name: field}}
	for _, v := range values {
		t.Values = append(t.Values, query.Literal{Text: v})
	}
	return t
}

func and(xs ...query.Expr) query.Expr { return &query.And{X: xs} }
func or(xs ...query.Expr) query.Expr  { return &query.Or{X: xs} }
func not(x query.Expr) query.Expr     { return &query.Not{X: x} }

func exists(field string) query.Expr { return &query.Exists{Field: query.Field{Name: field}} }

// sound is a rule about which there is nothing to say.
func sound(x query.Expr) *rules.Rule {
	return &rules.Rule{ID: "id", Name: "Rule", File: "r.toml", Line: 1, References: []string{"https://example.org"},
		Threat:  []rules.Tactic{{Framework: mitre, ID: "TA0007", Name: "Discovery"}},
		Indices: []string{"logs-*"}, Program: &query.Program{Event: x}}
}

// said checks rules that all run, and returns "code message" for each diagnostic.
func said(t *testing.T, rs ...*rules.Rule) []string {
	t.Helper()
	set := &rules.Set{}
	for _, r := range rs {
		set.Entries = append(set.Entries, rules.Entry{Rule: r, Status: rules.Runs})
	}
	var out []string
	for _, d := range Check(set, Options{}) {
		out = append(out, d.Code+" "+d.Message)
	}
	return out
}

func TestClauses(t *testing.T) {
	ls, pid := term("process.name", "ls"), term("process.pid", "1")
	f := func(what string, x query.Expr, want ...string) {
		t.Helper()
		if diff := cmp.Diff(said(t, sound(x)), want); diff != "" {
			t.Errorf("%s: -got +want:\n%s", what, diff)
		}
	}
	f("nothing to say", and(ls, pid))
	f("two values of one field may both be there", and(term("process.args", "a"), term("process.args", "b")))
	f("false", &query.Const{}, "never-matches the rule never matches: it is always false")
	f("no alternative", or(&query.Const{}, term("process.pid", "x")),
		"never-matches the rule never matches: none of its alternatives can hold")
	f("one alternative of two", or(ls, term("process.pid", "x")),
		`never-true the clause process.pid = ("x") is never true: process.pid is a number, and "x" is none`)
	f("one literal of two fits", term("process.pid", "x", "4"))
	f("an address", or(ls, term("source.ip", "10.0.0.300")),
		`never-true the clause source.ip = ("10.0.0.300") is never true: source.ip is an address, and "10.0.0.300" is none`)
	f("a network is one", term("source.ip", "10.0.0.0/8"))
	f("wanted and excluded", and(ls, and(pid, not(ls))),
		`never-matches the rule never matches: process.name = ("ls") is both wanted and excluded`)
	f("there and not there", and(ls, not(exists("process.name"))),
		"never-matches the rule never matches: process.name must have a value, and must have none")
	f("another value excluded", and(ls, not(term("process.name", "dir"))))
	f("an empty range", &query.Range{Field: query.Field{Name: "process.pid"}, Op: query.Ge, Value: query.Literal{Text: "9"},
		Also: &query.Bound{Op: query.Le, Value: query.Literal{Text: "3"}}},
		"never-matches the rule never matches: no value of process.pid lies between 9 and 3")
	f("a range of one number", &query.Range{Field: query.Field{Name: "process.pid"}, Op: query.Le, Value: query.Literal{Text: "3"},
		Also: &query.Bound{Op: query.Ge, Value: query.Literal{Text: "3"}}})
	f("not nested", or(ls, &query.Nested{Path: "process", X: pid}),
		`never-true the clause nested process {process.pid = ("1")} is never true: process is not mapped as nested`,
		"no-index the query uses no index: it is evaluated on every event of its kind")
	f("only what is excluded", not(ls), "no-index the query uses no index: it is evaluated on every event of its kind")
	f("a coarse field and what is excluded", and(term("event.category", "process"), not(ls)),
		"no-index the query uses no index: it is evaluated on every event of its kind")
	f("coarse fields alone", and(term("event.category", "process"), term("event.type", "start")))
	f("one alternative without", or(ls, not(pid)), "no-index the query uses no index: it is evaluated on every event of its kind")
}

func TestFields(t *testing.T) {
	f := func(what string, change func(*rules.Rule), want ...string) {
		t.Helper()
		r := sound(term("process.name", "ls"))
		change(r)
		if diff := cmp.Diff(said(t, r), want); diff != "" {
			t.Errorf("%s: -got +want:\n%s", what, diff)
		}
	}
	f("a letter left out", func(r *rules.Rule) { r.Program.Event = term("proces.name", "ls") },
		"unknown-field unknown field proces.name; did you mean process.name?")
	f("two letters swapped, in a group", func(r *rules.Rule) { r.Threshold = &rules.Threshold{Fields: []string{"hots.id"}, Value: 2} },
		"unknown-field unknown field hots.id; did you mean host.id?")
	f("one's own", func(r *rules.Rule) { r.NewTerms = &rules.NewTerms{Fields: []string{"acme.colour"}} },
		"unknown-field unknown field acme.colour")
	f("a sub-field", func(r *rules.Rule) { r.Program.Event = term("process.name.caseless", "ls") })
	registry := func(indices ...string) func(*rules.Rule) {
		return func(r *rules.Rule) { r.Program.Event, r.Indices = term("registry.path", "x"), indices }
	}
	f("another stream's field", registry("logs-endpoint.events.process-*", "logs-endpoint.events.library-*"),
		"field-without-source no source of logs-endpoint.events.process-*, logs-endpoint.events.library-* has the field registry.path")
	f("Endgame has it", registry("logs-endpoint.events.process-*", "endgame-*"))
	f("one stream has it", registry("logs-endpoint.events.*"))
	f("a stream that is not known in full", registry("logs-endpoint.events.process-*", "winlogbeat-*"))
	f("all streams", registry("logs-*"))
	f("auditbeat has all of ECS", registry("auditbeat-*"))
}

func TestATTACK(t *testing.T) {
	f := func(tactic rules.Tactic, want ...string) {
		t.Helper()
		r := sound(term("process.name", "ls"))
		tactic.Framework = mitre
		r.Threat = []rules.Tactic{tactic}
		if diff := cmp.Diff(said(t, r), want); diff != "" {
			t.Errorf("%+v: -got +want:\n%s", tactic, diff)
		}
	}
	with := func(ids ...string) rules.Tactic {
		out := rules.Tactic{ID: "TA0006", Name: "Credential Access", Techniques: []rules.Technique{{ID: ids[0]}}}
		for _, id := range ids[1:] {
			out.Techniques[0].Subtechniques = append(out.Techniques[0].Subtechniques, rules.Technique{ID: id})
		}
		return out
	}
	f(with("T1003", "T1003.001"))
	f(with("T1003", "T1558.003"), "unknown-attack-id T1558.003 is no sub-technique of T1003")
	f(with("T1003.001"), "unknown-attack-id T1003.001 is a sub-technique; it belongs below T1003")
	f(with("T0000"), `unknown-attack-id ATT&CK v18.1 has no technique "T0000"`)
	f(with("T1059"), "unknown-attack-id T1059 serves TA0002, not TA0006")
	f(rules.Tactic{ID: "TA0006", Name: "Discovery"}, `unknown-attack-id the tactic TA0006 is "Credential Access", not "Discovery"`)
	f(rules.Tactic{ID: "TA9999", Name: "X"}, `unknown-attack-id ATT&CK v18.1 has no tactic "TA9999"`)
	r := sound(term("process.name", "ls"))
	r.Threat, r.References = nil, nil
	want := []string{"no-attack the rule names no tactic of ATT&CK", "no-references the rule names no reference"}
	if diff := cmp.Diff(said(t, r), want); diff != "" {
		t.Errorf("-got +want:\n%s", diff)
	}
}

func TestDuplicateIDs(t *testing.T) {
	a, b := sound(term("process.name", "ls")), sound(term("process.name", "dir"))
	b.File, b.Name = "s.toml", "Other"
	if diff := cmp.Diff(said(t, a, b), []string{"duplicate-id the id id is that of Rule (r.toml), too"}); diff != "" {
		t.Errorf("-got +want:\n%s", diff)
	}
	set := &rules.Set{Entries: []rules.Entry{{Rule: a, Status: rules.Runs}, {Rule: b, Status: rules.Superseded}}}
	if got := Check(set, Options{}); len(got) != 0 {
		t.Errorf("an older version is said to be another rule: %v", got)
	}
}

func TestPlaces(t *testing.T) {
	text := "# process.name\n[rule]\nname = \"é process.name\"\nquery = '''\nprocess.name.text:x or process.name:y\n'''\n"
	p := newPlaces(func(file string) ([]byte, error) {
		if file != "a" {
			return nil, fmt.Errorf("%s is not there", file)
		}
		return []byte(text), nil
	})
	f := func(r *rules.Rule, anchor, word string, line, col int) {
		t.Helper()
		if l, c := p.find(r, anchor, word); l != line || c != col {
			t.Errorf("%s %s: %d:%d, want %d:%d", anchor, word, l, c, line, col)
		}
	}
	r := &rules.Rule{File: "a", Line: 1}
	f(r, "query", "process.name", 5, 24) // not the longer name before it
	f(r, "name", "process.name", 3, 11)  // a letter of two bytes is one column
	f(r, "none", "process.name", 1, 3)
	f(r, "query", "missing", 4, 1)
	f(r, "", "missing", 1, 1)
	f(&rules.Rule{File: "a", Line: 3}, "", "process.name", 3, 11)
	f(&rules.Rule{File: "a", Line: 3, Format: "kibana"}, "", "query", 3, 1)
	f(&rules.Rule{File: "b", Line: 7}, "query", "x", 7, 1)
	f(&rules.Rule{File: "a", Line: 99}, "query", "x", 99, 1)
}

// Every check has a name of its own and what the help says of it.
func TestChecks(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range checks {
		if c.Code == "" || c.Doc.Doc == "" || c.run == nil || seen[c.Code] || c.Level != Error && c.Level != Warning && c.Level != Note {
			t.Errorf("%+v is not whole, or stands twice", c.Doc)
		}
		seen[c.Code] = true
	}
}

// The table of sources is sorted and names streams only.
func TestSources(t *testing.T) {
	letters := "e"
	for _, s := range streams {
		letters += s.letters
	}
	last := ""
	for i, line := range strings.Split(strings.TrimSpace(sourcesCSV), "\n") {
		name, of, _ := strings.Cut(line, ",")
		if i == 0 {
			continue
		}
		if name <= last || of == "" || strings.Trim(of, letters) != "" {
			t.Errorf("line %d: %q", i+1, line)
		}
		last = name
	}
}

func FuzzPlace(f *testing.F) {
	f.Add("query = 'process.name:x'", "query", "process.name")
	f.Add("a\n\n\"id\":1", "id", "1")
	f.Fuzz(func(t *testing.T, text, anchor, word string) {
		p := newPlaces(func(string) ([]byte, error) { return []byte(text), nil })
		line, col := p.find(&rules.Rule{File: "f", Line: 1}, anchor, word)
		if line < 1 || col < 1 || line > strings.Count(text, "\n")+1 {
			t.Errorf("%q: %d:%d", text, line, col)
		}
	})
}
