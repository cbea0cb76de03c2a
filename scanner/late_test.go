package scanner

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// roaming are rules that ask of every event, and find the few users that show enough.
func roaming(t testing.TB) Config {
	return withRules(t,
		rowRule(t, "hosts", `FROM logs-* | STATS n = COUNT_DISTINCT(host.name), hosts = VALUES(host.name), names = VALUES(process.name) BY user.name | WHERE n >= 2`),
		rowRule(t, "many", `FROM logs-* | STATS n = COUNT(*), first = MIN(@timestamp) BY user.name, process.name | WHERE n > 30`),
		rowRule(t, "both", `FROM logs-* | EVAL odd = CASE(process.name == "odd", host.name, null) | STATS n = COUNT_DISTINCT(odd), m = COUNT(*) BY user.name | WHERE n > 0 AND m > 5`),
		rowRule(t, "listed", `FROM logs-* | STATS n = COUNT_DISTINCT(host.name) BY process.args | WHERE n > 2`),
		kqlRule(t, "odd", `process.name : odd`))
}

// roamingEvents are events of users that stay on a host of their own, but for some that
// turn up on another one, mostly late.
func roamingEvents(n int) (lines []string) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range n {
		u := r.IntN(40)
		e := ev{time: at(i * 3600 / n), user: fmt.Sprint("u", u), host: fmt.Sprint("h", u), name: []string{"one", "two"}[r.IntN(2)], id: fmt.Sprint("id", i)}
		if u%10 == 0 && r.IntN(n) < i/8 {
			e.host = "h-away"
		}
		if u%8 == 0 && r.IntN(40) == 0 {
			e.name = "odd"
		}
		if r.IntN(5) == 0 {
			e.more = fmt.Sprintf(`"process.args":["a%d","b%d"],`, u%3, r.IntN(900))
		}
		lines = append(lines, e.String())
	}
	return lines
}

// Rows that were left out and read again make the same findings: in any container, behind
// bulk actions and several on a line, for any number of workers.
func TestRowsLeftOutMakeTheSameFindings(t *testing.T) {
	events := roamingEvents(3000)
	dir := t.TempDir()
	write(t, dir, "a.ndjson", events[:700]...)
	writeBytes(t, dir, "b.ndjson.gz", gz(t, []byte(strings.Join(events[700:1500], "\n")), 3))
	writeBytes(t, dir, "c.ndjson.zst", zst(t, []byte(strings.Join(events[1500:2200], "\n")), 2))
	writeBytes(t, dir, "d.json", []byte("["+strings.Join(events[2200:2600], ",\n")+"]"))
	write(t, dir, "e.ndjson", `{"index":{"_index":"logs-endpoint.events.process-default"}}`+"\n"+
		strings.Join(events[2600:], "\n"+`{"index":{"_index":"logs-endpoint.events.process-default"}}`+"\n"))
	write(t, dir, "f.ndjson", events[300:600]...) // seen before
	cfg := roaming(t)
	cfg.leaveFrom = -1
	res := scan(t, cfg, dir)
	want := whole(t, res)
	found := map[string]int{}
	for _, g := range res.Groups {
		found[g.Rule.ID]++
	}
	for _, rule := range []string{"hosts", "many", "both", "listed"} {
		if found[rule] == 0 {
			t.Fatalf("rule %s finds nothing: %v", rule, found)
		}
	}
	for _, jobs := range []int{1, 2, 5} {
		for _, from := range []int{1, 40, 300} {
			cfg.Jobs, cfg.leaveFrom = jobs, from
			same(t, fmt.Sprintf("%d workers, from row %d", jobs, from), whole(t, scan(t, cfg, dir)), want)
		}
	}
}

// What cannot be read again is said, and the run is not complete.
func TestRowsLeftOutThatAreGone(t *testing.T) {
	events := roamingEvents(3000)
	path := write(t, t.TempDir(), "a.ndjson", events...)
	cfg := withDefaults(over(t, roaming(t), path))
	cfg.leaveFrom = 1
	dir := t.TempDir()
	s, err := mapShards(context.Background(), cfg, dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	res, err := reduce(context.Background(), cfg, s, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if res.Complete || !strings.Contains(strings.Join(res.Notes, "\n"), "rows of rules in ES|QL whose events could not be read a second time: ") {
		t.Errorf("complete %t, notes %q", res.Complete, res.Notes)
	}
}
