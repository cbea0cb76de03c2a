package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// output runs evgen and returns what it wrote to standard output.
func output(t *testing.T, args ...string) []byte {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(args, &stdout, &stderr); code != exitOK {
		t.Fatalf("evgen %q: exit %d: %s", args, code, &stderr)
	}
	return stdout.Bytes()
}

func TestSameFlagsSameBytes(t *testing.T) {
	for _, m := range mixes {
		for _, f := range formats {
			args := []string{"-bytes", "200000", "-seed", "7", "-mix", m.name, "-format", f.name}
			first := output(t, args...)
			if !bytes.Equal(first, output(t, args...)) {
				t.Errorf("%s, %s: two runs differ", m.name, f.name)
			}
			if bytes.Equal(first, output(t, append(args, "-seed", "8")...)) {
				t.Errorf("%s, %s: two seeds make the same", m.name, f.name)
			}
		}
	}
}

// TestEvents reads every event back: whole JSON, time that only goes forward (to the
// millisecond: auditbeat has no finer), never the same line twice, and only agents
// that the mix names.
func TestEvents(t *testing.T) {
	agents := map[string][]string{
		"all": {"auditbeat", "endpoint", "endgame"}, "auditbeat": {"auditbeat"},
		"endpoint": {"endpoint"}, "endgame": {"endgame"},
	}
	for _, m := range mixes {
		data := output(t, "-bytes", "2000000", "-mix", m.name)
		if len(data) < 2000000 || len(data) > 2000000+20000 {
			t.Errorf("%s: %d bytes, want 2000000 and the rest of an event", m.name, len(data))
		}
		seen := map[string]bool{}
		made := map[string]int{}
		var last time.Time
		for line := range strings.Lines(string(data)) {
			var ev struct {
				Time  time.Time                     `json:"@timestamp"`
				Agent struct{ Type string }         `json:"agent"`
				Host  struct{ Name string }         `json:"host"`
				Event struct{ Kind, Module string } `json:"event"`
			}
			if err := json.Unmarshal([]byte(line), &ev); err != nil {
				t.Fatalf("%s: %v: %s", m.name, err, line)
			}
			if seen[line] || ev.Time.Before(last.Truncate(time.Millisecond)) || ev.Host.Name == "" || ev.Event.Kind == "" || ev.Event.Module == "" {
				t.Fatalf("%s: repeated, out of order or incomplete: %s", m.name, line)
			}
			seen[line], last = true, ev.Time
			made[ev.Agent.Type]++
		}
		if len(made) != len(agents[m.name]) {
			t.Errorf("%s: agents %v, want %q", m.name, made, agents[m.name])
		}
		for _, agent := range agents[m.name] {
			if made[agent] < 50 {
				t.Errorf("%s: %d events of %s", m.name, made[agent], agent)
			}
		}
	}
}

// TestFiles holds that files in any format have the bytes of the stream.
func TestFiles(t *testing.T) {
	want := output(t, "-bytes", "300000")
	for _, f := range formats {
		dir := filepath.Join(t.TempDir(), "made")
		output(t, "-bytes", "300000", "-files", "3", "-format", f.name, "-o", dir)
		names, err := filepath.Glob(filepath.Join(dir, "events-000[123].ndjson"+f.suffix))
		if err != nil || len(names) != 3 {
			t.Fatalf("%s: files %q, %v", f.name, names, err)
		}
		var got []byte
		for _, name := range names {
			part := decode(t, f.name, name)
			if len(part) < 100000 || part[len(part)-1] != '\n' {
				t.Errorf("%s: %d bytes, want a third in whole lines", name, len(part))
			}
			got = append(got, part...)
		}
		if !bytes.HasPrefix(got, want) {
			t.Errorf("%s: the files do not begin with the stream", f.name)
		}
	}
}

func decode(t *testing.T, format, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader = bytes.NewReader(data)
	switch format {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "zstd":
		var d *zstd.Decoder
		d, err = zstd.NewReader(r)
		r = d
	}
	if err == nil {
		data, err = io.ReadAll(r)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return data
}

// TestCompressesAsRealExportsDo guards the speed table: data that compresses too
// well would flatter it.
func TestCompressesAsRealExportsDo(t *testing.T) {
	const size = 4000000
	for format, limit := range map[string]int{"gzip": 11, "zstd": 18} {
		got := len(output(t, "-bytes", "4000000", "-format", format))
		if ratio := size / got; ratio < 3 || ratio > limit {
			t.Errorf("%s compresses %d times, want 3 to %d", format, ratio, limit)
		}
	}
}

func TestExitCodes(t *testing.T) {
	f := func(want int, message string, args ...string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		got := run(args, &stdout, &stderr)
		if got != want || !strings.Contains(stderr.String(), message) || stdout.Len() > 0 {
			t.Errorf("evgen %q: exit %d, %q, %d bytes out; want %d, %q", args, got, &stderr, stdout.Len(), want, message)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	f(exitOK, "-bytes", "-h")
	f(exitUsage, "expected one of all, auditbeat, endpoint, endgame", "-mix", "none")
	f(exitUsage, "expected one of plain, gzip, zstd", "-format", "xz")
	f(exitUsage, "expected a positive number", "-bytes", "0")
	f(exitUsage, "expected 1 to 9999", "-files", "0", "-o", file)
	f(exitUsage, "standard output is one file", "-files", "2")
	f(exitUsage, `unexpected argument "x"`, "x")
	f(exitUsage, "not defined", "-unheard-of")
	f(exitOutput, "file", "-bytes", "1", "-o", file)
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestOutputFails(t *testing.T) {
	for _, f := range formats {
		var stderr bytes.Buffer
		if code := run([]string{"-bytes", "3000000", "-format", f.name}, full{}, &stderr); code != exitOutput {
			t.Errorf("%s: exit %d, want %d: %s", f.name, code, exitOutput, &stderr)
		}
	}
}

func TestExpand(t *testing.T) {
	g := newGenerator(1, mixes[0])
	got := strings.Join(g.expand("a {x} b{n}c } {"), " ")
	if !strings.HasPrefix(got, "a {x} b") || strings.Contains(got, "{n}") {
		t.Errorf("expand: %q", got)
	}
}

func BenchmarkGenerate(b *testing.B) {
	g := newGenerator(1, mixes[0])
	var line []byte
	b.ReportAllocs()
	for b.Loop() {
		line = g.appendEvent(line[:0])
		b.SetBytes(int64(len(line)))
	}
	if !json.Valid(line) {
		b.Fatalf("not JSON: %s", line)
	}
}
