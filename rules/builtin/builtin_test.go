package builtin

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"coldcase/rules"
	"coldcase/rules/load"
)

func pack(t *testing.T) map[string]*rules.Rule {
	t.Helper()
	set, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*rules.Rule{}
	for _, e := range set.Entries {
		if e.Status != rules.Runs {
			t.Errorf("%s: status %s: %s", e.Rule.File, e.Status, e.Reason)
		}
		if byName[e.Rule.Name] != nil {
			t.Errorf("%s: name %q stands twice", e.Rule.File, e.Rule.Name)
		}
		byName[e.Rule.Name] = e.Rule
	}
	return byName
}

// ours are the rules of our own: one that counts, one that reads a text apart, one that
// compares hosts.
var ours = []string{"Many Accounts Tried From One Address", "SSH Way Back To A Public Address", "System Program Differs On One Host"}

// TestOurs holds our own rules to what they are there to show: each is in ES|QL, runs whole,
// and has the commands.
func TestOurs(t *testing.T) {
	all := pack(t)
	for i, words := range [][]string{{"STATS", "COUNT_DISTINCT(", "DATE_TRUNC("}, {"GROK", "CIDR_MATCH("}, {"INLINE STATS"}} {
		r := all[ours[i]]
		if r == nil || r.ESQL == nil || r.Candidates || r.NotRun != "" {
			t.Errorf("%s: %+v", ours[i], r)
			continue
		}
		for _, w := range words {
			if !strings.Contains(r.Query, w) {
				t.Errorf("%s: no %s in its query", r.File, w)
			}
		}
		if len(r.Threat) != 1 || len(r.Threat[0].Techniques) != 1 {
			t.Errorf("%s: ATT&CK %+v", r.File, r.Threat)
		}
	}
}

