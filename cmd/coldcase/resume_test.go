package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coldcase/scanner/journal"

	"github.com/spf13/cobra"
)

// frameEnds lists where the frames of a state end, and of which kind they are.
func frameEnds(b []byte) (ends []int, kinds string) {
	const head = 13 // kind, number, length, checksum
	for at := bytes.IndexByte(b, '\n') + 1; at > 0 && at+head <= len(b); {
		kind := b[at] & 0x7f
		if at += head + int(binary.LittleEndian.Uint32(b[at+5:])); at > len(b) {
			break
		}
		ends, kinds = append(ends, at), kinds+string(kind)
	}
	return ends, kinds
}

// doneIn counts the inputs that are done in a state.
func doneIn(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "no"
	}
	_, kinds := frameEnds(b)
	return string(rune('0' + strings.Count(kinds, "D")))
}

// Cut off after any of its frames, and within, a run of the samples goes on to the same
// files, whatever they are, and the same manifest but for the part of the run itself.
func TestResumeWritesTheSameOutputs(t *testing.T) {
	samples, err := filepath.Abs("../../samples")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	outputs := []string{"csv", "jsonl", "summary", "html", "markdown", "navigator", "timesketch", "bulk", "stix", "rejects", "manifest"}
	args := []string{"scan", "--near-misses", "--since", "2021-06-02", samples}
	for _, name := range outputs {
		args = append(args, "--"+name, "out."+name)
	}
	if code, text := inProcess(t, args); code != 0 {
		t.Fatalf("exit %d: %s", code, text)
	}
	want := map[string]string{}
	for _, name := range outputs {
		want[name] = takeFile(t, "out."+name)
	}
	state := stateOf(t, args)
	ends, kinds := frameEnds(state)
	if n := strings.Count(kinds, "D"); n < 5 || !strings.HasPrefix(kinds, "HK") {
		t.Fatalf("the frames are %s", kinds)
	}
	for i, end := range ends {
		if i%3 == 0 { // within the next
			end = min(end+7, len(state))
		}
		if err := os.WriteFile("out.manifest.state", state[:end], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("out.csv.partial", []byte("of the run before"), 0o600); err != nil {
			t.Fatal(err)
		}
		jobs := []string{"1", "4"}[i%2]
		if code, text := inProcess(t, []string{"scan", "--resume", "out.manifest", "--jobs", jobs}); code != 0 {
			t.Fatalf("cut at %d of %d: exit %d: %s", end, len(state), code, text)
		}
		for _, name := range outputs {
			got, was := takeFile(t, "out."+name), want[name]
			if name == "manifest" {
				got, was = withoutRun(got), withoutRun(was)
			}
			if got != was {
				t.Errorf("cut at %d of %d, %s workers: --%s differs", end, len(state), jobs, name)
			}
		}
		if left, _ := filepath.Glob("*"); len(left) > 0 {
			t.Fatalf("%q is left", left)
		}
	}
}

// inProcess runs the program and returns what it says on standard error.
func inProcess(t *testing.T, args []string) (code int, text string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return code, stderr.String()
}

// takeFile reads a file and removes it.
func takeFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func withoutRun(manifest string) string {
	head, _, _ := strings.Cut(manifest, "\n  \"run\": {")
	return head
}

// stateOf is the state that a run has when it has read everything and written nothing.
func stateOf(t *testing.T, args []string) []byte {
	t.Helper()
	o := &options{}
	cmd := &cobra.Command{}
	addFlags(cmd, cmdScan, o)
	if err := cmd.ParseFlags(args[1:]); err != nil {
		t.Fatal(err)
	}
	if err := o.check(); err != nil {
		t.Fatal(err)
	}
	p := &program{stdin: strings.NewReader(""), stdout: &pipe{w: io.Discard}, stderr: io.Discard}
	j, err := p.prepare(o, cmd.Flags().Args())
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.execute(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(res.Close(), j.state.journal.Close()); err != nil {
		t.Fatal(err)
	}
	discard(j.all())
	return []byte(takeFile(t, "out.manifest.state"))
}

// FuzzStateHead: whatever stands in the head of a state, its flags are checked like those
// of a command line, and what may not come from it does not.
func FuzzStateHead(f *testing.F) {
	f.Add([]byte(`{"schema":"coldcase/state/1","command":{"flags":[{"name":"csv","value":"x"}],"paths":["a"]},"run":[{"name":"force","value":"true"},{"name":"jobs","value":"3"}]}`))
	f.Add([]byte(`{"schema":"coldcase/state/1","command":{"flags":[{"name":"force","value":"true"},{"name":"resume","value":"x"}]}}`))
	f.Add([]byte(`{"schema":"coldcase/manifest/1"}`))
	path := filepath.Join(f.TempDir(), "j")
	f.Fuzz(func(t *testing.T, head []byte) {
		os.Remove(path)
		j, err := journal.Create(path, head)
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		s := &runState{}
		if s.read(j) != nil {
			return
		}
		o, err := s.options([]manifestFlag{{"resume", "m"}, {"jobs", "2"}})
		if err != nil {
			return
		}
		if o.force || o.resume != "" || o.cpuProfile != "" || o.jobs != 2 {
			t.Errorf("%+v", o)
		}
	})
}
