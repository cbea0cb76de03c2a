package scanner

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"coldcase/matchers"
	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/builtin"
	"coldcase/rules/eql"
	"coldcase/rules/kql"
	"coldcase/rules/query"
	"coldcase/rules/source"
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

func risk(severity string, score int) func(*rules.Rule) {
	return func(r *rules.Rule) { r.Severity, r.RiskScore = severity, score }
}

func tactic(order int, id, name string) func(*rules.Rule) {
	return func(r *rules.Rule) {
		r.Threat = append(r.Threat, rules.Tactic{ID: id, Name: name, Order: order,
			Techniques: []rules.Technique{{ID: "T1" + id[len(id)-3:], Name: "technique of " + name}}})
	}
}

// pack returns the built-in rules.
func pack(t testing.TB) []*rules.Rule {
	t.Helper()
	set, err := builtin.Load()
	if err != nil {
		t.Fatal(err)
	}
	return set.Runnable()
}

// config compiles rules into a configuration without inputs.
func config(t testing.TB, set *rules.Set) Config {
	t.Helper()
	m, err := matchers.Compile(set.Runnable(), matchers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return Config{Tool: Tool{Name: "coldcase", Version: "test"}, Matcher: m, Rules: set, TempDir: t.TempDir(), Jobs: 2}
}

func withRules(t testing.TB, rs ...*rules.Rule) Config {
	t.Helper()
	return config(t, rules.NewSet(rs, nil))
}

// over walks paths into the inputs of a copy of cfg.
func over(t testing.TB, cfg Config, paths ...string) Config {
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
func scan(t testing.TB, cfg Config, paths ...string) *Result {
	t.Helper()
	res, err := Run(context.Background(), over(t, cfg, paths...))
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
func findings(t testing.TB, res *Result) []Finding {
	t.Helper()
	var out []Finding
	err := res.Findings(func(f *Finding) error {
		c := *f
		c.Evidence = append([]Evidence(nil), f.Evidence...)
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

// whole writes everything in a result as text. Rules are pointers: two results of
// the same rules write them alike.
func whole(t testing.TB, res *Result) string {
	t.Helper()
	return text(t, *res, func(*Evidence) {})
}

// placeless is whole without what other compression or other files may change.
func placeless(t testing.TB, res *Result) string {
	t.Helper()
	c := *res
	c.Inputs = nil
	c.Counts.Inputs, c.Counts.StoredBytes, c.Counts.DecodedBytes = 0, 0, 0
	c.Chains = slices.Clone(c.Chains)
	for i := range c.Chains {
		ch := &c.Chains[i]
		ch.Nodes = slices.Clone(ch.Nodes)
		for j := range ch.Nodes {
			ch.Nodes[j].File, ch.Nodes[j].Line = "", 0
		}
	}
	return text(t, c, func(e *Evidence) {
		e.File, e.FileSHA256, e.Origin = "", "", event.Origin{Length: e.Origin.Length}
	})
}

func text(t testing.TB, res Result, change func(*Evidence)) string {
	t.Helper()
	var b strings.Builder
	fs := findings(t, &res)
	res.findings, res.close = nil, nil
	b.WriteString(strings.ReplaceAll(fmt.Sprintf("%+v", res), "} {", "}\n{"))
	for _, f := range fs {
		events := ""
		for i := range f.Evidence {
			events += " " + string(f.Evidence[i].Event)
			f.Evidence[i].Event = nil
			change(&f.Evidence[i])
		}
		fmt.Fprintf(&b, "\n%+v%s", f, events)
	}
	return b.String()
}

// same compares two texts line by line and shows where they part.
func same(t testing.TB, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("%s: line %d of %d and %d:\n got %s\nwant %s", what, i, len(a), len(b), a[i], b[i])
		}
	}
	t.Fatalf("%s: %d lines, want %d", what, len(a), len(b))
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

// brief lists findings as "rule host user", in order.
func brief(t testing.TB, res *Result) string {
	t.Helper()
	var out []string
	for _, f := range findings(t, res) {
		out = append(out, f.Rule.Name+" "+cmp.Or(f.Host, "-")+" "+cmp.Or(f.User, "-"))
	}
	return strings.Join(out, ", ")
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
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
