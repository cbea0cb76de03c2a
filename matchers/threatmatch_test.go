package matchers

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"coldcase/rules"
	"coldcase/rules/load"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// loadIndicators reads an indicator file made for the test; it is called ioc.
func loadIndicators(t testing.TB, text string) []*rules.Indicator {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ioc")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := load.Indicators([]string{name})
	if err != nil || len(in.Problems) > 0 {
		t.Fatal(err, in.Problems)
	}
	for _, x := range in.Items {
		x.File = "ioc"
	}
	return in.Items
}

// threatRule makes a rule over all events. A mapping is groups of "field = path" or
// "field != path", joined by " and ".
func threatRule(t testing.TB, threatQuery string, mapping ...string) *rules.Rule {
	t.Helper()
	r := &rules.Rule{ID: "t", Name: "T", Severity: "high", Type: rules.KindThreatMatch, Language: "kuery",
		Program: &query.Program{Event: &query.Const{Value: true}}, ThreatMatch: &rules.ThreatMatch{}}
	if threatQuery != "" {
		rs, problems := load.Read("x.json", fmt.Appendf(nil, `{"name":"x","rule_id":"x","type":"query","query":%q,"severity":"low","risk_score":1}`, threatQuery))
		if len(problems) > 0 {
			t.Fatal(problems[0].Err)
		}
		r.ThreatMatch.QueryX = rs[0].Program.Event
	}
	for _, group := range mapping {
		var entries []rules.ThreatEntry
		for e := range strings.SplitSeq(group, " and ") {
			field, path, ok := strings.Cut(e, " = ")
			if !ok {
				field, path, _ = strings.Cut(e, " != ")
			}
			entries = append(entries, rules.ThreatEntry{Field: field, Value: "threat.indicator." + path, Negate: !ok})
		}
		r.ThreatMatch.Mapping = append(r.ThreatMatch.Mapping, entries)
	}
	return r
}

// threatCase holds lines against one rule and its indicators, on both paths.
type threatCase struct {
	t *testing.T
	p *twoPaths
}

func newThreatCase(t *testing.T, r *rules.Rule, indicators string, opt Options) *threatCase {
	t.Helper()
	opt.AnyIndex, opt.Indicators = true, loadIndicators(t, indicators)
	return &threatCase{t, newTwoPaths(t, []*rules.Rule{r}, opt)}
}

// want says what is found in a line: "" for nothing, else what is said of the indicator.
func (c *threatCase) want(line, want string) {
	c.t.Helper()
	c.p.line(c.t, []byte(line))
	got := ""
	for _, h := range c.p.fast.hits {
		got = strings.TrimSuffix(strings.TrimPrefix(c.p.fast.Indicator(h), `{"indicator":{`), "}}")
		if other := c.p.plain.Indicator(c.p.plain.hits[0]); !strings.Contains(other, got) {
			c.t.Errorf("%s: reference path %s", line, other)
		}
	}
	if got != want {
		c.t.Errorf("%s\ngot  %s\nwant %s", line, got, want)
	}
}

func TestThreatLists(t *testing.T) {
	c := newThreatCase(t, threatRule(t, `event.module:never`, "file.hash.md5 = file.hash.md5", "source.ip = ip", "url.full = url.full"),
		"d41d8cd98f00b204e9800998ecf8427e\n10.1.2.3\n10.1.0.0/16\nfe80::/64\nhttp://a.example/\n::ffff:10.9.0.1\n", Options{})
	const found = `"field":"source.ip","value":"%s","type":"%s","file":"ioc","line":%d,"mapping":["source.ip = threat.indicator.ip"]`
	ip := func(value, typ string, line int) string { return fmt.Sprintf(found, value, typ, line) }
	c.want(`{"file":{"hash":{"md5":"D41D8CD98F00B204E9800998ECF8427E"}}}`,
		`"field":"file.hash.md5","value":"d41d8cd98f00b204e9800998ecf8427e","type":"file","file":"ioc","line":1,"mapping":["file.hash.md5 = threat.indicator.file.hash.md5"]`)
	c.want(`{"source":{"ip":"10.1.2.3"}}`, ip("10.1.2.3", "ipv4-addr", 2)) // both 2 and 3: the first counts
	c.want(`{"source":{"ip":["1.1.1.1","10.1.9.9"]}}`, ip("10.1.0.0/16", "ipv4-addr", 3))
	c.want(`{"source":{"ip":"fe80::1234"}}`, ip("fe80::/64", "ipv6-addr", 4))
	c.want(`{"source":{"ip":"10.9.0.1"}}`, ip("10.9.0.1", "ipv6-addr", 6))
	c.want(`{"source":{"ip":"10.2.0.1"}}`, "")
	c.want(`{"source":{"ip":null},"url":{"full":"HTTP://a.example/"}}`, "")
	c.want(`{"destination":{"ip":"10.1.2.3"}}`, "")
	c.want(`{}`, "")
}

