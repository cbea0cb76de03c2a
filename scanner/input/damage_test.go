package input

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// pieces decodes stored and returns what stands between gaps, the ledger, and what
// ended the stream.
func pieces(t testing.TB, stored []byte, lim Limits) (out [][]byte, l Ledger, err error) {
	t.Helper()
	s, err := Open(Input{Name: "-"}, bytes.NewReader(stored), lim)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out, err = readPieces(s)
	return out, s.Ledger(), err
}

func readPieces(s *Stream) (out [][]byte, err error) {
	for {
		b, err := io.ReadAll(s) // nil at the regular end
		out = append(out, b)
		if _, gap := err.(*Gap); !gap {
			return out, err
		}
	}
}

// tally counts the lines of want that stand whole in what was decoded.
func tally(want map[string]bool, out [][]byte) int {
	n := 0
	seen := map[string]bool{}
	for _, b := range out {
		for line := range bytes.Lines(b) {
			if s := string(line); want[s] && !seen[s] {
				seen[s] = true
				n++
			}
		}
	}
	return n
}

func lineSet(b []byte) map[string]bool {
	set := map[string]bool{}
	for line := range bytes.Lines(b) {
		set[string(line)] = true
	}
	return set
}

// tenUnits returns ten pieces of lines, and how each encoder stores them one by one.
func tenUnits(lines int) (units [][]byte) {
	all := bytes.SplitAfter(events(10*lines), []byte("\n"))
	for i := range 10 {
		units = append(units, bytes.Join(all[i*lines:(i+1)*lines], nil))
	}
	return units
}

// flips are what every byte is changed by, one after the other.
var flips = []byte{0x01, 0x10, 0x80, 0xff}

// TestFlipEverywhere flips every byte of ten members or frames: everything in the other
// nine comes out, and the damage is in the ledger.
func TestFlipEverywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of streams: not for the race detector's turn")
	}
	units := tenUnits(6)
	f := func(name string, flips []byte, encode func([]byte) []byte) {
		t.Helper()
		var stored []byte
		var ends []int
		for _, u := range units {
			stored = append(stored, encode(u)...)
			ends = append(ends, len(stored))
		}
		tried, recoverable, recovered := 0, 0, 0
		unit := 0
		for at := range stored {
			if at == ends[unit] {
				unit++
			}
			others := lineSet(bytes.Join(append(units[:unit:unit], units[unit+1:]...), nil))
			for _, flip := range flips {
				damaged := bytes.Clone(stored)
				damaged[at] ^= flip
				out, l, err := pieces(t, damaged, Limits{})
				got := tally(others, out)
				tried, recoverable, recovered = tried+1, recoverable+len(others), recovered+got
				if got != len(others) {
					t.Errorf("%s: byte %d of unit %d ^ %#x: %d of %d lines of the others; %v", name, at, unit, flip, got, len(others), err)
				}
				whole := bytes.Equal(bytes.Join(out, nil), bytes.Join(units, nil))
				if err == nil {
					if !whole {
						t.Errorf("%s: byte %d of unit %d ^ %#x: damage is not reported", name, at, unit, flip)
					}
					continue
				}
				if !errors.As(err, new(*DamageError)) || len(l.Gaps) == 0 {
					t.Errorf("%s: byte %d ^ %#x: error %v, %d gaps", name, at, flip, err, len(l.Gaps))
				}
				checkLedger(t, l, int64(len(damaged)), out)
			}
			if t.Failed() {
				return
			}
		}
		t.Logf("%s: %d flips, %d lines recoverable, %d recovered", name, tried, recoverable, recovered)
	}
	f("gzip", flips, func(b []byte) []byte { return gz(t, "name", b) })
	f("zstd", flips, func(b []byte) []byte { return zst(t, b) })
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	f("zstd in one piece", flips, func(b []byte) []byte { return enc.EncodeAll(b, nil) })
	f("xz streams", flips[1:2], func(b []byte) []byte { return xzOf(t, b, 0) })
	_, streams := bz(t)
	f("bzip2 streams", flips[1:2], func([]byte) []byte {
		s := streams[0]
		streams = streams[1:]
		return s
	})
}

