package schema

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func b(s string) []byte { return []byte(s) }

// TestCandidates has the seven steps of rule-types.md section 13.
func TestCandidates(t *testing.T) {
	f := func(facts Facts, certainty Certainty, want ...string) {
		t.Helper()
		got, c := facts.Candidates(nil)
		if diff := cmp.Diff(want, got); diff != "" || c != certainty {
			t.Errorf("Candidates() = %q, %d, want %q, %d", got, c, want, certainty)
		}
	}
	// 1. hit envelope
	index := func(name, want string) {
		t.Helper()
		f(Facts{Index: b(name), AgentType: b("winlogbeat")}, Known, want)
	}
	index("endgame-4.29.0-2021.03", "endgame-4.29.0-2021.03")
	index("eu-1:auditbeat-7.12.0-2021.03.04-000001", "auditbeat-7.12.0-2021.03.04-000001")
	index(".ds-logs-endpoint.events.process-default-2021.03.04-000012", "logs-endpoint.events.process-default")
	index("eu-1:.ds-logs-endpoint.events.file-prod-2021.03.04-1000000", "logs-endpoint.events.file-prod")
	index(".ds-logs-endpoint.events.file-default-000003", "logs-endpoint.events.file-default")
	index("partial-.ds-logs-system.auth-default-2026.03.01-000001", "logs-system.auth-default")
	index("restored-.ds-logs-system.auth-default-2026.03.01-000001", "logs-system.auth-default")
	index("restored-endgame-1", "endgame-1")
	index("partial-shrink-x7q_-.ds-logs-system.auth-default-2026.03.01-000001", "logs-system.auth-default")
	index(".internal.alerts-security.alerts-default-000001", ".alerts-security.alerts-default")
	index("logs-2026.03.01-000001", "logs-2026.03.01-000001") // no backing index
	index(".ds-x", "x")
	index(".internal", ".internal")
	// 2. data stream
	f(Facts{DataStreamType: b("logs"), DataStreamDataset: b("endpoint.alerts"), DataStreamNamespace: b("prod"), MetadataBeat: b("filebeat")},
		Known, "logs-endpoint.alerts-prod")
	f(Facts{DataStreamType: b("logs"), DataStreamDataset: b("endpoint.alerts")}, Known, "logs-endpoint.alerts-default")
	f(Facts{DataStreamType: b("logs"), EventModule: b("endgame")}, Known, "endgame-0") // no dataset: not this step
	// 3. Beats metadata
	f(Facts{MetadataIndex: b("auditbeat-7.9.1-2020.09.01"), MetadataBeat: b("filebeat")}, Known, "auditbeat-7.9.1-2020.09.01")
	f(Facts{MetadataBeat: b("auditbeat"), MetadataVersion: b("8.17.0"), AgentType: b("endpoint")}, Known, "auditbeat-8.17.0")
	f(Facts{MetadataBeat: b("auditbeat")}, Known, "auditbeat-0")
	// 4. agent
	for _, beat := range []string{"auditbeat", "winlogbeat", "filebeat", "packetbeat"} {
		f(Facts{AgentType: b(beat), AgentVersion: b("7.17.0"), EventDataset: b("esensor")}, Known, beat+"-7.17.0")
	}
	f(Facts{AgentType: b("endpoint"), EventDataset: b("endpoint.events.network"), EventKind: b("event")}, Known, "logs-endpoint.events.network-default")
	f(Facts{EventModule: b("endpoint"), EventDataset: b("endpoint"), EventKind: b("alert")}, Known, "logs-endpoint.alerts-default")
	f(Facts{AgentType: b("endpoint")}, Unknown)
	// 5. Endgame
	f(Facts{EventModule: b("endgame")}, Known, "endgame-0")
	f(Facts{EventDataset: b("esensor")}, Known, "endgame-0")
	f(Facts{Endgame: true, EventDataset: b("other")}, Known, "endgame-0")
	// 6. modules and channels
	f(Facts{EventModule: b("auditd")}, Known, "auditbeat-0")
	f(Facts{EventModule: b("file_integrity"), EventDataset: b("file")}, Known, "auditbeat-0")
	for _, dataset := range []string{"process", "host", "login", "package", "socket", "user"} {
		f(Facts{EventModule: b("system"), EventDataset: b(dataset)}, Known, "auditbeat-0")
	}
	f(Facts{EventModule: b("system"), EventDataset: b("system.auth")}, Assumed, "logs-system.auth-default")
	f(Facts{EventModule: b("auditd"), AgentType: b("logstash")}, Unknown)
	f(Facts{WinlogChannel: b("Security")}, Known, "winlogbeat-0", "logs-system.security-default")
	f(Facts{WinlogChannel: b("Microsoft-Windows-Sysmon/Operational")}, Known, "winlogbeat-0", "logs-windows.sysmon_operational-default")
	f(Facts{WinlogChannel: b("Application")}, Known, "logs-windows.forwarded-default")
	// 7. data set alone, and nothing at all
	f(Facts{EventDataset: b("okta.system")}, Assumed, "logs-okta.system-default")
	f(Facts{}, Unknown)
	f(Facts{Index: b("eu:"), EventKind: b("alert")}, Unknown)
}

