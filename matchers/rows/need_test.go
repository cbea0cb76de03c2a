package rows

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"coldcase/rules/esql"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

func TestNeed(t *testing.T) {
	f := func(query string, want ...neededCount) {
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
		var got []neededCount
		if n := p.Need(); n != nil {
			for _, c := range n.counts {
				got = append(got, neededCount{least: c.least, distinct: c.distinct})
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: needs %v, want %v", query, got, want)
		}
	}
	rows := func(least int64) neededCount { return neededCount{least: least} }
	values := func(least int64) neededCount { return neededCount{least: least, distinct: true} }
	f(`STATS n = COUNT(*) BY user.name | WHERE n > 10`, rows(11))
	f(`STATS n = COUNT(*) BY user.name | WHERE n >= 10`, rows(10))
	f(`STATS n = COUNT(*) BY user.name | WHERE n >= 1.5`, rows(2))
	f(`STATS n = COUNT(*) BY user.name | WHERE n > 1.5`, rows(2))
	f(`STATS n = COUNT(*) BY user.name | WHERE 3 < n`, rows(4))
	f(`STATS n = COUNT_DISTINCT(host.id) BY user.name | WHERE user.name != "a" AND n == 2`, values(2))
	f(`STATS m = COUNT(*), n = COUNT_DISTINCT(host.id) BY user.name | EVAL x = m + n | WHERE x > 2 | WHERE n > 2`, values(3))
	f(`STATS m = COUNT_DISTINCT(user.id), n = COUNT_DISTINCT(host.id) BY user.name | WHERE m > 0 AND n > 1 | WHERE m < 9`, values(1), values(2))
	f(`STATS n = COUNT(host.id) BY user.name | WHERE n > 0`, rows(1))
	f(`STATS n = COUNT(*) WHERE host.id == "a" BY user.name | WHERE n > 0`, rows(1))
	f(`STATS n = COUNT(*) BY user.name | WHERE n > 10 | RENAME n AS m | WHERE m > 20`, rows(11))
	// nothing can be said
	f(`STATS n = COUNT(*) BY user.name | WHERE n >= 1`)
	f(`STATS n = COUNT(*) BY user.name | WHERE n < 10`)
	f(`STATS n = COUNT(*) BY user.name | WHERE NOT n < 10`)
	f(`STATS n = COUNT(*) BY user.name | WHERE n > 10 OR user.name == "a"`)
	f(`STATS n = COUNT(*) BY user.name | EVAL n = n * 100 | WHERE n > 10`)
	f(`STATS n = COUNT(*) + 5 BY user.name | WHERE n > 5`)
	f(`STATS n = MAX(process.pid) BY user.name | WHERE n > 5`)
	f(`STATS n = COUNT(*) BY user.name | STATS n = SUM(n) | WHERE n > 5`)
	f(`STATS n = COUNT(*) BY user.name | RENAME n AS m | WHERE m > 5`)
	f(`INLINE STATS n = COUNT(*) BY user.name | WHERE n > 5`)
	f(`WHERE process.pid > 5 | KEEP process.pid`)
}

// A group that shows more than a tally holds is taken to show enough.
func TestTallyIsBounded(t *testing.T) {
	x := Value(nil)
	n := &Need{counts: []neededCount{{least: 1000, distinct: true, x: func(*Env) Value { return x }}}}
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

// What two workers know of a group is worth what one would know of both their rows.
func TestTalliesMerge(t *testing.T) {
	var x, y Value
	n := &Need{counts: []neededCount{
		{least: 3, distinct: true, x: func(*Env) Value { return x }},
		{least: 4, x: func(*Env) Value { return y }},
	}}
	g := rand.New(rand.NewPCG(1, 2))
	met := 0
	for range 500 {
		var all Tally
		var parts [3]Tally
		for range g.IntN(8) {
			x, y = longValue(g.Int64N(4)), longValue(1)[:g.IntN(2)]
			n.Add(nil, &all)
			n.Add(nil, &parts[g.IntN(3)])
		}
		n.Merge(&parts[0], &parts[1])
		n.Merge(&parts[0], &parts[2])
		if parts[0].Met() != all.Met() {
			t.Fatalf("met in parts %t, at once %t", parts[0].Met(), all.Met())
		}
		if all.Met() {
			met++
		}
	}
	if met == 0 || met == 500 {
		t.Fatalf("%d of 500 are met: the test shows nothing", met)
	}
}
