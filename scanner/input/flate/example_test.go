package flate_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"coldcase/scanner/input/flate"
)

// Two members, and what follows them.
func ExampleGzipReader() {
	var stored bytes.Buffer
	for _, s := range []string{"one ", "two\n"} {
		w := gzip.NewWriter(&stored)
		io.WriteString(w, s)
		w.Close()
	}
	stored.WriteString("notes")

	src := bufio.NewReader(&stored)
	z := new(flate.GzipReader)
	z.Reset(src, 0, 0)
	err := z.Member()
	for ; err == nil; err = z.Member() {
		var p []byte
		for p, err = z.Next(); err == nil; p, err = z.Next() {
			fmt.Printf("%q\n", p)
		}
		if err != io.EOF {
			break
		}
	}
	rest, _ := io.ReadAll(src)
	fmt.Printf("%v: %q\n", err, rest)
	// Output:
	// "one "
	// "two\n"
	// trailing bytes that are no gzip member: "notes"
}