// A group holds within one indicator; one that lacks a value, or has two, is passed
// over. A negated entry holds where the event has another value or none.
func TestThreatGroups(t *testing.T) {
	const docs = `{"threat":{"indicator":{"ip":"10.0.0.1","port":80,"type":"ipv4-addr"}}}
{"threat":{"indicator":{"ip":"10.0.0.2","port":[80,443]}}}
{"threat":{"indicator":{"ip":"10.0.0.3"}}}
{"_index":"x","_source":{"threat.indicator.ip":"10.0.0.4","threat.indicator.port":"22"}}
`
	c := newThreatCase(t, threatRule(t, "", "source.port = port and source.ip = ip"), docs, Options{})
	c.want(`{"source":{"ip":"10.0.0.1","port":80}}`,
		`"field":"source.port","value":"80","type":"ipv4-addr","file":"ioc","line":1,"mapping":["source.port = threat.indicator.port","source.ip = threat.indicator.ip"]`)
	c.want(`{"source":{"ip":"10.0.0.4","port":22.0}}`,
		`"field":"source.port","value":"22","file":"ioc","line":4,"mapping":["source.port = threat.indicator.port","source.ip = threat.indicator.ip"]`)
	c.want(`{"source":{"ip":"10.0.0.1","port":22}}`, "")
	c.want(`{"source":{"ip":"10.0.0.2","port":80}}`, "")
	c.want(`{"source":{"ip":"10.0.0.3","port":80}}`, "")

	c = newThreatCase(t, threatRule(t, "", "source.port != port and source.ip = ip"), docs, Options{})
	const other = `"mapping":["source.ip = threat.indicator.ip","source.port != threat.indicator.port"]`
	c.want(`{"source":{"ip":"10.0.0.1","port":80}}`, "")
	c.want(`{"source":{"ip":"10.0.0.1","port":81}}`, `"field":"source.ip","value":"10.0.0.1","type":"ipv4-addr","file":"ioc","line":1,`+other)
	c.want(`{"source":{"ip":"10.0.0.4"}}`, `"field":"source.ip","value":"10.0.0.4","file":"ioc","line":4,`+other)
	c.want(`{"source":{"ip":"10.0.0.3","port":81}}`, "")
}

// threat_query is held against documents, and its recency against the event's time.
func TestThreatQuery(t *testing.T) {
	c := newThreatCase(t, threatRule(t, `@timestamp >= "now-30d/d" and event.module:(threatintel or ti_*) and threat.indicator.i*:* and not labels.x:"true"`, "source.ip = ip"),
		`{"@timestamp":"2026-03-01T12:00:00Z","event":{"module":"ti_x"},"threat":{"indicator":{"ip":"10.0.0.1"}}}
{"@timestamp":"2026-03-01T12:00:00Z","event":{"module":"other"},"threat":{"indicator":{"ip":"10.0.0.2"}}}
{"@timestamp":"2026-03-01T12:00:00Z","event":{"module":"threatintel"},"labels":{"x":"true"},"threat":{"indicator":{"ip":"10.0.0.3"}}}
{"event":{"module":"threatintel"},"threat":{"indicator":{"ip":"10.0.0.4"}}}
{"@timestamp":1772366400000,"event":{"module":"threatintel"},"threat":{"indicator":{"ip":"10.0.0.5"}}}
`, Options{})
	f := func(when, ip string, want bool) {
		t.Helper()
		line := `{"@timestamp":"` + when + `","source":{"ip":"` + ip + `"}}`
		if when == "" {
			line = `{"source":{"ip":"` + ip + `"}}`
		}
		c.p.line(t, []byte(line))
		if got := len(c.p.fast.hits) > 0; got != want {
			t.Errorf("%s %s: %v", when, ip, got)
		}
	}
	for _, ip := range []string{"10.0.0.1", "10.0.0.5"} {
		f("2026-03-31T23:59:59Z", ip, true)
		f("2026-04-01T00:00:00Z", ip, false)
		f("2020-01-01T00:00:00Z", ip, true) // known later: the query has no other end
		f("", ip, true)
	}
	f("2026-03-02T00:00:00Z", "10.0.0.2", false)
	f("2026-03-02T00:00:00Z", "10.0.0.3", false)
	f("2030-01-01T00:00:00Z", "10.0.0.4", true)
	if n := c.p.m.IndicatorsWithoutTime(); n != 1 {
		t.Errorf("%d indicators without time", n)
	}

	// A clause that is ignored is neutral under not, too.
	c = newThreatCase(t, threatRule(t, `not @timestamp < now-30d and (@timestamp > now-1d or event.module:x)`, "source.ip = ip"),
		`{"threat":{"indicator":{"ip":"10.0.0.1"}}}
{"@timestamp":"2026-03-01T12:00:00Z","threat":{"indicator":{"ip":"10.0.0.2"}}}
{"@timestamp":"2026-03-01T12:00:00Z","event":{"module":"x"},"threat":{"indicator":{"ip":"10.0.0.3"}}}
`, Options{})
	f("2026-03-10T12:00:00Z", "10.0.0.1", true)
	f("2026-03-02T11:00:00Z", "10.0.0.2", true)
	f("2026-03-02T13:00:00Z", "10.0.0.2", false)
	f("2026-03-10T13:00:00Z", "10.0.0.3", true)
	f("2026-04-10T13:00:00Z", "10.0.0.3", false)
}

