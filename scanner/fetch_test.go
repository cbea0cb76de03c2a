package scanner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"coldcase/matchers/event"
	"coldcase/scanner/input"
)

// evidenceForFetch makes inputs of every kind, standard input among them, and returns
// a configuration that scans them and the text of standard input.
func evidenceForFetch(t *testing.T, stdin func([]byte) []byte) Config {
	t.Helper()
	dir := t.TempDir()
	text := func(kind string) []byte {
		var b strings.Builder
		b.WriteString("\ufeff")
		for i := range 3000 {
			b.WriteString(ev{user: fmt.Sprintf("%s%d", kind, i)}.String())
			b.WriteString([...]string{"\n", "\r\n", "\n\n", "\n{bad\n"}[i%4])
		}
		return []byte(b.String() + `{"index":{"_index":"logs-x-default"}}` + "\n" +
			ev{user: kind, more: `"message":"` + strings.Repeat("y", 1<<20) + `"`}.String())
	}
	writeBytes(t, dir, "a", text("plain"))
	writeBytes(t, dir, "b", gz(t, text("gzip"), 3))
	writeBytes(t, dir, "c", zst(t, text("zstd"), 3))
	cut := gz(t, text("cut"), 1)
	writeBytes(t, dir, "d", cut[:len(cut)-9])
	cfg := over(t, withRules(t, kqlRule(t, "tools", `process.name: tool`)), dir, "-")
	cfg.Stdin = bytes.NewReader(stdin(text("stdin")))
	cfg.Spool = NewSpool(cfg.TempDir)
	t.Cleanup(func() {
		if err := cfg.Spool.Close(); err != nil {
			t.Error(err)
		}
		emptyDir(t, cfg.TempDir)
	})
	return cfg
}

