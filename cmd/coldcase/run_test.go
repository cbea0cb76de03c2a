package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const ticketEvent = `{"@timestamp":"2026-03-01T10:00:02.000Z","agent":{"type":"endpoint"},"data_stream":{"type":"logs","dataset":"endpoint.events.process","namespace":"default"},"host":{"name":"mac01","os":{"type":"macos"}},"event":{"kind":"event","category":["process"],"type":["start"]},"process":{"name":"kcc","args":["kcc","copy_cred_cache","/tmp/a.ccache"]},"user":{"name":"alice"}}` + "\n"

// What is written before an interrupt is whole and is marked; the exit code is 130
// even when a finding reached --fail-on.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	in, feed := io.Pipe()
	defer feed.Close()
	var stdout, stderr bytes.Buffer
	code := make(chan int)
	go func() {
		code <- run(ctx, []string{"scan", "--fail-on", "low", "--jsonl", filepath.Join(dir, "f.jsonl"),
			"--summary", filepath.Join(dir, "s.json"), "-"}, in, &stdout, &stderr)
	}()
	for range 100 {
		if _, err := io.WriteString(feed, ticketEvent); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	select {
	case got := <-code:
		if got != exitInterrupted {
			t.Errorf("exit %d, want %d; stderr: %s", got, exitInterrupted, stderr.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatal("an interrupt does not end a scan whose input blocks")
	}
	if !strings.Contains(stdout.String(), "INTERRUPTED") {
		t.Errorf("the screen does not say so:\n%s", stdout.String())
	}
	summary := read(t, filepath.Join(dir, "s.json.partial"))
	for _, want := range []string{`"complete": false`, `"interrupted": true`} {
		if !strings.Contains(summary, want) {
			t.Errorf("no %s in the summary", want)
		}
	}
	if lines := read(t, filepath.Join(dir, "f.jsonl.partial")); lines != "" && !strings.HasSuffix(lines, "}\n") {
		t.Errorf("the last line is not whole: %q", lines[max(0, len(lines)-80):])
	}
	if exists(filepath.Join(dir, "s.json")) || exists(filepath.Join(dir, "f.jsonl")) {
		t.Error("partial outputs have the names of whole ones")
	}
}

// A reader that has seen enough is no error; a full disk is.
func TestStandardOutput(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "evidence", "a.ndjson"), ticketEvent)
	f := func(err error, want int, args ...string) {
		t.Helper()
		var stderr bytes.Buffer
		if got := run(context.Background(), args, strings.NewReader(""), failing{err}, &stderr); got != want {
			t.Errorf("%q with %v: exit %d, want %d; stderr: %s", args, err, got, want, stderr.String())
		}
	}
	f(syscall.EPIPE, exitOK, "scan", file)
	f(syscall.EPIPE, exitFound, "scan", "--fail-on", "high", file)
	f(syscall.EPIPE, exitOK, "scan", "--csv", "-", file)
	f(syscall.EPIPE, exitOK, "rules", "list")
	f(syscall.ENOSPC, exitOutput, "scan", file)
	f(syscall.ENOSPC, exitOutput, "scan", "--csv", "-", file)
	f(syscall.ENOSPC, exitOutput, "scan", "--fail-on", "high", file)
	f(syscall.ENOSPC, exitOutput, "rules", "list")
	f(syscall.ENOSPC, exitOutput, "version")
	f(syscall.ENOSPC, exitOK, "scan", "-q", file)
	// The other outputs are written all the same.
	csv := filepath.Join(dir, "f.csv")
	f(syscall.ENOSPC, exitOutput, "scan", "--csv", csv, file)
	if !strings.Contains(read(t, csv), "mac01") {
		t.Error("the CSV lacks the finding")
	}
}

func TestMerge(t *testing.T) {
	pack, err := loadRules(nil)
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, filepath.Join(t.TempDir(), "r.toml"), `[rule]
name = "Newer Ticket Rule"
rule_id = "ad88231f-e2ab-491c-8fc6-64746da26cfe"
version = 5
author = ["tests"]
description = "d"
license = "none"
language = "kuery"
type = "query"
risk_score = 21
severity = "low"
query = "process.name:kcc"
`)
	both, err := loadRules([]string{builtinName, file})
	if err != nil || len(both.Problems) > 0 {
		t.Fatalf("%v, %v", err, both.Problems)
	}
	if got, want := len(both.Entries), len(pack.Entries)+1; got != want {
		t.Errorf("%d rules, want %d", got, want)
	}
	if got, want := len(both.Runnable()), len(pack.Runnable()); got != want {
		t.Errorf("%d run, want %d: the newer version supersedes that of the pack", got, want)
	}
}
