package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxFiles keeps the numbers in file names at four digits.
const maxFiles = 9999

// format is one way to compress a file.
type format struct {
	name, suffix string
	compress     func(w io.Writer) (io.WriteCloser, error)
}

var formats = []format{
	{"plain", "", func(w io.Writer) (io.WriteCloser, error) { return plain{w}, nil }},
	{"gzip", ".gz", func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }},
	// One encoder goroutine, so that the same events make the same bytes.
	{"zstd", ".zst", func(w io.Writer) (io.WriteCloser, error) {
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	}},
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }

func formatNames() string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

func formatNamed(name string) (format, error) {
	for _, f := range formats {
		if f.name == name {
			return f, nil
		}
	}
	return format{}, fmt.Errorf("-format %q: expected one of %s", name, formatNames())
}

// write makes file i of a directory, or of standard output, from what fill writes.
func (f format) write(dir string, i int, stdout io.Writer, fill func(io.Writer) error) error {
	if dir == "-" {
		return f.encode(stdout, fill)
	}
	file, err := os.Create(filepath.Join(dir, fmt.Sprintf("events-%04d.ndjson%s", i+1, f.suffix)))
	if err != nil {
		return err
	}
	if err := f.encode(file, fill); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

func (f format) encode(w io.Writer, fill func(io.Writer) error) error {
	out, err := f.compress(w)
	if err != nil {
		return err
	}
	if err := fill(out); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
