package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"coldcase/scanner/proof"
	"coldcase/scanner/report"

	"github.com/spf13/cobra"
)

// fullDisk takes so many bytes and no more.
type fullDisk struct {
	w    io.Writer
	left int
	at   int // bytes taken
}

func (d *fullDisk) Write(b []byte) (int, error) {
	n, err := d.w.Write(b[:min(len(b), d.left)])
	d.left -= n
	d.at += n
	if err == nil && n < len(b) {
		err = syscall.ENOSPC
	}
	return n, err
}

// prepared makes a scan ready, with evidence that makes findings.
func prepared(t *testing.T, dir string, args ...string) (*program, *job) {
	t.Helper()
	o := &options{}
	cmd := &cobra.Command{}
	addFlags(cmd, cmdScan, o)
	if err := cmd.ParseFlags(append(args, "--quiet", "--temp-dir", t.TempDir())); err != nil {
		t.Fatal(err)
	}
	if err := o.check(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "evidence", "a.ndjson")
	if !exists(file) {
		write(t, file, strings.Repeat(ticketEvent, 20))
	}
	p := &program{stdin: strings.NewReader(""), stdout: &pipe{w: io.Discard}, stderr: io.Discard, screen: io.Discard}
	j, err := p.prepare(o, []string{file})
	if err != nil {
		t.Fatal(err)
	}
	return p, j
}

// scanned runs a job up to its outputs and returns its error, if any.
func scanned(ctx context.Context, t *testing.T, p *program, j *job) error {
	t.Helper()
	res, err := p.execute(context.Background(), j)
	if err != nil {
		t.Fatal(err)
	}
	return errors.Join(p.deliver(ctx, j, res), res.Close())
}

// left lists what stands in dir beside the evidence.
func left(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "evidence" {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestFullDisk has the disk full after so many bytes of each output: none of it is left,
// neither under its name nor beside it, and the message names flag and reason.
func TestFullDisk(t *testing.T) {
	formats := append(report.Formats[:len(report.Formats):len(report.Formats)], manifestFormat(nil))
	for _, format := range formats {
		run := func(room int) (size int, names []string, err error) {
			dir := t.TempDir()
			p, j := prepared(t, dir, "--"+format.Flag, filepath.Join(dir, "out"))
			disk := &fullDisk{w: j.all()[0].w, left: room}
			j.all()[0].w = disk
			err = scanned(context.Background(), t, p, j)
			return disk.at, left(t, dir), err
		}
		size, names, err := run(1 << 30)
		if err != nil || len(names) != 1 || names[0] != "out" {
			t.Errorf("--%s: %v, %q", format.Flag, err, names)
		}
		for _, room := range []int{0, 1, size / 3, size / 2, size - 1} {
			if size == 0 {
				break // rejects of evidence that is whole
			}
			_, names, err := run(room)
			if exitCode(err) != exitOutput || !strings.Contains(err.Error(), "--"+format.Flag+" ") || !strings.Contains(err.Error(), "no space left") {
				t.Errorf("--%s with room for %d of %d bytes: %v", format.Flag, room, size, err)
			}
			// A run with a manifest can go on.
			if names = slices.DeleteFunc(names, func(s string) bool { return s == "out"+stateSuffix }); len(names) > 0 {
				t.Errorf("--%s with room for %d of %d bytes: %q left", format.Flag, room, size, names)
			}
		}
	}
}

// TestFailedOutputIsNotInTheManifest has one output fail: the manifest tells of the
// others alone.
func TestFailedOutputIsNotInTheManifest(t *testing.T) {
	dir := t.TempDir()
	p, j := prepared(t, dir, "--csv", filepath.Join(dir, "f.csv"), "--jsonl", filepath.Join(dir, "f.jsonl"), "--manifest", filepath.Join(dir, "m"))
	for _, out := range j.outs {
		if out.format.Name == "csv" {
			out.w = &fullDisk{w: out.w, left: 100}
		}
	}
	if err := scanned(context.Background(), t, p, j); exitCode(err) != exitOutput {
		t.Errorf("%v", err)
	}
	m := read(t, filepath.Join(dir, "m"))
	if strings.Contains(m, "f.csv\",\n      \"sha256\"") || !strings.Contains(m, "f.jsonl\",\n      \"sha256\"") {
		t.Errorf("outputs of the manifest:\n%s", m[strings.Index(m, `"outputs"`):])
	}
}

// TestBundleFullDisk has no room for each file of a bundle: no bundle is left.
func TestBundleFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	for _, name := range []string{bundleEvidence, bundleMap, bundleFindings, bundleSummary, bundleReadme, bundleManifest} {
		dir := t.TempDir()
		p, j := prepared(t, dir, "--bundle", filepath.Join(dir, "b"))
		if err := os.Symlink("/dev/full", filepath.Join(dir, "b.partial", name)); err != nil {
			t.Fatal(err)
		}
		err := scanned(context.Background(), t, p, j)
		if exitCode(err) != exitOutput || !strings.Contains(err.Error(), "--bundle ") || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("no room for %s: %v", name, err)
		}
		if names := left(t, dir); len(names) > 0 {
			t.Errorf("no room for %s: %q left", name, names)
		}
	}
}

