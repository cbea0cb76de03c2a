package scanner

import (
	"fmt"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
)

// notes says what a reader of the result must know beside its tables, sorted.
func notes(res *Result, g *grouping, account *matchers.Account, stats correlate.Stats, moreEntities int64) []string {
	var out []string
	add := func(n int64, what, why string) {
		if n > 0 {
			out = append(out, fmt.Sprintf("%s: %d%s", what, n, why))
		}
	}
	c := res.Counts
	add(c.BeyondIgnoreAbove, "findings on a value beyond the mapping's ignore_above", "; a live stack would have missed them")
	add(c.Folded, "hits folded as duplicates", "; the same event stands in the evidence more than once")
	add(c.IDConflicts, "hits with the id of another event and other content", "; both are kept")
	add(c.NoIndex, "events of no recognisable origin",
		"; only rules with a catch-all index pattern looked at them (--any-index, --assume-index)")
	add(c.NoTime, "events without a readable @timestamp", "")
	add(g.hidden, "findings hidden by the filters of this run", "")
	add(g.counts.Groups-int64(len(res.Groups)), "groups that rank below those listed", "; the findings files hold them all")
	add(g.counts.CandidateGroups-int64(len(res.Candidates)), "groups of candidates that rank below those listed", "; the findings files hold them all")
	add(moreEntities, "hosts and users that rank below those listed", "")
	add(stats.NoTime, "hits of rules that join events, without a readable @timestamp", "; they take no part")
	add(stats.Dropped, "partial matches dropped at a bound of memory", "")
	add(account.Dropped(), "join keys left out", "; an event's arrays made more combinations than are kept")
	add(account.CutShort(), "evaluations cut short", "; an event's arrays made more combinations than are tried")
	add(account.LongNames(), "events with a field name of more than 4,096 bytes", "; queries on any field do not look at such fields")
	if res.Coverage.Census.Capped {
		out = append(out, "the evidence names more indices, hosts or categories than the census keeps")
	}
	add(overMaxSignals(res), "rules with more findings than their max_signals", "; a live stack may have cut some")
	return out
}

// overMaxSignals counts the rules whose findings a live stack may have cut: there is
// no cap here (Decision 7).
func overMaxSignals(res *Result) (n int64) {
	for _, rr := range res.Rules {
		if rr.Rule != nil && rr.Rule.MaxSignals > 0 && rr.Findings > int64(rr.Rule.MaxSignals) {
			n++
		}
	}
	return n
}
