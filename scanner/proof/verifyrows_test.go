package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"coldcase/rules"
	ql "coldcase/rules/esql"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
	"coldcase/scanner"
)

// rowRule makes a rule of our own over windows of an hour.
func rowRule(t testing.TB, name, text string, change ...func(*rules.Rule)) *rules.Rule {
	t.Helper()
	q, err := ql.Parse(source.Text{Path: name + ".toml", Body: text, Line: 1, Col: 1}, ql.FromSchema(schema.Builtin()))
	if err != nil {
		t.Fatal(err)
	}
	x, _ := ql.Prefilter(q)
	r := newRule(name, text, "esql", &query.Program{Event: x}, nil)
	r.Type, r.ESQL, r.Indices, r.LookBack, r.Interval = rules.KindESQL, q, q.Commands[0].(*ql.From).Indices, time.Hour, "5m"
	for _, c := range change {
		c(r)
	}
	return r
}

const (
	countQuery = `FROM logs-* | WHERE process.name == "tool" | STATS n = COUNT(*), users = VALUES(user.name), part = AVG(process.pid) BY host.name | WHERE n >= 3`
	chainQuery = `FROM logs-* | WHERE process.name == "tool" | STATS n = COUNT(*) BY host.name, user.name | STATS u = COUNT(*) BY host.name | WHERE u >= 2`
)

// rowRules are rules in ES|QL of each kind of proof.
func rowRules(t testing.TB, change ...func(*rules.Rule)) scanner.Config {
	return withRules(t,
		rowRule(t, "plain", `FROM logs-* | WHERE process.name == "one" | EVAL who = TO_UPPER(user.name) | KEEP who, process.pid`),
		rowRule(t, "expanded", `FROM logs-* | WHERE process.name == "two" | MV_EXPAND process.args | KEEP process.args`),
		rowRule(t, "count", countQuery, change...),
		rowRule(t, "chained", chainQuery),
		rowRule(t, "inline", `FROM logs-* | WHERE process.name == "tool" | INLINE STATS n = COUNT(*) BY user.name | WHERE n == 1 | KEEP n, user.name`),
		rowRule(t, "many", `FROM logs-* | WHERE process.name == "many" | STATS n = COUNT(*), u = VALUES(user.name) BY host.name | WHERE n > 120`),
		rowRule(t, "many chained", `FROM logs-* | WHERE process.name == "many" | STATS n = COUNT(*) BY host.name, user.name | STATS n = SUM(n) | WHERE n > 120`),
	)
}

func rowEvents() (lines []string) {
	line := func(second int, name, user, host, more string) {
		lines = append(lines, ev{time: at(second), name: name, user: user, host: host, id: fmt.Sprint("id", second), more: more}.String())
	}
	line(0, "one", "ann", "h1", `"process.pid":7,`)
	line(1, "two", "ann", "h1", `"process.args":["x","y"],`)
	line(10, "tool", "ann", "h1", `"process.pid":7,`)
	line(20, "tool", "bob", "h1", `"process.pid":8,`)
	line(400, "tool", "ann", "h1", `"process.pid":8,`)
	line(420, "tool", "cat", "h2", "")
	for i := range 130 {
		line(1000+i, "many", []string{"ann", "bob"}[i%2], "h3", "")
	}
	return lines
}

