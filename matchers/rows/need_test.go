package rows

import (
	"testing"

	"coldcase/rules/esql"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

func TestNeed(t *testing.T) {
	f := func(query string, least int64, distinct bool) {
		t.Helper()
		q, err := esql.Parse(source.Text{Path: "q", Body: "FROM logs-* | " + query}, esql.FromSchema(schema.Builtin()))
		if err != nil {
			t.Fatal(err)
		}
		slots := 0
		p, err := Compile(q, Source{Schema: schema.Builtin(), Slot: func(string) int { slots++; return slots }})
		if err != nil {
			t.Fatal(err)
		}
		switch n := p.Need(); {
		case n == nil && least != 0:
			t.Errorf("%s: nothing is needed, want %d", query, least)
		case n != nil && (n.least != least || n.distinct != distinct):
			t.Errorf("%s: %d are needed (distinct %t), want %d (%t)", query, n.least, n.distinct, least, distinct)
		}
	}
	f(`STATS n = COUNT(*) BY user.name | WHERE n > 10`, 11, false)
	f(`STATS n = COUNT(*) BY user.name | WHERE n >= 10`, 10, false)
	f(`STATS n = COUNT(*) BY user.name | WHERE n >= 1.5`, 2, false)
	f(`STATS n = COUNT(*) BY user.name | WHERE n > 1.5`, 2, false)
	f(`STATS n = COUNT(*) BY user.name | WHERE 3 < n`, 4, false)
	f(`STATS n = COUNT_DISTINCT(host.id) BY user.name | WHERE user.name != "a" AND n == 2`, 2, true)
	f(`STATS m = COUNT(*), n = COUNT_DISTINCT(host.id) BY user.name | EVAL x = m + n | WHERE x > 2 | WHERE n > 2`, 3, true)
	// nothing can be said
	f(`STATS n = COUNT(*) BY user.name | WHERE n >= 1`, 0, false)
	f(`STATS n = COUNT(*) BY user.name | WHERE n < 10`, 0, false)
	f(`STATS n = COUNT(*) BY user.name | WHERE NOT n < 10`, 0, false)
	f(`STATS n = COUNT(*) BY user.name | WHERE n > 10 OR user.name == "a"`, 0, false)
	f(`STATS n = COUNT(*) BY user.name | EVAL n = n * 100 | WHERE n > 10`, 0, false)
	f(`STATS n = COUNT(*) + 5 BY user.name | WHERE n > 5`, 0, false)
	f(`STATS n = MAX(process.pid) BY user.name | WHERE n > 5`, 0, false)
	f(`STATS n = COUNT(*) BY user.name | STATS n = SUM(n) | WHERE n > 5`, 0, false)
	f(`STATS n = COUNT(*) BY user.name | RENAME n AS m | WHERE m > 5`, 0, false)
	f(`INLINE STATS n = COUNT(*) BY user.name | WHERE n > 5`, 0, false)
	f(`WHERE process.pid > 5 | KEEP process.pid`, 0, false)
}

// A group that shows more than a tally holds is taken to show enough.
func TestTallyIsBounded(t *testing.T) {
	x := Value(nil)
	n := &Need{least: 1000, distinct: true, x: func(*Env) Value { return x }}
	var many, long Tally
	for i := range int64(maxNeeded) {
		if many.Met() {
			t.Fatalf("met at %d values", i)
		}
		x = longValue(i)
		n.Add(nil, &many)
		n.Add(nil, &many) // the same again counts once
	}
	x = textValue(string(make([]byte, maxNeededValue)))
	n.Add(nil, &long)
	if !many.Met() || !long.Met() {
		t.Errorf("many values: met %t; a long value: met %t", many.Met(), long.Met())
	}
}
