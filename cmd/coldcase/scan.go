package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/scanner"
	"coldcase/scanner/input"
	"coldcase/scanner/report"
)

// job is a scan made ready: everything that can be refused has been looked at.
type job struct {
	o       *options
	set     *rules.Set
	union   *rules.Union // nil without --compare-rules
	matcher *matchers.Matcher
	given   given
	found   found
	// baseline is older evidence, for terms only.
	baseline []input.Input
	outs     []*output
	proving
}

// scan is the main job: flags, load, compile, run, report.
func (p *program) scan(ctx context.Context, o *options, paths []string) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.resume != "" {
		var err error
		if o, paths, err = p.resume(o, paths); err != nil {
			return err
		}
		defer o.state.close() // where that was not done before
	}
	if len(paths) == 0 {
		return usage("no evidence given: name files, directories or globs, or - for standard input")
	}
	// The runtime collects harder near the limit; the rest is for what it does not
	// count, such as stacks and the program itself.
	debug.SetMemoryLimit(o.maxMemory - o.maxMemory/8)
	// Loading rules makes much garbage beside a small heap.
	debug.SetGCPercent(100)
	j, err := p.prepare(o, paths)
	if err != nil {
		return err
	}
	// What is live from now on is mostly rules and sorters, and a scan makes little
	// garbage: to collect at two fifths as much again instead of twice as much costs little.
	debug.SetGCPercent(40)
	profile, err := startCPUProfile(p, o, evidenceOf(append(slices.Clone(paths), o.baseline...)))
	if err != nil {
		j.discardAll()
		return err
	}
	res, err := p.execute(ctx, j)
	if perr := profile.stop(); err == nil {
		err = perr
	}
	if err != nil {
		j.discardAll()
		return err
	}
	return errors.Join(p.deliver(ctx, j, res), res.Close())
}

func (p *program) prepare(o *options, paths []string) (*job, error) {
	j := &job{o: o}
	j.state = o.state
	return j, p.fillJob(j, paths)
}

// fillJob makes a job ready that has its options.
func (p *program) fillJob(j *job, paths []string) error {
	o := j.o
	if err := j.proving.prepare(o, paths); err != nil {
		return err
	}
	if err := j.given.readIndicators(o); err != nil {
		return err
	}
	if err := j.given.readAssets(o); err != nil {
		return err
	}
	set, err := p.selected(o, len(j.given.indicators) > 0)
	if err != nil {
		return err
	}
	other, err := p.comparedSet(o, len(j.given.indicators) > 0)
	if err != nil {
		return err
	}
	if err := j.given.readExceptions(o, bothSets(set, other)); err != nil {
		return err
	}
	j.given.complain(p)
	if j.set, j.union, j.matcher, err = compileSets(set, other, o, j.given); err != nil {
		return asUsage(err)
	}
	// The matcher holds what it needs of them; the documents can be large.
	j.given.indicators = nil
	if !showsGuides(o) {
		bothSets(set, other).DropGuides()
	}
	ev := evidenceOf(append(slices.Clone(paths), o.baseline...))
	if err := checkTempDir(o.tempDir, ev); err != nil {
		return err
	}
	if err := j.checkState(ev); err != nil {
		return err
	}
	if err := j.findEvidence(paths); err != nil {
		return err
	}
	if j.outs, err = openOutputs(o, p.stdout, ev); err != nil {
		return err
	}
	if err := j.openProof(p.stdout, ev); err != nil {
		discard(j.outs)
		return err
	}
	if err := j.keepState(p, ev); err != nil {
		j.discardAll()
		return err
	}
	return nil
}

func checkTempDir(dir string, ev evidence) error {
	if info, err := os.Stat(dir); err != nil {
		return usage("--temp-dir %s: %w", safe(dir), plain(err))
	} else if !info.IsDir() {
		return usage("--temp-dir %s: not a directory", safe(dir))
	}
	if err := ev.refuseBelow(realPath(dir), dir); err != nil {
		return usage("--temp-dir: %w", err)
	}
	return nil
}

// selected loads the rules and applies the flags that say which of them run. A name
// that fits no rule is a mistake: the scan would be another one than meant.
func (p *program) selected(o *options, indicators bool) (*rules.Set, error) {
	set, err := p.readable(o.rules)
	if err != nil {
		return nil, err
	}
	for _, l := range []struct {
		flag  string
		names []string
	}{{"rule", o.only}, {"exclude-rule", o.exclude}} {
		for _, n := range l.names {
			if !slices.ContainsFunc(set.Entries, func(e rules.Entry) bool { return e.Rule.ID == n || e.Rule.Name == n }) {
				return nil, usage("--%s: no rule has the id or name %q%s", l.flag, n, similar(set, n))
			}
		}
	}
	return set.Select(rules.Selection{Only: o.only, Exclude: o.exclude, Deprecated: o.deprecated, Indicators: indicators}), nil
}

// asUsage keeps an exitError and makes any other error one of usage: nothing has
// been scanned.
func asUsage(err error) error {
	if _, ok := errors.AsType[*exitError](err); ok {
		return err
	}
	return usage("%w", err)
}

