package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"coldcase/scanner"
	"coldcase/scanner/proof"
	"coldcase/scanner/report"

	"github.com/klauspost/compress/zstd"
)

// Files of a bundle.
const (
	bundleEvidence = "evidence.ndjson.zst"
	bundleMap      = "map.ndjson"
	bundleFindings = "findings.jsonl"
	bundleSummary  = "summary.json"
	bundleReadme   = "README.txt"
	bundleManifest = "manifest.json"
)

// bundleRounds is how often a bundle is written again without neighbours that make
// findings which the run has not.
const bundleRounds = 4

// bundleDir is the directory of --bundle while it is filled. A nil one is none.
type bundleDir struct {
	path    string
	partial string // the name until it is whole
}

// openBundle makes DIR.partial; DIR must not exist, or be an empty directory.
func openBundle(path string, over overwriting, ev evidence) (*bundleDir, error) {
	path = filepath.Clean(path)
	if err := ev.refuse(path); err != nil {
		return nil, usage("--bundle: %w", err)
	}
	entries, err := os.ReadDir(path)
	switch {
	case err == nil && len(entries) > 0:
		return nil, usage("--bundle: %s is not empty; name a new directory", safe(path))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, usage("--bundle %s: %w", safe(path), plain(err))
	}
	b := &bundleDir{path: path, partial: path + ".partial"}
	if over == overwritePartial {
		b.clear()
	}
	if err := os.Mkdir(b.partial, 0o700); errors.Is(err, fs.ErrExist) {
		return nil, usage("--bundle: %s is left from an interrupted run; remove it", safe(b.partial))
	} else if err != nil {
		return nil, b.error(err)
	}
	return b, nil
}

// clear removes what an interrupted run has left, and nothing else: a directory with other
// files stays, and is refused.
func (b *bundleDir) clear() {
	for _, name := range []string{bundleEvidence, bundleMap, bundleFindings, bundleSummary, bundleReadme, bundleManifest} {
		_ = os.Remove(filepath.Join(b.partial, name)) // what stays is told of the directory
	}
	_ = os.Remove(b.partial)
}

func (b *bundleDir) error(err error) error {
	return &exitError{exitOutput, fmt.Errorf("--bundle %s: %w", safe(b.path), plain(err))}
}

func (b *bundleDir) discard() {
	if b != nil {
		os.RemoveAll(b.partial)
	}
}

// fill writes everything but the manifest, and returns what was written, by its final
// name.
func (b *bundleDir) fill(ctx context.Context, j *job, res *scanner.Result) ([]manifestOutput, error) {
	s, err := proof.Select(ctx, j.cfg, res, j.o.neighbours)
	if err != nil {
		return nil, b.error(err)
	}
	defer s.Close()
	files, written, checked, err := b.writeEvidence(ctx, s, res)
	if err != nil {
		return nil, b.error(err)
	}
	res.Notes = append(res.Notes, bundleNotes(s, written, checked)...)
	slices.Sort(res.Notes)
	for _, f := range []struct {
		name   string
		format string
		write  func(io.Writer) error
	}{
		{bundleFindings, "jsonl", func(w io.Writer) error { return report.JSONL(w, res, report.Options{}) }},
		{bundleSummary, "summary", func(w io.Writer) error { return report.Summary(w, res, report.Options{}) }},
		{bundleReadme, "readme", func(w io.Writer) error { return writeBundleReadme(w, j, s, written, checked) }},
	} {
		out, err := b.file(f.name, "bundle-"+f.format, f.write)
		if err != nil {
			return nil, b.error(err)
		}
		files = append(files, out)
	}
	return files, nil
}

