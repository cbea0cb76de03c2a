package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"coldcase/scanner"
	"coldcase/scanner/input"
	"coldcase/scanner/proof"
)

// readExpected reads the list of --expect-sha256.
func readExpected(path string) ([]scanner.Expectation, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, usage("--expect-sha256 %s: %w", safe(path), plain(err))
	}
	defer f.Close()
	list, err := scanner.ReadExpected(f)
	if err != nil {
		return nil, usage("--expect-sha256 %s: %w", safe(path), plain(err))
	}
	return list, nil
}

// holdExpected holds the inputs of a run against the list, and says in its notes what
// came of it.
func (j *job) holdExpected(res *scanner.Result) {
	if j.expected == nil {
		return
	}
	byName := map[string]input.Input{}
	for _, in := range slices.Concat(j.found.inputs, j.baseline) {
		byName[in.Name] = in
	}
	l := proof.NewLocator(nil, input.Limits{})
	defer l.Close() // it only reads
	archives := map[string]string{}
	j.held = scanner.HoldExpected(j.expected, res.Inputs, func(r scanner.InputResult) string {
		in := byName[r.File]
		name, _ := in.Archive()
		if name == "" {
			return r.SHA256
		}
		if _, ok := archives[name]; !ok {
			archives[name], _ = l.FileSum(in) // "" matches nothing
		}
		return archives[name]
	})
	res.Notes = append(res.Notes, heldNotes(j.held)...)
	slices.Sort(res.Notes)
}

// heldNotes says how the inputs stand to the list.
func heldNotes(h *scanner.Held) []string {
	var differs, unexpected, missing []string
	for _, in := range h.Inputs {
		switch in.Verdict {
		case scanner.HashDiffers:
			differs = append(differs, in.File)
		case scanner.HashUnexpected:
			unexpected = append(unexpected, in.File)
		}
	}
	for _, m := range h.Missing {
		name := m.Name
		if name == "" {
			name = m.SHA256
		}
		missing = append(missing, name)
	}
	out := []string{fmt.Sprintf("expected hashes: %d inputs match, %d mismatch, %d unexpected; %d entries of the list missing",
		h.Counts[scanner.HashMatches], len(differs), len(unexpected), len(missing))}
	for _, l := range []struct {
		what  string
		names []string
	}{{"expected hashes: MISMATCH", differs}, {"expected hashes: missing", missing}, {"expected hashes: unexpected", unexpected}} {
		if len(l.names) > 0 {
			out = append(out, l.what+": "+firstNames(l.names))
		}
	}
	return out
}

// namesInNote is how many names a note lists.
const namesInNote = 5

func firstNames(names []string) string {
	if len(names) <= namesInNote {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:namesInNote], ", "), len(names)-namesInNote)
}
