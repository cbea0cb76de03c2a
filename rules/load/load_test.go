package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"coldcase/rules"
	"coldcase/rules/source"
)

// shared returns a path in the material that only the project's machines have.
func shared(t *testing.T, parts ...string) string {
	t.Helper()
	root := os.Getenv("COLDCASE_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skip("shared material absent")
	}
	return path
}

// TestSeeds is the page-parser conformance of the two pages that the project was
// created from.
func TestSeeds(t *testing.T) {
	s, err := Paths([]string{shared(t, "seeds")})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Problems) > 0 || len(s.Entries) != 2 {
		t.Fatalf("%d rules, problems %v", len(s.Entries), s.Problems)
	}
	for _, e := range s.Entries {
		if e.Status != rules.Runs || len(e.Rule.Incomplete)+len(e.Rule.Warnings) > 0 {
			t.Errorf("%s: %s %s, incomplete %q, warnings %q", e.Rule.Name, e.Status, e.Reason, e.Rule.Incomplete, e.Rule.Warnings)
		}
	}
	kcc, eg := s.Entries[0].Rule, s.Entries[1].Rule
	f := func(name, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	f("kcc", facts(kcc), `Kerberos Cached Credentials Dumping|4|query kuery|auditbeat-* logs-endpoint.events.*|high 73|5m now-9m 9m0s 100|`+
		`https://github.com/EmpireProject/EmPyre/blob/master/lib/modules/collection/osx/kerberosdump.py https://opensource.apple.com/source/Heimdal/Heimdal-323.12/kuser/kcc-commands.in.auto.html|`+
		`Elastic,Host,macOS,Threat Detection,Credential Access|Elastic|Elastic License v2`)
	f("kcc query", strings.Join(strings.Fields(kcc.Query), " "),
		"event.category:process and event.type:(start or process_started) and process.name:kcc and process.args:copy_cred_cache")
	f("kcc threat", threat(kcc), "MITRE ATT&CK TA0006: T1003 T1558>T1558.003")
	f("kcc prose", fmt.Sprint(kcc.Note != "", kcc.Setup != "", strings.Contains(kcc.Description, "kcc")), "false false true")

	f("eg", facts(eg), `Credential Dumping - Detected - Elastic Endgame|104|query kuery|endgame-*|high 73|10m now-15m 15m0s 10000||`+
		`Data Source: Elastic Endgame,Use Case: Threat Detection,Tactic: Credential Access,Resources: Investigation Guide|Elastic|Elastic License v2`)
	f("eg query", eg.Query, "event.kind:alert and event.module:endgame and endgame.metadata.type:detection and "+
		"(event.action:cred_theft_event or endgame.event_subtype_full:cred_theft_event)")
	f("eg threat", threat(eg), "MITRE ATT&CK TA0006: T1003>T1003.001")
	f("eg prose", fmt.Sprint(strings.Contains(eg.Note, "False positive analysis"), strings.Contains(eg.Note, "TBC"),
		strings.Contains(eg.Setup, "xpack.alerting.rules.run.alerts.max"), strings.Contains(eg.Description, "rule.reference")),
		"true false true true")
	if kcc.IDKind != rules.FromSlug || kcc.ID == eg.ID {
		t.Errorf("ids %q %q", kcc.ID, eg.ID)
	}
}

func facts(r *rules.Rule) string {
	return fmt.Sprintf("%s|%d|%s %s|%s|%s %d|%s %s %s %d|%s|%s|%s|%s", r.Name, r.Version, r.Type, r.Language,
		strings.Join(r.Indices, " "), r.Severity, r.RiskScore, r.Interval, r.From, r.LookBack, r.MaxSignals,
		strings.Join(r.References, " "), strings.Join(r.Tags, ","), strings.Join(r.Authors, ","), r.License)
}

func threat(r *rules.Rule) string {
	var b strings.Builder
	for _, tactic := range r.Threat {
		fmt.Fprintf(&b, "%s %s:", tactic.Framework, tactic.ID)
		for _, technique := range tactic.Techniques {
			b.WriteString(" " + technique.ID)
			for _, sub := range technique.Subtechniques {
				b.WriteString(">" + sub.ID)
			}
		}
	}
	return b.String()
}

