package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"text/tabwriter"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/scanner"
	"coldcase/scanner/proof"
	"coldcase/scanner/report"

	"github.com/spf13/cobra"
)

func (p *program) verifyCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "verify [flags] FINDINGS.jsonl",
		Short: "open the evidence again and prove each finding",
		Long: `verify reads findings that "scan --jsonl" wrote and opens the evidence of each again:
where it was, else below --evidence by its SHA-256. It holds against each finding the
SHA-256 of the input, that of each line at its line and offset, the event, and the rule,
which is run again on exactly these events. A finding is proven, changed or missing. Of a
rule in ES|QL each line must make a row, and the rows of all of them that of the finding;
where not all events are listed (a finding lists 100), the verdict says what was proven.

Exit codes: 0 all findings are proven; 2 usage error; 3 a finding is changed or missing;
4 an output could not be written; 130 interrupted.`,
		Example: `  coldcase verify findings.jsonl
  coldcase verify --rules builtin,my-rules --evidence /mnt/copy findings.jsonl`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.verify(cmd.Context(), o, args[0]) },
	}
	addFlags(cmd, cmdVerify, o)
	return cmd
}

// verify proves the findings of a file.
func (p *program) verify(ctx context.Context, o *options, path string) error {
	if err := errors.Join(o.check(), o.checkEvidence()); err != nil {
		return err
	}
	debug.SetMemoryLimit(o.maxMemory - o.maxMemory/8)
	set, m, err := p.rulesAtHand(o)
	if err != nil {
		return err
	}
	in, err := p.openFindings(path)
	if err != nil {
		return err
	}
	defer in.Close()
	ev := evidenceOf(o.evidence)
	if err := checkTempDir(o.tempDir, ev); err != nil {
		return err
	}
	w, err := p.openVerdicts(o, path, ev)
	if err != nil {
		return err
	}
	counts, err := p.runVerify(ctx, o, proof.VerifyConfig{Findings: in, Matcher: m, Rules: set, Evidence: o.evidence,
		MaxMemory: o.maxMemory, TempDir: o.tempDir, MaxLine: int(o.maxLine)}, w)
	return p.endVerify(ctx, o, w, counts, err)
}

// rulesAtHand loads every rule that can be held against events, older versions and
// deprecated ones among them: a finding names the version that made it.
func (p *program) rulesAtHand(o *options) (*rules.Set, *matchers.Matcher, error) {
	var g given
	if err := g.readIndicators(o); err != nil {
		return nil, nil, err
	}
	g.complain(p)
	set, err := p.readable(o.rules)
	if err != nil {
		return nil, nil, err
	}
	set = set.Select(rules.Selection{Deprecated: true, Indicators: len(g.indicators) > 0})
	s, err := loadSchema(o.mapping)
	if err != nil {
		return nil, nil, err
	}
	opt := matchers.Options{Schema: s, AnyIndex: o.anyIndex, AssumeIndex: o.assumeIndex, Ingested: o.ingested, Indicators: g.indicators}
	m, err := matchers.Compile(atHand(set, opt), opt)
	if err != nil {
		return nil, nil, asUsage(err)
	}
	return set, m, nil
}

// atHand lists the rules that can be held against events, superseded ones among them.
func atHand(set *rules.Set, opt matchers.Options) (out []*rules.Rule) {
	for _, e := range set.Entries {
		if (e.Status == rules.Runs || e.Status == rules.Superseded && e.Rule.NotRun == "") && matchers.CanRun(e.Rule, opt) == nil {
			out = append(out, e.Rule)
		}
	}
	return out
}

func (p *program) openFindings(path string) (io.ReadCloser, error) {
	if path == stdStream {
		return io.NopCloser(p.stdin), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, usage("%s: %w", safe(path), plain(err))
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.Join(usage("%s: is a directory", safe(path)), f.Close())
	}
	return f, nil
}

// verdictWriter writes the verdicts to --verdicts, and keeps the first that are not
// proven for the screen.
type verdictWriter struct {
	out   *output // nil when nobody asks
	buf   *bufio.Writer
	enc   *json.Encoder
	shown []proof.Verdict
	max   int
}

// verdictFormat stands for --verdicts where outputs are listed; its lines are written
// as they come.
var verdictFormat = report.Format{Name: "verdicts", Flag: "verdicts",
	Write: func(io.Writer, *scanner.Result, report.Options) error { return nil }}

