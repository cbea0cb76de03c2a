package matchers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"coldcase/rules"
)

// censusOf is what a worker of its own learns from lines.
func censusOf(t testing.TB, m *Matcher, lines []string) *Census {
	t.Helper()
	w := m.NewWorker(false)
	for _, line := range lines {
		if _, err := w.Match([]byte(line)); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return w.Census()
}

// seen is all that a census tells.
func seen(c *Census) map[string]any {
	events, noIndex, noTime := c.Events()
	first, last, timed := c.Span()
	out := map[string]any{"events": []int64{events, noIndex, noTime}, "span": fmt.Sprint(first, last, timed), "capped": c.Capped(),
		"indices": c.Indices(), "categories": c.Categories(), "os": c.OS(), "hosts": c.Hosts()}
	out["clocks"], _ = c.Clocks()
	for i := range c.m.Rules() {
		reason, detail, ok := c.Coverage(i)
		out[fmt.Sprint("rule ", i)] = fmt.Sprint(reason, detail, ok, c.HostsInScope(i))
	}
	return out
}

func TestCensusCounts(t *testing.T) {
	m, err := Compile([]*rules.Rule{eventRule(parseQuery(t, `process.name:a`))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := censusOf(t, m, []string{
		`{"@timestamp":"2026-01-01T00:00:01Z","agent":{"type":"auditbeat","version":"8.1.0"},"event":{"category":["process","file"]},"host":{"name":"b","os":{"type":"linux"}}}`,
		`{"@timestamp":"2026-01-01T00:00:00Z","agent":{"type":"auditbeat","version":"8.1.0"},"event":{"category":"process"},"host":{"name":"a","os":{"type":"linux"}}}`,
		`{"agent":{"type":"auditbeat","version":"8.1.0"},"host":{"id":"1","name":"a"}}`,
		`{"@timestamp":"x","message":"nobody"}`,
	})
	clock := HostClock{Events: 1, First: 1767225600e9, Last: 1767225600e9, Slot: time.Minute}
	a, b, one := clock, clock, HostClock{Key: "1", Name: "a", Slot: time.Minute}
	a.Key, a.Name, b.Key, b.Name, b.First, b.Last = "a", "a", "b", "b", 1767225601e9, 1767225601e9
	want := map[string]any{"clocks": []HostClock{one, a, b}, "events": []int64{4, 1, 2}, "span": "1767225600000000000 1767225601000000000 true", "capped": false,
		"indices": []Count{{"auditbeat-8.1.0", 3}}, "categories": []Count{{"process", 2}, {"file", 1}}, "os": []Count{{"linux", 2}},
		"hosts": []Count{{"1", 1}, {"a", 1}, {"b", 1}}, "rule 0": NoFieldSeen + "process.namefalse 3"}
	if diff := cmp.Diff(want, seen(c)); diff != "" {
		t.Error(diff)
	}
}

// The order in which workers are merged, and what each of them saw, changes nothing.
func TestCensusMergeLaws(t *testing.T) {
	s := generatorSchema(t)
	for seed := range uint64(30) {
		g := newGenerator(seed)
		opt := Options{Schema: s, AnyIndex: seed%2 == 0}
		m, err := Compile(randomRules(g, 20, opt), opt)
		if err != nil {
			t.Fatal(err)
		}
		var parts [3][]string
		for i := range parts {
			for range g.IntN(6) {
				parts[i] = append(parts[i], g.line())
			}
		}
		part := func(i int) *Census { return censusOf(t, m, parts[i]) }
		merged := func(a, b *Census) *Census { a.Merge(b); return a }
		want := seen(censusOf(t, m, append(append(append([]string{}, parts[0]...), parts[1]...), parts[2]...)))
		for name, got := range map[string]*Census{
			"(a+b)+c": merged(merged(part(0), part(1)), part(2)),
			"a+(b+c)": merged(part(0), merged(part(1), part(2))),
			"c+(b+a)": merged(part(2), merged(part(1), part(0))),
		} {
			if diff := cmp.Diff(want, seen(got)); diff != "" {
				t.Errorf("seed %d, %s: %s", seed, name, diff)
			}
		}
	}
}

// Names beyond the caps, and long ones, are not kept, and the census says so.
func TestCensusCaps(t *testing.T) {
	m, err := Compile([]*rules.Rule{eventRule(parseQuery(t, `event.category:zzz`))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	category := func(name string) string {
		return `{"agent":{"type":"auditbeat"},"event":{"category":"` + name + `"}}`
	}
	var lines []string
	for i := range maxCensusNames {
		lines = append(lines, category(fmt.Sprint("c", i)))
	}
	c := censusOf(t, m, lines)
	if reason, _, ok := c.Coverage(0); ok || reason != NoCategorySeen || c.Capped() {
		t.Errorf("a full census: %q, capped: %v", reason, c.Capped())
	}
	for name, line := range map[string]string{"one more": category("x"), "a long one": category(strings.Repeat("x", maxCensusName+1))} {
		c := censusOf(t, m, append(lines[:maxCensusNames-1:maxCensusNames-1], category("y"), line))
		if _, _, ok := c.Coverage(0); !ok || !c.Capped() || len(c.Categories()) > maxCensusNames {
			t.Errorf("%s: could not have fired: %v, capped: %v, %d names", name, !ok, c.Capped(), len(c.Categories()))
		}
	}
}