// TestCorpus: each of Elastic's own rules is understood whole, and what is not run is
// so for its type.
func TestCorpus(t *testing.T) {
	s, err := Paths([]string{shared(t, "rules-corpus")})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Problems {
		t.Errorf("%s: %v", p.Name, p.Err)
	}
	const files = 1505 // shared/README.md
	if len(s.Entries) != files {
		t.Errorf("%d rules, want %d", len(s.Entries), files)
	}
	deprecated, notRun := 0, make(map[string]int)
	for _, e := range s.Entries {
		r := e.Rule
		for _, w := range r.Warnings {
			if strings.Contains(w, "unknown key") || strings.Contains(w, "ATT&CK 18.1 has no") {
				t.Errorf("%s: %s", r.File, w)
			}
		}
		if r.Deprecated {
			deprecated++
		}
		if e.Status == rules.NotRun {
			reason, _, _ := strings.Cut(e.Reason, ":")
			notRun[reason]++
		}
		if single := r.Type == rules.KindQuery || r.Type == rules.KindEQL && !isSequence(r.Query); single && e.Status != rules.Runs {
			t.Errorf("%s: %s %s", r.File, e.Status, e.Reason)
		}
		if len(r.Incomplete) > 0 || r.LookBack < time.Minute || r.Description == "" {
			t.Errorf("%s: incomplete %q, looks back %s", r.File, r.Incomplete, r.LookBack)
		}
	}
	if deprecated != 81 || notRun[rules.ReasonESQL] != 0 || notRun[rules.ReasonML] != 80 {
		t.Errorf("%d deprecated, not run %v", deprecated, notRun)
	}
}

func isSequence(text string) bool {
	for _, line := range strings.Split(text, "\n") {
		if w := strings.Fields(line); len(w) > 0 && !strings.HasPrefix(w[0], "/") {
			return w[0] == "sequence" || w[0] == "sample"
		}
	}
	return false
}

const minimal = "[rule]\nname = %q\nrule_id = %q\ntype = \"query\"\nseverity = \"low\"\nrisk_score = 21\nquery = \"a:b\"\n"

func ruleFile(id string) string { return fmt.Sprintf(minimal, "Rule "+id, id) }

// summary lists the ids of a set with their files, and its problems.
func summary(s *rules.Set) []string {
	var out []string
	for _, e := range s.Entries {
		out = append(out, e.Rule.ID+" "+e.Rule.File)
	}
	for _, p := range s.Problems {
		msg, _, _ := strings.Cut(p.Err.Error(), "\n")
		out = append(out, "problem "+p.Path+" "+msg)
	}
	return out
}