// openVerdicts opens --verdicts, which must not be the findings file.
func (p *program) openVerdicts(o *options, findings string, ev evidence) (*verdictWriter, error) {
	w := &verdictWriter{max: maxVerdicts}
	if o.verdicts == "" {
		return w, nil
	}
	if findings != stdStream {
		ev.add(findings)
	}
	var err error
	if w.out, err = openOutput(verdictFormat, o.verdicts, o.overwrites(), p.stdout, ev); err != nil {
		return nil, err
	}
	w.buf = bufio.NewWriter(w.out.w)
	w.enc = json.NewEncoder(w.buf)
	w.enc.SetEscapeHTML(false)
	return w, nil
}

// maxVerdicts bounds the findings listed on the screen.
const maxVerdicts = 100

type jsonVerdict struct {
	Schema    string `json:"schema"`
	Line      int64  `json:"line"`
	FindingID string `json:"finding_id"`
	RuleID    string `json:"rule_id"`
	RuleName  string `json:"rule_name"`
	Status    string `json:"status"`
	Proof     string `json:"proof"`
	Reason    string `json:"reason"`
	File      string `json:"file"`
	FileLine  int64  `json:"file_line"`
}

func (w *verdictWriter) take(v *proof.Verdict) error {
	if v.Status != proof.Proven && len(w.shown) < w.max {
		w.shown = append(w.shown, *v)
	}
	if w.enc == nil {
		return nil
	}
	err := w.enc.Encode(jsonVerdict{"coldcase/verdict/1", v.Line, v.FindingID, v.RuleID, v.RuleName, v.Status, v.Proof, v.Reason,
		v.File, v.EvidenceLine})
	if err != nil {
		return outputError(verdictFormat, w.out.path, err)
	}
	return nil
}

// close gives the file its name, unless the run was interrupted. Of a proof that broke
// off nothing is left.
func (w *verdictWriter) close(interrupted bool, broken error) error {
	if w.out == nil {
		return nil
	}
	err := w.buf.Flush()
	switch {
	case err == nil && (broken == nil || interrupted):
		_, err = w.out.finish(&scanner.Result{Interrupted: interrupted}, report.Options{})
	default:
		discard([]*output{w.out})
	}
	if err != nil {
		return outputError(verdictFormat, w.out.path, err)
	}
	return nil
}

func (p *program) runVerify(ctx context.Context, o *options, cfg proof.VerifyConfig, w *verdictWriter) (proof.VerifyCounts, error) {
	progress := &scanner.Progress{}
	cfg.Progress = progress
	if width, tty := isTerminal(p.stderr); tty && !o.quiet {
		defer watchText(p.stderr, width, 0, progress, func() string { return compact(progress.Events.Load()) + " findings" })()
	}
	return proof.Verify(ctx, cfg, w.take)
}

// endVerify writes the screen and says what the run amounts to.
func (p *program) endVerify(ctx context.Context, o *options, w *verdictWriter, c proof.VerifyCounts, err error) error {
	interrupted := ctx.Err() != nil
	if cerr := w.close(interrupted, err); err == nil {
		err = cerr
	}
	switch {
	case interrupted:
		return &exitError{exitInterrupted, errors.New("interrupted: not all findings were looked at")}
	case err != nil:
		if _, ok := errors.AsType[*exitError](err); ok {
			return err
		}
		return &exitError{exitIncomplete, fmt.Errorf("the proof broke off: %w", err)}
	}
	if !o.quiet {
		p.writeVerdicts(o, w, c)
	}
	if c.Proven < c.Findings {
		return &exitError{code: exitIncomplete}
	}
	return nil
}

// writeVerdicts draws the screen: the counts, and what is not proven.
func (p *program) writeVerdicts(o *options, w *verdictWriter, c proof.VerifyCounts) {
	screen := io.Writer(p.stdout)
	if o.verdicts == stdStream {
		screen = p.stderr
	}
	fmt.Fprintf(screen, "FINDINGS  %d: %d proven, %d changed, %d missing\n", c.Findings, c.Proven, c.Changed, c.Missing)
	fmt.Fprintf(screen, "EVIDENCE  %d lines in %d inputs, %d of them found elsewhere by their SHA-256\n", c.Lines, c.Inputs, c.Moved)
	if len(w.shown) == 0 {
		return
	}
	t := tabwriter.NewWriter(screen, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "status\tline\trule\twhere\twhy")
	for _, v := range w.shown {
		where := "-"
		if v.File != "" {
			where = fmt.Sprintf("%s:%d", safe(v.File), v.EvidenceLine)
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\n", v.Status, v.Line, safe(orDash(v.RuleName)), where, safe(v.Reason))
	}
	// An error of standard output is kept by the pipe.
	_ = t.Flush()
	if more := c.Changed + c.Missing - int64(len(w.shown)); more > 0 {
		fmt.Fprintf(screen, "and %d more; --verdicts FILE lists each\n", more)
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
