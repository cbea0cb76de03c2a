package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"coldcase/scanner"
	"coldcase/scanner/report"
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func to(format, path string) *options {
	return &options{outputs: map[string]string{format: path}}
}

func TestOutputIsRenamedWhenWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.csv")
	outs, err := openOutputs(to("csv", path), io.Discard, evidence{})
	if err != nil {
		t.Fatal(err)
	}
	if exists(path) || !exists(path+".partial") {
		t.Error("before the end the file must be FILE.partial only")
	}
	written, err := finish(outs, &scanner.Result{}, report.Options{})
	if err != nil || len(written) != 1 || written[0].File != path || written[0].Note != "0 rows" {
		t.Errorf("written %+v, %v", written, err)
	}
	if exists(path + ".partial") {
		t.Error("FILE.partial is left")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	if !strings.HasPrefix(read(t, path), "time,severity,") {
		t.Errorf("got %q", read(t, path))
	}
}

func TestInterruptedOutputStaysPartial(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.jsonl")
	outs, err := openOutputs(to("jsonl", path), io.Discard, evidence{})
	if err != nil {
		t.Fatal(err)
	}
	written, err := finish(outs, &scanner.Result{Interrupted: true}, report.Options{})
	if err != nil || len(written) != 1 || written[0].File != path+".partial" || !strings.Contains(written[0].Note, "partial") {
		t.Errorf("written %+v, %v", written, err)
	}
	if exists(path) || !exists(path+".partial") {
		t.Error("what is partial must not have the name of what is whole")
	}
	// The next run does not destroy it unasked.
	if _, err := openOutputs(to("jsonl", path), io.Discard, evidence{}); err == nil {
		t.Error("FILE.partial was overwritten without --force")
	}
	o := to("jsonl", path)
	o.force = true
	if outs, err = openOutputs(o, io.Discard, evidence{}); err != nil {
		t.Error(err)
	}
	discard(outs)
	if exists(path + ".partial") {
		t.Error("discard leaves FILE.partial")
	}
}

func TestOutputRefused(t *testing.T) {
	dir := t.TempDir()
	ev := write(t, filepath.Join(dir, "evidence", "sub", "a.ndjson"), "{}")
	old := write(t, filepath.Join(dir, "old.csv"), "old")
	link := filepath.Join(dir, "link.csv")
	if err := os.Symlink(ev, link); err != nil {
		t.Fatal(err)
	}
	alias := filepath.Join(dir, "alias")
	if err := os.Symlink(filepath.Join(dir, "evidence"), alias); err != nil {
		t.Fatal(err)
	}
	f := func(path string, force bool, paths []string, code int, want string) {
		t.Helper()
		o := to("csv", path)
		o.force = force
		outs, err := openOutputs(o, io.Discard, evidenceOf(paths))
		if err == nil {
			discard(outs)
			t.Errorf("%s is not refused", path)
			return
		}
		if exitCode(err) != code || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: exit %d, %v, want %d and %q", path, exitCode(err), err, code, want)
		}
	}
	dirs := []string{filepath.Join(dir, "evidence")}
	f(old, false, nil, exitUsage, "--force")
	f(dir, true, nil, exitUsage, "directory")
	f(filepath.Join(dir, "none", "x.csv"), true, nil, exitOutput, "no such file")
	f(filepath.Join(dir, "evidence", "x.csv"), true, dirs, exitUsage, "evidence directory")
	f(filepath.Join(dir, "evidence", "sub", "x.csv"), true, dirs, exitUsage, "evidence directory")
	f(filepath.Join(alias, "x.csv"), true, dirs, exitUsage, "evidence directory")
	f(filepath.Join(dir, "evidence", "x.csv"), true, []string{filepath.Join(dir, "evid*")}, exitUsage, "evidence directory")
	f(ev, true, []string{ev}, exitUsage, "is evidence")
	f(link, true, []string{ev}, exitUsage, "is evidence")
	if read(t, ev) != "{}" || read(t, old) != "old" {
		t.Error("a refused file was changed")
	}
	outs, err := openOutputs(to("csv", filepath.Join(dir, "evidence2.csv")), io.Discard, evidenceOf(dirs))
	if err != nil {
		t.Errorf("a file beside the directory is refused: %v", err)
	}
	discard(outs)
}

func TestForceOverwrites(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "f.csv"), "old")
	o := to("csv", path)
	o.force = true
	outs, err := openOutputs(o, io.Discard, evidence{})
	if err != nil {
		t.Fatal(err)
	}
	if read(t, path) != "old" {
		t.Error("the old file is gone before the new one is whole")
	}
	if _, err := finish(outs, &scanner.Result{}, report.Options{}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(read(t, path), "time,") {
		t.Error("the file was not overwritten")
	}
}

// A file that appears while the scan runs is somebody's: it stays.
func TestLateFileStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.csv")
	outs, err := openOutputs(to("csv", path), io.Discard, evidence{})
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "late")
	if _, err := finish(outs, &scanner.Result{}, report.Options{}); exitCode(err) != exitOutput && err == nil {
		t.Errorf("got %v, want an error", err)
	}
	if read(t, path) != "late" {
		t.Error("the file that appeared was overwritten")
	}
}

func TestTwoOutputsOneFile(t *testing.T) {
	for _, path := range []string{stdStream, filepath.Join(t.TempDir(), "f")} {
		o := &options{outputs: map[string]string{"csv": path, "jsonl": path}}
		if _, err := openOutputs(o, io.Discard, evidence{}); exitCode(err) != exitUsage || err == nil {
			t.Errorf("%s: got %v, want a usage error", path, err)
		}
		if exists(path + ".partial") {
			t.Error("FILE.partial is left")
		}
	}
}

func TestOutputToDevice(t *testing.T) {
	outs, err := openOutputs(to("csv", os.DevNull), io.Discard, evidence{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := finish(outs, &scanner.Result{}, report.Options{}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	outs, err = openOutputs(to("csv", "/dev/full"), io.Discard, evidence{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := finish(outs, &scanner.Result{}, report.Options{}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full disk gives %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestPipe(t *testing.T) {
	var b bytes.Buffer
	p := &pipe{w: &b}
	if _, err := p.Write([]byte("x")); err != nil || b.String() != "x" {
		t.Errorf("%q, %v", b.String(), err)
	}
	p = &pipe{w: failing{syscall.EPIPE}}
	for range 2 {
		if n, err := p.Write([]byte("abc")); n != 3 || err != nil || p.err != nil {
			t.Errorf("a closed pipe gives %d, %v, %v", n, err, p.err)
		}
	}
	p = &pipe{w: failing{syscall.ENOSPC}}
	if _, err := p.Write([]byte("abc")); err == nil || !errors.Is(p.err, syscall.ENOSPC) {
		t.Errorf("a full disk gives %v, keeps %v", err, p.err)
	}
}