// Exceptions take events, and indicators that they hold on.
func TestThreatExceptions(t *testing.T) {
	items := loadExceptions(t, map[string]string{"x": `
[[exception]]
name = "a provider that is often wrong"
rules = ["t"]
[[exception.entries]]
field = "threat.indicator.provider"
type = "match"
value = "p"
[[exception]]
name = "a host"
rules = ["t"]
[[exception.entries]]
field = "host.name"
type = "match"
value = "h"
`})
	c := newThreatCase(t, threatRule(t, "", "source.ip = ip"), `{"threat":{"indicator":{"ip":"10.0.0.1","provider":"p"}}}
{"threat":{"indicator":{"ip":["10.0.0.2","10.0.0.3"]}}}
{"threat":{"indicator":{"ip":"10.0.0.3"}}}
`, Options{Exceptions: items})
	c.want(`{"source":{"ip":"10.0.0.1"}}`, "")
	c.want(`{"source":{"ip":"10.0.0.3"}}`, `"field":"source.ip","value":"10.0.0.3","file":"ioc","line":2,"mapping":["source.ip = threat.indicator.ip"]`)
	c.want(`{"source":{"ip":"10.0.0.3"},"host":{"name":"h"}}`, "")
	if u := c.p.m.ExceptionUses(c.p.fast.Suppressed()); u[0].Events != 0 || u[1].Events != 1 {
		t.Errorf("%+v", u)
	}
}

