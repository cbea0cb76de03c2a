package scanner

import (
	"fmt"
	"math"
	"slices"

	"coldcase/rules"
)

// weights are the judgement calls of ranking, all in one place (ranking.md). Tests pin
// the orderings that they make, not the values.
var weights = struct {
	assumedIndex  float64 // confidence when the index is known from the dataset alone
	skippedStep   float64 // confidence when a step of the rule is skipped
	buildingBlock float64
	deprecated    float64
	rarity        float64 // lost by a rule that fires on every host
	rarityHosts   int     // fewer hosts in scope say nothing of rarity
	decay         float64 // exponent by which further rules count less
	breadth       float64 // odds gained for each tactic beyond the first
	breadthMost   int     // tactics beyond the first that count
	breadthRisk   int     // rules at or below this risk do not add to breadth
	parts         int     // rules that make an entity's score

	elasticMost  int     // alerts that make an entity's score by Elastic's formula
	elasticWhole float64 // what as many alerts of risk 1 sum to
}{
	assumedIndex: 0.8, skippedStep: 0.5, buildingBlock: 0.4, deprecated: 0.7,
	rarity: 0.5, rarityHosts: 5,
	decay: 1.5, breadth: 0.25, breadthMost: 4, breadthRisk: 21, parts: 10,
	elasticMost: 10_000, elasticWhole: 2.5924,
}

// levelRisk is the risk of a rule that states only a severity.
var levelRisk = map[string]int{"low": 21, "medium": 47, "high": 73, "critical": 99}

// bands are Elastic's risk levels, highest first.
var bands = []struct {
	from float64
	name string
}{{90, "critical"}, {70, "high"}, {40, "moderate"}, {20, "low"}, {0, "unknown"}}

func band(score float64) string {
	for _, b := range bands {
		if score >= b.from {
			return b.name
		}
	}
	return "unknown"
}

// severityRank orders severities, 0 for one that is not known.
func severityRank(s string) int { return slices.Index(rules.Severities, s) + 1 }

// riskOf returns a rule's risk, 0 to 100.
func riskOf(r *rules.Rule) int {
	if r.RiskScore == 0 {
		return levelRisk[r.Severity]
	}
	return r.RiskScore
}

// groupScore multiplies the factors of a group: g = r * c * u * k.
func groupScore(f *found, hosts, inScope int) (float64, []Factor) {
	factors := []Factor{{"risk", float64(f.riskScore()), "of the rule"}}
	add := func(name string, v float64, why string) {
		if v != 1 {
			factors = append(factors, Factor{name, v, why})
		}
	}
	switch {
	case f.rule.Candidates:
		add("confidence", weights.skippedStep, "verdict step skipped")
	case f.assumed:
		add("confidence", weights.assumedIndex, "index assumed from event.dataset")
	}
	if f.Scale < 1 {
		add("baseline", f.Scale, "the history before it is shorter than the rule's window")
	}
	if u := rarity(hosts, inScope); u != 1 {
		add("rarity", u, fmt.Sprintf("fires on %d of %d hosts", hosts, inScope))
	}
	if f.rule.BuildingBlock {
		add("kind", weights.buildingBlock, "building block")
	}
	if f.rule.Deprecated {
		add("kind", weights.deprecated, "deprecated rule")
	}
	score := 1.0
	for _, x := range factors {
		score *= x.Value
	}
	return score, factors
}

// rarity halves a rule that fires on every host; with few hosts it says nothing.
func rarity(hosts, inScope int) float64 {
	if inScope < weights.rarityHosts || hosts < 1 {
		return 1
	}
	hosts = min(hosts, inScope)
	return 1 - weights.rarity*float64(hosts-1)/float64(inScope-1)
}

// entityScore combines the best group of each distinct rule, sorted from the best: a
// noisy or in which the i-th counts by i^-1.5, then the odds for breadth and for how much
// the entity matters. But for an asset of low criticality it never falls below the best
// group, and repeats of a rule add nothing.
func entityScore(parts []Part, tactics int, asset float64) (score, breadth float64, out []Part) {
	miss := 1.0
	for i := range parts {
		before := 100 * (1 - miss)
		miss *= 1 - parts[i].Score/100*math.Pow(float64(i+1), -weights.decay)
		parts[i].Added = 100*(1-miss) - before
	}
	score = 100 * (1 - miss)
	breadth = 1 + weights.breadth*float64(min(weights.breadthMost, max(0, tactics-1)))
	return raised(score, breadth*asset), breadth, parts
}

// raised multiplies the odds of a score, as Elastic does for the criticality of an asset.
func raised(score, factor float64) float64 {
	if score >= 100 {
		return score
	}
	odds := score / (100 - score) * factor
	return 100 * odds / (1 + odds)
}
