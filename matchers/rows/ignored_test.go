package rows

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"coldcase/matchers/event"
	"coldcase/rules/esql"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

// ignoredIn returns _ignored of a document that stood in an index, joined by spaces.
func ignoredIn(t testing.TB, s *schema.Schema, index, doc string) string {
	t.Helper()
	q, err := esql.Parse(source.Text{Path: "test", Body: `FROM a METADATA _ignored | KEEP _ignored`}, esql.FromSchema(s))
	if err != nil {
		t.Fatal(err)
	}
	l := event.NewLayout()
	p, err := Compile(q, Source{Schema: s, Slot: l.Slot})
	if err != nil {
		t.Fatal(err)
	}
	var ev event.Event
	parser := event.NewParser(l)
	if err := parser.Parse(&ev, []byte(doc)); err != nil {
		t.Fatalf("%.200s: %v", doc, err)
	}
	var names []string
	e := p.NewEnv()
	p.Start(e, Event{Event: &ev, Stood: index, Document: parsed{parser}}, func([]byte) {
		for _, s := range p.Result(e.Row)[0] {
			names = append(names, s.S)
		}
	})
	return strings.Join(names, " ")
}

// parsed is the event that a parser has read, as a Document without predicates.
type parsed struct{ *event.Parser }

func (parsed) Holds(int) bool { panic("nothing is asked") }

// long is a text of n characters as JSON.
func long(n int) string { return `"` + strings.Repeat("x", n) + `"` }

const endpointIndex = "logs-endpoint.events.process-default"

// What Elasticsearch's mappers hand to addIgnoredField: KeywordFieldMapper and
// WildcardFieldMapper beyond ignore_above, each multi-field for itself and by its full path.
func TestIgnoredByLength(t *testing.T) {
	f := func(doc, want string) {
		t.Helper()
		if got := ignoredIn(t, builtin, endpointIndex, doc); got != want {
			t.Errorf("%.80s\n got %q\nwant %q", doc, got, want)
		}
	}
	f(`{"process":{"command_line":`+long(1025)+`}}`, "process.command_line process.command_line.caseless")
	f(`{"process":{"command_line":`+long(1024)+`}}`, "")
	f(`{"process":{"command_line":"short"}}`, "")
	f(`{"process.command_line":`+long(5000)+`}`, "process.command_line process.command_line.caseless")
	f(`{"process":{"parent.command_line":`+long(5000)+`}}`, "process.parent.command_line process.parent.command_line.caseless")
	// Each value is one: a list with one that is too long, also in a list of lists.
	f(`{"process":{"args":["a",`+long(1025)+`,"b"]}}`, "process.args")
	f(`{"process":{"args":[["a"],[`+long(1025)+`]]}}`, "process.args")
	f(`{"process":{"args":[`+long(1024)+`,`+long(1024)+`]}}`, "")
	// Objects in a list.
	f(`{"process":[{"args":"a"},{"args":`+long(1025)+`}]}`, "process.args")
	// A key that stands twice counts twice, and a name stands once.
	f(`{"process":{"args":`+long(2000)+`,"args":"a"},"process.args":`+long(2000)+`}`, "process.args")
	// Characters, not bytes; one beyond the first plane is two.
	f(`{"process":{"args":"`+strings.Repeat("é", 1024)+`"}}`, "")
	f(`{"process":{"args":"`+strings.Repeat("😀", 513)+`"}}`, "process.args")
	f(`{"process":{"args":"`+strings.Repeat(`\u00e9`, 1025)+`"}}`, "process.args")
	// Names are sorted.
	f(`{"user":{"id":`+long(1025)+`},"process":{"args":`+long(1025)+`},"agent":{"id":`+long(1025)+`}}`, "agent.id process.args user.id")
	// No limit: text, flattened fields and their leaves, what is not indexed, what no schema has.
	f(`{"message":`+long(40000)+`,"file":{"pe":{"imports":{"a":`+long(2000)+`}}},"event":{"original":`+long(2000)+`},"my":{"own":`+long(2000)+`}}`, "")
	// A number is as long as it is written.
	f(`{"process":{"entity_id":`+strings.Repeat("1", 1025)+`}}`, "process.entity_id")
	// Names that only look like a field's.
	f(`{"":{"process":{"args":`+long(2000)+`}}}`, "")
	f(`{"process":{"args":{"x":`+long(2000)+`},"command_line.caseless":`+long(2000)+`}}`, "")
	f(`{"process":{"`+strings.Repeat("k", 5000)+`":{"args":`+long(2000)+`},"args":"a"},"user":{"id":`+long(2000)+`}}`, "user.id")
	f(`{}`, "")
}

