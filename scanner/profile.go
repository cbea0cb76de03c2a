package scanner

import (
	"cmp"
	"slices"

	"coldcase/matchers"
	"coldcase/rules"
)

// RuleCost is what one rule cost, when the run was profiled.
type RuleCost struct {
	Rule *rules.Rule
	matchers.RuleProfile
	// Share is its part of the time of all rules, from 0 to 1.
	Share float64
}

// costs ranks the rules by time; nil when the run was not profiled. Times are not the same
// from one run to the next.
func (s shards) costs(cfg Config) (out []RuleCost) {
	if !cfg.ProfileRules {
		return nil
	}
	sum := make(matchers.Profile, len(cfg.Matcher.Rules()))
	for _, w := range s.workers() {
		sum.Merge(w.match.Profile())
	}
	var all int64
	for _, p := range sum {
		all += p.Nanoseconds
	}
	for i, p := range sum {
		out = append(out, RuleCost{Rule: cfg.Matcher.Rules()[i], RuleProfile: p, Share: float64(p.Nanoseconds) / float64(max(1, all))})
	}
	slices.SortStableFunc(out, func(a, b RuleCost) int {
		return cmp.Or(cmp.Compare(b.Nanoseconds, a.Nanoseconds), cmp.Compare(b.Evaluations, a.Evaluations))
	})
	return out
}