// A file that appears where the bundle is to be stays, and no bundle is left beside it.
func TestBundleLateFile(t *testing.T) {
	dir := t.TempDir()
	p, j := prepared(t, dir, "--bundle", filepath.Join(dir, "b"))
	write(t, filepath.Join(dir, "b"), "late")
	err := scanned(context.Background(), t, p, j)
	if exitCode(err) != exitOutput || !strings.Contains(err.Error(), "has appeared") {
		t.Errorf("%v", err)
	}
	if names := left(t, dir); len(names) != 1 || read(t, filepath.Join(dir, "b")) != "late" {
		t.Errorf("%q left", names)
	}
}

// countdown is a context that ends when it was asked for its state so many times: an
// interrupt at a place that is the same each time.
type countdown struct {
	context.Context
	left atomic.Int64
	done chan struct{}
	once sync.Once
}

func (c *countdown) tick() {
	if c.left.Add(-1) <= 0 {
		c.once.Do(func() { close(c.done) })
	}
}

func (c *countdown) Done() <-chan struct{} { c.tick(); return c.done }

func (c *countdown) Err() error {
	c.tick()
	select {
	case <-c.done:
		return context.Canceled
	default:
		return nil
	}
}

func (c *countdown) Deadline() (time.Time, bool) { return time.Time{}, false }

// TestBundleInterrupted interrupts a run at many places while its bundle is made: there
// is a bundle, whole, or none, and then the exit code and the manifest say so.
func TestBundleInterrupted(t *testing.T) {
	wholeOnce, noneOnce := false, false
	for n := int64(0); n < 4000; n = n*3/2 + 1 {
		dir := t.TempDir()
		p, j := prepared(t, dir, "--bundle", filepath.Join(dir, "b"), "--manifest", filepath.Join(dir, "m"))
		ctx := &countdown{Context: context.Background(), done: make(chan struct{})}
		ctx.left.Store(n)
		err := scanned(ctx, t, p, j)
		names := fmt.Sprint(left(t, dir))
		switch {
		case err == nil && names == "[b m]":
			wholeOnce = true
			var out bytes.Buffer
			if code := run(context.Background(), []string{"verify", filepath.Join(dir, "b", bundleFindings)}, strings.NewReader(""), &out, &out); code != exitOK {
				t.Errorf("interrupted at %d: the bundle cannot be proven: %s", n, out.String())
			}
		case exitCode(err) == exitInterrupted && names == "[m.partial m.state]" && strings.Contains(err.Error(), "interrupted"):
			noneOnce = true
			if m := read(t, filepath.Join(dir, "m.partial")); !strings.Contains(m, "bundle: not written, the run was interrupted") {
				t.Errorf("interrupted at %d: the manifest does not say so", n)
			}
		default:
			t.Errorf("interrupted at %d: %v, %s left", n, err, names)
		}
	}
	if !wholeOnce || !noneOnce {
		t.Errorf("whole bundles %v, none %v: the places do not lie in the making of a bundle", wholeOnce, noneOnce)
	}
}

// TestVerdictsBreakOff has --verdicts run out of room: half a file does not get the name
// of a whole one.
func TestVerdictsBreakOff(t *testing.T) {
	for _, room := range []int{0, 1, 100, 5000} {
		path := filepath.Join(t.TempDir(), "v.jsonl")
		p := &program{}
		w, err := p.openVerdicts(&options{verdicts: path}, "f.jsonl", evidence{})
		if err != nil {
			t.Fatal(err)
		}
		w.out.w = &fullDisk{w: w.out.w, left: room}
		w.buf.Reset(w.out.w)
		for range 100 {
			if err = w.take(&proof.Verdict{Status: proof.Proven, RuleName: strings.Repeat("x", 100)}); err != nil {
				break
			}
		}
		if cerr := w.close(false, err); exitCode(errors.Join(err, cerr)) != exitOutput || err == nil && cerr == nil {
			t.Errorf("room for %d: %v, %v", room, err, cerr)
		}
		if exists(path) || exists(path+".partial") {
			t.Errorf("room for %d: half a file is left", room)
		}
	}
	// A proof that broke off for another reason leaves nothing either.
	path := filepath.Join(t.TempDir(), "v.jsonl")
	w, err := (&program{}).openVerdicts(&options{verdicts: path}, "f.jsonl", evidence{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.close(false, errors.New("broke off")); err != nil || exists(path) || exists(path+".partial") {
		t.Errorf("%v, half a file is left", err)
	}
}
