package scanner

import (
	"strings"
	"testing"
)

// The samples' stories (samples/README.md) are found whole, and nothing else.
func TestSamples(t *testing.T) {
	res := scan(t, withRules(t, pack(t)...), "../samples")
	got := map[string]int64{}
	for _, rr := range res.Rules {
		if rr.Findings > 0 {
			got[rr.Name] = rr.Findings
		}
	}
	want := map[string]int64{
		"Kerberos Cached Credentials Dumping":              5,
		"Adversary Behavior - Detected - Elastic Endgame":  1,
		"Credential Dumping - Detected - Elastic Endgame":  1,
		"Credential Dumping - Prevented - Elastic Endgame": 1,
		"Malicious File - Detected - Elastic Defend":       1,
		"Malicious File - Prevented - Elastic Defend":      1,
		"Behavior - Prevented - Elastic Defend":            1,
	}
	for name, n := range want {
		equal(t, name, got[name], n)
	}
	equal(t, "rules that fired", len(got), len(want))
	equal(t, "findings", res.Counts.Findings, 11)
	equal(t, "complete", res.Complete, true)
	equal(t, "lines that are no events", res.Counts.Lines-res.Counts.Events, 0)
	for _, f := range findings(t, res) {
		if strings.Contains(f.Evidence[0].File, "quiet") {
			t.Errorf("%s fires on the quiet sample", f.RuleName)
		}
	}
	for _, host := range []struct {
		name string
		kcc  int64
	}{{"mbp-lena", 3}, {"imac-lab3", 2}} {
		for _, g := range res.Groups {
			if g.Host == host.name {
				equal(t, "kcc on "+host.name, g.Count, host.kcc)
			}
		}
	}
}