func TestCandidatesAppend(t *testing.T) {
	facts := Facts{EventModule: b("endgame")}
	got, _ := facts.Candidates([]string{"kept"})
	if diff := cmp.Diff([]string{"kept", "endgame-0"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestMatch(t *testing.T) {
	f := func(patterns, candidates string, want bool) {
		t.Helper()
		p := NewPatterns()
		p.Rule([]string{"other-*"})
		n := p.Rule(strings.Fields(patterns))
		got := p.Match(strings.Fields(candidates)...)
		if got.Has(n) != want {
			t.Errorf("patterns %q, candidates %q: %t, want %t", patterns, candidates, got.Has(n), want)
		}
		if got.Has(0) {
			t.Errorf("other-* looks at %q", candidates)
		}
	}
	const kcc = "auditbeat-* logs-endpoint.events.*" // the indices of the first seed rule
	f(kcc, "auditbeat-7.12.0", true)
	f(kcc, "logs-endpoint.events.process-default", true)
	f(kcc, "winlogbeat-7.12.0", false)            // K27
	f(kcc, "logs-endpoint.alerts-default", false) // K28
	f("endgame-*", "endgame-0", true)
	f("endgame-*", "logs-endpoint.alerts-default", false) // E24

	f(kcc, "winlogbeat-0 logs-endpoint.events.process-default", true) // any candidate
	f("auditbeat", "auditbeat-7.12.0", false)                         // no prefix match
	f("a*c*e", "abcde", true)
	f("a*c*e", "abcdef", false)
	f("a?c", "abc", false) // the star is the only wildcard
	f("a?c", "a?c", true)
	f("*", "anything", true)
	f("logs-*-*", "logs-x-default", true)
	f("Logs-*", "logs-x-default", false)

	// exclusions, of the candidate that they match only
	f("logs-* -logs-noise*", "logs-noise.dns-default", false)
	f("-logs-noise* logs-*", "logs-noise.dns-default", false)
	f("logs-* -logs-noise*", "logs-dns-default", true)
	f("logs-* -logs-noise*", "logs-noise-default logs-dns-default", true)
	f("-logs-noise*", "logs-dns-default", false)

	// remote clusters
	f("eu:logs-*", "logs-dns-default", true)
	f("*:logs-*", "logs-dns-default", true)
	f("*:*", "logs-dns-default", true)
	f("logs-* -eu:*", "logs-dns-default", true)
	f("logs-* -*:logs-noise*", "logs-noise-default", false)
	f("logs-*::data", "logs-dns-default", true)
	f("auditbeat-*,logs-*", "logs-dns-default", true)

	// no index: Kibana's default list
	f("", "logs-dns-default", true)
	f("", "apm-7.17.0-transaction-000001", true)
	f("", "winlogbeat-0", true)
	f("", "case-export", false)
	f("", "logs-elastic-cloud-logs-8", false)
	f(", -", "endgame-0", true)

	// unknown origin: catch-alls only (Decision 10)
	f(kcc, "", false)
	f("logs-endpoint* filebeat-8*", "", false)
	f("logs-*", "", true)
	f("auditbeat-* filebeat-*", "", true)
	f("*", "", true)
	f("eu:**", "", true)
	f("_all", "", true)
	f("", "", true)
	f("* -*", "", false)
}

// TestCCS is K29: the event's index names a remote cluster.
func TestCCS(t *testing.T) {
	p := NewPatterns()
	n := p.Rule([]string{"auditbeat-*", "logs-endpoint.events.*"})
	facts := Facts{Index: b("siem-eu:.ds-logs-endpoint.events.process-default-2021.03.04-000001")}
	names, certainty := facts.Candidates(nil)
	if certainty != Known || !p.Match(names...).Has(n) {
		t.Errorf("candidates %q (%d) are not looked at", names, certainty)
	}
}

func TestRuleSharesLists(t *testing.T) {
	p := NewPatterns()
	first := p.Rule([]string{"a-*", "b-*"})
	if again := p.Rule([]string{"eu:a-*", " b-*"}); again != first {
		t.Errorf("an equal list has number %d, want %d", again, first)
	}
	if other := p.Rule([]string{"b-*"}); other == first {
		t.Error("another list has the same number")
	}
	if p.Len() != 2 {
		t.Errorf("Len() = %d, want 2", p.Len())
	}
}

func TestMatchManyLists(t *testing.T) {
	p := NewPatterns()
	numbers := map[string]int{}
	for i := range 300 {
		name := strings.Repeat("x", i+1)
		numbers[name] = p.Rule([]string{name})
	}
	for name, n := range numbers {
		got := p.Match(name)
		for _, m := range numbers {
			if got.Has(m) != (m == n) {
				t.Fatalf("Match(%q).Has(%d) = %t", name, m, got.Has(m))
			}
		}
	}
}

func TestBits(t *testing.T) {
	var s Bits
	if s.Has(0) || s.Has(1000) {
		t.Error("the zero value is not empty")
	}
	for _, i := range []int{0, 63, 64, 1000} {
		s.Set(i)
		if !s.Has(i) || s.Has(i+1) {
			t.Errorf("after Set(%d): Has(%d) = %t, Has(%d) = %t", i, i, s.Has(i), i+1, s.Has(i+1))
		}
	}
}

func TestGlobIsNotExponential(t *testing.T) {
	pattern := strings.Repeat("a*", 2000) + "b"
	if glob(pattern, strings.Repeat("a", 20000)) {
		t.Error("matches a name without b")
	}
}

func FuzzUndecorated(f *testing.F) {
	f.Add([]byte("eu:.ds-logs-x-default-2026.03.01-000001"))
	f.Add([]byte("shrink-a-partial-x"))
	f.Fuzz(func(t *testing.T, name []byte) {
		if got := undecorated(name); len(got) > len(name) {
			t.Fatalf("undecorated(%q) = %q", name, got)
		}
	})
}
