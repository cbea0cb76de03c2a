package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/rules/load"
	"coldcase/scanner"
	"coldcase/scanner/report"

	"github.com/spf13/cobra"
)

func (p *program) queryCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "query [flags] QUERY PATH...",
		Short: "ask the evidence a question in ES|QL",
		Long: `query runs one query in ES|QL over all events of every PATH, in one pass and bounded
memory, and draws the rows of its result. FROM takes index patterns, as rules do;
NOW() is the time of the last event. A query whose result names no columns shows a few
that say most: KEEP chooses others.

Exit codes: 0 everything given was read; 2 usage error, or no query, or nothing could be
read; 3 something given was not read whole; 4 an output could not be written; 130
interrupted.`,
		Example: `  coldcase query 'FROM logs-* | STATS n = COUNT(*) BY user.name | SORT n DESC | LIMIT 10' exports/
  coldcase query --any-index --csv - 'FROM * | WHERE process.name == "curl" | KEEP @timestamp, process.command_line' a.ndjson`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return p.query(cmd.Context(), o, args[0], args[1:]) },
	}
	addFlags(cmd, cmdQuery, o)
	return cmd
}

// shownColumns are what a query shows whose result is whole events.
const shownColumns = "@timestamp, host.name, user.name, event.category, event.action, process.name, process.command_line, message"

// query is the whole command.
func (p *program) query(ctx context.Context, o *options, text string, paths []string) error {
	if err := o.check(); err != nil {
		return err
	}
	debug.SetMemoryLimit(o.maxMemory - o.maxMemory/8)
	m, err := compileQuery(o, text)
	if err != nil {
		return err
	}
	columns, every := scanner.QueryColumns(m)
	if every {
		named := ""
		for _, c := range columns {
			named += ", `" + strings.ReplaceAll(c, "`", "``") + "`"
		}
		if m, err = compileQuery(o, text+"\n| KEEP "+shownColumns+named); err != nil {
			return usage("the result has all fields of the events: name those that matter with KEEP")
		}
		columns, _ = scanner.QueryColumns(m)
	}
	ev := evidenceOf(paths)
	if err := checkTempDir(o.tempDir, ev); err != nil {
		return err
	}
	found, err := findInputs(paths)
	if err != nil {
		return err
	}
	outs, err := openOutputs(o, p.stdout, ev)
	if err != nil {
		return err
	}
	set := &rules.Set{Entries: []rules.Entry{{Rule: m.Rules()[0], Status: rules.Runs}}}
	cfg := scanner.Config{Tool: tool(), Matcher: m, Rules: set, Inputs: found.inputs, Stdin: p.stdin, Jobs: o.jobs,
		MaxMemory: o.maxMemory, TempDir: o.tempDir, MaxLine: int(o.maxLine)}
	a := &asking{p: p, o: o, outs: outs, table: report.NewRowTable(columns)}
	if err = a.open(columns); err == nil {
		a.res, err = scanner.Query(ctx, cfg, a.row)
	}
	return a.finish(err)
}

// compileQuery makes a rule of the query, which reads what rules read.
func compileQuery(o *options, text string) (*matchers.Matcher, error) {
	rule, err := load.Query(text)
	if err != nil {
		return nil, usage("%w", err)
	}
	s, err := loadSchema(o.mapping)
	if err != nil {
		return nil, asUsage(err)
	}
	m, err := matchers.Compile([]*rules.Rule{rule}, matchers.Options{Schema: s, AnyIndex: o.anyIndex, AssumeIndex: o.assumeIndex, Table: true})
	if err != nil {
		return nil, usage("%w", err)
	}
	return m, nil
}

// asking is a query under way.
type asking struct {
	p       *program
	o       *options
	outs    []*output
	writers []*report.RowWriter
	table   *report.RowTable
	res     *scanner.QueryResult
	failed  error // of an output
}

func (a *asking) open(columns []string) error {
	for _, out := range a.outs {
		if out.format.Name == "jsonl" {
			a.writers = append(a.writers, report.NewRowJSONL(out.w, columns))
			continue
		}
		w, err := report.NewRowCSV(out.w, columns, a.o.csvRaw)
		if err != nil {
			a.failed = outputError(out.format, out.path, err)
			return a.failed
		}
		a.writers = append(a.writers, w)
	}
	return nil
}

func (a *asking) row(cells []any) error {
	for i, w := range a.writers {
		if err := w.Write(cells); err != nil {
			a.failed = outputError(a.outs[i].format, a.outs[i].path, err)
			return a.failed
		}
	}
	a.table.Add(cells)
	return nil
}

// finish gives the outputs their names, draws the table and says what the run amounts to.
func (a *asking) finish(err error) error {
	if err != nil {
		discard(a.outs)
		if a.failed != nil {
			return a.failed
		}
		return &exitError{exitIncomplete, fmt.Errorf("the query broke off: %w", err)}
	}
	if err := a.keep(); err != nil {
		return err
	}
	toStdout := slices.ContainsFunc(a.outs, func(out *output) bool { return out.path == stdStream })
	if !toStdout && !a.o.quiet {
		if err := a.table.Write(a.p.stdout, screenOptions(a.p.screen, a.o)); err != nil {
			return err
		}
	}
	a.complain()
	res := a.res
	nothing := !slices.ContainsFunc(res.Inputs, func(in scanner.InputResult) bool { return in.Status != "unreadable" })
	code := outcome{interrupted: res.Interrupted, unusable: nothing, incomplete: !res.Complete}.code()
	switch {
	case code == exitOK:
		return nil
	case res.Interrupted:
		return &exitError{code, errors.New("interrupted: the rows are partial")}
	case nothing:
		return &exitError{code, errors.New("no input could be read")}
	}
	return &exitError{code: code}
}

// keep gives the outputs their names. An error of one does not keep the others from theirs.
func (a *asking) keep() error {
	var errs []error
	for _, out := range a.outs {
		if err := out.keep(a.res.Interrupted); err != nil {
			discard([]*output{out})
			errs = append(errs, outputError(out.format, out.path, err))
		}
	}
	return errors.Join(errs...)
}

// complain says what was not read.
func (a *asking) complain() {
	if a.o.quiet {
		return
	}
	say := func(format string, args ...any) {
		_, _ = io.WriteString(a.p.stderr, "coldcase: "+fmt.Sprintf(format, args...)+"\n")
	}
	for _, in := range a.res.Inputs {
		if in.Status != "ok" {
			say("%s: %s", safe(in.File), safe(in.Problem))
		}
		if in.BadLines > 0 {
			say("%s: %d bad lines", safe(in.File), in.BadLines)
		}
	}
	for _, n := range a.res.Notes {
		say("%s", n)
	}
}
