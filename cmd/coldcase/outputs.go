package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"coldcase/scanner"
	"coldcase/scanner/report"
)

// stdStream is the path that means standard output, or standard input.
const stdStream = "-"

// output is one file that a scan writes. It is opened before the scan, so that hours
// of work are not lost to a directory that does not exist.
type output struct {
	format report.Format
	path   string
	w      io.Writer
	file   *os.File // nil for standard output
	// partial is the name under which the file is written until it is whole; "" for
	// standard output, devices and pipes, which are written directly.
	partial string
	force   bool
	// sum and size are of what was written, once it is whole.
	sum  string
	size int64
}

// overwriting says which files are written over.
type overwriting int

const (
	overwriteNone    overwriting = iota
	overwritePartial             // what an interrupted run has left, which goes on
	overwriteAll
)

func (o *options) overwrites() overwriting {
	switch {
	case o.force:
		return overwriteAll
	case o.state != nil:
		return overwritePartial
	}
	return overwriteNone
}

// openOutputs opens what the flags ask for. Nothing is left behind on an error.
func openOutputs(o *options, stdout io.Writer, ev evidence) ([]*output, error) {
	var outs []*output
	seen := map[string]string{}
	for _, f := range report.Formats {
		path := o.outputs[f.Name]
		if path == "" {
			continue
		}
		if other := seen[filepath.Clean(path)]; other != "" {
			discard(outs)
			return nil, usage("--%s and --%s both write to %s", other, f.Flag, safe(path))
		}
		seen[filepath.Clean(path)] = f.Flag
		out, err := openOutput(f, path, o.overwrites(), stdout, ev)
		if err != nil {
			discard(outs)
			return nil, err
		}
		outs = append(outs, out)
	}
	return outs, nil
}

func openOutput(f report.Format, path string, over overwriting, stdout io.Writer, ev evidence) (*output, error) {
	if path == stdStream {
		return &output{format: f, path: path, w: stdout}, nil
	}
	if err := ev.refuse(path); err != nil {
		return nil, usage("--%s: %w", f.Flag, err)
	}
	out := &output{format: f, path: path, force: over == overwriteAll}
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		// /dev/stdout and /dev/fd/63 are links to what they stand for.
		if t, err := os.Stat(path); err == nil && !t.Mode().IsRegular() && !t.IsDir() {
			info = t
		}
	}
	switch {
	case err == nil && info.IsDir():
		return nil, usage("--%s: %s is a directory; name a file in it", f.Flag, safe(path))
	case err == nil && !info.Mode().IsRegular() && info.Mode()&fs.ModeSymlink == 0:
		out.file, err = os.OpenFile(path, os.O_WRONLY, 0)
	case err == nil && !out.force:
		return nil, usage("--%s: %s exists; --force overwrites it", f.Flag, safe(path))
	default:
		out.file, err = out.create(over)
	}
	if err != nil {
		return nil, outputError(f, path, err)
	}
	out.w = out.file
	return out, nil
}

// create opens FILE.partial, which must be new: neither a link that somebody left
// there nor the result of an interrupted run is written over unasked.
func (out *output) create(over overwriting) (*os.File, error) {
	out.partial = out.path + ".partial"
	if over != overwriteNone {
		if err := os.Remove(out.partial); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	f, err := os.OpenFile(out.partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s is left from an interrupted run; remove it, or give --force", safe(out.partial))
	}
	return f, err
}

// discard removes what was begun.
func discard(outs []*output) {
	for _, out := range outs {
		if out.file != nil {
			out.file.Close()
		}
		if out.partial != "" {
			os.Remove(out.partial)
		}
	}
}

// finish writes every output and gives it its name. The outputs of an interrupted
// run keep the name FILE.partial: it is the mark that a CSV has no room for. An
// error of one does not keep the others from being written.
func finish(outs []*output, res *scanner.Result, opt report.Options) ([]report.Written, error) {
	var written []report.Written
	var errs []error
	for _, out := range outs {
		w, err := out.finish(res, opt)
		if err != nil {
			errs = append(errs, outputError(out.format, out.path, err))
		} else if out.path != stdStream {
			written = append(written, w)
		}
	}
	return written, errors.Join(errs...)
}

func (out *output) finish(res *scanner.Result, opt report.Options) (report.Written, error) {
	opt.File = out.path
	d := newDigest(out.w)
	err := out.format.Write(d, res, opt)
	if err == nil {
		err = out.keep(res.Interrupted)
	}
	if err != nil {
		discard([]*output{out})
		return report.Written{}, err
	}
	out.sum, out.size = d.sum(), d.n
	return out.written(res), nil
}

// keep ends what was written without an error and gives the file its name, unless the run
// was interrupted. It is made sure before that the disk has all of it: a name that stands
// for a whole file must not come to stand for half of one.
func (out *output) keep(interrupted bool) error {
	if out.file == nil {
		return nil
	}
	var err error
	if out.partial != "" {
		err = out.file.Sync()
	}
	if err = errors.Join(err, out.file.Close()); err != nil || out.partial == "" || interrupted {
		return err
	}
	return out.rename()
}

// rename gives the whole file its name. A file that has appeared there during the
// scan is not overwritten unasked either.
func (out *output) rename() error {
	if !out.force {
		if _, err := os.Lstat(out.path); err == nil {
			return fmt.Errorf("%s has appeared during the scan", safe(out.path))
		}
	}
	return os.Rename(out.partial, out.path)
}

func (out *output) written(res *scanner.Result) report.Written {
	w := report.Written{File: out.path, Format: out.format.Name}
	if out.format.Rows {
		rows := res.Counts.Findings + res.Counts.Candidates
		w.Note = fmt.Sprintf("%d rows", rows)
		if rows == 1 {
			w.Note = "1 row"
		}
	}
	if res.Interrupted && out.partial != "" {
		w.File = out.partial
		if w.Note != "" {
			w.Note += ", "
		}
		w.Note += "partial: interrupted"
	}
	return w
}

func outputError(f report.Format, path string, err error) error {
	return &exitError{exitOutput, fmt.Errorf("--%s %s: %w", f.Flag, safe(path), plain(err))}
}

// plain drops the operation and path of a file error: the message names both.
func plain(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	if le, ok := errors.AsType[*os.LinkError](err); ok {
		return le.Err
	}
	return err
}

// safe writes a path, or a text of evidence or rules, for a message.
func safe(s string) string { return report.Safe(s) }
