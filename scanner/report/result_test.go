package report

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/scanner"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var errBoom = errors.New("boom")

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}

var ticketRule = &rules.Rule{
	ID: "11111111-aaaa-4bbb-8ccc-000000000001", Name: "Ticket Cache Copied", Version: 4,
	File: "builtin/ticket.toml", Type: rules.KindQuery, Language: "kuery",
	Severity: "high", RiskScore: 73, Tags: []string{"OS: macOS"}, References: []string{"https://example.org/a?b=<c>&d"},
	Threat: []rules.Tactic{{ID: "TA0006", Name: "Credential Access", Techniques: []rules.Technique{
		{ID: "T1003", Name: "OS Credential Dumping"},
		{ID: "T1558", Name: "Steal or Forge Kerberos Tickets", Subtechniques: []rules.Technique{
			{ID: "T1558.003", Name: "Kerberoasting", Was: "T1208"}}},
	}}, {ID: "TA0010", Name: "Exfiltration"}},
}

var shellRule = &rules.Rule{
	ID: "11111111-aaaa-4bbb-8ccc-000000000002", Name: "Shell Started by an Office Program Through a Very Long Chain of Parents",
	File: "rules/shell.toml", Type: rules.KindEQL, Language: "eql", Severity: "medium", RiskScore: 47,
}

func ticketFinding() *scanner.Finding {
	return &scanner.Finding{
		ID: "f1", Rule: ticketRule, RuleName: "Ticket Cache Copied", Severity: "high", RiskScore: 73,
		Time: at("2026-03-01T10:00:02.5Z"), Last: at("2026-03-01T10:00:02.5Z"),
		Host: "mac01", User: "alice", Score: 73, Process: "kcc", Command: "=kcc \"copy\", now", Count: 1,
		Evidence: []scanner.Evidence{{
			File: "exports/a.ndjson.gz", FileSHA256: "ab", Origin: event.Origin{Line: 17, Offset: 40213, Length: 2110},
			LineSHA256: "cd", Index: "logs-x", ID: "7", Event: []byte("{ \"a\" : \"<&\xff\" , \"n\": 1.50, \"a\": 2 }"),
		}},
		Detail: map[string]any{"z": 1, "a": "<b>"},
	}
}

func findings(fs ...*scanner.Finding) walk {
	return func(yield func(*scanner.Finding) error) error {
		for _, f := range fs {
			if err := yield(f); err != nil {
				return err
			}
		}
		return nil
	}
}

