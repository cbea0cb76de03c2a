package scanner

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coldcase/rules"
	ql "coldcase/rules/esql"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
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
func rowRules(t testing.TB, change ...func(*rules.Rule)) Config {
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

// The id of a finding of one row, or of a group, does not depend on where its events stand.
func TestRowFindingIDs(t *testing.T) {
	cfg := rowRules(t)
	ids := func(paths ...string) string {
		var out []string
		for _, f := range findings(t, scan(t, cfg, paths...)) {
			out = append(out, f.Rule.Name+" "+f.ID)
		}
		return strings.Join(out, "\n")
	}
	lines, dir := rowEvents(), t.TempDir()
	whole := ids(write(t, dir, "whole.ndjson", lines...))
	parts := ids(write(t, dir, "a.ndjson", lines[4:]...), write(t, dir, "b.ndjson", lines[:4]...))
	if whole != parts {
		t.Errorf("in one file\n%s\nin two\n%s", whole, parts)
	}
}
