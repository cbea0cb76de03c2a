package scanner

import (
	"fmt"
	"strings"
	"testing"

	"coldcase/matchers"
	"coldcase/rules"
)

// compared makes a configuration with a second set of rules.
func compared(t *testing.T, a, b []*rules.Rule) Config {
	t.Helper()
	u := rules.Unite(rules.NewSet(a, nil), rules.NewSet(b, nil))
	m, err := matchers.Compile(u.Rules, matchers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return Config{Tool: Tool{Name: "coldcase", Version: "test"}, Matcher: m, Rules: u.A, Compare: u, TempDir: t.TempDir(), Jobs: 2}
}

// told writes a comparison, a line a rule.
func told(c *Comparison) string {
	out := []string{fmt.Sprintf("%d gained %d lost %d same, %d added %d removed %d edited", c.Gained, c.Lost, c.Same, c.Added, c.Removed, c.Edited)}
	for _, r := range c.Rules {
		out = append(out, fmt.Sprintf("%s: %d gained %d lost %d same", r.ID, r.Gained, r.Lost, r.Same))
	}
	return strings.Join(out, "\n")
}

func version(n int) func(*rules.Rule) { return func(r *rules.Rule) { r.Version = n } }

// The result of a run with a second set is that of a run without, but for the
// comparison; and the comparison is what two runs would tell.
func TestCompareChangesNothingElse(t *testing.T) {
	alerts := func(r *rules.Rule) { r.Indices = []string{".alerts-security.*"} }
	shared := kqlRule(t, "shared", `process.name : tool`)
	a := []*rules.Rule{shared, kqlRule(t, "edited", `process.name : (one or two)`),
		kqlRule(t, "over alerts", `kibana.alert.rule.name : edited`, alerts),
		eqlRule(t, "removed", `sequence by host.name [any where process.name == "one"] [any where process.name == "two"]`)}
	b := []*rules.Rule{shared, kqlRule(t, "edited", `process.name : (two or three)`, version(2)),
		kqlRule(t, "over alerts", `kibana.alert.rule.name : edited`, alerts),
		kqlRule(t, "added", `process.name : three`, risk("critical", 99))}
	var lines []string
	for i, name := range []string{"one", "two", "three", "tool", "one", "two"} {
		lines = append(lines, ev{time: at(i), name: name, id: fmt.Sprint("e", i)}.String())
	}
	path := write(t, t.TempDir(), "a.ndjson", lines...)

	alone, res := scan(t, withRules(t, a...), path), scan(t, compared(t, a, b), path)
	if alone.Comparison != nil {
		t.Error("a comparison without a second set")
	}
	got := told(res.Comparison)
	res.Comparison = nil
	same(t, "result", whole(t, res), whole(t, alone))
	// "edited" finds one, two, one, two before and two, three, two after; the rule over
	// alerts follows it; of the removed rule's sequences two are lost.
	want := strings.Join([]string{
		"3 gained 6 lost 5 same, 1 added 1 removed 2 edited",
		"added: 1 gained 0 lost 0 same",
	}, "\n")
	if !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s...", got, want)
	}
	for _, l := range []string{"edited: 1 gained 2 lost 2 same", "removed: 0 gained 2 lost 0 same"} {
		if !strings.Contains(got, l) {
			t.Errorf("no %q in\n%s", l, got)
		}
	}
}

// Near misses are those of the first set.
func TestCompareHidesNearMisses(t *testing.T) {
	seq := func(name string) *rules.Rule {
		return eqlRule(t, name, `sequence by host.name with maxspan=1m [any where process.name == "one"] [any where process.name == "two"] [any where process.name == "three"]`)
	}
	path := write(t, t.TempDir(), "a.ndjson", ev{time: at(0), name: "one"}.String(), ev{time: at(1), name: "two"}.String(),
		ev{time: at(100), name: "tool"}.String())
	near := func(a, b []*rules.Rule) string {
		cfg := compared(t, a, b)
		cfg.NearMisses = true
		var out []string
		for _, m := range scan(t, cfg, path).NearMisses {
			out = append(out, m.Rule.Name)
		}
		return strings.Join(out, " ")
	}
	equal(t, "near misses", near([]*rules.Rule{seq("mine")}, []*rules.Rule{seq("theirs")}), "mine")
	equal(t, "near misses without a rule of mine", near(nil, []*rules.Rule{seq("theirs")}), "")
}

// A filter hides findings of both sets from the comparison.
func TestCompareFilters(t *testing.T) {
	a := []*rules.Rule{kqlRule(t, "r", `process.name : one`)}
	b := []*rules.Rule{kqlRule(t, "r", `process.name : two`, version(2))}
	path := write(t, t.TempDir(), "a.ndjson", ev{time: at(0), name: "one", host: "x"}.String(), ev{time: at(1), name: "two", host: "y"}.String())
	cfg := compared(t, a, b)
	equal(t, "all", told(scan(t, cfg, path).Comparison), "1 gained 1 lost 0 same, 0 added 0 removed 1 edited\nr: 1 gained 1 lost 0 same")
	cfg.Filter.Hosts = []string{"y"}
	equal(t, "one host", told(scan(t, cfg, path).Comparison), "1 gained 0 lost 0 same, 0 added 0 removed 1 edited\nr: 1 gained 0 lost 0 same")
}
