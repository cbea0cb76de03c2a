package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coldcase/rules"
	"coldcase/scanner"
)

// verdicts proves a findings file and returns "status rule: proof or reason" of each.
func verdicts(t testing.TB, cfg scanner.Config, file []byte, evidence ...string) ([]string, VerifyCounts) {
	t.Helper()
	var out []string
	counts, err := Verify(context.Background(), VerifyConfig{Findings: bytes.NewReader(file), Matcher: cfg.Matcher, Rules: cfg.Rules,
		Evidence: evidence, MaxMemory: cfg.MaxMemory, TempDir: cfg.TempDir},
		func(v *Verdict) error {
			text := v.Proof
			if v.Status != Proven {
				text = v.Reason
			}
			out = append(out, fmt.Sprintf("%s %s: %s", v.Status, v.RuleName, text))
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	emptyDir(t, cfg.TempDir)
	return out, counts
}

// proofRules has a rule of each type that can be run without indicators.
func proofRules(t testing.TB) scanner.Config {
	return withRules(t,
		kqlRule(t, "one", "process.name:one"),
		eqlRule(t, "sequence", `sequence by host.name with maxspan=1m [any where process.name == "a"] [any where process.name == "b"]`),
		eqlRule(t, "sample", `sample by host.name [any where process.name == "a"] [any where process.name == "c"]`),
		eqlRule(t, "until", `sequence by host.name [any where process.name == "a"] [any where process.name == "c"] until [any where process.name == "stop"]`),
		eqlRule(t, "lacks", `sequence by host.name with maxspan=1m [any where process.name == "b"] ![any where process.name == "d"] [any where process.name == "c"]`),
		kqlRule(t, "threshold", "process.name:many", func(r *rules.Rule) {
			r.Type, r.Threshold, r.LookBack = rules.KindThreshold, &rules.Threshold{Fields: []string{"host.name"}, Value: 3}, 3600e9
		}),
		kqlRule(t, "terms", "process.name:(a or b)", func(r *rules.Rule) {
			r.Type, r.NewTerms = rules.KindNewTerms, &rules.NewTerms{Fields: []string{"process.name"}, Window: 24 * 3600e9}
		}),
		kqlRule(t, "suppressed", "process.name:many", func(r *rules.Rule) {
			r.Suppression = &rules.Suppression{GroupBy: []string{"host.name"}, Duration: 3600e9}
		}),
	)
}

func proofEvents() (lines []string) {
	for i, name := range []string{"a", "x", "b", "one", "c", "one", "one"} {
		lines = append(lines, ev{time: at(i), name: name, id: fmt.Sprint("id", i)}.String())
	}
	for i := range 130 {
		lines = append(lines, ev{time: at(100 + i), name: "many", host: "h2"}.String())
	}
	for range 4 { // equal events without an id, each a finding
		lines = append(lines, ev{time: at(50), name: "one", host: "h3"}.String())
	}
	for i := range 3 { // fewer than are listed at most
		lines = append(lines, ev{time: at(7000 + i), name: "many", host: "h4"}.String())
	}
	return append(lines, ev{time: "-", name: "one", host: "h5", id: "timeless"}.String())
}

// Whatever a scan finds is proven, in each form in which evidence is stored.
func TestVerifyProvesWhatAScanFinds(t *testing.T) {
	cfg := proofRules(t)
	dir := t.TempDir()
	text := []byte(strings.Join(proofEvents(), "\n") + "\n")
	for name, b := range map[string][]byte{"a.ndjson": text, "a.ndjson.gz": gz(t, text, 3), "a.ndjson.zst": zst(t, text, 2)} {
		path := writeBytes(t, dir, name, b)
		for _, mem := range []int64{0, 1 << 10} { // as good as nothing: everything spills
			cfg.MaxMemory = 0
			res := scan(t, cfg, path)
			file := findingsFile(t, res)
			cfg.MaxMemory = mem
			closeResult(t, res)
			got, counts := verdicts(t, cfg, file)
			if counts.Findings != res.Counts.Findings || counts.Proven != counts.Findings || counts.Inputs != 1 {
				t.Errorf("%s: %+v of %d findings:\n%s", name, counts, res.Counts.Findings, strings.Join(got, "\n"))
			}
		}
	}
}

// What is proven of each type of rule is said.
func TestVerifySaysWhatIsProven(t *testing.T) {
	cfg := proofRules(t)
	res := scan(t, cfg, write(t, t.TempDir(), "a.ndjson", proofEvents()...))
	file := findingsFile(t, res)
	closeResult(t, res)
	got, _ := verdicts(t, cfg, file)
	text := strings.Join(got, "\n") + "\n"
	for _, want := range []string{
		"proven one: line, rule\n",
		"proven sequence: 2 lines, rule, order and keys\n",
		"proven sample: 2 lines, rule, keys\n",
		"proven until: 2 lines, rule, order and keys\n",
		"proven lacks: 2 lines, rule, order and keys\n",
		"proven threshold: 100 lines, rule and key; of the count, the lines listed\n",
		"proven threshold: 3 lines, rule, key and count\n",
		"proven terms: line, rule and term; that it was new rests on all evidence, which a new scan proves\n",
		"proven suppressed: line, rule and key; what was suppressed rests on all evidence\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// A finding whose parts were put together from others' is not proven.
func TestVerifyForgedFindings(t *testing.T) {
	cfg := proofRules(t)
	res := scan(t, cfg, write(t, t.TempDir(), "a.ndjson", proofEvents()...))
	byRule := map[string]scanner.Finding{}
	for _, f := range findings(t, res) {
		byRule[f.Rule.Name] = f
	}
	closeResult(t, res)
	f := func(rule, want string, change func(c map[string]any, ev []any)) {
		t.Helper()
		finding := byRule[rule]
		c := claimOf(t, &finding)
		change(c, c["evidence"].([]any))
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := verdicts(t, cfg, b)
		if len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%s: got %q, want %q", rule, got, want)
		}
	}
	one := byRule["one"]
	other := claimOf(t, &one)["evidence"].([]any)[0]
	f("sequence", "proven", func(map[string]any, []any) {})
	f("sequence", "changed sequence: 2 lines proven, but the rule does not match", func(_ map[string]any, ev []any) { ev[1] = other })
	f("sequence", "changed sequence: line proven, but the rule does not join these events", func(c map[string]any, ev []any) { c["evidence"] = ev[:1] })
	f("sequence", "changed sequence: 2 lines proven, but the findings file says otherwise than the evidence: user", func(c map[string]any, _ []any) { c["user"] = "mallory" })
	f("one", "says otherwise than the evidence: time", func(c map[string]any, _ []any) { c["time"] = "2026-03-01T08:00:00Z" })
	f("one", "missing one: line proven, rule not at hand: it is of version 7, here is version 1", func(c map[string]any, _ []any) {
		c["rule"].(map[string]any)["version"] = 7
	})
	f("one", "missing one: line proven, rule not at hand", func(c map[string]any, _ []any) { c["rule"].(map[string]any)["id"] = "unknown" })
	f("one", "no event begins at line", func(_ map[string]any, ev []any) { ev[0].(map[string]any)["offset"] = 3 })
	f("one", "the length in the findings file is not that of the line", func(_ map[string]any, ev []any) { ev[0].(map[string]any)["length"] = 3 })
	f("one", "the input's SHA-256 is", func(_ map[string]any, ev []any) { ev[0].(map[string]any)["file_sha256"] = strings.Repeat("a1", 32) })
	f("one", "missing one: the input is not at hand: not found", func(_ map[string]any, ev []any) { ev[0].(map[string]any)["file"] = "nowhere/x!y" })
	f("one", "missing one: the input is not at hand: not a regular file", func(_ map[string]any, ev []any) { ev[0].(map[string]any)["file"] = "/dev/zero" })
	f("one", "there is no evidence", func(c map[string]any, _ []any) { c["evidence"] = nil })
	f("threshold", "threshold: ", func(c map[string]any, ev []any) { c["evidence"] = ev[:len(ev)-1] })
}

// Two files of one content and a file that was renamed are told apart by hash alone.
func TestVerifyFindsMovedInputs(t *testing.T) {
	cfg := proofRules(t)
	dir, away := t.TempDir(), t.TempDir()
	path := writeBytes(t, dir, "a.ndjson.gz", gz(t, []byte(strings.Join(proofEvents(), "\n")), 1))
	res := scan(t, cfg, path)
	file := findingsFile(t, res)
	closeResult(t, res)
	if err := os.Rename(path, filepath.Join(away, "renamed")); err != nil {
		t.Fatal(err)
	}
	write(t, away, "unlike.ndjson", proofEvents()[:3]...)
	got, counts := verdicts(t, cfg, file)
	if counts.Missing != counts.Findings || counts.Findings == 0 {
		t.Errorf("%+v without a place to look:\n%s", counts, strings.Join(got, "\n"))
	}
	if got, counts = verdicts(t, cfg, file, away); counts.Proven != counts.Findings || counts.Moved != 1 {
		t.Errorf("%+v:\n%s", counts, strings.Join(got, "\n"))
	}
}

func TestVerifyStops(t *testing.T) {
	cfg := proofRules(t)
	res := scan(t, cfg, write(t, t.TempDir(), "a.ndjson", proofEvents()...))
	file := findingsFile(t, res)
	closeResult(t, res)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Verify(ctx, VerifyConfig{Findings: bytes.NewReader(file), Matcher: cfg.Matcher, Rules: cfg.Rules, TempDir: cfg.TempDir},
		func(*Verdict) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	full := errors.New("full")
	_, err = Verify(context.Background(), VerifyConfig{Findings: bytes.NewReader(file), Matcher: cfg.Matcher, Rules: cfg.Rules, TempDir: cfg.TempDir},
		func(*Verdict) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	emptyDir(t, cfg.TempDir)
}

// BenchmarkVerify measures findings of one event and of two, and the bytes of evidence
// behind them.
func BenchmarkVerify(b *testing.B) {
	cfg := proofRules(b)
	var lines []string
	for i := range 20_000 {
		lines = append(lines, ev{time: at(i % 3600), name: []string{"one", "a", "b", "x"}[i%4], id: fmt.Sprint(i), host: fmt.Sprint("h", i/4)}.String())
	}
	path := write(b, b.TempDir(), "a.ndjson", lines...)
	res := scan(b, cfg, path)
	file := findingsFile(b, res)
	b.SetBytes(int64(len(strings.Join(lines, "\n"))))
	b.ReportAllocs()
	for b.Loop() {
		c, err := Verify(context.Background(), VerifyConfig{Findings: bytes.NewReader(file), Matcher: cfg.Matcher, Rules: cfg.Rules, TempDir: cfg.TempDir},
			func(*Verdict) error { return nil })
		if err != nil || c.Proven != c.Findings {
			b.Fatalf("%+v %v", c, err)
		}
	}
	b.ReportMetric(float64(res.Counts.Findings)*float64(b.N)/b.Elapsed().Seconds(), "findings/s")
}
