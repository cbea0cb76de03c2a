package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/ulikunitz/xz"
)

// TestCutXz cuts at every byte a file that xz(1) made: three blocks, chunks that are
// compressed and one that is not. What comes out is what liblzma decodes of it, to the
// byte, and none of it is held to be verified that stands in the block that was cut.
func TestCutXz(t *testing.T) {
	stored, err := os.ReadFile("testdata/cut.xz")
	if err != nil {
		t.Fatal(err)
	}
	r, err := xz.NewReader(bytes.NewReader(stored))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	decodable := cutTable(t, len(stored))
	if last := decodable[len(stored)]; last != len(content) {
		t.Fatalf("%d bytes of %d", last, len(content))
	}
	recoverable, recovered := 0, 0
	for n := len(xzMagic); n < len(stored); n++ {
		out, l, err := pieces(t, stored[:n], Limits{})
		got := bytes.Join(out, nil)
		if want := content[:decodable[n]]; !bytes.Equal(got, want) {
			t.Fatalf("cut at %d: %d bytes, want %d", n, len(got), len(want))
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut at %d: %v", n, err)
		}
		checkLedger(t, l, int64(n), out)
		// Blocks hold 3,000 bytes.
		if whole := int64(len(got)) - l.Unverified; whole%3000 != 0 && whole != int64(len(content)) || l.Unverified > 3000 {
			t.Fatalf("cut at %d: %d of %d bytes are unverified", n, l.Unverified, len(got))
		}
		recoverable += bytes.Count(content[:decodable[n]], []byte("\n"))
		recovered += bytes.Count(got, []byte("\n"))
	}
	t.Logf("%d cuts: %d lines recoverable, %d recovered", len(stored)-len(xzMagic), recoverable, recovered)
}

// cutTable returns how many bytes decode of each length of testdata/cut.xz.
func cutTable(t *testing.T, length int) []int {
	t.Helper()
	b, err := os.ReadFile("testdata/cut.txt")
	if err != nil {
		t.Fatal(err)
	}
	table := make([]int, length+1)
	for line := range bytes.Lines(b) {
		var stored, decoded int
		if line[0] == '#' {
			continue
		}
		if _, err := fmt.Sscan(string(line), &stored, &decoded); err != nil {
			t.Fatal(err)
		}
		for n := stored; n <= length; n++ {
			table[n] = decoded
		}
	}
	return table
}

// TestFlipXz flips every byte of the same file: what stands in other blocks comes out,
// and what comes before the flip in its own.
func TestFlipXz(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of streams: not for the race detector's turn")
	}
	stored, err := os.ReadFile("testdata/cut.xz")
	if err != nil {
		t.Fatal(err)
	}
	content, _, err := decode(t, stored, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	decodable := cutTable(t, len(stored))
	const block = 3000
	for at := len(xzMagic); at < len(stored); at++ {
		damaged := bytes.Clone(stored)
		damaged[at] ^= flips[at%len(flips)]
		out, l, err := pieces(t, damaged, Limits{})
		if err == nil && !bytes.Equal(bytes.Join(out, nil), content) {
			t.Fatalf("byte %d: damage is not reported", at)
		}
		checkLedger(t, l, int64(len(damaged)), out)
		// The flip may stand between two blocks, or tell by a symbol that no liblzma took.
		first := content[:decodable[at]]
		if !bytes.HasPrefix(out[0], first) {
			t.Fatalf("byte %d: %d bytes first, want %d: %v", at, len(out[0]), len(first), err)
		}
		lines := lineSet(content)
		if got := tally(lines, out); got < len(lines)-block/120-2 {
			t.Fatalf("byte %d: %d of %d lines: %v", at, got, len(lines), err)
		}
	}
}
