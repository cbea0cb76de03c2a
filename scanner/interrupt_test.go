package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"coldcase/scanner/input"
)

// noLeak checks that the goroutines of a run have ended. Reading ahead of a closed
// input ends by itself, shortly after.
func noLeak(t *testing.T, before int) {
	t.Helper()
	for range 200 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	buf := make([]byte, 64<<10)
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
}

// endless is a standard input that never ends and interrupts the run on its way.
type endless struct {
	text   string
	reads  int
	cancel func()
}

func (r *endless) Read(p []byte) (int, error) {
	if r.reads++; r.reads == 50 {
		r.cancel()
	}
	if len(p) < len(r.text) {
		return 0, nil
	}
	return copy(p, r.text), nil
}

// Interrupted in the middle, a run ends, keeps what was found, says that it is
// partial, and leaves nothing behind.
func TestInterrupt(t *testing.T) {
	for _, jobs := range []int{1, 2, 7} {
		before := runtime.NumGoroutine()
		cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
		cfg.Jobs, cfg.TempDir, cfg.MaxMemory = jobs, t.TempDir(), 8<<20
		dir := t.TempDir()
		write(t, dir, "0", ev{user: "before"}.String())
		after := write(t, t.TempDir(), "after", ev{user: "after"}.String())
		cfg = over(t, cfg, dir)
		cfg.Inputs = append(cfg.Inputs, input.Input{Name: "-"}, input.Input{Name: "after", Path: after})
		ctx, cancel := context.WithCancel(t.Context())
		cfg.Stdin = &endless{text: strings.Repeat(ev{user: "endless"}.String()+"\n", 200), cancel: cancel}
		res, err := Run(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "interrupted", res.Interrupted, true)
		equal(t, "complete", res.Complete, false)
		in := res.Inputs[1]
		equal(t, "status", in.Status, StatusDamaged)
		equal(t, "hash", in.SHA256, "")
		if len(in.Lost) != 1 || in.Lost[0].Why != "interrupted" || in.Lost[0].Offset != in.DecodedBytes {
			t.Errorf("lost %+v", in.Lost)
		}
		if n := res.Counts.Findings; n < 1000 || n != res.Counts.Lines || int64(len(findings(t, res))) != n {
			t.Errorf("%d findings on %d lines", n, res.Counts.Lines)
		}
		if err := res.Close(); err != nil {
			t.Error(err)
		}
		emptyDir(t, cfg.TempDir)
		noLeak(t, before)
	}
}

// A run that is interrupted before it began has read nothing.
func TestInterruptedAtOnce(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	cfg = over(t, cfg, write(t, t.TempDir(), "a", ev{}.String()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	res, err := Run(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	equal(t, "interrupted", res.Interrupted, true)
	equal(t, "lines", res.Counts.Lines, 0)
	equal(t, "problem", res.Inputs[0].Problem, "interrupted: not read to its end")
}

// A signal that comes when everything is read takes nothing away.
func TestInterruptAfterReading(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	cfg.Inputs = []input.Input{{Name: "-"}}
	ctx, cancel := context.WithCancel(t.Context())
	cfg.Stdin = io.MultiReader(strings.NewReader(ev{}.String()+"\n"), strings.NewReader(""))
	res, err := Run(ctx, cfg)
	cancel()
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	equal(t, "interrupted", res.Interrupted, false)
	equal(t, "complete", res.Complete, true)
	equal(t, "findings", brief(t, res), "tools h1 alice")
}

func TestTemporaryDirectoryMissing(t *testing.T) {
	before := runtime.NumGoroutine()
	cfg := over(t, withRules(t, kqlRule(t, "tools", `process.name: tool`)), write(t, t.TempDir(), "a", ev{}.String()))
	cfg.TempDir = filepath.Join(t.TempDir(), "gone")
	res, err := Run(t.Context(), cfg)
	if res != nil || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "temporary directory") {
		t.Errorf("got %v, %v", res, err)
	}
	noLeak(t, before)
}

// vanish removes the run's temporary directory while the run goes on.
type vanish struct {
	io.Reader
	dir   string
	reads int
}

func (r *vanish) Read(p []byte) (int, error) {
	if r.reads++; r.reads == 3 {
		inside, err := filepath.Glob(r.dir + "/*")
		if err != nil || len(inside) != 1 {
			return 0, fmt.Errorf("temporary directory holds %v: %w", inside, err)
		}
		if err := os.RemoveAll(inside[0]); err != nil {
			return 0, err
		}
	}
	return r.Reader.Read(p[:min(len(p), 4<<10)])
}

// A run that cannot spill says so; its readers and workers end.
func TestSpillFails(t *testing.T) {
	line := ev{more: `"message":"` + strings.Repeat("x", 2000) + `"`}.String() + "\n"
	for _, jobs := range []int{1, 7} {
		before := runtime.NumGoroutine()
		cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
		cfg.Jobs, cfg.MaxMemory, cfg.TempDir = jobs, 1<<20, t.TempDir()
		cfg.Inputs = []input.Input{{Name: "-"}}
		cfg.Stdin = &vanish{strings.NewReader(strings.Repeat(line, 4000)), cfg.TempDir, 0}
		res, err := Run(t.Context(), cfg)
		if res != nil || err == nil || !strings.Contains(err.Error(), "spill: ") {
			t.Errorf("got %v, %v", res, err)
		}
		emptyDir(t, cfg.TempDir)
		noLeak(t, before)
	}
}

// failing is a standard input that breaks with an error that wraps io.EOF.
type failing struct{ io.Reader }

func (r failing) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF {
		err = fmt.Errorf("connection lost: %w", err)
	}
	return n, err
}

// Only io.EOF itself is the end of an input.
func TestReadErrorIsNoEnd(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	cfg.Inputs, cfg.Stdin = []input.Input{{Name: "-"}}, failing{strings.NewReader(ev{}.String() + "\n")}
	res, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	equal(t, "status", res.Inputs[0].Status, StatusDamaged)
	equal(t, "complete", res.Complete, false)
	if !strings.Contains(res.Inputs[0].Problem, "connection lost") {
		t.Errorf("problem %q", res.Inputs[0].Problem)
	}
	equal(t, "findings", brief(t, res), "tools h1 alice")
}
