package scanner

import (
	"fmt"
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
		"Many Accounts Tried From One Address":             1,
		"SSH Way Back To A Public Address":                 2,
		"System Program Differs On One Host":               2,
	}
	for name, n := range want {
		equal(t, name, got[name], n)
	}
	equal(t, "rules that fired", len(got), len(want))
	equal(t, "findings", res.Counts.Findings, 16)
	equal(t, "complete", res.Complete, true)
	equal(t, "lines that are no events", res.Counts.Lines-res.Counts.Events, 0)
	for _, f := range findings(t, res) {
		if strings.Contains(f.Evidence[0].File, "quiet") {
			t.Errorf("%s fires on the quiet sample", f.RuleName)
		}
	}
	for what, want := range map[string]string{
		"bastion-02":   "Many Accounts Tried From One Address accounts=14 source.ip=203.0.113.44 tries=20, of 20 events",
		"ci-runner-04": "SSH Way Back To A Public Address tunnel.port=43022 tunnel.server=203.0.113.61 tunnel.target_port=22, of 1 events",
		"store-04":     "System Program Differs On One Host hosts=6 process.executable=/usr/sbin/sshd with_hash=1, of 1 events",
	} {
		equal(t, "first finding on "+what, rowOn(t, res, what), want)
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

// storyColumns are the columns of rows that the samples' README tells of.
var storyColumns = []string{"accounts", "hosts", "process.executable", "source.ip", "tries", "tunnel.port", "tunnel.server",
	"tunnel.target_port", "with_hash"}

// rowOn writes the row behind the first finding on a host.
func rowOn(t *testing.T, res *Result, host string) string {
	t.Helper()
	for _, f := range findings(t, res) {
		row, ok := f.Detail["row"].(map[string]any)
		if f.Host != host || !ok {
			continue
		}
		out := f.RuleName
		for _, c := range storyColumns {
			if v := row[c]; v != nil {
				out += fmt.Sprintf(" %s=%v", c, v)
			}
		}
		return out + fmt.Sprintf(", of %d events", f.Count)
	}
	return "none"
}
