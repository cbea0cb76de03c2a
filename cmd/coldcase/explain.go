package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/scanner"
	"coldcase/scanner/input"
	"coldcase/scanner/proof"
	"coldcase/scanner/report"

	"github.com/spf13/cobra"
)

func (p *program) explainCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "explain [flags] FINDING_ID --from FINDINGS.jsonl | explain [flags] FILE:LINE",
		Short: "why a rule matched, or did not match, one line of evidence",
		Long: `explain holds rules against events once more and draws the tree of each query with
true, false or missing for every clause, and the values that decided. Of a rule in ES|QL
it shows the commands in their order, what each made of the first row that survives, and
else which one dropped it; of a finding also what its events amount to together. --json
prints an object for each rule and event (coldcase/explanation/1), and for the latter one
more (coldcase/explained-rows/1).

With --from it explains a finding that "scan --jsonl" wrote: each event behind it. With
FILE:LINE it explains any line of evidence, in any form that scan reads: the rules of
--rule, else all that match and the five that are nearest to it. FILE:LINE:OFFSET names
one of several events that begin on one line; -- -:LINE is a line of standard input.

Exit codes: 0 explained; 2 usage error, or nothing there to explain.`,
		Example: `  coldcase explain 3f9a0c --from findings.jsonl
  coldcase explain --rules my-rules --rule 'My Rule' exports/a.ndjson.gz:17
  coldcase explain exports/a.ndjson.gz:17`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.explain(cmd.Context(), o, args[0]) },
	}
	addFlags(cmd, cmdExplain, o)
	return cmd
}

// nearestRules is how many rules are named that nearly match a line.
const nearestRules = 5

func (p *program) explain(ctx context.Context, o *options, what string) error {
	if err := o.check(); err != nil {
		return err
	}
	set, m, err := p.rulesToExplain(o)
	if err != nil {
		return err
	}
	x := &explaining{p: p, o: o, set: set, m: m, opt: screenOptions(p.screen, o)}
	if o.from != "" {
		return x.finding(what)
	}
	return x.line(ctx, what)
}

// rulesToExplain loads every rule that can be held against events, older versions and
// deprecated ones among them, with what takes events from them.
func (p *program) rulesToExplain(o *options) (*rules.Set, *matchers.Matcher, error) {
	var g given
	if err := g.readIndicators(o); err != nil {
		return nil, nil, err
	}
	set, err := p.readable(o.rules)
	if err != nil {
		return nil, nil, err
	}
	set = set.Select(rules.Selection{Deprecated: true, Indicators: len(g.indicators) > 0})
	if err := g.readExceptions(o, set); err != nil {
		return nil, nil, err
	}
	g.complain(p)
	s, err := loadSchema(o.mapping)
	if err != nil {
		return nil, nil, err
	}
	opt := matchers.Options{Schema: s, AnyIndex: o.anyIndex, AssumeIndex: o.assumeIndex, Ingested: o.ingested,
		Exceptions: g.exceptions, Indicators: g.indicators}
	m, err := matchers.Compile(atHand(set, opt), opt)
	if err != nil {
		return nil, nil, asUsage(err)
	}
	return set, m, nil
}

// explaining is one explain under way.
type explaining struct {
	p   *program
	o   *options
	set *rules.Set
	m   *matchers.Matcher
	opt report.Options
}

// finding explains a finding of a findings file.
func (x *explaining) finding(id string) error {
	if len(x.o.only) > 0 {
		return usage("--rule is of no use with --from: the finding names its rule")
	}
	in, err := x.p.openFindings(x.o.from)
	if err != nil {
		return err
	}
	defer in.Close()
	f, err := scanner.FindFinding(in, id)
	if err != nil {
		return usage("%s: %w", safe(x.o.from), err)
	}
	rule, note := f.RuleOf(x.m)
	if rule < 0 {
		return usage("the rule of the finding is not among the rules: %s%s", x.whyNot(f.RuleID), giveRules)
	}
	if !x.o.json {
		if err := report.ExplainFinding(x.p.stdout, f, x.opt); err != nil {
			return err
		}
	}
	for _, e := range f.Explain(x.m, rule) {
		if err := x.evidence(f, &e, note); err != nil {
			return err
		}
	}
	return x.rows(f, rule)
}

