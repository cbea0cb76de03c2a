package matchers

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/load"
	"coldcase/rules/query"
)

// loadExceptions reads an exception file made for the test.
func loadExceptions(t testing.TB, files map[string]string) []*rules.ExceptionItem {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e, err := load.Exceptions([]string{filepath.Join(dir, "x")}, load.ExceptionOptions{})
	if err != nil || len(e.Problems) > 0 {
		t.Fatal(err, e.Problems)
	}
	return e.Items
}

// named makes an event rule with an id and a severity.
func namedRule(id, severity, eql string) *rules.Rule {
	return &rules.Rule{ID: id, Name: "Rule " + id, Type: rules.KindEQL, Language: "eql", Severity: severity,
		Program: &query.Program{Event: mustParse(eql)}}
}

func mustParse(q string) query.Expr {
	rs, problems := load.Read("x.json", fmt.Appendf(nil, `{"name":"x","rule_id":"x","type":"eql","language":"eql","query":%q,"severity":"low","risk_score":1}`, q))
	if len(problems) > 0 {
		panic(problems[0].Err)
	}
	return rs[0].Program.Event
}

// TestExceptionOperators holds every operator against values, on both paths.
func TestExceptionOperators(t *testing.T) {
	rule := namedRule("r", "low", "any where true")
	files := map[string]string{"words": "one\ntwo\n", "nets": "10.0.0.0/24\n10.1.0.3-10.1.0.5\nfe80::1\n"}
	for i := range 40 { // enough for ranges
		files["nets"] += fmt.Sprintf("10.9.%d.0/25\n", i)
	}
	// In shown a bar parts events that are kept from those that are taken away.
	f := func(entry, taken, kept string) {
		t.Helper()
		files["x"] = `{"list_id":"l","item_id":"i","name":"n","entries":[` + entry + `]}`
		items := loadExceptions(t, files)
		items[0].Rules = []string{"*"}
		m, err := Compile([]*rules.Rule{rule}, Options{AnyIndex: true, Exceptions: items})
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []struct {
			lines string
			want  bool
		}{{taken, false}, {kept, true}} {
			for line := range strings.SplitSeq(part.lines, "  ") {
				if line != "" && matchesBoth(t, m, []byte(line)) != part.want {
					t.Errorf("%s\n%s is kept: %v", entry, line, !part.want)
				}
			}
		}
	}
	f(`{"field":"process.name","operator":"included","type":"match","value":"a b"}`,
		`{"process":{"name":"a b"}}  {"process.name":["x","a b"]}`, `{"process":{"name":"A b"}}  {"process":{"name":"a"}}  {}`)
	f(`{"field":"process.name","operator":"excluded","type":"match","value":"a"}`,
		`{"process":{"name":"b"}}  {}`, `{"process":{"name":"a"}}  {"process":{"name":["a","b"]}}`)
	f(`{"field":"message","operator":"included","type":"match","value":"Two Words"}`,
		`{"message":"some two words."}`, `{"message":"words two"}  {"message":"two other words"}`)
	f(`{"field":"process.name","operator":"included","type":"match_any","value":["a","b"]}`,
		`{"process":{"name":"a"}}  {"process":{"name":"b"}}`, `{"process":{"name":"c"}}  {}`)
	f(`{"field":"process.pid","operator":"included","type":"match_any","value":["4"]}`,
		`{"process":{"pid":4}}  {"process":{"pid":"4"}}`, `{"process":{"pid":5}}`)
	f(`{"field":"process.name","operator":"included","type":"exists"}`,
		`{"process":{"name":""}}  {"process":{"name":"x"}}`, `{"process":{"name":null}}  {"process":{"name":[]}}  {}`)
	f(`{"field":"process.name","operator":"excluded","type":"exists"}`, `{}`, `{"process":{"name":"x"}}`)
	f(`{"field":"file.path","operator":"included","type":"wildcard","value":"C:\\\\T?mp\\\\*.exe"}`,
		`{"file":{"path":"C:\\Temp\\a\\b.exe"}}`, `{"file":{"path":"c:\\Temp\\b.exe"}}  {"file":{"path":"C:\\Teemp\\b.exe"}}  {}`)
	f(`{"field":"file.path","operator":"excluded","type":"wildcard","value":"/tmp/*"}`,
		`{"file":{"path":"/var"}}  {}`, `{"file":{"path":"/tmp/x"}}`)
	f(`{"field":"process.name","operator":"included","type":"list","list":{"id":"words","type":"keyword"}}`,
		`{"process":{"name":"one"}}`, `{"process":{"name":"One"}}  {}`)
	f(`{"field":"source.ip","operator":"included","type":"list","list":{"id":"nets","type":"ip_range"}}`,
		`{"source":{"ip":"10.0.0.200"}}  {"source":{"ip":"::ffff:10.1.0.4"}}  {"source":{"ip":"fe80::1"}}  {"source":{"ip":["1.1.1.1","10.9.39.127"]}}`,
		`{"source":{"ip":"10.0.1.0"}}  {"source":{"ip":"10.1.0.6"}}  {"source":{"ip":"10.9.39.128"}}  {"source":{"ip":"x"}}  {}`)
	f(`{"field":"source.ip","operator":"excluded","type":"list","list":{"id":"nets","type":"ip"}}`,
		`{"source":{"ip":"10.0.1.0"}}  {}`, `{"source":{"ip":"10.0.0.1"}}`)
	f(`{"field":"dll","type":"nested","entries":[{"field":"name","operator":"included","type":"match","value":"a"},{"field":"trusted","operator":"excluded","type":"match","value":"yes"}]}`,
		`{"dll":[{"name":"a","trusted":"no"}]}  {"dll":[{"name":"b"},{"name":"a"}]}  {"dll":{"name":"a"}}`,
		`{"dll":[{"name":"a","trusted":"yes"},{"name":"b","trusted":"no"}]}  {}`)
	f(`{"field":"process.name","operator":"included","type":"match","value":"a"},{"field":"user.name","operator":"included","type":"match","value":"u"}`,
		`{"process":{"name":"a"},"user":{"name":"u"}}`, `{"process":{"name":"a"}}  {"user":{"name":"u"}}`)
}

