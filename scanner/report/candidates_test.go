package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"coldcase/rules/load"
	"coldcase/scanner"
)

// Two rules on one host: one that finds, and one that asks a language model.
var askingRules = fstest.MapFS{
	"found.toml": {Data: []byte(`[rule]
name = "Latch Lifted"
rule_id = "latch"
type = "query"
language = "kuery"
index = ["logs-*"]
severity = "high"
risk_score = 73
query = "process.name : latch"
[[rule.threat]]
framework = "MITRE ATT&CK"
[rule.threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002/"
[[rule.threat.technique]]
id = "T1059"
name = "Command and Scripting Interpreter"
reference = "https://attack.mitre.org/techniques/T1059/"
`)},
	"asked.toml": {Data: []byte(`[rule]
name = "Odd Errand"
rule_id = "errand"
type = "esql"
severity = "critical"
risk_score = 99
query = '''
FROM logs-* METADATA _id, _version, _index
| WHERE process.name == "errand"
| KEEP process.command_line
| COMPLETION verdict = process.command_line WITH {"inference_id": "m"} | WHERE verdict == "odd"
'''
[[rule.threat]]
framework = "MITRE ATT&CK"
[rule.threat.tactic]
id = "TA0010"
name = "Exfiltration"
reference = "https://attack.mitre.org/tactics/TA0010/"
[[rule.threat.technique]]
id = "T1041"
name = "Exfiltration Over C2 Channel"
reference = "https://attack.mitre.org/techniques/T1041/"
`)},
}

const askingEvents = `{"@timestamp":"2026-03-01T10:00:00Z","data_stream":{"type":"logs","dataset":"endpoint.events.process","namespace":"default"},"host":{"name":"h1"},"user":{"name":"ann"},"process":{"name":"errand","command_line":"errand --far"}}
{"@timestamp":"2026-03-01T10:00:01Z","data_stream":{"type":"logs","dataset":"endpoint.events.process","namespace":"default"},"host":{"name":"h1"},"user":{"name":"ann"},"process":{"name":"latch","command_line":"latch -u"}}
{"@timestamp":"2026-03-01T10:00:02Z","data_stream":{"type":"logs","dataset":"endpoint.events.process","namespace":"default"},"host":{"name":"h9"},"user":{"name":"ann"},"process":{"name":"errand","command_line":"errand --near"}}
`

func askingResult(t *testing.T, lines string) *scanner.Result {
	t.Helper()
	set, err := load.FS(askingRules, "asking")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.ndjson")
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	return scanOf(t, set, path)
}

// Every format keeps candidates apart: the row files mark theirs, the reports for people
// have a part for them, and what counts or is acted upon has none.
func TestCandidatesInEveryFormat(t *testing.T) {
	res := askingResult(t, askingEvents)
	if res.Counts.Findings != 1 || res.Counts.Candidates != 2 {
		t.Fatalf("%d findings, %d candidates", res.Counts.Findings, res.Counts.Candidates)
	}
	out := checkReports(t, res)
	for _, name := range []string{"navigator", "stix"} {
		for _, word := range []string{"T1041", "Odd Errand", "h9"} {
			if strings.Contains(out[name], word) {
				t.Errorf("%s names %q", name, word)
			}
		}
	}
	// The order of the rows is that of time.
	wantColumn(t, out["csv"], csvHeader, "rule_type", "esql_candidate", "query", "esql_candidate")
	wantColumn(t, out["csv"], csvHeader, "severity", "low", "high", "low")
	wantColumn(t, out["t.csv"], sketchHeader, "timestamp_desc", `"Candidate activity"`, `"Detected activity"`, `"Candidate activity"`)
	wantColumn(t, out["t.csv"], sketchHeader, "tag", "coldcase;candidate;low;T1041", "coldcase;high;T1059", "coldcase;candidate;low;T1041")
	for i, l := range strings.Split(strings.TrimSpace(out["jsonl"]), "\n") {
		f := decode[object](t, []byte(l))
		if got, want := f["candidate"], map[bool]any{true: true, false: nil}[i != 1]; got != want {
			t.Errorf("line %d of JSON Lines: candidate %v, want %v", i+1, got, want)
		}
	}
	for i, doc := range checkBulk(t, []byte(out["bulk"])) {
		kind := map[bool]string{true: "event", false: "signal"}[i != 1]
		if got := doc["event"].(object)["kind"]; got != kind || doc["coldcase"].(object)["candidate"] != (i != 1) {
			t.Errorf("document %d: kind %v, %v", i+1, got, doc["coldcase"])
		}
	}
	wantSummary(t, out["summary"])
}