// rows explains what the rows of all events of a finding in ES|QL amount to.
func (x *explaining) rows(f *scanner.RecordedFinding, rule int) error {
	rows := f.ExplainRows(x.m, rule)
	switch {
	case rows == nil:
		return nil
	case x.o.json:
		return report.ExplainRowsJSON(x.p.stdout, rows, f.ID)
	}
	return report.ExplainRows(x.p.stdout, rows, x.opt)
}

const giveRules = "; --rules names them"

// evidence explains one event of a finding.
func (x *explaining) evidence(f *scanner.RecordedFinding, e *scanner.ExplainedEvent, note string) error {
	at := &f.Evidence[e.Place]
	if e.Err != nil {
		_, err := fmt.Fprintf(x.p.stdout, "EVENT  %s:%d: %s\n\n", safe(at.File), at.Line, safe(e.Err.Error()))
		return err
	}
	out := &report.Explained{Explanation: e.Explanation, File: at.File, Line: at.Line, Offset: at.Offset, Time: timeText(e.Time)}
	if len(e.Explanation.Steps) > 1 {
		out.Steps = []int{e.Step}
	}
	if e.HasSince {
		out.Above = append(out.Above, fmt.Sprintf("%v after the event before", e.Since.Round(time.Millisecond)))
	}
	if note != "" {
		out.Above = append(out.Above, note)
	}
	if e.Behind {
		out.Above = append(out.Above, "the rule looks at findings; this is the event behind one")
	}
	return x.write(out, f.ID)
}

func (x *explaining) write(out *report.Explained, findingID string) error {
	if x.o.json {
		return report.ExplainJSON(x.p.stdout, out, findingID)
	}
	return report.ExplainTree(x.p.stdout, out, x.opt)
}

// line explains the events that begin on a line.
func (x *explaining) line(ctx context.Context, what string) error {
	file, line, offset, err := parsePlace(what)
	if err != nil {
		return err
	}
	wanted, err := x.wanted()
	if err != nil {
		return err
	}
	in, err := oneInput(file)
	if err != nil {
		return err
	}
	cfg := scanner.Config{Matcher: x.m, Stdin: x.p.stdin, MaxLine: int(x.o.maxLine)}
	n := 0
	err = scanner.EventsAt(ctx, cfg, in, line, offset, func(e *scanner.LineEvent) error {
		if n++; n > maxEvents {
			return nil
		}
		return x.event(in.Name, e, wanted)
	})
	if err != nil {
		return asUsage(err)
	}
	if n > maxEvents {
		fmt.Fprintf(x.p.stderr, "%d more events begin on the line; FILE:LINE:OFFSET names one\n", n-maxEvents)
	}
	return nil
}

// maxEvents bounds the events that are explained of one line, which may be a whole file.
const maxEvents = 20

// wanted returns the places of the rules that --rule names, none for all.
func (x *explaining) wanted() (places []int, err error) {
	for _, name := range x.o.only {
		n := len(places)
		for i, r := range x.m.Rules() {
			if r.ID == name || r.Name == name {
				places = append(places, i)
			}
		}
		if len(places) == n {
			return nil, usage("--rule: %s", x.whyNot(name))
		}
	}
	return places, nil
}

// whyNot says why a rule cannot be explained.
func (x *explaining) whyNot(name string) string {
	for _, e := range x.set.Entries {
		if e.Rule.ID == name || e.Rule.Name == name {
			return fmt.Sprintf("rule %q is not run: %s", name, e.Reason)
		}
	}
	return fmt.Sprintf("no rule has the id or name %q%s", name, similar(x.set, name))
}

