package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
)

func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o600))
}

func sameButRun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: samebutrun M1 M2")
	}
	var heads [2]string
	for i, name := range args {
		head, run, ok := strings.Cut(ts.ReadFile(name), "\n  \"run\": {")
		if !ok || strings.Count(run, "\n  }") != 1 {
			ts.Fatalf("%s: the part \"run\" is not the last", name)
		}
		heads[i] = head
	}
	if d := cmp.Diff(heads[0], heads[1]); d != "" {
		ts.Fatalf("%s and %s differ:\n%s", args[0], args[1], d)
	}
}

func sameIDs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sameids F1 F2")
	}
	var ids [2][]string
	for i, name := range args {
		for line := range strings.Lines(ts.ReadFile(name)) {
			var f struct {
				ID string `json:"finding_id"`
			}
			ts.Check(json.Unmarshal([]byte(line), &f))
			ids[i] = append(ids[i], f.ID)
		}
		slices.Sort(ids[i])
	}
	if len(ids[0]) == 0 {
		ts.Fatalf("%s holds no findings", args[0])
	}
	if d := cmp.Diff(ids[0], ids[1]); d != "" {
		ts.Fatalf("the findings differ:\n%s", d)
	}
}

// A manifest holds the flags in the order of the help, those that change no result apart.
func TestCanonicalFlags(t *testing.T) {
	for _, name := range running {
		if flagOf(name) == nil {
			t.Errorf("scan has no flag --%s", name)
		}
	}
	o := &options{}
	cmd := &cobra.Command{}
	addFlags(cmd, cmdScan, o)
	if err := cmd.ParseFlags([]string{"-q", "--tag=b", "--rules", "builtin,x", "--tag", "a", "--jobs=3", "--csv", "f"}); err != nil {
		t.Fatal(err)
	}
	command, run := o.canonical()
	want := []manifestFlag{{"rules", "builtin,x"}, {"csv", "f"}, {"tag", "b"}, {"tag", "a"}}
	if d := cmp.Diff(want, command); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]manifestFlag{{"jobs", "3"}, {"quiet", "true"}}, run); d != "" {
		t.Error(d)
	}
	m := &manifest{Command: manifestCommand{Flags: command}}
	again, err := m.options()
	if err != nil {
		t.Fatal(err)
	}
	if back, _ := again.canonical(); !slices.Equal(back, command) || again.maxLine == 0 {
		t.Errorf("got %v with --max-line %d", back, again.maxLine)
	}
}

// FuzzParseManifest: whatever stands in a manifest, its flags are checked like those of
// a command line, and outputs go below the directory given.
func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(`{"schema":"coldcase/manifest/1","command":{"flags":[{"name":"csv","value":"../x"},{"name":"bundle","value":"/"}]}}`))
	f.Add([]byte(`{"schema":"coldcase/manifest/1","rules":{"list":[{"id":"a","version":3}]},"inputs":[{"file":"a","sha256":"0"}]}`))
	f.Add([]byte(`{"schema":"coldcase/summary/1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseManifest(b)
		if err != nil {
			return
		}
		causes(m, &manifest{})
		causes(&manifest{}, m)
		differing(m, m)
		o, err := m.options()
		if err != nil {
			return
		}
		redirect(o, "/below")
		for _, p := range append([]string{o.bundle}, slices.Collect(values(o.outputs))...) {
			if p != "" && filepath.Dir(p) != "/below" {
				t.Fatalf("an output goes to %q", p)
			}
		}
	})
}

func values(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// No socket is ever opened: the calls of the whole program are traced.
func TestNoSocket(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace absent")
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "coldcase")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	trace := filepath.Join(dir, "trace")
	findings := filepath.Join(dir, "f.jsonl")
	samples, err := filepath.Abs(root + "/samples")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"scan", "--jsonl", findings, "--manifest", filepath.Join(dir, "m.json"), "--bundle", filepath.Join(dir, "b"), samples},
		{"verify", findings},
		{"rerun", filepath.Join(dir, "m.json")},
	} {
		// The trace of file calls shows that there is a trace at all.
		cmd := exec.Command(strace, append([]string{"-f", "-e", "trace=network,openat", "-o", trace, bin}, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			if bytes.Contains(out, []byte("ptrace")) {
				t.Skip("strace may not trace here")
			}
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		calls, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(calls, []byte("openat(")) {
			t.Fatal("the trace is empty")
		}
		for line := range strings.Lines(string(calls)) {
			for _, call := range []string{" socket(", " socketpair(", " connect(", " bind(", " listen(", " accept", " sendto(", " sendmsg("} {
				if strings.Contains(line, call) {
					t.Errorf("%v: %s", args, line)
				}
			}
		}
	}
}

// No package of ours asks for what could open a socket. (The progress bar links
// net/http, whose server nobody starts: TestNoSocket traces that.)
func TestNoNetworkImported(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{.Imports}}", root+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out, []byte("coldcase/scanner/input ")) {
		t.Fatalf("go list names no package of ours: %s", out)
	}
	for line := range strings.Lines(string(out)) {
		for _, p := range strings.Fields(strings.NewReplacer("[", " ", "]", " ").Replace(line)) {
			if slices.Contains([]string{"net", "net/http", "net/rpc", "net/smtp", "crypto/tls", "log/syslog"}, p) {
				t.Errorf("%s: imports %s", strings.Fields(line)[0], p)
			}
		}
	}
}
