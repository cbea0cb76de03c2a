package scanner

import (
	"testing"
	"time"

	"coldcase/rules"
)

// Filters say which findings are reported; what they hide is counted, and still feeds
// the census.
func TestFilters(t *testing.T) {
	tagged := func(r *rules.Rule) { r.Tags = []string{"Data Source: X", "OS: macOS"} }
	cfg := withRules(t,
		kqlRule(t, "low", `process.name: tool`, risk("low", 21)),
		kqlRule(t, "high", `process.name: dump`, risk("high", 73), tagged, tactic(8, "TA0006", "Credential Access")),
		kqlRule(t, "critical", `process.name: wipe`, risk("critical", 99), tactic(14, "TA0040", "Impact")))
	path := write(t, t.TempDir(), "a.ndjson",
		ev{time: at(10), host: "mac01", more: `"host.id":"id-1"`}.String(),
		ev{time: at(20), host: "mac01", user: "bob", name: "dump"}.String(),
		ev{time: at(30), host: "ws-7", user: "Carol", name: "wipe"}.String(),
		ev{time: "-", host: "ws-7", user: "dave"}.String())
	when := func(seconds int) time.Time {
		out, err := time.Parse(time.RFC3339, at(seconds))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	f := func(what string, filter Filter, want string) {
		t.Helper()
		cfg.Filter = filter
		res := scan(t, cfg, path)
		equal(t, what, brief(t, res), want)
		equal(t, what+": events", res.Counts.Events, 4)
		shown := res.Counts.Findings
		if len(res.Groups) != int(shown) || res.Counts.Groups != shown {
			t.Errorf("%s: %d findings, %d groups", what, shown, len(res.Groups))
		}
		hidden := "findings hidden by the filters of this run: 3"
		if found := len(res.Notes) > 0 && contains(res.Notes, hidden); found != (shown == 1) {
			t.Errorf("%s: notes %q for %d findings", what, res.Notes, shown)
		}
		var rs int64
		for _, rr := range res.Rules {
			rs += rr.Findings
			equal(t, what+": status of "+rr.Name, rr.Status, "ran")
		}
		equal(t, what+": findings of rules", rs, shown)
	}
	all := "low mac01 alice, high mac01 bob, critical ws-7 Carol, low ws-7 dave"
	f("none", Filter{}, all)
	f("since, its instant included", Filter{Since: when(20)}, "high mac01 bob, critical ws-7 Carol")
	f("until, its instant included", Filter{Until: when(20)}, "low mac01 alice, high mac01 bob")
	f("since and until", Filter{Since: when(11), Until: when(29)}, "high mac01 bob")
	f("host by name, in any case", Filter{Hosts: []string{"MAC01"}}, "low mac01 alice, high mac01 bob")
	f("host by id", Filter{Hosts: []string{"id-1"}}, "low mac01 alice")
	f("one of two hosts", Filter{Hosts: []string{"mac01", "ws-7"}}, all)
	f("user", Filter{Users: []string{"carol"}}, "critical ws-7 Carol")
	f("severity", Filter{MinSeverity: "high"}, "high mac01 bob, critical ws-7 Carol")
	f("tag", Filter{Tags: []string{"OS: macOS"}}, "high mac01 bob")
	f("a part of a tag", Filter{Tags: []string{"macOS"}}, "")
	f("tactic by id", Filter{Tactics: []string{"ta0040"}}, "critical ws-7 Carol")
	f("tactic by name", Filter{Tactics: []string{"credential access"}}, "high mac01 bob")
	f("tactic by short name", Filter{Tactics: []string{"credential-access", "nothing"}}, "high mac01 bob")
	f("two filters", Filter{MinSeverity: "high", Users: []string{"alice", "bob"}}, "high mac01 bob")
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