// event explains one event by the rules wanted, or by those that match and the nearest.
func (x *explaining) event(file string, e *scanner.LineEvent, wanted []int) error {
	if e.Bad != "" {
		_, err := fmt.Fprintf(x.p.stdout, "EVENT  %s:%d, offset %d: no event: %s\n\n", safe(file), e.Origin.Line, e.Origin.Offset, safe(e.Bad))
		return err
	}
	// Texts are taken before Explain, which ends what they point into.
	out := report.Explained{File: file, Line: e.Origin.Line, Offset: e.Origin.Offset, Host: string(e.Facts.Host), User: string(e.Facts.User)}
	if !e.Facts.NoTime {
		out.Time = timeText(time.Unix(0, e.Facts.Time).UTC())
	}
	rules := wanted
	if len(wanted) == 0 {
		for _, h := range e.Hits {
			if !slices.Contains(rules, int(h.Rule)) {
				rules = append(rules, int(h.Rule))
			}
		}
	}
	for _, rule := range rules {
		one := out
		one.Explanation = e.Worker.Explain(rule)
		if err := x.write(&one, ""); err != nil {
			return err
		}
	}
	if len(wanted) > 0 {
		return nil
	}
	return x.nearest(out, e, len(rules))
}

// nearest lists the rules that nearly match.
func (x *explaining) nearest(out report.Explained, e *scanner.LineEvent, hits int) error {
	near, elsewhere := e.Nearest(nearestRules)
	if x.o.json {
		for _, n := range near {
			out.Explanation = n
			if err := x.write(&out, ""); err != nil {
				return err
			}
		}
		return nil
	}
	return report.ExplainRest(x.p.stdout, &report.ExplainedRest{File: out.File, Line: out.Line, Hits: hits,
		Misses: len(x.m.Rules()) - elsewhere - hits, Elsewhere: elsewhere, Near: near}, x.opt)
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02T15:04:05.000Z07:00")
}

// parsePlace cuts FILE:LINE or FILE:LINE:OFFSET; offset is -1 where none is given.
func parsePlace(s string) (file string, line, offset int64, err error) {
	file, last, ok := cutNumber(s)
	if !ok || file == "" {
		return "", 0, 0, usage("%q is no FILE:LINE; to explain a finding give --from FINDINGS.jsonl", s)
	}
	if _, serr := os.Stat(file); serr != nil {
		if shorter, before, ok := cutNumber(file); ok && shorter != "" {
			return shorter, before, last, nil
		}
	}
	return file, last, -1, nil
}

// cutNumber cuts ":17" off the end of a text.
func cutNumber(s string) (rest string, n int64, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, 0, false
	}
	n, err := strconv.ParseInt(s[i+1:], 10, 64)
	return s[:i], n, err == nil && n >= 0
}

// oneInput finds the input that a path names: a file, - for standard input, or a member
// of an archive, as ARCHIVE!MEMBER.
func oneInput(path string) (input.Input, error) {
	f, err := findInputs([]string{path})
	switch {
	case err != nil && strings.Contains(path, "!"):
		l := proof.NewLocator(nil, input.Limits{})
		defer l.Close() // it only reads
		at, lerr := l.Find(path, "")
		if lerr != nil {
			return input.Input{}, usage("%s: %w", safe(path), lerr)
		}
		return at.Input, nil
	case err != nil:
		return input.Input{}, err
	case len(f.inputs) > 1:
		var names []string
		for _, in := range f.inputs[:min(len(f.inputs), skippedShown)] {
			names = append(names, "\n  "+safe(in.Name))
		}
		return input.Input{}, usage("%s holds %d inputs; name one of them:%s", safe(path), len(f.inputs), strings.Join(names, ""))
	}
	return f.inputs[0], nil
}
