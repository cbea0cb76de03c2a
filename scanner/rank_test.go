package scanner

import (
	"math"
	"testing"

	"coldcase/matchers/correlate"
	"coldcase/rules"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s is %.3f, want %.3f", what, got, want)
	}
}

// The worked example of ranking.md: 73, 47, 47 on 9 of 10 hosts, 21, over 3 tactics.
func TestEntityScoreWorkedExample(t *testing.T) {
	rare, _ := groupScore(&found{Finding: &correlate.Finding{Scale: 1}, rule: &rules.Rule{}, risk: 47}, 9, 10)
	near(t, "the common rule", rare, 26.1, 0.1)
	parts := []Part{{Score: 73}, {Score: 47}, {Score: rare}, {Score: 21}}
	plain, _, _ := entityScore(append([]Part(nil), parts...), 1, 1)
	near(t, "S", plain, 79.2, 0.1)
	score, breadth, out := entityScore(parts, 3, 1)
	near(t, "breadth", breadth, 1.5, 0)
	near(t, "score", score, 85.1, 0.1)
	near(t, "second part", out[1].Added, 4.5, 0.05)
	near(t, "third part", out[2].Added, 1.1, 0.05)
	near(t, "fourth part", out[3].Added, 0.6, 0.05)
	if band(score) != "high" {
		t.Errorf("band is %q", band(score))
	}
}

func TestScoreOrderings(t *testing.T) {
	one := func(r rules.Rule, assumed bool, h, H int) float64 {
		s, _ := groupScore(&found{Finding: &correlate.Finding{Scale: 1}, rule: &r, risk: r.RiskScore, severity: r.Severity, assumed: assumed}, h, H)
		return s
	}
	near(t, "a single high finding", one(rules.Rule{RiskScore: 73}, false, 1, 10), 73, 0)
	near(t, "a medium rule on every host", one(rules.Rule{RiskScore: 47}, false, 10, 10), 23.5, 0)
	near(t, "few hosts say nothing of rarity", one(rules.Rule{RiskScore: 47}, false, 4, 4), 47, 0)
	near(t, "a level without a score", one(rules.Rule{Severity: "critical"}, false, 1, 1), 99, 0)
	if one(rules.Rule{RiskScore: 47}, true, 1, 1) >= one(rules.Rule{RiskScore: 47}, false, 1, 1) {
		t.Error("an assumed index does not lower the score")
	}
	if one(rules.Rule{RiskScore: 47, BuildingBlock: true}, false, 1, 1) >= one(rules.Rule{RiskScore: 47, Deprecated: true}, false, 1, 1) {
		t.Error("a building block does not rank below a deprecated rule")
	}
	for _, best := range []float64{1, 21, 73, 99, 100} {
		s, _, _ := entityScore([]Part{{Score: best}, {Score: 1}}, 5, 1)
		if s < best || s > 100 || math.IsNaN(s) {
			t.Errorf("an entity whose best group is %v scores %v", best, s)
		}
	}
}
