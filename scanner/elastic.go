package scanner

import (
	"cmp"
	"math"
	"slices"
)

// Elastic's own risk of a host or a user, for comparison (ranking.md): of its alerts, up
// to 10,000, the i-th by risk counts with risk / i^1.5; their sum is divided by what as
// many alerts of risk 1 sum to, and the odds of that are multiplied by the criticality of
// the asset. Every finding is an alert, so repeats of a rule count.

// addAlerts adds alerts to a list in which those of one rule stand together.
func addAlerts(list []alerts, a alerts) []alerts {
	for i := len(list) - 1; i >= 0 && list[i].rule == a.rule; i-- {
		if list[i].risk == a.risk {
			list[i].count += a.count
			return list
		}
	}
	return append(list, a)
}

// elasticScore returns the score, and the first alerts with what each adds to it.
func elasticScore(list []alerts, asset float64) (score float64, parts []Part) {
	slices.SortFunc(list, func(a, b alerts) int {
		return cmp.Or(cmp.Compare(b.risk, a.risk), cmp.Compare(a.rule.Name, b.rule.Name), cmp.Compare(a.rule.ID, b.rule.ID))
	})
	i := 0
	for _, a := range list {
		for n := int64(0); n < a.count && i < weights.elasticMost; n++ {
			i++
			adds := float64(a.risk) * math.Pow(float64(i), -weights.decay) / weights.elasticWhole
			score += adds
			if len(parts) < weights.parts {
				parts = append(parts, Part{Rule: a.rule, Score: float64(a.risk), Added: adds})
			}
		}
	}
	return raised(min(score, 100), asset), parts
}
