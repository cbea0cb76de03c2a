package correlate_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"coldcase/matchers/correlate"
)

// neededQueries ask in every way for a count that most groups do not have.
var neededQueries = []string{
	`STATS n = COUNT(*) BY user.name | WHERE n > 2`,
	`STATS n = COUNT(*) BY user.name | WHERE n >= 2.5 AND user.name != "c"`,
	`STATS n = COUNT(process.args) BY user.name | WHERE 4 <= n`,
	`STATS n = COUNT_DISTINCT(host.name) BY user.name | WHERE n >= 2`,
	`STATS n = COUNT_DISTINCT(process.args), first = MIN(@timestamp) BY user.name | KEEP user.name, n | WHERE n == 3`,
	`STATS n = COUNT_DISTINCT(host.name) WHERE process.pid > 3 BY user.name | EVAL half = n / 2 | WHERE half > 0 AND n > 1`,
	`STATS n = COUNT_DISTINCT(host.name) BY user.name | EVAL n = n + 1 | WHERE n >= 2`,
	`STATS n = COUNT_DISTINCT(host.name), m = COUNT(*) BY user.name | WHERE n >= 2 OR m >= 3`,
	`STATS n = COUNT(*) BY user.name, bucket = DATE_TRUNC(10 minutes, @timestamp) | WHERE n >= 2`,
	`STATS n = COUNT_DISTINCT(user.name) BY process.args | WHERE n > 1`,
	`STATS n = COUNT(*) BY user.name | STATS m = COUNT(*) BY n | WHERE m > 1`,
	`STATS n = COUNT(*) BY user.name | SORT n DESC | LIMIT 1 | WHERE n > 1`,
	`STATS n = COUNT_DISTINCT(host.name) BY user.name | RENAME n AS k | WHERE k >= 2`,
	`STATS n = COUNT_DISTINCT(host.name), m = COUNT_DISTINCT(process.args) BY user.name | WHERE n > 1 AND m > 0`,
	`STATS n = COUNT_DISTINCT(host.name), m = COUNT(*) WHERE process.pid > 3 BY user.name | WHERE n > 1 | WHERE m > 1`,
}

// randomEvents are events of few users and hosts, so that some groups show enough.
func randomEvents(random *rand.Rand) (out []string) {
	for range 1 + random.IntN(14) {
		e := fmt.Sprintf("10:%02d pid=%d", random.IntN(60), random.IntN(6))
		if random.IntN(8) > 0 {
			e += " user=" + string("abc"[random.IntN(3)])
		}
		if random.IntN(8) > 0 {
			e += " host=" + string("xyz"[random.IntN(3)])
		}
		if random.IntN(2) > 0 {
			e += []string{" args=p", " args=p+q", " args=q+r"}[random.IntN(3)]
		}
		out = append(out, e)
	}
	return out
}

// What is dropped before it is sorted makes no difference to the findings.
func TestPruningOfRowsLosesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 7))
	fired := map[string]int{}
	for range 150 {
		s := rowStory{lookBack: []string{"10m", "1h", "3h"}[random.IntN(3)], interval: "5m", events: randomEvents(random)}
		for _, q := range neededQueries {
			s.query = "FROM logs-* | " + q
			got, _ := s.run(t, 1+random.IntN(3), 1<<20)
			want, _ := s.reduce(t, 1, 1<<20, func(rd *correlate.Reduction) {
				rd.NearMiss = func(*correlate.NearMiss) {} // with which nothing is dropped
			})
			if got != want {
				t.Fatalf("%s\n%s\n got %s\nwant %s", s.query, strings.Join(s.events, "\n"), got, want)
			}
			if want != "" {
				fired[q]++
			}
		}
	}
	for _, q := range neededQueries {
		if fired[q] == 0 || fired[q] == 150 {
			t.Errorf("%s has a finding in %d of 150 stories: nothing is learnt from it", q, fired[q])
		}
	}
}