// The maker of the index decides where a field states no limit.
func TestIgnoredByIndex(t *testing.T) {
	doc := `{"process":{"command_line":` + long(3000) + `,"args":` + long(3000) + `},"winlog":{"event_data":{"CallTrace":` + long(3000) + `}}}`
	f := func(index, want string) {
		t.Helper()
		if got := ignoredIn(t, builtin, index, doc); got != want {
			t.Errorf("%s\n got %q\nwant %q", index, got, want)
		}
	}
	all := "process.args process.command_line process.command_line.caseless winlog.event_data.CallTrace"
	f("", all)
	f("logs-windows.sysmon_operational-default", all)
	f(".ds-logs-windows.sysmon_operational-default-2026.03.01-000001", all)
	f("winlogbeat-8.17.0", "process.args winlog.event_data.CallTrace")
	f("endgame-0", "process.args")
}

// Values that are not of their type. The document is in the index, so the index had
// ignore_malformed, as logs@settings has.
func TestIgnoredMalformed(t *testing.T) {
	f := func(doc, want string) {
		t.Helper()
		if got := ignoredIn(t, builtin, endpointIndex, doc); got != want {
			t.Errorf("%s\n got %q\nwant %q", doc, got, want)
		}
	}
	f(`{"process":{"pid":"many"}}`, "process.pid")
	f(`{"process":{"pid":[1,"2","3.7",4.5,null,"","1e3"]}}`, "")
	f(`{"process":{"pid":[1,true]}}`, "process.pid")
	f(`{"process":{"pid":-9223372036854775808}}`, "")
	f(`{"process":{"pid":1e40}}`, "process.pid")
	f(`{"event":{"risk_score":"high"}}`, "event.risk_score")
	f(`{"event":{"risk_score":["1.5",2,""]}}`, "")
	f(`{"host":{"ip":["10.0.0.1","fe80::1"]}}`, "")
	f(`{"host":{"ip":["10.0.0.1","unknown"]}}`, "host.ip")
	f(`{"host":{"ip":"10.0.0.0/8"}}`, "host.ip")
	f(`{"source":{"ip":""}}`, "source.ip")
	f(`{"process":{"interactive":[true,"false",""]}}`, "")
	f(`{"process":{"interactive":"yes"}}`, "process.interactive")
	f(`{"process":{"interactive":1}}`, "process.interactive")
	f(`{"event":{"created":"2026-03-01T10:00:00.123Z"}}`, "")
	f(`{"event":{"created":1772359200000}}`, "")
	f(`{"event":{"created":"yesterday"}}`, "event.created")
	f(`{"@timestamp":"yesterday"}`, "")
}