// TestFamilies has the alerts that the pack is made of.
func TestFamilies(t *testing.T) {
	want := []string{"Kerberos Cached Credentials Dumping", "Adversary Behavior - Detected - Elastic Endgame"}
	for _, what := range []string{
		"Credential Dumping", "Credential Manipulation", "Process Injection", "Permission Theft",
		"Exploit", "Malware", "Ransomware",
	} {
		want = append(want, what+" - Detected - Elastic Endgame", what+" - Prevented - Elastic Endgame")
	}
	for _, what := range []string{"Malicious File", "Ransomware", "Memory Threat", "Behavior"} {
		want = append(want, what+" - Detected - Elastic Defend", what+" - Prevented - Elastic Defend")
	}
	want = append(want, "Credential Access - Detected - Elastic Endpoint", "Credential Access - Prevented - Elastic Endpoint")
	want = append(want, ours...)
	var got []string
	for name := range pack(t) {
		got = append(got, strings.Replace(name, "Prevented- ", "Prevented - ", 1)) // one name lacks the blank at its source
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules of the pack (-want +got):\n%s", diff)
	}
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// TestLint holds every rule of the pack to the same form.
func TestLint(t *testing.T) {
	risk := map[string]int{"low": 21, "medium": 47, "high": 73, "critical": 99}
	for _, r := range pack(t) {
		bad := func(format string, args ...any) { t.Helper(); t.Errorf(r.File+": "+format, args...) }
		if !strings.HasPrefix(r.File, "builtin/") || r.Format != "toml" {
			bad("file %q, format %q", r.File, r.Format)
		}
		if !uuid.MatchString(r.ID) || r.IDKind != rules.FromSource {
			bad("id %q", r.ID)
		}
		if diff := cmp.Diff([]string{"coldcase"}, r.Authors); diff != "" {
			bad("authors: %s", diff)
		}
		if r.DerivedFrom == "" || r.Description == "" || r.Note == "" || len(r.FalsePositives) == 0 {
			bad("derived_facts_from, description, note or false_positives is empty")
		}
		if r.Version < 1 || r.RiskScore != risk[r.Severity] {
			bad("version %d, severity %s, risk %d", r.Version, r.Severity, r.RiskScore)
		}
		if len(r.Warnings)+len(r.Incomplete) > 0 {
			bad("warnings %q, incomplete %q", r.Warnings, r.Incomplete)
		}
		lintTests(t, r)
	}
}

func lintTests(t *testing.T, r *rules.Rule) {
	t.Helper()
	count := map[bool]int{}
	seen := map[string]bool{}
	for _, test := range r.Tests {
		count[test.Match]++
		if test.Name == "" || seen[test.Name] || seen[test.Event] {
			t.Errorf("%s: test %q: its name or event is empty or stands twice", r.File, test.Name)
		}
		seen[test.Name], seen[test.Event] = true, true
		events := []string{test.Event}
		if r.ESQL != nil { // an object a line
			events = strings.Split(strings.TrimSpace(test.Event), "\n")
		}
		for _, text := range events {
			lintEvent(t, r.File+": test "+test.Name, text)
		}
	}
	if count[true] < 2 || count[false] < 2 {
		t.Errorf("%s: %d events that match and %d that do not, want 2 of each", r.File, count[true], count[false])
	}
}

func lintEvent(t *testing.T, where, text string) {
	t.Helper()
	var event map[string]any
	if err := json.Unmarshal([]byte(text), &event); err != nil {
		t.Errorf("%s: %v", where, err)
	}
	if ts, ok := event["@timestamp"].(string); !ok {
		t.Errorf("%s: no @timestamp", where)
	} else if _, err := time.Parse(time.RFC3339Nano, ts); err != nil {
		t.Errorf("%s: %v", where, err)
	}
}

// facts are what the pack takes over from a source.
type facts struct {
	ID, Name, Query, Severity, From, Interval string
	Risk, Max, Version                        int
	Indices, References, Tags                 []string
	Threat                                    []string
}

func factsOf(r *rules.Rule) facts {
	f := facts{
		ID: r.ID, Name: r.Name, Query: strings.Join(strings.Fields(r.Query), " "), Severity: r.Severity,
		From: r.From, Interval: r.Interval, Risk: r.RiskScore, Max: r.MaxSignals, Version: r.Version,
		Indices: r.Indices, References: r.References, Tags: r.Tags,
	}
	for _, tactic := range r.Threat {
		f.Threat = append(f.Threat, tactic.ID)
		for _, te := range tactic.Techniques {
			f.Threat = append(f.Threat, te.ID)
			for _, sub := range te.Subtechniques {
				f.Threat = append(f.Threat, sub.ID)
			}
		}
	}
	return f
}

// TestSeeds holds the two seed rules to seed-rules.md, "Facts a system must carry".
func TestSeeds(t *testing.T) {
	all := pack(t)
	f := func(want facts) {
		t.Helper()
		r := all[want.Name]
		if r == nil {
			t.Fatalf("no rule %q", want.Name)
		}
		if diff := cmp.Diff(want, factsOf(r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Name, diff)
		}
	}
	f(facts{
		ID: "ad88231f-e2ab-491c-8fc6-64746da26cfe", Name: "Kerberos Cached Credentials Dumping", Version: 4,
		Query:    "event.category:process and event.type:(start or process_started) and process.name:kcc and process.args:copy_cred_cache",
		Severity: "high", Risk: 73, From: "now-9m", Interval: "5m", Max: 100,
		Indices: []string{"auditbeat-*", "logs-endpoint.events.*"},
		References: []string{
			"https://github.com/EmpireProject/EmPyre/blob/master/lib/modules/collection/osx/kerberosdump.py",
			"https://opensource.apple.com/source/Heimdal/Heimdal-323.12/kuser/kcc-commands.in.auto.html",
		},
		Tags:   []string{"Elastic", "Host", "macOS", "Threat Detection", "Credential Access"},
		Threat: []string{"TA0006", "T1003", "T1558", "T1558.003"},
	})
	f(facts{
		ID: "571afc56-5ed9-465d-a2a9-045f099f6e7e", Name: "Credential Dumping - Detected - Elastic Endgame", Version: 104,
		Query:    "event.kind:alert and event.module:endgame and endgame.metadata.type:detection and (event.action:cred_theft_event or endgame.event_subtype_full:cred_theft_event)",
		Severity: "high", Risk: 73, From: "now-15m", Interval: "10m", Max: 10000,
		Indices: []string{"endgame-*"},
		Tags: []string{
			"Data Source: Elastic Endgame", "Use Case: Threat Detection", "Tactic: Credential Access",
			"Resources: Investigation Guide",
		},
		Threat: []string{"TA0006", "T1003", "T1003.001"},
	})
}

// TestFactsAgreeWithTheCorpus holds what is derived against what it is derived from.
func TestFactsAgreeWithTheCorpus(t *testing.T) {
	dir := os.Getenv("COLDCASE_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	corpus := filepath.Join(dir, "rules-corpus", "rules")
	var paths []string
	for _, sub := range []string{"promotions", "integrations/endpoint"} {
		paths = append(paths, filepath.Join(corpus, sub))
	}
	set, err := load.Paths(paths)
	if err != nil {
		t.Skip("shared material absent")
	}
	ours := map[string]*rules.Rule{}
	for _, r := range pack(t) {
		ours[r.ID] = r
	}
	compared := 0
	for _, e := range set.Entries {
		r := ours[e.Rule.ID]
		if r == nil || r.Version == 104 { // the seed states an older version
			continue
		}
		want, got := factsOf(e.Rule), factsOf(r)
		got.Version = want.Version // the corpus has none
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-corpus +pack):\n%s", r.File, diff)
		}
		if diff := cmp.Diff(e.Rule.SeverityMap, r.SeverityMap); diff != "" {
			t.Errorf("%s: severity_mapping: %s", r.File, diff)
		}
		compared++
	}
	if compared < 15 {
		t.Errorf("only %d rules compared", compared)
	}
}

func TestFS(t *testing.T) {
	names, err := fs.Glob(FS(), "*.toml")
	if err != nil || len(names) != len(pack(t)) {
		t.Errorf("%d files, %v; want one a rule (%d)", len(names), err, len(pack(t)))
	}
}