// wantColumn says what a column of CSV holds, row by row.
func wantColumn(t *testing.T, text string, header []string, column string, want ...string) {
	t.Helper()
	at := -1
	for i, name := range header {
		if name == column {
			at = i
		}
	}
	rows := strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), "\n")[1:]
	for i, row := range rows {
		if got := strings.Split(row, ",")[at]; i >= len(want) || got != want[i] {
			t.Errorf("%s of row %d: %q, want %q", column, i+1, got, want)
		}
	}
}

func wantSummary(t *testing.T, text string) {
	t.Helper()
	var s struct {
		Counts struct {
			Findings, Groups, Candidates int64
			CandidateGroups              int64            `json:"candidate_groups"`
			BySeverity                   map[string]int64 `json:"by_severity"`
		}
		Rules []struct {
			Name                 string
			Findings, Candidates int64
		}
		Groups, Candidates []struct{ Rule struct{ Name string } }
		Entities           []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	c := s.Counts
	if c.Findings != 1 || c.Groups != 1 || c.Candidates != 2 || c.CandidateGroups != 2 || c.BySeverity["low"] != 0 || c.BySeverity["high"] != 1 {
		t.Errorf("counts %+v", c)
	}
	if len(s.Groups) != 1 || s.Groups[0].Rule.Name != "Latch Lifted" || len(s.Candidates) != 2 || s.Candidates[0].Rule.Name != "Odd Errand" {
		t.Errorf("groups %v, candidates %v", s.Groups, s.Candidates)
	}
	for _, r := range s.Rules {
		if want := map[string][2]int64{"Latch Lifted": {1, 0}, "Odd Errand": {0, 2}}[r.Name]; [2]int64{r.Findings, r.Candidates} != want {
			t.Errorf("rule %+v, want %v", r, want)
		}
	}
	if len(s.Entities) != 2 || s.Entities[0].Name != "h1" || s.Entities[1].Name != "ann" {
		t.Errorf("entities %v", s.Entities)
	}
}

// partOf cuts a part out of a text, from its heading to the next.
func partOf(t *testing.T, text, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, from)
	part, _, ended := strings.Cut(rest, to)
	if !ok || !ended {
		t.Fatalf("no part from %q to %q in\n%s", from, to, text)
	}
	return part
}

// People read candidates behind the findings, in a part of their own.
func TestCandidatesForPeople(t *testing.T) {
	res := askingResult(t, askingEvents)
	var b bytes.Buffer
	if err := Screen(&b, res, Options{Explain: true}); err != nil {
		t.Fatal(err)
	}
	screen := b.String()
	found := partOf(t, screen, "FINDINGS  1 in 1 group on 1 host", "CANDIDATES")
	asked := partOf(t, screen, "CANDIDATES  2 in 2 groups\n  "+candidatesWhy+"\n", "\nATT&CK")
	if strings.Contains(found, "Odd Errand") || !strings.Contains(found, "latch -u") {
		t.Errorf("findings:\n%s", found)
	}
	for _, want := range []string{" 10.5  low       Odd Errand", "errand --far", "errand --near", "T1041", "The row of its query: ",
		"process.command_line = errand --far", "A candidate: ", "x 0.5 confidence (verdict step skipped)"} {
		if !strings.Contains(asked, want) {
			t.Errorf("no %q in the candidates:\n%s", want, asked)
		}
	}
	if rest := screen[strings.Index(screen, "\nATT&CK"):]; strings.Contains(rest, "T1041") || strings.Contains(rest, "h9") {
		t.Errorf("a candidate behind its part:\n%s", rest)
	}
	out := checkReports(t, res)
	md := partOf(t, out["markdown"], "\n## Candidates\n", "\n## Hosts")
	if !strings.Contains(md, "| 10.5 | low | Odd Errand | T1041 | `h9` | `ann` | 1 | 2026-03-01 10:00:02 | `errand --near` |") {
		t.Errorf("candidates in Markdown:\n%s", md)
	}
	page := partOf(t, out["html"], `<section id="candidates"`, "</section>")
	for _, want := range []string{"<h2 id=\"h-candidates\">Candidates</h2>", "2 in 2 groups: " + candidatesWhy + ".", "errand --near", ">10.5</td>"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page:\n%s", want, page)
		}
	}
	if rest := strings.Replace(out["html"], page, "", 1); strings.Contains(rest, "errand") || strings.Contains(rest, "T1041") {
		t.Error("a candidate in another part of the page")
	}
}