// file writes one file of the bundle.
func (b *bundleDir) file(name, format string, write func(io.Writer) error) (manifestOutput, error) {
	f, err := os.OpenFile(filepath.Join(b.partial, name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return manifestOutput{}, err
	}
	d := newDigest(f)
	err = write(d)
	if err == nil {
		err = f.Sync() // before the directory has the name of a whole one
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return manifestOutput{}, err
	}
	return manifestOutput{format, filepath.Join(b.path, name), d.sum(), d.n}, nil
}

// writeEvidence writes the lines and their map, and scans them again; neighbours that
// make findings which the run has not are left out.
func (b *bundleDir) writeEvidence(ctx context.Context, s *proof.Selection, res *scanner.Result) (files []manifestOutput, w proof.Bundled, c proof.Checked, err error) {
	for range bundleRounds {
		files = files[:0]
		var events manifestOutput
		places, err := b.file(bundleMap, "bundle-map", func(places io.Writer) (err error) {
			events, err = b.file(bundleEvidence, "bundle-evidence", func(out io.Writer) error {
				w, err = b.compress(ctx, s, res, out, places)
				return err
			})
			return err
		})
		if err != nil {
			return nil, w, c, err
		}
		files = append(files, events, places)
		if c, err = s.Check(ctx, res, filepath.Join(b.partial, bundleEvidence)); err != nil {
			return nil, w, c, err
		}
		if !c.Droppable {
			break
		}
	}
	return files, w, c, nil
}

// compress writes the lines through zstd, with one worker: its output is the same each
// time.
func (b *bundleDir) compress(ctx context.Context, s *proof.Selection, res *scanner.Result, out, places io.Writer) (proof.Bundled, error) {
	z, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(4<<20))
	if err != nil {
		return proof.Bundled{}, err
	}
	n, err := s.Write(ctx, res.Inputs, z, places)
	return n, errors.Join(err, z.Close())
}

// finish writes the manifest and gives the directory its name. Nothing is left of one for
// which that cannot be done.
func (b *bundleDir) finish(m *manifest) (report.Written, error) {
	_, err := b.file(bundleManifest, "manifest", m.write)
	if err == nil {
		err = b.rename()
	}
	if err != nil {
		b.discard()
		return report.Written{}, b.error(err)
	}
	return report.Written{File: b.path + string(filepath.Separator), Format: "bundle"}, nil
}

// rename gives the whole directory its name. An empty directory of that name gives way;
// what is not one any more does not.
func (b *bundleDir) rename() error {
	info, err := os.Lstat(b.path)
	switch {
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s has appeared during the scan", safe(b.path))
	case err == nil:
		err = os.Remove(b.path)
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	if err != nil {
		return err
	}
	return os.Rename(b.partial, b.path)
}

// bundleNotes says what a reader of the run must know of its bundle.
func bundleNotes(s *proof.Selection, w proof.Bundled, c proof.Checked) []string {
	var out []string
	for _, n := range s.Notes {
		out = append(out, "bundle: "+n)
	}
	if c.Missing > 0 || c.Extra > 0 {
		out = append(out, fmt.Sprintf("bundle: scanned again it gives %d findings of the run, lacks %d and has %d others", c.Same, c.Missing, c.Extra))
	}
	if w.Unread > 0 {
		out = append(out, fmt.Sprintf("bundle: lines that could not be read again: %d", w.Unread))
	}
	return out
}

// writeBundleReadme tells in plain words what the bundle is.
func writeBundleReadme(w io.Writer, j *job, s *proof.Selection, n proof.Bundled, c proof.Checked) error {
	text := fmt.Sprintf(`Findings and the evidence behind them

This directory was written by coldcase %s. It holds %d events: the %d behind the
findings, up to %d before and after each of those on the same host, and the starts of the
processes from which theirs descend.

evidence.ndjson.zst  the events, one a line, in the order of the files they came from
map.ndjson           for each line, where it came from: file, line, offset, SHA-256
findings.jsonl       the findings; file, line and offset are those of the original evidence
summary.json         the whole run: inputs, rules, counts, coverage
manifest.json        the record of the run: tool, rules, inputs and outputs with hashes

To see the findings again, with the same rules and flags:

  coldcase scan evidence.ndjson.zst

Scanned again when it was made, it gave %d of the findings (same finding_id), lacked %d and
gave %d others. To prove the findings against the original evidence:

  coldcase verify --evidence DIRECTORY findings.jsonl

What is not as in the original files
`, tool().Version, n.Lines, n.Findings, j.o.neighbours, c.Same, c.Missing, c.Extra)
	text += fmt.Sprintf("- lines left out because the same line of another file is here: %d\n", n.Copies)
	text += fmt.Sprintf("- lines left out because without the rest of the evidence they would make findings of their own: %d\n", n.Dropped)
	text += fmt.Sprintf("- lines written anew, because their event stood on several lines, in a table or in UTF-16: %d\n", n.Changed)
	text += fmt.Sprintf("- lines that could not be read again: %d\n", n.Unread)
	if len(j.o.baseline) > 0 {
		text += "- the older archives of --baseline are not part of this bundle\n"
	}
	for _, note := range s.Notes {
		text += "- " + note + "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}