// A rule says what it lacks; one that cannot be compared exactly is refused.
func TestThreatNeeds(t *testing.T) {
	f := func(r *rules.Rule, indicators, want string) {
		t.Helper()
		opt := Options{AnyIndex: true}
		if indicators != "" {
			opt.Indicators = loadIndicators(t, indicators)
		}
		m, err := Compile([]*rules.Rule{r}, opt)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.NeedsIndicators(0); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	r := threatRule(t, "event.module:x", "source.ip = ip", "url.full = url.full and source.ip = ip")
	f(r, "", "needs indicators")
	f(r, "http://a.example/", "needs indicators: none of the 1 given has threat.indicator.ip")
	f(threatRule(t, "", "source.ip = ip", "url.full = url.full"), "a.example", "needs indicators: none of the 1 given has threat.indicator.ip or threat.indicator.url.full")
	f(r, "10.1.2.3", "")
	f(r, `{"threat":{"indicator":{"ip":"10.1.2.3"}}}`, "needs indicators: none of the 1 given satisfies threat_query and threat_filters")
	f(namedRule("x", "low", "any where true"), "10.1.2.3", "")

	for _, mapping := range []string{"message = ip", "@timestamp = first_seen", "process = ip", "source.ip != ip"} {
		if err := CanRun(threatRule(t, "", mapping), Options{}); err == nil {
			t.Errorf("%s can run", mapping)
		}
	}
	m, err := Compile([]*rules.Rule{r}, Options{Indicators: []*rules.Indicator{
		{File: "f", Line: 3, Doc: []byte(strings.Repeat(`{"indicator":`, 200) + "1" + strings.Repeat("}", 200))}}})
	if err != nil || len(m.IndicatorProblems()) != 1 || !strings.HasPrefix(m.IndicatorProblems()[0].Err.Error(), "f:3: ") {
		t.Errorf("%v %v", err, m.IndicatorProblems())
	}
}

// threatCorpus loads the threat_match rules of the corpus.
var threatCorpus = sync.OnceValues(func() ([]*rules.Rule, error) {
	dir := os.Getenv("COLDCASE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	set, err := load.Paths([]string{filepath.Join(dir, "rules-corpus")})
	if err != nil {
		return nil, err
	}
	all := set.Select(rules.Selection{Deprecated: true, Indicators: true}).Runnable()
	return slices.DeleteFunc(all, func(r *rules.Rule) bool { return r.Type != rules.KindThreatMatch }), nil
})

// TestThreatCorpus holds the rules of the corpus against documents as the Threat Intel
// integrations write them.
func TestThreatCorpus(t *testing.T) {
	shared(t)
	rs, err := threatCorpus()
	if err != nil || len(rs) != 5 {
		t.Fatalf("%d rules, %v", len(rs), err)
	}
	const sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	doc := func(module, kind, indicator string) string {
		return `{"@timestamp":"2026-03-01T00:00:00Z","event":{"module":"` + module + `","dataset":"ti_x.threat","kind":"` + kind +
			`","category":["threat"],"type":["indicator"]},"threat":{"indicator":` + indicator + "}}\n"
	}
	feed := ""
	for _, module := range []string{"threatintel", "ti_x", "other"} {
		feed += doc(module, "enrichment", `{"file":{"hash":{"sha256":"`+sha256+`"}},"type":"file"}`) +
			doc(module, "enrichment", `{"registry":{"path":"HKLM\\Software\\Evil"},"type":"windows-registry-key"}`) +
			doc(module, "enrichment", `{"url":{"full":"http://evil.example/x"},"type":"url"}`) +
			doc(module, "enrichment", `{"ip":"203.0.113.7","type":"ipv4-addr"}`)
	}
	feed += doc("ti_x", "event", `{"file":{"hash":{"md5":"d41d8cd98f00b204e9800998ecf8427e"}}}`)
	p := newTwoPaths(t, rs, Options{AnyIndex: true, Indicators: loadIndicators(t, feed)})
	f := func(line string, want ...string) {
		t.Helper()
		p.line(t, []byte(line))
		var got []string
		for _, h := range p.fast.hits {
			got = append(got, rs[h.Rule].Name)
			if p.fast.Indicator(h) == "" {
				t.Errorf("%s: %s does not name its indicator", line, rs[h.Rule].Name)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s\ngot  %q\nwant %q", line, got, want)
		}
	}
	names := map[string]string{}
	for _, r := range rs {
		_, name, _ := strings.Cut(filepath.Base(r.File), "threat_intel_")
		names[strings.TrimSuffix(name, ".toml")] = r.Name
	}
	filebeat, fleet := names["filebeat8x"], names["fleet_integrations"]
	at := func(day, fields string) string { return `{"@timestamp":"` + day + `T10:00:00Z",` + fields + `}` }
	// The rule for integrations filters by event.dataset: "ti_*" as a phrase, in which the
	// star is a star: no document of an integration satisfies it.
	hash := `"process":{"hash":{"sha256":"` + strings.ToUpper(sha256) + `"}}`
	f(at("2026-03-10", hash), names["indicator_match_hash"])
	f(at("2026-05-10", hash))
	f(at("2026-03-10", `"file":{"hash":{"sha256":"`+sha256+`"}}`), names["indicator_match_hash"], filebeat)
	f(at("2026-03-10", `"file":{"hash":{"md5":"d41d8cd98f00b204e9800998ecf8427e"}}`))
	f(at("2026-03-10", `"registry":{"path":"HKLM\\Software\\Evil"}`), names["indicator_match_registry"], filebeat)
	f(at("2026-03-10", `"url":{"full":"http://evil.example/x"}`), names["indicator_match_url"], filebeat)
	f(at("2026-03-10", `"destination":{"ip":"203.0.113.7"}`), filebeat)
	f(at("2026-03-10", `"destination":{"ip":"203.0.113.8"}`))

	// The same as a plain list, to which no threat_query applies.
	p = newTwoPaths(t, rs, Options{AnyIndex: true, Indicators: loadIndicators(t, sha256+"\nhttp://evil.example/x\n")})
	f(at("2036-03-10", hash), names["indicator_match_hash"])
	f(at("2036-03-10", `"file":{"hash":{"sha256":"`+sha256+`"}}`), names["indicator_match_hash"], filebeat, fleet)
	f(at("2036-03-10", `"url":{"original":"http://evil.example/x"}`))
	f(at("2036-03-10", `"url":{"original":"http://evil.example/x","full":"http://other.example"}`), names["indicator_match_url"])
	needs := 0
	for i := range rs {
		if p.m.NeedsIndicators(i) != "" {
			needs++
		}
	}
	if needs != 1 { // that of the registry
		t.Errorf("%d rules lack indicators", needs)
	}
}

// An event that no indicator fits allocates nothing.
func TestThreatAllocs(t *testing.T) {
	m, err := Compile([]*rules.Rule{threatRule(t, "", "source.ip = ip", "file.hash.md5 = file.hash.md5")},
		Options{AnyIndex: true, Schema: schema.Builtin(), Indicators: loadIndicators(t, "10.1.2.3\n10.0.0.0/12\nd41d8cd98f00b204e9800998ecf8427e\n")})
	if err != nil {
		t.Fatal(err)
	}
	w := m.NewWorker(false)
	line := []byte(`{"@timestamp":"2026-01-31T23:59:59Z","source":{"ip":"10.99.2.4"},"file":{"hash":{"md5":"D41D8CD98F00B204E9800998ECF8427F"}}}`)
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
