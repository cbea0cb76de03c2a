package scanner

import (
	"fmt"

	"coldcase/matchers/correlate"
)

// notes says what a reader of the result must know beside its tables, sorted.
func notes(res *Result, g *grouping, s shards, stats correlate.Stats, moreEntities int64) []string {
	var out []string
	add := func(n int64, format string) {
		if n > 0 {
			out = append(out, fmt.Sprintf(format, n))
		}
	}
	c := res.Counts
	add(c.BeyondIgnoreAbove, "%d findings rest on a value longer than the mapping's ignore_above: a live stack would have missed them")
	add(c.Folded, "%d hits were folded as duplicates: the same event stands in the evidence more than once")
	add(c.IDConflicts, "%d hits have the id of another event with other content: both are kept")
	add(c.NoIndex, "%d events have no recognisable origin: only rules with a catch-all index pattern looked at them (--any-index, --assume-index)")
	add(c.NoTime, "%d events have no readable @timestamp")
	add(g.hidden, "%d findings are hidden by the filters of this run")
	add(g.counts.Groups-int64(len(res.Groups)), "%d groups rank below those listed; the findings files hold them all")
	add(moreEntities, "%d hosts and users rank below those listed")
	add(stats.NoTime, "%d hits of rules that correlate take no part: their events have no readable @timestamp")
	add(stats.Dropped, "%d partial matches were dropped at a bound of memory")
	add(s.keysDropped(), "%d join keys were left out: an event's arrays made more combinations than are kept")
	add(s.cutShort(), "%d evaluations were cut short: an event's arrays made more combinations than are tried")
	if res.Coverage.Census.Capped {
		out = append(out, "the evidence names more indices, hosts or categories than the census keeps")
	}
	add(overMaxSignals(res), "%d rules have more findings than their max_signals: a live stack may have cut some")
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
