package rows

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"coldcase/matchers/event"
	"coldcase/rules/esql"
)

// aggregateOf returns what a STATS makes of lines, with a state for each so many of them
// that are merged at the end.
func aggregateOf(t testing.TB, stats string, lines []string, each int) string {
	t.Helper()
	p, l := program(t, "FROM a | STATS x = "+stats)
	var ev event.Event
	e := p.NewEnv()
	total := p.Lead.NewState(DefaultLimits)
	part := p.Lead.NewState(DefaultLimits)
	for i, line := range lines {
		if err := event.NewParser(l).Parse(&ev, []byte(line)); err != nil {
			t.Fatal(err)
		}
		p.Start(e, Event{Event: &ev}, func([]byte) { p.Lead.Add(e, part) })
		if (i+1)%each == 0 || i+1 == len(lines) {
			total.Merge(part)
			part = p.Lead.NewState(DefaultLimits)
		}
	}
	p.Lead.Finish(e, total)
	b, err := json.Marshal(e.Row[p.slot("x")].JSON())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Each aggregate over the same six rows, added to one state, and to one a row.
func TestAggregates(t *testing.T) {
	lines := []string{`{"n.a":4,"process.pid":3,"user.name":["b","a"],"@timestamp":"2024-01-03"}`,
		`{"n.a":4,"process.pid":1,"user.name":"c","@timestamp":"2024-01-01"}`, `{"process.pid":7,"@timestamp":"2024-01-02"}`,
		`{"n.a":-2.5,"process.pid":[1,2],"user.name":"a"}`, `{}`, `{"n.a":"x","process.pid":9223372036854775807}`}
	f := func(stats, want string) {
		t.Helper()
		for _, each := range []int{1, 2, 6} {
			if got := aggregateOf(t, stats, lines, each); got != want {
				t.Errorf("%s, merged each %d rows: got %s, want %s", stats, each, got, want)
			}
		}
	}
	f("COUNT(*)", "6")
	f("COUNT(user.name)", "4") // values of lists count
	f("COUNT_DISTINCT(user.name)", "3")
	f("COUNT(*) WHERE process.pid > 2", "3") // a list is no number
	f("VALUES(user.name)", `["a","b","c"]`)
	f("VALUES(no.such)", "null")
	f("MIN(process.pid)", "1")
	f("MAX(user.name)", `"c"`)
	f("MIN(@timestamp)", `"2024-01-01T00:00:00.000Z"`)
	f("SUM(process.pid)", "null") // overflows
	f("SUM(process.pid) WHERE process.pid < 10", "11")
	f("SUM(n.a)", "5.5")
	f("AVG(process.pid) WHERE process.pid < 10", "3.6666666666666665")
	f("MEDIAN(process.pid) WHERE process.pid < 10", "3.0")
	f("PERCENTILE(process.pid, 50) WHERE process.pid IN (1, 3)", "2.0")
	f("STD_DEV(process.pid) WHERE process.pid IN (1, 3)", "1.0")
	f("VARIANCE(process.pid) WHERE process.pid IN (1, 3)", "1.0")
	f("MEDIAN_ABSOLUTE_DEVIATION(process.pid) WHERE process.pid < 10", "2.0") // 3 1 7: 0 2 4
	f("MEDIAN_ABSOLUTE_DEVIATION(no.such)", "null")
	f("WEIGHTED_AVG(n.a, process.pid) WHERE process.pid < 10", "1.4545454545454546") // (4*3 + 4*1) / (3+1+7)
	f("WEIGHTED_AVG(process.pid, 2) WHERE process.pid < 10", "3.6666666666666665")
	f("WEIGHTED_AVG(process.pid, n.a - n.a) WHERE process.pid < 10", "null") // no weight at all
	f("WEIGHTED_AVG(no.such, process.pid) WHERE process.pid < 10", "null")
	f(`TOP(process.pid, 3, "asc")`, "[1,1,2]")
	f(`TOP(user.name, 2, "desc")`, `["c","b"]`)
	f("FIRST(process.pid, @timestamp)", "1")
	f("LAST(process.pid, @timestamp)", "3")
	f("EARLIEST(process.pid)", "1") // by @timestamp
	f("LATEST(process.pid)", "3")
	f("PRESENT(no.such)", "false")
	f("ABSENT(no.such)", "true")
	f("MAX(process.pid) - MIN(process.pid) WHERE process.pid < 10", "6") // one WHERE for both
	f("MV_COUNT(VALUES(user.name))", "3")
	f("COUNT(*) WHERE false", "0")
	f("MAX(process.pid) WHERE false", "null")
}

// Merging states does not depend on how rows were cut into parts, and the limits leave
// behind the same values whatever came first.
func TestLimitsDoNotDependOnOrder(t *testing.T) {
	var all Value
	for i := range 5000 {
		all = append(all, keyword(fmt.Sprintf("value %04d", i)))
	}
	g := rand.New(rand.NewPCG(1, 2))
	want := ""
	for range 4 {
		g.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		parts := []*collected{newCollected(64 << 10), newCollected(64 << 10), newCollected(64 << 10)}
		for i, x := range all {
			parts[i%3].add([]Value{{x}})
		}
		parts[0].merge(parts[1])
		parts[0].merge(parts[2])
		got := parts[0].result()
		if !slices.IsSortedFunc(got, less) || got[0].S != "value 0000" || parts[0].dropped() == 0 {
			t.Fatalf("%d values from %v, %d dropped", len(got), got[0], parts[0].dropped())
		}
		for i, x := range got { // those that are held are the smallest, without a gap
			if x.S != fmt.Sprintf("value %04d", i) {
				t.Fatalf("value %d is %q", i, x.S)
			}
		}
		if parts[0].bytes > 64<<10 {
			t.Errorf("%d bytes are held", parts[0].bytes)
		}
		want = got[0].S
	}
	if want == "" {
		t.Error("nothing compared")
	}
}

// Beyond its limit COUNT_DISTINCT is an estimate, the same for any parts.
func TestDistinctEstimate(t *testing.T) {
	const n = 200_000
	whole, parts := newDistinct(1000), []*distinct{newDistinct(1000), newDistinct(1 << 20)}
	for i := range n {
		v := []Value{longValue(int64(i))}
		whole.add(v)
		parts[i%2].add(v)
	}
	parts[0].merge(parts[1])
	got, _ := whole.result().integer()
	if got < n*97/100 || got > n*103/100 {
		t.Errorf("estimated %d of %d", got, n)
	}
	if again, _ := parts[0].result().integer(); again != got {
		t.Errorf("merged %d, whole %d", again, got)
	}
}

// Keys: a row stands in the group of each value of its lists, once; null is a group.
func TestKeys(t *testing.T) {
	f := func(by, line string, want ...string) {
		t.Helper()
		p, l := program(t, "FROM a | STATS n = COUNT(*) BY "+by)
		var ev event.Event
		if err := event.NewParser(l).Parse(&ev, []byte(line)); err != nil {
			t.Fatal(err)
		}
		e := p.NewEnv()
		var got []string
		keys := map[string]bool{}
		p.Start(e, Event{Event: &ev}, func(key []byte) {
			keys[string(key)] = true
			var cells []string
			for _, k := range p.Lead.by {
				cells = append(cells, fmt.Sprint(e.Row[k.slot].JSON()))
			}
			got = append(got, strings.Join(cells, "/"))
		})
		if strings.Join(got, " ") != strings.Join(want, " ") || len(keys) != len(want) {
			t.Errorf("BY %s of %s: got %q with %d keys, want %q", by, line, got, len(keys), want)
		}
	}
	f("user.name", `{"user.name":"a"}`, "a")
	f("user.name", `{}`, "<nil>")
	f("no.such, user.name", `{"no.such":[1,2,1],"user.name":["b","a"]}`, "1/a", "1/b", "2/a", "2/b")
	f("x = LENGTH(user.name)", `{"user.name":["b","a"]}`, "<nil>")
	f("d = DATE_TRUNC(1 hour, @timestamp)", `{"@timestamp":"2024-01-01T10:20:00Z"}`, "2024-01-01T10:00:00.000Z")
}

func TestMaxAge(t *testing.T) {
	f := func(rest, want string) {
		t.Helper()
		p, _ := program(t, "FROM a | STATS f = MIN(@timestamp), n = COUNT(*) BY user.name"+rest)
		age, ok := p.MaxAge()
		if got := fmt.Sprint(age, ok); got != want {
			t.Errorf("%s: got %s, want %s", rest, got, want)
		}
	}
	f(" | WHERE f >= NOW() - 10 minutes", "10m0s true")
	f(" | WHERE n > 1 AND f > NOW() - 1 day", "24h0m0s true")
	f(` | EVAL r = DATE_DIFF("minute", f, NOW()) | WHERE r <= 10`, "11m0s true")
	f(` | EVAL r = DATE_DIFF("minute", f, NOW()), f = n | WHERE r <= 10`, "11m0s true")
	f(` | EVAL f = NOW() | WHERE f >= NOW() - 10 minutes`, "0s false")
	f(` | WHERE f >= NOW() - 10 minutes OR n > 1`, "0s false")
	f(` | WHERE f <= NOW() - 10 minutes`, "0s false")
	f(" | STATS f = MIN(f) BY n | WHERE f >= NOW() - 10 minutes", "0s false")
}

// A condition on NOW() that every row of a window satisfies is left out; what is left of
// the command streams.
func TestWindowConditions(t *testing.T) {
	f := func(condition string, lead bool, stages int) {
		t.Helper()
		q, err := parse("FROM a | WHERE " + condition + " | STATS COUNT(*)")
		if err != nil {
			t.Fatal(err)
		}
		p, err := Compile(q, Source{Schema: builtin, Slot: event.NewLayout().Slot, LookBack: 3600e9})
		if err != nil {
			t.Fatal(err)
		}
		if (p.Lead != nil) != lead || len(p.Stages) != stages {
			t.Errorf("%s: lead %t, %d stages", condition, p.Lead != nil, len(p.Stages))
		}
	}
	f("process.pid > 1", true, 0)
	f("process.pid > 1 AND @timestamp >= NOW() - 1 hour", true, 0)
	f("process.pid > 1 AND @timestamp >= NOW() - 59 minutes", false, 2)
	f("process.pid > 1 OR @timestamp >= NOW() - 1 hour", false, 2)
}

// Results of windows that overlap: counts the largest, lists the union, others the last.
func TestMergeResult(t *testing.T) {
	p, _ := program(t, `FROM a | STATS n = COUNT(*), v = VALUES(user.name), f = MIN(@timestamp), m = MAX(process.pid) BY k = host.name
		| EVAL half = n / 2 | RENAME v AS w`)
	var names []string
	for _, c := range p.Columns {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, " "); got != "n w f m k half" {
		t.Fatalf("columns %s", got)
	}
	a := []Value{longValue(9), textValue("a"), dateValue(5), longValue(1), textValue("h"), longValue(4)}
	b := []Value{longValue(4), {keyword("a"), keyword("b")}, dateValue(7), longValue(3), textValue("h"), longValue(2)}
	p.MergeResult(a, b)
	want := []Value{longValue(9), {keyword("a"), keyword("b")}, dateValue(5), longValue(3), textValue("h"), longValue(2)}
	if fmt.Sprint(a) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", a, want)
	}
}

// FROM is not the only thing a query may begin with, nor are all columns named.
func TestColumns(t *testing.T) {
	p, _ := program(t, "FROM a | EVAL x = 1")
	if !p.Every || len(p.Columns) != 1 || p.Columns[0].Type != esql.Integer {
		t.Errorf("every %t, columns %v", p.Every, p.Columns)
	}
}