func someResult() *scanner.Result {
	return &scanner.Result{
		Complete: false,
		Tool:     scanner.Tool{Name: "coldcase", Version: "0.1.0", ATTACK: "18.1"},
		Counts: scanner.Counts{Inputs: 3, Lines: 18301772, Events: 18301769, BadLines: 3, Findings: 4, Groups: 3,
			Loss:        scanner.Loss{Ranges: 9, Stored: 2_000, Decoded: 12_000, Estimated: true, Unverified: 77},
			StoredBytes: 3_100_000_000, DecodedBytes: 9_000_000_000, NoTime: 2, Folded: 1,
			BySeverity: map[string]int64{"high": 3, "medium": 1}},
		Inputs: []scanner.InputResult{
			{File: "exports/a.ndjson.gz", SHA256: "ab", Bytes: 3_000_000_000, Lines: 18300000, Status: "ok"},
			{File: "exports/b.ndjson", SHA256: "ac", Bytes: 90_000_000, Lines: 1000, BadLines: 3, Status: "ok",
				Bad: []scanner.BadKind{{Kind: "not JSON", Count: 2, Line: 17, Offset: 40213}, {Kind: "over-long line", Count: 1, Line: 900, Offset: 1234567}}},
			{File: "exports/c.ndjson.gz", Bytes: 10_000_000, Lines: 772, Status: "damaged",
				Problem: "gzip: unexpected end at byte 10,000,000",
				Lost: []scanner.Lost{{Offset: 999_999, Stored: 10_000_000, Why: "unexpected end"},
					{Offset: 1_234_567, Stored: 10_000_500, Length: 2_000, Decoded: 12_000, Estimated: true, Unverified: 77, Why: "gzip: bad block"}},
				Loss: scanner.Loss{Ranges: 9, Stored: 2_000, Decoded: 12_000, Estimated: true, Unverified: 77}, Limits: []string{"gzip: too much (a limit)"},
				Clock: scanner.InputClock{Events: 700, First: at("2026-03-01T10:00:00Z"), Last: at("2026-03-02T10:00:00Z"), Back: 1, Jump: 12 * time.Hour, JumpLine: 350, Ahead: 2, AheadLine: 9}},
		},
		NotEvidence: []string{"exports/README.md: Markdown", "exports/logo.png: picture"},
		Rules: []scanner.RuleResult{
			{Rule: ticketRule, Status: "ran", Findings: 3},
			{Rule: shellRule, Status: "could_not_match", Reason: "no such index: winlogbeat-*"},
			{File: "rules/broken.toml", Name: "Broken", Status: "unreadable", Reason: "rules/broken.toml:3:7: expected a value\nname = \n       ^"},
		},
		Groups: []scanner.Group{
			{Rule: ticketRule, Severity: "high", RiskScore: 73, Host: "mac01", User: "alice", Count: 2, Score: 73,
				First: at("2026-03-01T10:00:02Z"), Last: at("2026-03-01T10:00:04Z"), Sample: "kcc copy_cred_cache /tmp/alice.ccache",
				Factors: []scanner.Factor{{Name: "risk", Value: 73, Why: "risk score of the rule"}, {Name: "rarity", Value: 1, Why: "1 host of 3"}}},
			{Rule: ticketRule, Severity: "high", RiskScore: 73, Host: "mac01.department.example.org", User: "EXAMPLE\\administrator", Count: 1, Score: 58.4,
				First: at("2026-03-01T11:20:45Z"), Last: at("2026-03-01T11:20:45Z"), Sample: "evil \x1b]0;owned\x07 \u202egpj.exe"},
			{Rule: shellRule, Severity: "medium", RiskScore: 47, Host: "ws-7", Count: 1, Score: 26.1},
		},
		Entities: []scanner.Entity{
			{Kind: "host", Name: "mac01", Score: 85.1, Band: "high", Rules: 3, Breadth: 1.5, Findings: 3, Tactics: []string{"a", "b", "c"},
				Parts: []scanner.Part{{Rule: ticketRule, Score: 73, Added: 73}, {Rule: shellRule, Score: 47, Added: 4.5}, {Rule: shellRule, Score: 26, Added: 1.1}}},
			{Kind: "host", Name: "ws-7", Score: 26.1, Band: "low", Rules: 1, Breadth: 1, Findings: 1,
				Parts: []scanner.Part{{Rule: shellRule, Score: 26.1, Added: 26.1}}},
			{Kind: "user", Name: "alice", Score: 73, Band: "high", Rules: 1, Breadth: 1.25, Findings: 2, Tactics: []string{"a", "b"},
				Parts: []scanner.Part{{Rule: ticketRule, Score: 73, Added: 73}}},
		},
		Tactics: []scanner.TacticResult{{ID: "TA0006", Name: "Credential Access", Count: 3, Techniques: []scanner.TechniqueResult{
			{ID: "T1003", Name: "OS Credential Dumping", Count: 3, Rules: []string{"Ticket Cache Copied"}},
			{ID: "T1558", Name: "Steal or Forge Kerberos Tickets", Count: 3, Subtechniques: []scanner.TechniqueResult{
				{ID: "T1558.003", Name: "Kerberoasting", Was: "T1208", Count: 3, Rules: []string{"Ticket Cache Copied"}}}},
		}}},
		Coverage: scanner.Coverage{Ran: 1, CouldNotMatch: 1, NotRun: 5, Unreadable: 1,
			Reasons:       []scanner.ReasonCount{{Reason: "no such index", Count: 1}},
			NotRunReasons: []scanner.ReasonCount{{Reason: "ES|QL", Count: 3}, {Reason: "machine learning", Count: 2}},
			Census:        scanner.Census{OS: []scanner.NameCount{{Name: "macos", Count: 9}}}},
		Continuity: scanner.Continuity{Hosts: []scanner.HostClock{{Key: "id-1", Host: "mac01", Events: 5000,
			First: at("2026-03-01T00:00:00Z"), Last: at("2026-03-02T00:00:00Z"), Slot: time.Minute, Rhythm: 2 * time.Second,
			Longest: scanner.Silence{From: at("2026-03-01T10:01:00Z"), To: at("2026-03-01T11:00:00Z")},
			Unusual: []scanner.Silence{{From: at("2026-03-01T10:01:00Z"), To: at("2026-03-01T11:00:00Z")}},
			Skew:    -3 * time.Hour, Arrived: 4000}}},
		First: at("2026-03-01T10:00:02Z"), Last: at("2026-03-01T11:20:45Z"),
		Notes: []string{"event.id 7 of agent a stands twice with different content"},
	}
}