// An item applies to the rules that it or its list is meant for, until it ends, and
// counts what it takes.
func TestExceptionCounts(t *testing.T) {
	a, b, c := namedRule("a", "low", "process where true"), namedRule("b", "critical", "any where process.name != null"),
		namedRule("c", "high", "any where true")
	b.Exceptions = []string{"list"}
	items := loadExceptions(t, map[string]string{"x": `
[[exception]]
name = "by list"
list = "list"
os_types = ["windows"]
[[exception.entries]]
field = "process.name"
type = "exists"
[[exception]]
name = "by id and name"
rules = ["a", "Rule b"]
expires = 2026-02-01T00:00:00Z
[[exception.entries]]
field = "process.name"
type = "match"
value = "x"
[[exception]]
name = "nobody"
rules = ["z"]
[[exception.entries]]
field = "process.name"
type = "exists"
[[exception]]
name = "no list"
rules = ["*"]
[[exception.entries]]
field = "process.name"
type = "list"
value = "gone"
`})
	p := newTwoPaths(t, []*rules.Rule{a, b, c}, Options{AnyIndex: true, Exceptions: items})
	f := func(line string, want ...int32) {
		t.Helper()
		p.line(t, []byte(line))
		var got []int32
		for _, h := range p.fast.hits {
			got = append(got, h.Rule)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: hits of %v, want %v", line, got, want)
		}
	}
	const process = `"event":{"category":"process"},"process":{"name":"x"}`
	f(`{"@timestamp":"2026-01-31T23:59:59Z",`+process+`}`, 2)
	f(`{"@timestamp":"2026-02-01T00:00:00Z",`+process+`}`, 0, 1, 2)
	f(`{`+process+`}`, 0, 1, 2)
	f(`{"@timestamp":"2026-01-01T00:00:00Z","host":{"os":{"type":"windows"}},`+process+`}`, 2)
	f(`{"@timestamp":"2026-03-01T00:00:00Z","host":{"os":{"name":"WINDOWS"}},`+process+`}`, 0, 2)
	f(`{"@timestamp":"2026-03-01T00:00:00Z","process":{"name":"y"}}`, 1, 2)

	show := func(s *Suppressed) string {
		var out strings.Builder
		fmt.Fprintf(&out, "%d", s.Events)
		for _, u := range p.m.ExceptionUses(s) {
			fmt.Fprintf(&out, "; %s: %d rules, %d %s %s", u.Item.Name, u.Rules, u.Events, u.Severity, u.NotApplied)
		}
		return out.String()
	}
	want := "5; by list: 1 rules, 2 critical ; by id and name: 2 rules, 4 critical ; nobody: 0 rules, 0  no rule that runs is meant by it; " +
		`no list: 0 rules, 0  value list "gone" is not given: --value-list gone=FILE`
	if got := show(p.fast.Suppressed()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := show(p.plain.Suppressed()); got != want {
		t.Errorf("reference path: got %s\nwant %s", got, want)
	}
	sum := &Suppressed{}
	sum.Merge(p.fast.Suppressed())
	sum.Merge(&Suppressed{})
	sum.Merge(p.plain.Suppressed())
	if sum.Events != 10 || p.m.ExceptionUses(sum)[1].Events != 8 {
		t.Errorf("merged: %s", show(sum))
	}
}

// Lines on which a rule with exceptions does not hit allocate nothing, nor do those on
// which it hits and is suppressed.
func TestExceptionAllocs(t *testing.T) {
	items := loadExceptions(t, map[string]string{"x": "[[exception]]\nname='n'\nrules=['*']\n[[exception.entries]]\nfield='user.name'\ntype='wildcard'\nvalue='a*'\n"})
	m, err := Compile([]*rules.Rule{namedRule("a", "low", "process where true")}, Options{AnyIndex: true, Exceptions: items})
	if err != nil {
		t.Fatal(err)
	}
	w := m.NewWorker(false)
	line := []byte(`{"@timestamp":"2026-01-31T23:59:59Z","event":{"category":"process"},"user":{"name":"abc"}}`)
	run := func() {
		if hits, err := w.Match(line); err != nil || len(hits) > 0 {
			t.Fatal(hits, err)
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// Many networks as ranges hold what each of them holds.
func TestNetRanges(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	addr := func() netip.Addr {
		if r.IntN(3) == 0 {
			return netip.AddrFrom16([16]byte{0xfe, byte(r.IntN(3)), 15: byte(r.IntN(8))})
		}
		return netip.AddrFrom4([4]byte{10, byte(r.IntN(3)), byte(r.IntN(3)), byte(r.IntN(256))})
	}
	for range 200 {
		var nets []netip.Prefix
		for range r.IntN(40) {
			a := addr()
			bits := a.BitLen() - r.IntN(12)
			if r.IntN(50) == 0 {
				bits = r.IntN(a.BitLen() + 1)
			}
			nets = append(nets, netip.PrefixFrom(a, bits).Masked())
		}
		ranges := newNetRanges(nets)
		for range 200 {
			a := addr()
			want := false
			for _, p := range nets {
				want = want || containsAddr(p, a)
			}
			if got := ranges.contains(a); got != want {
				t.Fatalf("%v in %v: %v, want %v", a, nets, got, want)
			}
		}
	}
}

// A large value list is searched, not walked.
func BenchmarkValueList(b *testing.B) {
	x := &query.CIDR{Field: query.Field{Name: "source.ip"}}
	for i := range 100_000 {
		x.Nets = append(x.Nets, fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
	}
	test := newNetTest(x.Nets)
	v := event.Value{Kind: event.String, Text: []byte("10.1.2.3")}
	for b.Loop() {
		if !test.match(nil, v) {
			b.Fatal("not found")
		}
	}
}

// An exception is "and not" behind a rule's query, whatever the rule, the exception and
// the event: on both paths, with what earlier lines left behind.
func TestExceptionIsAndNot(t *testing.T) {
	s := generatorSchema(t)
	taken, kept := int64(0), 0
	for seed := range uint64(150) {
		g := newGenerator(seed)
		opt := Options{Schema: s, AnyIndex: true}
		rs := randomRules(g, 12, opt)
		var with, and []*rules.Rule
		var items []*rules.ExceptionItem
		for i := 0; i+1 < len(rs); i += 2 {
			r, x := *rs[i], rs[i+1].Program.Event
			r.ID = fmt.Sprint(i)
			with = append(with, &r)
			items = append(items, &rules.ExceptionItem{Name: r.ID, Rules: []string{r.ID}, X: x})
			a := r
			a.Program = &query.Program{Event: &query.And{X: []query.Expr{r.Program.Event, &query.Not{X: x}}}}
			and = append(and, &a)
		}
		plain := newTwoPaths(t, and, opt)
		opt.Exceptions = items
		excepted := newTwoPaths(t, with, opt)
		for range 8 {
			line := []byte(g.line())
			excepted.line(t, line)
			plain.line(t, line)
			var got, want []int32
			for _, h := range excepted.fast.hits {
				got = append(got, h.Rule)
			}
			for _, h := range plain.fast.hits {
				want = append(want, h.Rule)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("seed %d: %s\nhits of %v, want %v", seed, line, got, want)
			}
			kept += len(got)
		}
		if a, b := excepted.fast.Suppressed().Events, excepted.plain.Suppressed().Events; a != b {
			t.Fatalf("seed %d: %d suppressed on the fast path, %d on the other", seed, a, b)
		}
		taken += excepted.fast.Suppressed().Events
	}
	t.Logf("%d hits, %d taken away", kept, taken)
	if kept < 100 || taken < 100 {
		t.Errorf("only %d hits and %d taken away", kept, taken)
	}
}