func (p *program) execute(ctx context.Context, j *job) (*scanner.Result, error) {
	o := j.o
	screen, opt := p.screenFor(j)
	head := report.Header{
		Tool: tool(), RulesName: rulesName(o.rules), Rules: j.set,
		Inputs: len(j.found.inputs), Bytes: j.found.bytes, Stdin: j.found.stdin,
	}
	if err := report.Start(screen, head, opt); err != nil && p.stdout.err == nil {
		return nil, err
	}
	progress := &scanner.Progress{}
	if width, tty := isTerminal(p.stderr); tty && !o.quiet {
		defer watch(p.stderr, width, j.found.bytes, progress)()
	}
	j.cfg = scanner.Config{
		Tool: tool(), Matcher: j.matcher, Rules: j.set, Compare: j.union,
		Inputs: j.found.inputs, Baseline: j.baseline, NotEvidence: j.found.notEvidence, Rejects: o.outputs["rejects"] != "", Stdin: p.stdin,
		Reference: o.reference, Audit: o.audit, ProfileRules: o.costs, NearMisses: o.nearMisses, Jobs: o.jobs, MaxMemory: o.maxMemory, TempDir: o.tempDir,
		Assets: j.given.assets, ElasticRisk: o.elastic,
		MaxLine: int(o.maxLine), Filter: o.filter, Progress: progress, Problems: j.given.problems, Notes: j.given.notes,
	}
	j.keepStdin()
	cfg := j.cfg // which is also that of a second look, of which nothing is kept
	cfg.Journal = j.state.kept()
	res, err := scanner.Run(ctx, cfg)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, &exitError{exitInterrupted, errors.New("interrupted before anything was found")}
	case errors.Is(err, scanner.ErrOtherRules):
		return nil, j.state.otherRules()
	case errors.Is(err, scanner.ErrJournal):
		return nil, usage("%s: %w; begin anew with --force", safe(j.state.path), err)
	case err != nil:
		return nil, &exitError{exitIncomplete, fmt.Errorf("the scan broke off, no output was written: %w", err)}
	}
	return res, nil
}

// screenFor says where the screen is drawn: on standard output, unless a report goes
// there.
func (p *program) screenFor(j *job) (io.Writer, report.Options) {
	if j.o.quiet || j.silent {
		return io.Discard, report.Options{}
	}
	if slices.ContainsFunc(j.all(), func(out *output) bool { return out.path == stdStream }) {
		return p.stderr, screenOptions(p.stderr, j.o)
	}
	return p.stdout, screenOptions(p.screen, j.o)
}

// deliver writes the outputs, then the screen, and returns what the run amounts to.
func (p *program) deliver(ctx context.Context, j *job, res *scanner.Result) error {
	defer j.state.close()
	j.holdExpected(res)
	written, failed := finish(j.outs, res, report.Options{CSVRaw: j.o.csvRaw, CSVColumns: j.o.csvColumns})
	more, err := j.deliverProof(ctx, p, res)
	written, failed = append(written, more...), errors.Join(failed, err)
	j.state.finished(res.Interrupted, failed)
	screen, opt := p.screenFor(j)
	opt.Written = written
	err = report.Screen(screen, res, opt)
	if j.o.costs && err == nil {
		err = report.Profile(p.stderr, res, screenOptions(p.stderr, j.o))
	}
	if err != nil && p.stdout.err == nil {
		failed = errors.Join(failed, err)
	}
	out := outcome{
		interrupted: res.Interrupted,
		unusable:    nothingRead(res),
		output:      failed != nil || p.stdout.err != nil,
		found:       reached(res, j.o.failOn),
		incomplete:  !res.Complete || len(j.set.Problems) > 0 || j.union != nil && len(j.union.B.Problems) > 0 || j.held != nil && j.held.Failed(),
	}
	if code := out.code(); code != exitOK {
		return &exitError{code, ending(out, failed)}
	}
	return nil
}

// ending is the last word on standard error: why the exit code is not 0.
func ending(out outcome, failed error) error {
	switch {
	case failed != nil:
		return failed
	case out.interrupted:
		return errors.New("interrupted: the results are partial")
	case out.unusable:
		return errors.New("no input could be read")
	}
	return nil
}

// nothingRead reports whether no input at all could be read.
func nothingRead(res *scanner.Result) bool {
	for i := range res.Inputs {
		if res.Inputs[i].Status != "unreadable" {
			return false
		}
	}
	return true
}

// reached reports whether a finding is of at least the severity; "" is never.
func reached(res *scanner.Result, severity string) bool {
	at := slices.Index(rules.Severities, severity)
	if at < 0 {
		return false
	}
	for _, s := range rules.Severities[at:] {
		if res.Counts.BySeverity[s] > 0 {
			return true
		}
	}
	return false
}

// showsGuides says whether an output has the guides of rules.
func showsGuides(o *options) bool {
	return slices.ContainsFunc(report.Formats, func(f report.Format) bool { return f.Guides && o.outputs[f.Name] != "" })
}