// A mapping of one's own says what its index leaves out.
func TestIgnoredByMapping(t *testing.T) {
	s, err := builtin.WithMapping([]byte(`{"case-1":{"mappings":{"properties":{
	  "tool":{"properties":{"name":{"type":"keyword","ignore_above":5},"free":{"type":"keyword"},
	    "said":{"type":"text","fields":{"raw":{"type":"keyword","ignore_above":3}}}}},
	  "process":{"properties":{"command_line":{"type":"wildcard","ignore_above":10}}},
	  "none":{"type":"keyword","ignore_above":2,"null_value":"nothing"},
	  "bag":{"type":"flattened","ignore_above":4},
	  "parts":{"type":"nested","properties":{"id":{"type":"keyword","ignore_above":4},"n":{"type":"long"}}},
	  "short":{"type":"alias","path":"tool.name"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	f := func(doc, want string) {
		t.Helper()
		if got := ignoredIn(t, s, "case-1", doc); got != want {
			t.Errorf("%s\n got %q\nwant %q", doc, got, want)
		}
	}
	f(`{"tool":{"name":"hammer"}}`, "tool.name")
	f(`{"tool":{"name":"plane"}}`, "")
	f(`{"tool":{"free":`+long(9000)+`}}`, "")
	f(`{"tool":{"said":"four"}}`, "tool.said.raw")
	f(`{"process":{"command_line":"ls -l /home"}}`, "process.command_line")
	f(`{"process":{"command_line":"ls -l /tmp"}}`, "")
	f(`{"none":null}`, "none")
	f(`{"none":"x"}`, "")
	f(`{"bag":{"a":"longer"}}`, "")
	f(`{"parts":[{"id":"a"},{"id":"abcde","n":"x"}]}`, "parts.id parts.n")
	f(`{"short":"hammer"}`, "")
}

// valuesAt is the plain way to a field's values: the document as a tree of maps, however
// the path is spelled in keys.
func valuesAt(x any, path string) (out []any) {
	switch x := x.(type) {
	case []any:
		for _, item := range x {
			out = append(out, valuesAt(item, path)...)
		}
	case map[string]any:
		for key, item := range x {
			if key == path {
				out = append(out, scalars(item)...)
			} else if rest, ok := strings.CutPrefix(path, key+"."); ok {
				out = append(out, valuesAt(item, rest)...)
			}
		}
	}
	return out
}

func scalars(x any) (out []any) {
	switch x := x.(type) {
	case []any:
		for _, item := range x {
			out = append(out, scalars(item)...)
		}
	case map[string]any:
	default:
		out = append(out, x)
	}
	return out
}

// FuzzIgnored holds the reading of whole events against a look at each field of a mapping,
// for the texts of two fields, and takes any document without a panic.
func FuzzIgnored(f *testing.F) {
	s, err := builtin.WithMapping([]byte(`{"properties":{"a":{"type":"keyword","ignore_above":2},"b":{"properties":{"c":{"type":"wildcard","ignore_above":3}}}}}`))
	if err != nil {
		f.Fatal(err)
	}
	for _, doc := range []string{`{"a":"abc","b":{"c":"abcd"}}`, `{"b.c":["x",["long er"]],"a":"é"}`, `{"b":[{"c":"x"},{"c":null}],"":{"a":"abc"}}`,
		`{"_source":{"a":"abc"}}`, `{"a":{"b":"abcdef"}}`, `{"b":{"":{"c":"abcdef"}}}`} {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		var ev event.Event
		if err := event.NewParser(event.NewLayout()).Parse(&ev, []byte(doc)); err != nil {
			return
		}
		var tree any
		if err := json.Unmarshal(ev.Source, &tree); err != nil {
			t.Fatal(err)
		}
		var want []string
		for path, limit := range map[string]int{"a": 2, "b.c": 3} {
			if slices.ContainsFunc(valuesAt(tree, path), func(x any) bool {
				text, ok := x.(string)
				return ok && schema.TooLong([]byte(text), limit)
			}) {
				want = append(want, path)
			}
		}
		slices.Sort(want)
		var got []string
		for _, name := range strings.Fields(ignoredIn(t, s, "case-1", doc)) {
			if name == "a" || name == "b.c" {
				got = append(got, name)
			}
		}
		// The tree keeps the last of equal keys, and numbers as they are not written.
		for _, name := range want {
			if !slices.Contains(got, name) {
				t.Errorf("%q: %q is not in %q", doc, name, got)
			}
		}
		if len(got) > len(want) && !repeats(ev.Source) && !strings.ContainsAny(doc, "0123456789") {
			t.Errorf("%q: got %q, want %q", doc, got, want)
		}
	})
}

// repeats says whether an object of a document may have a key twice: the tree then has
// fewer members than the text has colons outside of strings.
func repeats(source []byte) bool {
	var tree any
	if json.Unmarshal(source, &tree) != nil {
		return true
	}
	n, quoted := 0, false
	for i := 0; i < len(source); i++ {
		switch c := source[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == ':' && !quoted:
			n++
		}
	}
	return n != members(tree)
}

func members(x any) (n int) {
	switch x := x.(type) {
	case []any:
		for _, item := range x {
			n += members(item)
		}
	case map[string]any:
		for _, item := range x {
			n += 1 + members(item)
		}
	}
	return n
}

// Evidence may be as deep, as wide and as long in its keys as a line may be.
func TestIgnoredOfHostileEvents(t *testing.T) {
	f := func(doc, want string) {
		t.Helper()
		if got := ignoredIn(t, builtin, endpointIndex, doc); got != want {
			t.Errorf("%.80s: got %q, want %q", doc, got, want)
		}
	}
	f(strings.Repeat(`{"a":`, 120)+`1`+strings.Repeat(`}`, 120), "")
	f(`{"process":{"args":[`+strings.Repeat(`"a",`, 100_000)+long(1025)+`]}}`, "process.args")
	f(`{"process":{"pid":[`+strings.Repeat(`"a",`, 100_000)+`"b"]}}`, "process.pid")
	key := strings.Repeat("k", 1<<20)
	f(fmt.Sprintf(`{"%s":{%s}}`, key, strings.Repeat(`"a":1,`, 50_000)+`"b":2`), "")
}
