package scanner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"coldcase/rules"
)

// Findings of rules in ES|QL say which stage kept their rows, with values; of those that
// look at rows together also what the row tells.
func TestExplainRowFindings(t *testing.T) {
	cfg := rowRules(t)
	res := scan(t, cfg, write(t, t.TempDir(), "a", rowEvents()...))
	got := map[string]string{}
	err := res.Findings(func(f *Finding) error {
		text := ""
		x := f.Explain()
		for _, c := range x.Events[0].Clauses {
			text += fmt.Sprintf("%d %s = %s; ", c.Stage, c.Clause, c.Value)
		}
		for _, c := range x.Row {
			text += fmt.Sprintf("row: %d %s = %s; ", c.Stage, c.Clause, c.Value)
		}
		got[f.Rule.Name] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f := func(rule, want string) {
		t.Helper()
		equal(t, rule, got[rule], want)
	}
	f("plain", `2 process.name == "one" = one; `)
	f("count", `2 process.name == "tool" = tool; row: 4 n >= 3 = 3; `)
	f("chained", `2 process.name == "tool" = tool; row: 5 u >= 2 = 2; `)
	f("inline", `2 process.name == "tool" = tool; row: 4 n == 1 = 1; `)
	f("many", `2 process.name == "many" = many; row: 4 n > 120 = 130; `)
}

// again explains the rows of a finding by the rules of a configuration, in a few words.
func again(t *testing.T, cfg Config, c map[string]any) (x *ExplainedRows, said string) {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	f, err := FindFinding(bytes.NewReader(b), c["finding_id"].(string))
	if err != nil {
		t.Fatal(err)
	}
	rule, _ := f.RuleOf(cfg.Matcher)
	x = f.ExplainRows(cfg.Matcher, rule)
	if x == nil {
		return nil, ""
	}
	text := fmt.Sprintf("replayed %v kept %v same %v alone %v", x.Replayed, x.Kept, x.Same, x.Alone)
	for _, c := range x.Commands {
		text += fmt.Sprintf("; %d %s", c.Number, c.Outcome)
		for _, k := range append(c.Keys, c.Made...) {
			value := k.Value
			if k.Untold {
				value = "?"
			}
			text += " " + k.Name + "=" + value
		}
		if c.Clause != nil {
			text += " " + c.Clause.Text + " " + c.Clause.Verdict.String()
		}
	}
	if x.Note != "" {
		text += "; " + x.Note
	}
	return x, text
}

// What the events of a finding amount to is made again of them, and else told by its row.
func TestExplainRowsAgain(t *testing.T) {
	cfg := rowRules(t)
	res := scan(t, cfg, write(t, t.TempDir(), "a", rowEvents()...))
	by := claims(t, res)
	f := func(cfg Config, rule, want string) *ExplainedRows {
		t.Helper()
		x, got := again(t, cfg, by[rule][0])
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", rule, got, want)
		}
		return x
	}
	f(cfg, "plain", "")
	x := f(cfg, "count", "replayed true kept true same true alone true; "+
		"3 passed host.name=h1 n=3 users=[ann, bob] part=7.666666666666667; 4 passed n >= 3 true")
	if x.End.Sub(x.Start) != time.Hour || x.Sources != 3 || x.Recorded != 3 || x.Windows != 1 {
		t.Errorf("%+v", x)
	}
	f(cfg, "chained", "replayed true kept true same true alone false; "+
		"3 passed host.name=h1 user.name=ann n=2; 4 passed host.name=h1 u=2; 5 passed u >= 2 true")
	f(cfg, "inline", "replayed true kept true same true alone false; "+
		"3 passed user.name=ann n=1; 4 passed n == 1 true; 5 passed")
	f(cfg, "many", "replayed false kept true same true alone true; "+
		"3 passed host.name=h3 n=130 u=[ann, bob]; 4 passed n > 120 true; of 130 sources 100 are recorded")
	f(cfg, "many chained", "replayed false kept true same true alone false; "+
		"3 passed host.name=? user.name=? n=?; 4 passed n=130; 5 passed n > 120 true; of 130 sources 100 are recorded")

	// Under a rule that has changed since.
	changed := func(from, to string) Config {
		return rowRules(t, func(r *rules.Rule) { *r = *rowRule(t, "count", strings.Replace(countQuery, from, to, 1)) })
	}
	f(changed("n >= 3", "n >= 4"), "count", "replayed true kept false same false alone true; "+
		"3 passed host.name=h1 n=3 users=[ann, bob] part=7.666666666666667; 4 dropped n >= 4 false")
	f(changed("COUNT(*)", "COUNT(*) + 1"), "count", "replayed true kept true same false alone true; "+
		"3 passed host.name=h1 n=4 users=[ann, bob] part=7.666666666666667; 4 passed n >= 3 true")
	f(changed(`"tool"`, `"other"`), "count", "replayed false kept true same true alone true; "+
		"3 passed host.name=h1 n=3 users=[ann, bob] part=7.666666666666667; 4 passed n >= 3 true; event 1 makes no row, or has no time")
}

// A finding can state any row and any counts.
func TestExplainRowsIsHostile(t *testing.T) {
	cfg := rowRules(t)
	event := ev{time: at(10), name: "tool"}.String()
	for _, detail := range []string{`null`, `{}`, `{"row":7,"rows":[]}`, `{"row":{},"rows":{"sources":-1,"windows":1e99}}`,
		`{"row":{"n":"3","users":{"a":1},"part":"NaN","host.name":[[1]]},"rows":{"sources":"x"}}`,
		`{"row":{"n":1e999,"users":[` + strings.Repeat(`"x",`, 200_000) + `null],"part":true,"host.name":null},"rows":{"sources":9223372036854775807}}`} {
		for _, e := range []string{event, `null`, `"text"`, `{"@timestamp":"-9999-01-01T00:00:00Z","process.name":"tool"}`, `{"process.name":"tool"}`,
			`{"@timestamp":99999999999999999999,"process.name":"tool"}`} {
			for _, rule := range []string{"count", "chained", "inline", "many chained"} {
				text := `{"schema":"coldcase/finding/1","finding_id":"aaaa","rule":{"id":"` + rule + `","version":1},"evidence":[{"file":"f","line_sha256":"x","event":` + e + `}],"detail":` + detail + `}`
				f, err := FindFinding(strings.NewReader(text), "aaaa")
				if err != nil {
					continue // the row is no object
				}
				place, _ := f.RuleOf(cfg.Matcher)
				x := f.ExplainRows(cfg.Matcher, place)
				if x == nil || len(x.Commands) == 0 && x.Note == "" {
					t.Errorf("%s %.100s %s: %+v", rule, detail, e, x)
				}
			}
		}
	}
}