// TestFlipBlocks flips bytes of streams whose blocks are not streams of their own, and
// which cut lines: no more is lost than one block, and the lines at its ends.
func TestFlipBlocks(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of streams: not for the race detector's turn")
	}
	content := events(2000)
	all := lineSet(content)
	f := func(name string, stored []byte, block, places int) {
		t.Helper()
		tried, recovered := 0, 0
		for i := range places {
			at := i * (len(stored) - 1) / (places - 1)
			damaged := bytes.Clone(stored)
			damaged[at] ^= flips[i%len(flips)]
			out, l, err := pieces(t, damaged, Limits{})
			tried, recovered = tried+1, recovered+tally(all, out)
			whole := bytes.Equal(bytes.Join(out, nil), content)
			if lost := len(all) - tally(all, out); lost > block/120+2 {
				t.Errorf("%s: byte %d: %d lines lost: %v", name, at, lost, err)
			}
			if err == nil && !whole {
				t.Errorf("%s: byte %d: damage is not reported", name, at)
			}
			checkLedger(t, l, int64(len(damaged)), out)
		}
		t.Logf("%s: %d flips, at least %d lines recoverable, %d recovered", name, tried, tried*(len(all)-block/120-2), recovered)
	}
	bz, err := os.ReadFile("testdata/blocks.bz2")
	if err != nil {
		t.Fatal(err)
	}
	f("bzip2", bz, 100_000, 200)
	f("xz", xzOf(t, content, 30_000), 30_000, 200)
}

// TestCutStreams cuts streams of ten units at every byte: every whole line before the
// cut comes out, as far as the format allows. upTo says how many decoded bytes a cut may
// cost.
func TestCutStreams(t *testing.T) {
	units := tenUnits(6)
	content := bytes.Join(units, nil)
	f := func(name string, encode func([]byte) []byte) {
		t.Helper()
		var stored []byte
		var ends []int
		for _, u := range units {
			stored = append(stored, encode(u)...)
			ends = append(ends, len(stored))
		}
		cuts, recoverable, recovered, more := 0, 0, 0, 0
		for n := 6; n < len(stored); n++ {
			out, l, err := pieces(t, stored[:n], Limits{})
			got := bytes.Join(out, nil)
			if !bytes.HasPrefix(content, got) {
				t.Fatalf("%s cut at %d: %d bytes that are no prefix", name, n, len(got))
			}
			whole, boundary := 0, false
			for i, end := range ends {
				if end <= n {
					whole += len(units[i])
				}
				boundary = boundary || end == n
			}
			if len(got) < whole || boundary != (err == nil) || !boundary && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s cut at %d: %d bytes of %d, %v", name, n, len(got), whole, err)
			}
			checkLedger(t, l, int64(n), out)
			cuts++
			recoverable += bytes.Count(content[:whole], []byte("\n"))
			recovered += min(bytes.Count(got, []byte("\n")), bytes.Count(content[:whole], []byte("\n")))
			more += bytes.Count(got[whole:], []byte("\n"))
		}
		t.Logf("%s: %d cuts, %d lines of whole units recoverable, %d recovered, and %d of cut units", name, cuts, recoverable, recovered, more)
	}
	f("gzip", func(b []byte) []byte { return gz(t, "name", b) })
	f("zstd", func(b []byte) []byte { return zst(t, b) })
	f("xz", func(b []byte) []byte { return xzOf(t, b, 0) })
	_, streams := bz(t)
	f("bzip2", func([]byte) []byte {
		s := streams[0]
		streams = streams[1:]
		return s
	})
}

// checkLedger holds a ledger to what was stored and returned.
func checkLedger(t *testing.T, l Ledger, stored int64, out [][]byte) {
	t.Helper()
	var decoded int64
	for _, b := range out {
		decoded += int64(len(b))
	}
	var lost, unverified, at int64
	for _, g := range l.Gaps {
		lost, unverified = lost+g.StoredLength, unverified+g.Unverified
		if g.DecodedOffset < at || g.DecodedOffset > decoded || g.StoredOffset < 0 || g.StoredOffset+g.StoredLength > stored {
			t.Errorf("gap %+v of %d stored and %d decoded bytes, after %d", g, stored, decoded, at)
		}
		at = g.DecodedOffset
	}
	if l.Stored != stored || l.Decoded != decoded || l.LostStored != lost || l.Unverified != unverified || unverified > decoded {
		t.Errorf("ledger %+v; want %d stored, %d decoded, %d lost, %d unverified", l, stored, decoded, lost, unverified)
	}
}
