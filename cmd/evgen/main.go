// Command evgen makes auditbeat, Elastic Endpoint and Endgame events of any size, for
// benchmarks: NDJSON that compresses as real exports do and whose lines never repeat.
// The same flags make the same bytes.
//
//	evgen -bytes 1073741824 -files 4 -format zstd -o /tmp/evidence
//	evgen -bytes 1000000 -mix endgame -o -
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// Exit codes. They are those of coldcase where the meaning is the same.
const (
	exitOK     = 0
	exitUsage  = 2
	exitOutput = 4
)

// options are the flags as typed.
type options struct {
	bytes  int64 // decompressed, over all files
	seed   uint64
	mix    mix
	files  int
	format format
	output string
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "evgen: %v\n", err)
		return exitUsage
	}
	if err := generate(o, stdout); err != nil {
		fmt.Fprintf(stderr, "evgen: %v\n", err)
		return exitOutput
	}
	return exitOK
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var mixName, formatName string
	flags := flag.NewFlagSet("evgen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Int64Var(&o.bytes, "bytes", 1<<30, "decompressed size of all files together, in bytes, rounded up to whole events")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the random numbers")
	flags.StringVar(&mixName, "mix", "all", "kind of events: "+mixNames())
	flags.IntVar(&o.files, "files", 1, "number of files")
	flags.StringVar(&formatName, "format", "plain", "compression: "+formatNames())
	flags.StringVar(&o.output, "o", "-", "directory for the files, made when missing; - for standard output")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var err error
	if o.mix, err = mixNamed(mixName); err != nil {
		return o, err
	}
	if o.format, err = formatNamed(formatName); err != nil {
		return o, err
	}
	return o, o.check(flags.Args())
}

// check says what does not fit together.
func (o options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case o.bytes < 1:
		return fmt.Errorf("-bytes %d: expected a positive number", o.bytes)
	case o.files < 1 || o.files > maxFiles:
		return fmt.Errorf("-files %d: expected 1 to %d", o.files, maxFiles)
	case o.output == "-" && o.files > 1:
		return errors.New("-files: standard output is one file; name a directory with -o")
	}
	return nil
}

// generate writes all files, one after the other: time goes on from file to file.
func generate(o options, stdout io.Writer) error {
	if o.output != "-" {
		if err := os.MkdirAll(o.output, 0o777); err != nil {
			return err
		}
	}
	g := newGenerator(o.seed, o.mix)
	for i := range o.files {
		target := o.bytes*int64(i+1)/int64(o.files) - o.bytes*int64(i)/int64(o.files)
		err := o.format.write(o.output, i, stdout, func(w io.Writer) error { return g.write(w, target) })
		if err != nil {
			return err
		}
	}
	return nil
}

// write writes whole events until at least target bytes are out.
func (g *generator) write(w io.Writer, target int64) error {
	out := bufio.NewWriterSize(w, 1<<20)
	var line []byte
	for total := int64(0); total < target; total += int64(len(line)) {
		line = append(g.appendEvent(line[:0]), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}