func TestPathsWalksByContent(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("b/two.toml", ruleFile("two"))
	write("b/one.txt", "\ufeff"+ruleFile("one"))
	write("README.md", "# rules\n\nnothing here")
	write(".git/three.toml", ruleFile("three"))
	write(".hidden.toml", ruleFile("four"))
	readme := write("LICENSE", "free")
	secret := filepath.Join(outside, "secret.toml")
	if err := os.WriteFile(secret, []byte(ruleFile("secret")), 0o644); err != nil {
		t.Fatal(err)
	}
	for target, link := range map[string]string{secret: "out.toml", "b/two.toml": "in.toml"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Paths([]string{dir, filepath.Join(dir, "b"), readme})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"one " + dir + "/b/one.txt",
		"two " + dir + "/b/two.toml",
		"problem " + dir + "/LICENSE no rule found",
		"problem " + dir + "/out.toml ",
	} {
		if got := summary(s); len(got) != 4 || !strings.HasPrefix(got[i], want) {
			t.Fatalf("%d: found %q, want %q", i, got, want)
		}
	}
	if _, err := Paths([]string{dir, filepath.Join(dir, "none")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a path that does not exist: %v", err)
	}
}

func TestFS(t *testing.T) {
	s, err := FS(fstest.MapFS{"x.toml": {Data: []byte(ruleFile("x"))}, "notes.md": {Data: []byte("hi")}}, "builtin")
	if err != nil || !slices.Equal(summary(s), []string{"x builtin/x.toml"}) {
		t.Errorf("found %q, %v", summary(s), err)
	}
}

func TestLimits(t *testing.T) {
	f := func(name, data, want string) {
		t.Helper()
		rs, problems := Read("f", []byte(data))
		if len(rs) != 0 || len(problems) != 1 || !strings.Contains(problems[0].Err.Error(), want) {
			msg := fmt.Sprint(problems)
			t.Errorf("%s: %d rules, problems %.200s; want %q", name, len(rs), msg, want)
		}
	}
	long := strings.Repeat("x", maxRule)
	f("file", ruleFile("x")+strings.Repeat(long, maxFile/maxRule), "the file is larger than 64 MiB")
	f("toml", ruleFile("x")+"note = '"+long+"'", "the rule is larger than 4 MiB")
	f("toml key", ruleFile("x")+long[:1000]+" = 1", "the key is too long")
	f("toml dots", ruleFile("x")+strings.Repeat("a.", 40)+"b = 1", "the key is too long")
	f("toml inline dots", ruleFile("x")+"x = {"+strings.Repeat("a.", 40)+"b = 1}", "the key is too long")
	f("toml header", ruleFile("x")+"["+strings.Repeat("a.", 40)+"b]", "the key is too long")
	f("toml depth", ruleFile("x")+"x = "+strings.Repeat("[", maxRule/2), "brackets within brackets")
	f("json", `{"rule_id":"x","name":"`+long+`"}`, "the rule is larger than 4 MiB")
	f("json depth", `{"rule_id":"x","name":`+strings.Repeat("[", 1<<20), "json: ")
	f("page", "# X\n\n**Rule type**: query\n\n"+long+"\n\n**Severity**: low\n\n**Risk score**: 2\n", "the rule is larger than 4 MiB")
}

// TestStoredOffset carries places in a query back through every way of storing it,
// held against the parser of that form.
func TestStoredOffset(t *testing.T) {
	f := func(stored string, decode func(string) string) {
		t.Helper()
		decoded := decode(stored)
		for i := range decoded {
			at := storedOffset(stored, 0, i)
			if at >= len(stored) {
				t.Errorf("%q: offset %d leads to the end", stored, i)
				continue
			}
			// What stands there decodes to what stands at i: cut the stored text in front of
			// it, and the rest of the query must be left.
			open := stored[:len(stored)-len(strings.TrimLeft(stored, `"'`))]
			if len(open) == 3 {
				open += "\n" // the newline that is dropped must not be one of the text's
			}
			if got := decode(open + stored[at:]); got != decoded[i:] {
				t.Errorf("%q: offset %d leads to %d, %q, want %q", stored, i, at, got, decoded[i:])
			}
		}
	}
	fromJSON := func(s string) (out string) {
		if err := json.Unmarshal([]byte(s), &out); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		return out
	}
	fromTOML := func(s string) string {
		m, err := decodeTOML(source.Text{Body: "x = " + s})
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		return m["x"].(string)
	}
	f(`"plain"`, fromJSON)
	f(`"a\"b\\c\/d\ne\tf"`, fromJSON)
	f(`"\u0041\u00e9\u20ac\ud83d\ude00z é€😀"`, fromJSON)
	f(`'C:\dir\"x"'`, fromTOML)
	f(`"a\"b\\c\ne\tf\u00e9\U0001F600z"`, fromTOML)
	f("'''\na\r\nb\\c''d'''", fromTOML)
	f("\"\"\"\r\na \\\n   b \\\"c\\\\ d\"\"\"", fromTOML)
}

func TestLookBack(t *testing.T) {
	f := func(from, to string, want time.Duration) {
		t.Helper()
		if got, err := lookBack(from, to); err != nil || got != want {
			t.Errorf("lookBack(%q, %q) = %s, %v; want %s", from, to, got, err, want)
		}
	}
	f("now-9m", "now", 9*time.Minute)
	f("now-360s", "now", 6*time.Minute)
	f("now-7205m", "now", 7205*time.Minute)
	f("now-1d-2h", "now-1h", 25*time.Hour)
	f("now-1d+2h", "now", 22*time.Hour)
	f("now-2w", "now+1d", 15*24*time.Hour)
	f("now-d", "now", 24*time.Hour)
	for _, bad := range []string{"", "now", "now-", "now-5", "now-5x", "now5m", "now+5m", "2024-01-01", "now-1d/d",
		"now-99999999999999999999s", "now-300000000000y", "now-49y-49y", "now--5m", "last 5m"} {
		if got, err := lookBack(bad, "now"); err == nil {
			t.Errorf("lookBack(%q, now) = %s, want an error", bad, got)
		}
	}
}

func TestSlug(t *testing.T) {
	f := func(name, slug, id string) {
		t.Helper()
		if got := slugOf(name); got != slug || slugID(got) != id {
			t.Errorf("slug of %q is %q %s, want %q %s", name, got, slugID(got), slug, id)
		}
	}
	// The ids are those of Python's uuid.uuid5.
	f("Kerberos Cached Credentials Dumping", "kerberos-cached-credentials-dumping", "0a5a0364-19d0-5474-8dc0-5e26871d7c00")
	f("prebuilt-rule-0-14-2-kerberos-cached-credentials-dumping", "kerberos-cached-credentials-dumping", "0a5a0364-19d0-5474-8dc0-5e26871d7c00")
	f("Credential Dumping - Detected - Elastic Endgame", "credential-dumping-detected-elastic-endgame", "d2ebb432-41fd-5f5b-b9e3-c62ecfef5a95")
}

// FuzzRead: no file makes the loader panic, and what it returns is fit to be used.
func FuzzRead(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, m := range archive(string(text)) {
			f.Add([]byte(m.text))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rs, problems := Read("f", data)
		if len(rs)+len(problems) == 0 {
			t.Fatal("neither a rule nor a problem")
		}
		for _, p := range problems {
			if p.Err.Error() == "" {
				t.Error("a problem without a message")
			}
		}
		for _, r := range rs {
			runs := r.NotRun == ""
			if r.ID == "" || r.Name == "" || r.Format == "" || r.LookBack <= 0 || runs && r.Program == nil {
				t.Errorf("unfit rule %+v", r)
			}
			if !slices.Contains(rules.Severities, r.Severity) || r.RiskScore < 0 || r.RiskScore > 100 {
				t.Errorf("severity %q, risk %d", r.Severity, r.RiskScore)
			}
		}
		rules.NewSet(rs, problems)
	})
}