// Without a finding the screen says so, and shows the candidates all the same; without a
// candidate there is no such part.
func TestCandidatesAlone(t *testing.T) {
	lines := strings.SplitAfter(askingEvents, "\n")
	for _, x := range []struct{ lines, want, not string }{
		{lines[0] + lines[2], "NO FINDING  2 rules ran over 2 events", "FINDINGS"},
		{lines[1], "FINDINGS  1 in 1 group", "CANDIDATES"},
	} {
		res := askingResult(t, x.lines)
		var b bytes.Buffer
		if err := Screen(&b, res, Options{Timeline: true}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), x.want) || strings.Contains(b.String(), x.not) {
			t.Errorf("no %q, or %q, in\n%s", x.want, x.not, b.String())
		}
		out := checkReports(t, res)
		if got, want := strings.Contains(out["html"], "Apart from that, 2 candidates: "), x.not == "FINDINGS"; got != want {
			t.Errorf("the page speaks of candidates: %v, want %v", got, want)
		}
	}
}

// A limit counts what it leaves out.
func TestCandidatesLimited(t *testing.T) {
	var b bytes.Buffer
	if err := Screen(&b, askingResult(t, askingEvents), Options{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	if want := "and 1 more group; --full lists them"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%s", want, b.String())
	}
}

// An explanation from a findings file says that it is of a candidate.
func TestExplainCandidate(t *testing.T) {
	for candidate, want := range map[bool]string{true: "CANDIDATE  abcd  [low] Odd Errand\n", false: "FINDING  abcd  [low] Odd Errand\n"} {
		var b bytes.Buffer
		x := &scanner.RecordedFinding{ID: "abcd", Severity: "low", RuleName: "Odd Errand", Candidate: candidate}
		if err := ExplainFinding(&b, x, Options{}); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(b.String(), want) {
			t.Errorf("got %q, want %q first", b.String(), want)
		}
	}
}

// Candidates hold what evidence and rules say, and a rule may be missing: nothing of it
// becomes markup, steers a terminal or breaks a table.
func TestCandidatesAreSafe(t *testing.T) {
	res, _ := nastyCase()
	for _, opt := range []Options{{}, {Width: 40}, {Full: true, Color: true}} {
		s := &screen{res: res, opt: opt}
		s.candidates()
		text := strings.NewReplacer(bold, "", reset, "").Replace(s.buf.String())
		for _, c := range severityColours {
			text = strings.ReplaceAll(text, c, "")
		}
		if s.err != nil || strings.ContainsAny(text, "\x1b\x00\u202e") {
			t.Errorf("%+v: %v in %q", opt, s.err, text)
		}
	}
	m := &markdown{res: res}
	m.candidates()
	checkTables(t, m.buf.String())
	if strings.Count(m.buf.String(), "\n|") != 4 {
		t.Errorf("want two groups below two lines of heading:\n%s", m.buf.String())
	}
	if v := newCandidatesView(res); len(v.Groups) != 2 || v.More != 0 { // TestHTMLIsSafe holds their page
		t.Errorf("%d groups, %d more", len(v.Groups), v.More)
	}
}
