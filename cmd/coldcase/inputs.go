package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"coldcase/scanner/input"
)

// found is the evidence of a run.
type found struct {
	inputs      []input.Input
	bytes       int64 // as stored, where known
	stdin       bool
	notEvidence []string
}

// findInputs walks the paths of the command line. A path that leads nowhere beside
// others that do stays in the run as an input that cannot be read, so that every
// report lists it.
func findInputs(paths []string) (found, error) {
	inputs, skipped, err := input.Walk(paths, input.WalkOptions{})
	if len(inputs) == 0 {
		return found{}, noInput(skipped, err)
	}
	if err != nil {
		inputs = append(inputs, missing(paths)...)
	}
	f := found{inputs: inputs}
	for _, in := range inputs {
		f.bytes += in.Size
		f.stdin = f.stdin || in.Path == ""
	}
	for _, s := range skipped {
		f.notEvidence = append(f.notEvidence, s.Path+": "+s.Why)
	}
	return f, nil
}

// findBaseline walks the paths of --baseline, which must all lead somewhere.
func findBaseline(paths []string) ([]input.Input, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	if slices.Contains(paths, stdStream) {
		return nil, usage("--baseline: standard input can only be evidence")
	}
	inputs, skipped, err := input.Walk(paths, input.WalkOptions{})
	if err != nil {
		return nil, usage("--baseline: %w", err)
	}
	if len(inputs) == 0 {
		return nil, noInput(skipped, nil)
	}
	return inputs, nil
}

// skippedShown is how many paths an error names.
const skippedShown = 5

// noInput says why there is nothing to scan.
func noInput(skipped []input.Skipped, err error) error {
	if err != nil {
		return usage("%w", err)
	}
	text := "no evidence found: NDJSON, plain or compressed with gzip or zstd"
	for i, s := range skipped {
		if i == skippedShown {
			text += fmt.Sprintf("\n  and %d more", len(skipped)-i)
			break
		}
		text += fmt.Sprintf("\n  %s: %s", s.Path, s.Why)
	}
	return usage("%s", text)
}

// missing returns the paths that lead nowhere as inputs; opening them will fail.
func missing(paths []string) []input.Input {
	var out []input.Input
	for _, p := range paths {
		_, err := os.Stat(p)
		if p == stdStream || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			continue
		}
		if names, err := filepath.Glob(p); err != nil || len(names) == 0 {
			out = append(out, input.Input{Name: filepath.ToSlash(p), Path: p})
		}
	}
	return out
}
