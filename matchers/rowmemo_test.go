package matchers

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"coldcase/rules"
	"coldcase/rules/esql"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

func memoRule(t *testing.T, text string) *rules.Rule {
	t.Helper()
	q, err := esql.Parse(source.Text{Path: "q", Body: text}, esql.FromSchema(schema.Builtin()))
	if err != nil {
		t.Fatal(err)
	}
	x, _ := esql.Prefilter(q)
	return &rules.Rule{ID: text, Type: rules.KindESQL, ESQL: q, Program: &query.Program{Event: x}, LookBack: time.Hour, Interval: "5m"}
}

// A worker that remembers rows makes the same as one that does not, over values of every
// kind that differ in little.
func TestMemoOfRowsIsExact(t *testing.T) {
	var rs []*rules.Rule
	for _, text := range []string{
		`FROM logs-* | STATS n = COUNT_DISTINCT(host.name), u = VALUES(user.name) BY process.name | WHERE n > 1`,
		`FROM logs-* | WHERE process.pid > 2 | EVAL u = CONCAT(user.name, "-", host.name) | STATS n = COUNT(*) BY u, process.pid`,
		`FROM logs-* | EVAL k = COALESCE(user.name, "none") | STATS n = COUNT_DISTINCT(process.args) BY k | WHERE n > 0`,
		`FROM logs-* | MV_EXPAND process.args | STATS n = COUNT(*) BY process.args`,
		`FROM logs-* | STATS first = MIN(@timestamp) BY user.name`,
		`FROM logs-* METADATA _id | STATS n = COUNT_DISTINCT(_id) BY user.name | WHERE n > 3`,
		`FROM logs-* | WHERE KQL("user.name: a*") | STATS n = COUNT(*) BY host.name`,
	} {
		rs = append(rs, memoRule(t, text))
	}
	m, err := Compile(rs, Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	fast, plain := m.NewWorker(false), m.NewWorker(true)
	r := rand.New(rand.NewPCG(8, 9))
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	for i := range 4000 {
		line := fmt.Sprintf(`{"@timestamp":"2026-01-01T00:00:%02dZ","event.id":"%d","user":{"name":%s},"host":{"name":%s},"process":{"name":%s,"pid":%s,"args":%s}}`,
			i%60, i, pick(`"a"`, `"ab"`, `null`, `["a","b"]`, `["ab",""]`, `""`), pick(`"x"`, `"y"`, `["x","y"]`), pick(`"p"`, `"q"`, `1`, `true`, `"1"`),
			pick(`1`, `3`, `"3"`, `3.0`, `[3,4]`, `"n"`), pick(`[]`, `["b"]`, `["b","b"]`, `["a","b","c"]`, `"a"`))
		got, want := rowsOf(t, fast, line), rowsOf(t, plain, line)
		if got != want {
			t.Fatalf("%s\n got %s\nwant %s", line, got, want)
		}
	}
	known := 0
	for i := range fast.rows.rules {
		known += len(fast.rows.rules[i].memo.rows)
	}
	if known == 0 {
		t.Error("nothing is remembered: the test shows nothing")
	}
}

func rowsOf(t *testing.T, w *Worker, line string) string {
	t.Helper()
	hits, err := w.Match([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	for _, h := range hits {
		for _, row := range w.Rows(h) {
			out += fmt.Sprintf("%d %q %q\n", h.Rule, row.Key, row.Row)
		}
	}
	return out
}

// What is asked in vain is given up, and long values are not kept.
func TestMemoOfRowsIsBounded(t *testing.T) {
	var m rowMemo
	for i := range memoTrial {
		key := []byte(fmt.Sprint(i % (3 * maxMemoRows)))
		if _, known := m.recall(key); !known {
			m.remember(key, memoRow{none: true})
		}
		if len(m.rows) > maxMemoRows || len(m.past) > maxMemoRows {
			t.Fatalf("%d and %d rows are kept", len(m.rows), len(m.past))
		}
	}
	if !m.off || m.rows != nil || m.past != nil {
		t.Errorf("after %d questions in vain: off %t, %d rows", memoTrial, m.off, len(m.rows))
	}
	// What fits is known from the second time on.
	m = rowMemo{}
	for i := range memoTrial {
		key := []byte(fmt.Sprint(i * 7 % maxMemoRows))
		if _, known := m.recall(key); !known {
			if i >= maxMemoRows {
				t.Fatalf("at %d: %s is not known any more", i, key)
			}
			m.remember(key, memoRow{none: true})
		}
	}
	m = rowMemo{}
	m.remember(make([]byte, maxMemoBytes+1), memoRow{})
	if len(m.rows) > 0 {
		t.Error("a long value is kept")
	}
}

// What an event's lists make beyond a bound is counted for each event, also where equal
// events came before.
func TestMemoOfRowsCountsWhatIsLeftOut(t *testing.T) {
	m, err := Compile([]*rules.Rule{memoRule(t, `FROM logs-* | MV_EXPAND process.args | MV_EXPAND user.name | MV_EXPAND host.name
		| MV_EXPAND process.name | MV_EXPAND user.id | WHERE LENGTH(user.id) > 5 | STATS n = COUNT(*) BY user.id`)}, Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for c := 'a'; c <= 'z'; c++ {
		list = append(list, fmt.Sprintf(`"%c"`, c))
	}
	line := fmt.Sprintf(`{"process":{"args":[%s],"name":[%[1]s]},"user":{"name":[%[1]s],"id":[%[1]s]},"host":{"name":[%[1]s]}}`, strings.Join(list, ","))
	fast, plain := m.NewWorker(false), m.NewWorker(true)
	for range 2 {
		rowsOf(t, fast, line)
		rowsOf(t, plain, line)
	}
	if fast.rows.dropped != plain.rows.dropped || fast.rows.dropped < 2 {
		t.Errorf("%d rows are counted as left out, by the reference path %d", fast.rows.dropped, plain.rows.dropped)
	}
}
