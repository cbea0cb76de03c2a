package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"coldcase/scanner/input"
	"coldcase/scanner/proof"

	"github.com/spf13/cobra"
)

func (p *program) rerunCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "rerun [flags] MANIFEST",
		Short: "repeat the run of a manifest and compare every output",
		Long: `rerun repeats the scan that wrote MANIFEST (scan --manifest) with the same flags, from
the same directory, into a temporary directory, and says of each output whether its
SHA-256 is the same, and if not, what else differs: tool, rules, inputs.

Exit codes: 0 every output is the same; 2 usage error; 3 an output differs, or the run
could not be repeated; 130 interrupted.`,
		Example: `  coldcase rerun run.json
  coldcase rerun --evidence /mnt/copy run.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.rerun(cmd.Context(), o, args[0]) },
	}
	addFlags(cmd, cmdRerun, o)
	return cmd
}

// maxManifest bounds a manifest, which may come from anywhere, in bytes.
const maxManifest = 128 << 20

// readManifest reads a manifest.
func readManifest(path string) (*manifest, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usage("%s: %w", safe(path), plain(err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return nil, usage("%s: %w", safe(path), plain(err))
	}
	if len(b) > maxManifest {
		return nil, usage("%s: longer than %d MiB (a limit)", safe(path), maxManifest>>20)
	}
	m, err := parseManifest(b)
	if err != nil {
		return nil, usage("%s: %w", safe(path), err)
	}
	return m, nil
}

func parseManifest(b []byte) (*manifest, error) {
	m := &manifest{}
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("no manifest: %w", err)
	}
	if m.Schema != manifestSchema {
		return nil, fmt.Errorf("no manifest: its schema is not %s", manifestSchema)
	}
	return m, nil
}

// options are the flags of the run, checked as those of a command line are.
func (m *manifest) options() (*options, error) {
	o := &options{}
	for _, f := range flags {
		if f.on(cmdScan) && f.def != "" {
			if err := f.set(o, f.def); err != nil {
				return nil, err
			}
		}
	}
	for _, g := range m.Command.Flags {
		f := flagOf(g.Name)
		if f == nil {
			return nil, usage("the manifest has a flag that scan has not: --%s", safe(g.Name))
		}
		if err := f.set(o, g.Value); err != nil {
			return nil, usage("the manifest's --%s: %w", safe(g.Name), err)
		}
		o.given = append(o.given, g)
	}
	return o, nil
}

func flagOf(name string) *flag {
	for i := range flags {
		if flags[i].name == name && flags[i].on(cmdScan) {
			return &flags[i]
		}
	}
	return nil
}

// rerun repeats the run of a manifest.
func (p *program) rerun(ctx context.Context, o *options, path string) error {
	if err := o.check(); err != nil {
		return err
	}
	was, err := readManifest(path)
	if err != nil {
		return err
	}
	if len(was.Outputs) == 0 {
		return usage("the manifest has no outputs to compare")
	}
	ro, err := was.options()
	if err != nil {
		return err
	}
	if err := errors.Join(o.checkEvidence(), checkTempDir(o.tempDir, evidenceOf(slices.Concat(was.Command.Paths, ro.baseline, o.evidence)))); err != nil {
		return err
	}
	debug.SetMemoryLimit(o.maxMemory - o.maxMemory/8)
	dir, err := os.MkdirTemp(o.tempDir, "coldcase-rerun-*")
	if err != nil {
		return usage("--temp-dir: %w", plain(err))
	}
	is, err := p.repeat(ctx, o, ro, was, dir)
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		return err
	}
	if is.Interrupted {
		return &exitError{exitInterrupted, errors.New("interrupted: nothing was compared")}
	}
	return p.compareOutputs(o, was, is)
}

// repeat scans once more, with the outputs below dir.
func (p *program) repeat(ctx context.Context, o, ro *options, was *manifest, dir string) (*manifest, error) {
	ro.jobs, ro.maxMemory, ro.tempDir, ro.quiet = o.jobs, o.maxMemory, o.tempDir, o.quiet
	rename := redirect(ro, dir)
	if err := ro.check(); err != nil {
		return nil, err
	}
	j := &job{o: ro}
	j.silent, j.rename = true, rename
	var err error
	if len(o.evidence) > 0 {
		if j.located, err = locate(ctx, o.evidence, was); err != nil {
			return nil, err
		}
	}
	if err := p.fillJob(j, was.Command.Paths); err != nil {
		return nil, err
	}
	res, err := p.execute(ctx, j)
	if err != nil {
		j.discardAll()
		return nil, err
	}
	// What the run amounts to is not asked: its outputs are compared.
	err = p.deliver(ctx, j, res)
	if exitCode(err) != exitOutput {
		err = nil
	}
	if err = errors.Join(err, res.Close()); err != nil {
		return nil, err
	}
	return j.made, nil
}

// redirect sends all outputs below dir and returns what gives them their names back.
// The end of a name stays: some formats go by it.
func redirect(o *options, dir string) (rename func(string) string) {
	names := map[string]string{}
	n := 0
	move := func(path string) string {
		n++
		base := filepath.Base(path)
		if path == stdStream {
			base = "stdout"
		}
		to := filepath.Join(dir, fmt.Sprintf("%d-%s", n, base))
		names[to] = path
		return to
	}
	for format, path := range o.outputs {
		o.outputs[format] = move(path)
	}
	bundle, was := "", filepath.Clean(o.bundle)
	if o.bundle != "" {
		bundle = move(o.bundle)
		o.bundle = bundle
	}
	o.manifest = ""
	return func(path string) string {
		if rel, ok := strings.CutPrefix(path, bundle+string(filepath.Separator)); ok && bundle != "" {
			return filepath.Join(was, rel)
		}
		if name, ok := names[path]; ok {
			return name
		}
		return path
	}
}

// locate finds the inputs of a manifest again, by place or by hash.
func locate(ctx context.Context, below []string, m *manifest) (*located, error) {
	l := proof.NewLocator(below, input.Limits{Done: ctx.Done()})
	defer l.Close() // it only reads
	out := &located{found: found{notEvidence: m.NotEvidence}}
	for _, in := range m.Inputs {
		if in.SHA256 == nil {
			// It could not be read to its end then either.
			in.SHA256 = new(string)
		}
		at, err := l.Find(in.File, *in.SHA256)
		if err != nil && *in.SHA256 != "" {
			return nil, &exitError{exitIncomplete, fmt.Errorf("the run cannot be repeated: %s: %w", safe(in.File), plain(err))}
		}
		if err != nil {
			at.Input = input.Input{Name: in.File, Path: filepath.FromSlash(in.File)}
		}
		if in.Baseline {
			out.baseline = append(out.baseline, at.Input)
			continue
		}
		out.found.inputs = append(out.found.inputs, at.Input)
		out.found.bytes += at.Input.Size
	}
	if len(out.found.inputs) == 0 {
		return nil, usage("the manifest has no inputs")
	}
	return out, nil
}

// compareOutputs says of each output whether it is the same, and what else differs.
func (p *program) compareOutputs(o *options, was, is *manifest) error {
	screen := io.Writer(p.stdout)
	if o.quiet {
		screen = io.Discard
	}
	differ := differing(was, is)
	for _, out := range was.Outputs {
		state := "same"
		if why, ok := differ[out]; ok {
			state = why
		}
		fmt.Fprintf(screen, "%-9s  %-16s  %s\n", state, safe(out.Format), safe(out.File))
	}
	if len(differ) == 0 {
		fmt.Fprintf(screen, "all %d outputs are the same\n", len(was.Outputs))
		return nil
	}
	fmt.Fprintf(screen, "%d of %d outputs differ\n", len(differ), len(was.Outputs))
	for _, why := range causes(was, is) {
		fmt.Fprintf(screen, "  %s\n", safe(why))
	}
	return &exitError{code: exitIncomplete}
}

// differing lists the outputs that are not the same, and how.
func differing(was, is *manifest) map[manifestOutput]string {
	now := map[[2]string]manifestOutput{}
	for _, out := range is.Outputs {
		now[[2]string{out.Format, out.File}] = out
	}
	differ := map[manifestOutput]string{}
	for _, out := range was.Outputs {
		switch n, ok := now[[2]string{out.Format, out.File}]; {
		case !ok:
			differ[out] = "MISSING"
		case n != out:
			differ[out] = "DIFFERENT"
		}
	}
	return differ
}
