package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"coldcase/scanner"
	"coldcase/scanner/input"
	"coldcase/scanner/report"
)

// proving is what a scan does beside scanning so that its findings can be proven:
// expected hashes, a bundle, a manifest.
type proving struct {
	paths    []string
	started  time.Time
	expected []scanner.Expectation // nil without --expect-sha256
	held     *scanner.Held
	cfg      scanner.Config // of the run, for a second look at its evidence
	bundle   *bundleDir     // nil without --bundle
	manifest *output        // nil without --manifest
	state    *runState      // nil when the run cannot go on later

	// Of a run that is repeated: nothing goes to the screen, the evidence may have been
	// found elsewhere, and outputs have the names of the first run.
	silent  bool
	located *located
	rename  func(string) string
	made    *manifest
}

// located is evidence that was found by its hash.
type located struct {
	found    found
	baseline []input.Input
}

// prepare reads what is given before anything is scanned.
func (x *proving) prepare(o *options, paths []string) (err error) {
	x.paths, x.started = paths, time.Now()
	x.expected, err = readExpected(o.expect)
	return err
}

// findEvidence walks the paths of the command line, unless the evidence was found
// otherwise.
func (j *job) findEvidence(paths []string) (err error) {
	if j.located != nil {
		j.found, j.baseline = j.located.found, j.located.baseline
		return nil
	}
	if j.found, err = findInputs(paths); err != nil {
		return err
	}
	j.baseline, err = findBaseline(j.o.baseline)
	return err
}

// openProof opens the manifest and the bundle.
func (j *job) openProof(stdout io.Writer, ev evidence) (err error) {
	o := j.o
	if o.bundle != "" {
		if j.bundle, err = openBundle(o.bundle, o.overwrites(), ev); err != nil {
			return err
		}
	}
	if o.manifest == "" {
		return nil
	}
	for _, out := range j.outs {
		if filepath.Clean(out.path) == filepath.Clean(o.manifest) {
			j.bundle.discard()
			return usage("--%s and --manifest both write to %s", out.format.Flag, safe(o.manifest))
		}
	}
	if j.manifest, err = openOutput(manifestFormat(nil), o.manifest, o.overwrites(), stdout, ev); err != nil {
		j.bundle.discard()
	}
	return err
}

// all lists the outputs, the manifest among them.
func (j *job) all() []*output {
	if j.manifest == nil {
		return j.outs
	}
	return append(j.outs[:len(j.outs):len(j.outs)], j.manifest)
}

// discardAll removes what was begun.
func (j *job) discardAll() {
	discard(j.all())
	j.bundle.discard()
	j.state.close()
	_ = j.forgetStdin() // the error that ends the run is told instead
}

// deliverProof writes the bundle, and the manifest last: it holds the hashes of all
// else. Without either there is nothing to do, but for a run that is repeated.
func (j *job) deliverProof(ctx context.Context, p *program, res *scanner.Result) (written []report.Written, failed error) {
	if j.bundle == nil && j.manifest == nil && !j.silent {
		return nil, nil
	}
	outputs := []manifestOutput{}
	for _, out := range j.outs {
		if out.sum != "" {
			outputs = append(outputs, manifestOutput{out.format.Name, j.named(out.path), out.sum, out.size})
		}
	}
	if j.bundle != nil {
		files, err := j.fillBundle(ctx, res)
		for _, f := range files {
			f.File = j.named(f.File)
			outputs = append(outputs, f)
		}
		failed = errors.Join(err, j.forgetStdin())
	}
	j.made = manifestOf(j, res, outputs)
	if j.bundle != nil && failed == nil {
		w, err := j.bundle.finish(j.made)
		if err == nil {
			written = append(written, w)
		}
		failed = err
	}
	if j.manifest != nil {
		j.manifest.format = manifestFormat(j.made)
		w, err := j.manifest.finish(res, report.Options{})
		switch {
		case err != nil:
			failed = errors.Join(failed, outputError(j.manifest.format, j.manifest.path, err))
		case j.manifest.path != stdStream:
			written = append(written, w)
		}
	}
	return written, failed
}

// fillBundle fills the bundle of a run that was not interrupted, neither while it
// scanned nor while the bundle is made; of another there is none.
func (j *job) fillBundle(ctx context.Context, res *scanner.Result) ([]manifestOutput, error) {
	if !res.Interrupted {
		files, err := j.bundle.fill(ctx, j, res)
		if err == nil {
			return files, nil
		}
		if ctx.Err() == nil {
			j.bundle.discard()
			return nil, err
		}
		res.Interrupted, res.Complete = true, false
	}
	j.bundle.discard()
	j.bundle = nil
	res.Notes = append(res.Notes, "bundle: not written, the run was interrupted")
	slices.Sort(res.Notes)
	return nil, nil
}

// named is the name of an output in a manifest.
func (x *proving) named(path string) string {
	if x.rename == nil {
		return path
	}
	return x.rename(path)
}

// keepStdin keeps standard input for the second look that a bundle takes. discardAll
// and deliverProof end it.
func (j *job) keepStdin() {
	if j.bundle != nil && j.found.stdin {
		j.cfg.Spool = scanner.NewSpool(j.o.tempDir)
	}
}

func (x *proving) forgetStdin() error {
	if x.cfg.Spool == nil {
		return nil
	}
	return x.cfg.Spool.Close()
}

// checkEvidence refuses paths of --evidence that lead nowhere.
func (o *options) checkEvidence() error {
	for _, path := range o.evidence {
		if _, err := os.Stat(path); err != nil {
			return usage("--evidence %s: %w", safe(path), plain(err))
		}
	}
	return nil
}