// Every origin of a run is fetched again with the same bytes, in order, from any kind
// of input.
func TestFetch(t *testing.T) {
	for name, stdin := range map[string]func([]byte) []byte{
		"plain": func(b []byte) []byte { return b },
		"gzip":  func(b []byte) []byte { return gz(t, b, 2) },
	} {
		cfg := evidenceForFetch(t, stdin)
		before := runtime.NumGoroutine()
		res, err := Run(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		var origins []event.Origin
		var hashes []string
		for _, f := range findings(t, res) {
			origins = append(origins, f.Evidence[0].Origin)
			hashes = append(hashes, f.Evidence[0].LineSHA256)
		}
		if err := res.Close(); err != nil {
			t.Error(err)
		}
		if len(origins) < 5*3000 {
			t.Fatalf("%s: %d findings prove too little", name, len(origins))
		}
		rand.Shuffle(len(origins), func(i, j int) {
			origins[i], origins[j] = origins[j], origins[i]
			hashes[i], hashes[j] = hashes[j], hashes[i]
		})
		origins, hashes = append(origins, origins[7]), append(hashes, hashes[7]) // one twice
		checkFetch(t, cfg, origins, hashes)
		noLeak(t, before)
	}
}

func checkFetch(t *testing.T, cfg Config, origins []event.Origin, hashes []string) {
	t.Helper()
	seen := map[int]bool{}
	var last event.Origin
	err := Fetch(t.Context(), cfg, origins, func(i int, line, _ []byte) error {
		o := origins[i]
		if seen[i] || o.Input < last.Input || o.Input == last.Input && o.Line < last.Line {
			t.Fatalf("origin %d (%+v) comes after %+v", i, o, last)
		}
		seen[i], last = true, o
		if hexSum(line) != hashes[i] {
			t.Fatalf("%+v: got %.80q", o, line)
		}
		return nil
	})
	if err != nil || len(seen) != len(origins) {
		t.Errorf("%d of %d lines: %v", len(seen), len(origins), err)
	}
}

// Only inputs that are needed are opened, and no further read than needed.
func TestFetchReadsNoMore(t *testing.T) {
	dir := t.TempDir()
	text := []byte(ev{user: "u1"}.String() + "\n" + ev{user: "u2"}.String() + "\n")
	half := gz(t, bytes.Repeat(text, 50_000), 100)
	cfg := Config{Inputs: []input.Input{
		{Name: "gone", Path: filepath.Join(dir, "gone")},
		{Name: "cut", Path: writeBytes(t, dir, "cut", half[:len(half)/2+5])},
		{Name: "-"},
	}}
	n := int64(len(ev{user: "u1"}.String()))
	origin := event.Origin{Input: 1, Line: 2, Offset: n + 1, Length: int32(n)}
	var got string
	f := func(origins ...event.Origin) error {
		got = ""
		return Fetch(t.Context(), cfg, origins, func(_ int, line, _ []byte) error { got += string(line); return nil })
	}
	second := ev{user: "u2"}.String()
	if err := f(origin); err != nil || got != second {
		t.Errorf("got %q, %v", got, err)
	}
	if err := f(); err != nil || got != "" {
		t.Errorf("nothing wanted: got %q, %v", got, err)
	}
	fails := func(what, want string, is error, origins ...event.Origin) {
		t.Helper()
		err := f(origins...)
		if err == nil || !strings.Contains(err.Error(), want) || is != nil && !errors.Is(err, is) {
			t.Errorf("%s: got %v, want %q", what, err, want)
		}
	}
	with := func(change func(*event.Origin)) event.Origin { o := origin; change(&o); return o }
	fails("missing input", "gone: open ", os.ErrNotExist, event.Origin{Input: 0, Line: 1})
	fails("another offset", "cut: line 2: the line is not where it was scanned", errNotAsScanned, with(func(o *event.Origin) { o.Offset++ }))
	fails("another length", "cut: line 2: ", errNotAsScanned, with(func(o *event.Origin) { o.Length-- }))
	fails("behind the damage", "cut: line 99999: gzip: unexpected end", nil, with(func(o *event.Origin) { o.Line, o.Offset = 99999, 1<<40 }))
	fails("line 0", "cut: line 0: ", errNotAsScanned, with(func(o *event.Origin) { o.Line = 0 }))
	fails("no such input", "no input 7", nil, event.Origin{Input: 7})
	fails("no such input", "no input -1", nil, event.Origin{Input: -1})
	fails("standard input without a spool", "-: standard input was not kept", errNoSpool, event.Origin{Input: 2, Line: 1})
	writeBytes(t, dir, "cut", text[:n+1])
	fails("a line that is gone", "cut: line 2: ", errNotAsScanned, origin)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Fetch(ctx, cfg, []event.Origin{origin}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if err := Fetch(t.Context(), cfg, []event.Origin{{Input: 1, Line: 1, Length: int32(n)}}, func(int, []byte, []byte) error { return errStop }); err != errStop {
		t.Errorf("yield's error comes back as %v", err)
	}
}

// A spool that cannot be written ends the run.
func TestSpoolFails(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	cfg.Inputs, cfg.Stdin = []input.Input{{Name: "-"}}, strings.NewReader(ev{}.String())
	cfg.Spool = NewSpool(filepath.Join(t.TempDir(), "gone"))
	res, err := Run(t.Context(), cfg)
	if res != nil || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "spool of standard input") {
		t.Errorf("got %v, %v", res, err)
	}
	emptyDir(t, cfg.TempDir)
	if err := cfg.Spool.Close(); err != nil {
		t.Error(err)
	}
	err = Fetch(t.Context(), cfg, []event.Origin{{Line: 1}}, nil)
	if !errors.Is(err, errNoSpool) {
		t.Errorf("fetch from a failed spool: %v", err)
	}
}

// A spool is temporary: it compresses, and no read after its end changes it.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	s := NewSpool(dir)
	r := s.tee(strings.NewReader(strings.Repeat("0123456789", 200_000)))
	buf := make([]byte, 1_000_000)
	n, err := r.Read(buf)
	if err != nil || n != len(buf) {
		t.Fatal(n, err)
	}
	if _, err := s.open(); !errors.Is(err, errNoSpool) {
		t.Errorf("a spool that is written opens: %v", err)
	}
	for range 2 {
		if err := s.seal(); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := r.Read(buf); n == 0 || err != nil {
		t.Errorf("a read after the end: %d, %v", n, err)
	}
	for range 2 {
		f, err := s.open()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := out.ReadFrom(f); err != nil || out.Len() != 1_000_000 || out.String()[:12] != "012345678901" {
			t.Errorf("read back %d bytes: %v", out.Len(), err)
		}
		f.Close()
	}
	if info, err := os.Stat(s.file.Name()); err != nil || info.Size() > 200_000 || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	emptyDir(t, dir)
}
