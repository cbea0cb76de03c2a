package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"runtime/debug"

	"coldcase/scanner/diff"
	"coldcase/scanner/input"
	"coldcase/scanner/report"

	"github.com/spf13/cobra"
)

func (p *program) diffCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "diff [flags] A.jsonl B.jsonl",
		Short: "compare two findings files, or findings with a stack's alerts",
		Long: `diff compares two files that "scan --jsonl" wrote: what is new in B, gone from A,
changed (the same evidence, another version of the rule) and the same, by rule and host.

When one file holds alerts of Elastic Security instead (.alerts-security.*, as Kibana,
elasticdump or a search exports them) it says what both found, what only the alerts
have, and what the stack has missed, with the reason that the data shows: a run capped
at max_signals, an event ingested too late for the rule, a rule without any alert.
--rules tells about rules what the alerts do not.

Exit codes: 0 both files were read whole; 2 usage error; 3 a line could not be read; 130
interrupted. Differences do not change the code.`,
		Example: `  coldcase diff monday.jsonl tuesday.jsonl
  coldcase diff --json old.jsonl new.jsonl | jq 'select(.status == "new")'
  coldcase diff findings.jsonl alerts.ndjson.gz`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return p.diff(cmd.Context(), o, args[0], args[1]) },
	}
	addFlags(cmd, cmdDiff, o)
	return cmd
}

func (p *program) diff(ctx context.Context, o *options, a, b string) error {
	if err := o.check(); err != nil {
		return err
	}
	if a == stdStream && b == stdStream {
		return usage("only one of the files can be standard input")
	}
	cfg := diff.Config{Stdin: p.stdin, MaxMemory: o.maxMemory, TempDir: o.tempDir}
	var err error
	if cfg.A, err = diffInput(a); err != nil {
		return err
	}
	if cfg.B, err = diffInput(b); err != nil {
		return err
	}
	if err := checkTempDir(o.tempDir, evidence{}); err != nil {
		return err
	}
	if cfg.Rules, err = p.readable(o.rules); err != nil {
		return err
	}
	debug.SetMemoryLimit(o.maxMemory - o.maxMemory/8)
	res, err := diff.Run(ctx, cfg)
	if err != nil {
		return diffError(ctx, err)
	}
	return errors.Join(p.endDiff(ctx, o, res), res.Close())
}

// diffInput names a file, which may be compressed.
func diffInput(path string) (input.Input, error) {
	if path == stdStream {
		return input.Input{Name: stdStream}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return input.Input{}, usage("%s: %w", safe(path), plain(err))
	}
	if info.IsDir() {
		return input.Input{}, usage("%s: is a directory", safe(path))
	}
	return input.Input{Name: path, Path: path, Size: info.Size()}, nil
}

func diffError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return &exitError{exitInterrupted, errors.New("interrupted before the comparison was done")}
	case errors.Is(err, diff.ErrTwoAlerts), errors.Is(err, fs.ErrPermission):
		return usage("%w", err)
	}
	return &exitError{exitIncomplete, fmt.Errorf("the comparison broke off: %w", err)}
}

// endDiff writes the result and says what it amounts to.
func (p *program) endDiff(ctx context.Context, o *options, res *diff.Result) error {
	for _, s := range []*diff.Side{&res.A, &res.B} {
		for _, problem := range s.Problems {
			fmt.Fprintf(p.stderr, "%s: %s\n", safe(s.File), safe(problem))
		}
	}
	err := p.writeDiff(o, res)
	switch {
	case ctx.Err() != nil:
		return &exitError{exitInterrupted, errors.New("interrupted: the comparison is partial")}
	case err != nil && p.stdout.err == nil:
		return &exitError{exitIncomplete, err}
	case res.A.Items+res.B.Items == 0 && !res.Complete():
		return usage("neither file could be read as findings or alerts")
	case !res.Complete():
		return &exitError{code: exitIncomplete}
	}
	return nil
}

func (p *program) writeDiff(o *options, res *diff.Result) error {
	switch {
	case o.json:
		return p.writeDiffJSON(res)
	case o.quiet:
		return nil
	}
	return report.Diff(p.stdout, res, screenOptions(p.screen, o))
}

// diffTotals is the first line of diff --json.
type diffTotals struct {
	Schema   string           `json:"schema"`
	A        diffFile         `json:"a"`
	B        diffFile         `json:"b"`
	Complete bool             `json:"complete"`
	Counts   map[string]int64 `json:"counts"`
	// Candidates are counted apart; left out where neither file has one.
	Candidates map[string]int64 `json:"candidates,omitempty"`
}

type diffFile struct {
	File       string   `json:"file"`
	Holds      string   `json:"holds"`
	Items      int64    `json:"items"`
	Candidates int64    `json:"candidates"`
	Twice      int64    `json:"twice"`
	Members    int64    `json:"members"`
	BadLines   int64    `json:"bad_lines"`
	Problems   []string `json:"problems"`
}

func diffFileOf(s *diff.Side) diffFile {
	f := diffFile{s.File, "findings", s.Items, s.Candidates, s.Twice, s.Members, s.BadLines, append([]string{}, s.Problems...)}
	if s.Alerts {
		f.Holds = "alerts"
	}
	return f
}

// writeDiffJSON writes the totals, then one line for each finding or alert.
func (p *program) writeDiffJSON(res *diff.Result) error {
	enc := json.NewEncoder(p.stdout)
	enc.SetEscapeHTML(false)
	totals := diffTotals{"coldcase/diff/1", diffFileOf(&res.A), diffFileOf(&res.B), res.Complete(), diffCounts(res, res.Counts), nil}
	if res.A.Candidates+res.B.Candidates > 0 {
		totals.Candidates = diffCounts(res, res.Candidates)
	}
	err := enc.Encode(totals)
	if err != nil {
		return err
	}
	return res.Each(func(d *diff.Difference) error {
		return enc.Encode(struct {
			Schema string `json:"schema"`
			*diff.Difference
		}{"coldcase/difference/1", d})
	})
}

// diffCounts has a count for every status that there can be.
func diffCounts(res *diff.Result, counted map[string]int64) map[string]int64 {
	counts := map[string]int64{diff.StatusNew: 0, diff.StatusGone: 0, diff.StatusChanged: 0, diff.StatusSame: 0}
	if res.Alerts {
		counts = map[string]int64{diff.StatusBoth: 0, diff.StatusMissed: 0, diff.StatusAlert: 0}
	}
	maps.Copy(counts, counted)
	return counts
}