// judged proves one finding, once it was changed, and compares the verdict.
func judged(t *testing.T, cfg scanner.Config, c map[string]any, want string, change func(c map[string]any)) {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var copied map[string]any
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(&copied); err != nil {
		t.Fatal(err)
	}
	for i, e := range c["evidence"].([]any) { // as they are: the order of keys counts
		copied["evidence"].([]any)[i].(map[string]any)["event"] = e.(map[string]any)["event"]
	}
	change(copied)
	if b, err = json.Marshal(copied); err != nil {
		t.Fatal(err)
	}
	got, _ := verdicts(t, cfg, b)
	if len(got) != 1 || got[0] != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func row(c map[string]any) map[string]any {
	return c["detail"].(map[string]any)["row"].(map[string]any)
}

// The rows of rules in ES|QL are made again from the lines of a finding, and held against
// its detail.
func TestVerifyRows(t *testing.T) {
	cfg := rowRules(t)
	path := write(t, t.TempDir(), "a.ndjson", rowEvents()...)
	res := scan(t, cfg, path)
	by := claims(t, res)
	file := findingsFile(t, res)
	closeResult(t, res)
	for name, n := range map[string]int{"plain": 1, "expanded": 2, "count": 1, "chained": 1, "inline": 3, "many": 1, "many chained": 1} {
		if len(by[name]) != n {
			t.Fatalf("%s: %d findings, want %d", name, len(by[name]), n)
		}
	}
	got, counts := verdicts(t, cfg, file)
	if counts.Proven != counts.Findings || counts.Findings != 10 {
		t.Errorf("%+v\n%s", counts, strings.Join(got, "\n"))
	}
	f := func(rule, want string, change func(c map[string]any)) {
		t.Helper()
		judged(t, cfg, by[rule][0], want, change)
	}
	same := func(map[string]any) {}
	f("plain", "proven plain: line, rule", same)
	f("count", "proven count: 3 lines, rule and row", same)
	f("chained", "proven chained: 3 lines, rule and row, of these events alone; what others add rests on all evidence, which a new scan proves", same)
	f("many", "proven many: 100 lines, rule and key; the row rests on all 130 sources, of which 100 are listed: a new scan proves it", same)
	f("many chained", "proven many chained: 100 lines, rule; the row rests on all 130 sources, of which 100 are listed: a new scan proves it", same)

	// The same numbers, as another tool writes them, in another order.
	f("count", "proven count: 3 lines, rule and row", func(c map[string]any) {
		row(c)["n"], row(c)["part"] = json.Number("3.0"), json.Number("7.66666666666666666667")
	})
	otherwise := func(rule string, lines int) string {
		text := "line"
		if lines > 1 {
			text = fmt.Sprintf("%d lines", lines)
		}
		return fmt.Sprintf("changed %s: %s proven, but the findings file says otherwise than the evidence: ", rule, text)
	}
	f("plain", otherwise("plain", 1)+"detail.row (who)", func(c map[string]any) { row(c)["who"] = "BOB" })
	f("plain", otherwise("plain", 1)+"detail.row (process.pid, who)", func(c map[string]any) { delete(c["detail"].(map[string]any), "row") })
	f("expanded", otherwise("expanded", 1)+"detail.row (process.args)", func(c map[string]any) { row(c)["process.args"] = "z" })
	f("count", otherwise("count", 3)+"detail.row (n)", func(c map[string]any) { row(c)["n"] = 30 })
	f("count", otherwise("count", 3)+"detail.row (n, users)", func(c map[string]any) { row(c)["n"] = nil; row(c)["users"] = []any{"ann"} })
	f("count", otherwise("count", 3)+"detail.row (columns that the rule does not make)", func(c map[string]any) { row(c)["more"] = 1 })
	f("count", otherwise("count", 3)+"host", func(c map[string]any) { c["host"] = "h9" })
	f("many", otherwise("many", 100)+"finding_id", func(c map[string]any) { c["finding_id"] = strings.Repeat("a1", 32) })
	f("count", "changed : no finding: detail.row is no object", func(c map[string]any) { c["detail"].(map[string]any)["row"] = 7 })

	// A line that was left out of the finding, and one that is of another.
	f("count", "changed count: 2 lines proven, but the rule keeps no row of these events", func(c map[string]any) {
		c["evidence"] = c["evidence"].([]any)[:2]
		c["detail"].(map[string]any)["rows"].(map[string]any)["sources"] = 2
	})
	f("many", "changed many: 100 lines proven, but the rule does not match: it is another rule than then", func(c map[string]any) {
		c["evidence"].([]any)[5] = by["plain"][0]["evidence"].([]any)[0]
	})
}

// What changed since: a line of the evidence is gone, or the rule is another under its name.
func TestVerifyRowsOfOtherTimes(t *testing.T) {
	cfg := rowRules(t)
	dir := t.TempDir()
	path := write(t, dir, "a.ndjson", rowEvents()...)
	res := scan(t, cfg, path)
	by := claims(t, res)
	closeResult(t, res)
	f := func(cfg scanner.Config, want string) {
		t.Helper()
		judged(t, cfg, by["count"][0], want, func(map[string]any) {})
	}
	where := func(from, to string) scanner.Config {
		return rowRules(t, func(r *rules.Rule) { *r = *rowRule(t, "count", strings.Replace(countQuery, from, to, 1)) })
	}
	f(where("n >= 3", "n >= 4"), "changed count: 3 lines proven, but the rule keeps no row of these events")
	f(where(`== "tool"`, `== "other"`), "changed count: 3 lines proven, but the rule does not match: it is another rule than then")
	f(where("COUNT(*)", "COUNT(*) * 2"), "changed count: 3 lines proven, but the findings file says otherwise than the evidence: detail.row (n)")
	f(where("BY host.name", "BY user.name"), "changed count: 3 lines proven, but the rule keeps no row of these events")

	if err := os.WriteFile(path, []byte(strings.Join(rowEvents()[:4], "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	judged(t, cfg, by["count"][0], "missing count: line 5 is not there: the input ends at line 4", func(c map[string]any) {
		for _, e := range c["evidence"].([]any) {
			e.(map[string]any)["file_sha256"] = nil
		}
	})
}

// explained is what explain makes of the rows of a finding.
func explained(t *testing.T, cfg scanner.Config, c map[string]any) *scanner.ExplainedRows {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	f, err := scanner.FindFinding(bytes.NewReader(b), c["finding_id"].(string))
	if err != nil {
		t.Fatal(err)
	}
	rule, _ := f.RuleOf(cfg.Matcher)
	return f.ExplainRows(cfg.Matcher, rule)
}

// Whatever windows a finding is made of, its lines prove it again.
func TestVerifyRowEpisodes(t *testing.T) {
	for _, condition := range []string{"n >= 2", "n == 2", "n <= 2", "n > 3 OR users == 1"} {
		cfg := withRules(t, rowRule(t, "r", `FROM logs-* | WHERE process.name == "tool"
			| STATS n = COUNT(*), users = COUNT_DISTINCT(user.name), first = MIN(@timestamp), who = VALUES(user.name), last = LAST(user.name, @timestamp) BY host.name
			| EVAL twice = n * 2 | WHERE `+condition, func(r *rules.Rule) { r.LookBack, r.Interval = 10*time.Minute, "3m" }))
		var lines []string
		for i := range 80 {
			lines = append(lines, ev{time: at(i * i * 31 % 5000), user: []string{"ann", "bob", "cat"}[i%3], host: []string{"h1", "h2"}[i%7%2], id: fmt.Sprint(i)}.String())
		}
		res := scan(t, cfg, write(t, t.TempDir(), "a.ndjson", lines...))
		file := findingsFile(t, res)
		for _, c := range claims(t, res)["r"] {
			if x := explained(t, cfg, c); !x.Replayed || !x.Kept || x.Windows == 1 && !x.Same {
				t.Errorf("%s: %+v: %+v", condition, c["detail"], x)
			}
		}
		closeResult(t, res)
		got, counts := verdicts(t, cfg, file)
		if counts.Findings < 2 || counts.Proven != counts.Findings {
			t.Errorf("%s: %+v\n%s", condition, counts, strings.Join(got, "\n"))
		}
		for _, v := range got {
			if !strings.HasSuffix(v, "rule and row") {
				t.Errorf("%s: %s", condition, v)
			}
		}
	}
}
