package proof

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/rules/eql"
	"coldcase/rules/kql"
	"coldcase/rules/query"
	"coldcase/rules/source"
	"coldcase/scanner"
	"coldcase/scanner/claim"
	"coldcase/scanner/input"

	"github.com/klauspost/compress/zstd"
)

// kqlRule makes a rule of our own; its id is its name. change may set what matters.
func kqlRule(t testing.TB, name, text string, change ...func(*rules.Rule)) *rules.Rule {
	t.Helper()
	x, err := kql.Parse(source.Text{Path: name, Body: text, Line: 1, Col: 1})
	if err != nil {
		t.Fatal(err)
	}
	return newRule(name, text, "kuery", &query.Program{Event: x}, change)
}

func eqlRule(t testing.TB, name, text string, change ...func(*rules.Rule)) *rules.Rule {
	t.Helper()
	p, err := eql.Parse(source.Text{Path: name, Body: text, Line: 1, Col: 1}, eql.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return newRule(name, text, "eql", p, change)
}

func newRule(name, text, language string, p *query.Program, change []func(*rules.Rule)) *rules.Rule {
	r := &rules.Rule{ID: name, Name: name, Version: 1, File: name + ".toml", Line: 1, Type: rules.KindQuery,
		Language: language, Query: text, Program: p, Indices: []string{"logs-*"},
		Severity: "medium", RiskScore: 47, MaxSignals: 100}
	for _, c := range change {
		c(r)
	}
	return r
}

// config compiles rules into a configuration without inputs.
func config(t testing.TB, set *rules.Set) scanner.Config {
	t.Helper()
	m, err := matchers.Compile(set.Runnable(), matchers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return scanner.Config{Tool: scanner.Tool{Name: "coldcase", Version: "test"}, Matcher: m, Rules: set, TempDir: t.TempDir(), Jobs: 2}
}

func withRules(t testing.TB, rs ...*rules.Rule) scanner.Config {
	t.Helper()
	return config(t, rules.NewSet(rs, nil))
}

// over walks paths into the inputs of a copy of cfg.
func over(t testing.TB, cfg scanner.Config, paths ...string) scanner.Config {
	t.Helper()
	inputs, skipped, err := input.Walk(paths, input.WalkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Inputs = inputs
	cfg.NotEvidence = nil
	for _, s := range skipped {
		cfg.NotEvidence = append(cfg.NotEvidence, s.Path+": "+s.Why)
	}
	return cfg
}

// scan runs cfg over paths; the result is closed when the test ends.
func scan(t testing.TB, cfg scanner.Config, paths ...string) *scanner.Result {
	t.Helper()
	res, err := scanner.Run(context.Background(), over(t, cfg, paths...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := res.Close(); err != nil {
			t.Error(err)
		}
	})
	return res
}

// findings copies the findings out of a result.
func findings(t testing.TB, res *scanner.Result) []scanner.Finding {
	t.Helper()
	var out []scanner.Finding
	err := res.Findings(func(f *scanner.Finding) error {
		c := *f
		c.Evidence = append([]scanner.Evidence(nil), f.Evidence...)
		for i := range c.Evidence {
			c.Evidence[i].Event = bytes.Clone(c.Evidence[i].Event)
		}
		out = append(out, c)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// claimOf writes a finding as a findings file holds it.
func claimOf(t testing.TB, f *scanner.Finding) map[string]any {
	t.Helper()
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	var ev []any
	for _, e := range f.Evidence {
		ev = append(ev, map[string]any{"file": e.File, "file_sha256": text(e.FileSHA256), "line": e.Origin.Line, "offset": e.Origin.Offset,
			"length": e.Origin.Length, "line_sha256": e.LineSHA256, "index": text(e.Index), "step": e.Step, "event": claim.EventJSON(e.Event)})
	}
	out := map[string]any{"schema": claim.Schema, "finding_id": f.ID, "host": text(f.Host), "user": text(f.User),
		"rule": map[string]any{"id": f.Rule.ID, "name": f.RuleName, "version": f.Rule.Version, "severity": f.Severity, "file": f.Rule.File},
		"time": nil, "evidence": ev, "detail": f.Detail}
	if !f.Time.IsZero() {
		out["time"] = f.Time
	}
	return out
}

// findingsFile writes the findings of a result as JSON Lines.
func findingsFile(t testing.TB, res *scanner.Result) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	if err := res.Findings(func(f *scanner.Finding) error { return enc.Encode(claimOf(t, f)) }); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// closeResult closes a result before the temporary directory is looked at.
func closeResult(t testing.TB, res *scanner.Result) {
	t.Helper()
	if err := res.Close(); err != nil {
		t.Fatal(err)
	}
}

// claims returns the findings of a scan by the names of their rules, as their file has them.
func claims(t *testing.T, res *scanner.Result) map[string][]map[string]any {
	t.Helper()
	out := map[string][]map[string]any{}
	for _, f := range findings(t, res) {
		out[f.Rule.Name] = append(out[f.Rule.Name], claimOf(t, &f))
	}
	return out
}

// write makes a file of lines below dir and returns its path.
func write(t testing.TB, dir, name string, lines ...string) string {
	t.Helper()
	return writeBytes(t, dir, name, []byte(strings.Join(lines, "\n")+"\n"))
}

func writeBytes(t testing.TB, dir, name string, b []byte) string {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

// gz compresses b into so many members, zst into so many frames.
func gz(t testing.TB, b []byte, members int) []byte {
	t.Helper()
	return compressed(t, b, members, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

func zst(t testing.TB, b []byte, frames int) []byte {
	t.Helper()
	return compressed(t, b, frames, func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		return z
	})
}

func compressed(t testing.TB, b []byte, parts int, writer func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var out bytes.Buffer
	for i := range parts {
		w := writer(&out)
		if _, err := w.Write(b[len(b)*i/parts : len(b)*(i+1)/parts]); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// tarOf makes an archive of members, each with one line.
func tarOf(t testing.TB, members map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"x/a.ndjson", "b.ndjson"} {
		text := members[name]
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// ev is a process event; what is empty takes a usual value, "-" leaves it out.
type ev struct{ time, host, user, name, id, index, more string }

func (e ev) String() string {
	var b strings.Builder
	field := func(key, value, usual string) {
		if value = cmp.Or(value, usual); value != "-" {
			fmt.Fprintf(&b, `"%s":"%s",`, key, value)
		}
	}
	field("@timestamp", e.time, "2026-03-01T08:00:00.000Z")
	field("data_stream.dataset", e.index, "endpoint.events.process")
	if e.index != "-" {
		b.WriteString(`"data_stream.type":"logs","data_stream.namespace":"default",`)
	}
	field("host.name", e.host, "h1")
	field("user.name", e.user, "alice")
	field("process.name", e.name, "tool")
	field("event.id", e.id, "-")
	b.WriteString(e.more)
	return "{" + strings.TrimSuffix(b.String(), ",") + "}"
}

// at is a time on the day of the tests, some seconds after eight.
func at(seconds int) string {
	seconds += 8 * 3600
	return fmt.Sprintf("2026-03-01T%02d:%02d:%02d.000Z", seconds/3600, seconds/60%60, seconds%60)
}

// emptyDir checks that a run has left nothing behind.
func emptyDir(t testing.TB, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		t.Errorf("%s is left in the temporary directory", e.Name())
	}
}
