package main

import (
	"context"
	"errors"
	"fmt"
	"os"
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
memory, and draws the rows of its result. FROM takes index patterns, as rules do: FROM *
takes all events, FROM logs-windows.* those that would stand there. NOW() is the time of
the last event. A query whose result names no columns shows a few that say most: KEEP
chooses others. On a screen that is too narrow for the columns each value has a line.

Exit codes: 0 everything given was read; 2 usage error, or no query, or nothing could be
read; 3 something given was not read whole; 4 an output could not be written; 130
interrupted.`,
		Example: `  coldcase query 'FROM logs-* | STATS n = COUNT(*) BY user.name | SORT n DESC | LIMIT 10' exports/
  coldcase query --any-index --csv - 'FROM * | WHERE process.name == "curl" | KEEP @timestamp, process.command_line' a.ndjson
  coldcase query 'FROM * | WHERE event.action == "executed" | STATS first = MIN(@timestamp), args = VALUES(process.args) BY process.name' a.ndjson.gz
  coldcase query --jsonl rows.jsonl 'FROM auditbeat-* | GROK message "%{IP:ip}" | WHERE CIDR_MATCH(ip::ip, "10.0.0.0/8") | KEEP @timestamp, ip' exports/`,
		Args: askedArguments,
		RunE: func(cmd *cobra.Command, args []string) error { return p.query(cmd.Context(), o, args[0], args[1:]) },
	}
	addFlags(cmd, cmdQuery, o)
	for name, doc := range map[string]string{
		"csv":       "write the rows as CSV, with a header",
		"jsonl":     "write the rows as JSON Lines, one object per row",
		"any-index": "take events of no recognisable origin, whatever FROM names",
	} {
		cmd.Flags().Lookup(name).Usage = doc
	}
	return cmd
}

// askedArguments wants a query and where to look.
func askedArguments(_ *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return errors.New("expected a QUERY in ES|QL, in quotes, and a PATH to evidence")
	case len(args) == 1:
		return errors.New("expected a PATH to evidence behind the QUERY; '-' is the standard input")
	}
	if _, err := os.Stat(args[0]); err == nil {
		return fmt.Errorf("%s is a file: the QUERY, in quotes, comes before it", safe(args[0]))
	}
	return nil
}

// shownColumns are what a query shows whose result is whole events.
var shownColumns = []string{"@timestamp", "host.name", "user.name", "event.category", "event.action", "process.name",
	"process.command_line", "message"}

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
	fields, _ := m.Rules()[0].ESQL.Fields()
	if every {
		if m, err = compileShown(o, text, columns); err != nil {
			return err
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
	a := &asking{p: p, o: o, rule: m.Rules()[0], fields: fields, outs: outs, table: report.NewRowTable(columns, screenOptions(p.screen, o))}
	a.table.Few = every
	if err = a.open(columns); err == nil {
		a.res, err = scanner.Query(ctx, cfg, a.row)
	}
	return a.finish(err)
}

// compileShown compiles a query whose result is whole events with a few of their fields:
// those that the query has not dropped, and the columns that it names itself.
func compileShown(o *options, text string, named []string) (*matchers.Matcher, error) {
	keep := ""
	for _, c := range append(shownColumns[:len(shownColumns):len(shownColumns)], named...) {
		c = "`" + strings.ReplaceAll(c, "`", "``") + "`"
		if _, err := compileQuery(o, text+"\n| KEEP "+c); err == nil {
			keep += ", " + c
		}
	}
	if keep == "" {
		return nil, usage("the result has fields that only the events name: name those that matter with KEEP")
	}
	return compileQuery(o, text+"\n| KEEP "+keep[2:])
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
	rule    *rules.Rule
	fields  []string // of the documents, that the query names
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
		if err := a.table.Write(a.p.stdout); err != nil {
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
