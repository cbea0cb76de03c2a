package input

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

var errFault = errors.New("disk on fire")

// everyStream is the same lines in every compression.
func everyStream(t testing.TB) (content []byte, stored map[string][]byte) {
	t.Helper()
	units := tenUnits(6)
	content = bytes.Join(units, nil)
	bzip, _ := bz(t)
	return content, map[string][]byte{
		"plain": content, "gzip": gz(t, "", content), "zstd": zst(t, content), "xz": xzOf(t, content, 1000), "bzip2": bzip,
	}
}

// TestEveryStream: the same lines decode to the same bytes, however they are stored and
// however they are read.
func TestEveryStream(t *testing.T) {
	content, all := everyStream(t)
	for name, stored := range all {
		for _, r := range []io.Reader{bytes.NewReader(stored), iotest.OneByteReader(bytes.NewReader(stored)),
			iotest.HalfReader(bytes.NewReader(stored)), iotest.DataErrReader(bytes.NewReader(stored))} {
			s, err := Open(Input{Name: "-"}, r, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(iotest.OneByteReader(s))
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(content))
			}
			if sum, ok := s.Sum(); !ok || sum != hexSum(stored) {
				t.Errorf("%s: sum %q", name, sum)
			}
			if l := s.Ledger(); len(l.Gaps) != 0 || l.Unverified != 0 || l.Decoded != int64(len(content)) || l.Stored != int64(len(stored)) {
				t.Errorf("%s: ledger %+v", name, l)
			}
			s.Close()
		}
	}
}

// TestFaultEverywhere has a read fail at every offset: what comes out is a prefix, and
// the error is told as it was.
func TestFaultEverywhere(t *testing.T) {
	content, all := everyStream(t)
	for name, stored := range all {
		for n := range stored {
			r := io.MultiReader(bytes.NewReader(stored[:n]), iotest.ErrReader(errFault))
			s, err := Open(Input{Name: "-"}, r, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			out, err := readPieces(s)
			if !errors.Is(err, errFault) || !errors.As(err, new(*DamageError)) || len(out) != 1 {
				t.Fatalf("%s: fault at %d: %v, %d pieces", name, n, err, len(out))
			}
			// A compressed stream of less than its magic number is not known for one.
			if n >= headSize && !bytes.HasPrefix(content, out[0]) {
				t.Fatalf("%s: fault at %d: %d bytes that are no prefix", name, n, len(out[0]))
			}
			if _, ok := s.Sum(); ok {
				t.Fatalf("%s: fault at %d: a sum of what was not read", name, n)
			}
			s.Close()
		}
	}
}

// gapReader has a gap behind n bytes.
type gapReader struct {
	r    io.Reader
	n    int
	done bool
}

func (g *gapReader) Read(p []byte) (int, error) {
	if g.n == 0 && !g.done {
		g.done = true
		return 0, &Gap{Why: "hole", StoredLength: 7}
	}
	if !g.done {
		p = p[:min(len(p), g.n)]
	}
	n, err := g.r.Read(p)
	if !g.done {
		g.n -= n
	}
	return n, err
}

// TestGapEverywhere has a layer below lose bytes at every offset: what stands before and
// behind comes out, the hole is told, and never glued over.
func TestGapEverywhere(t *testing.T) {
	units := tenUnits(6)
	content := bytes.Join(units, nil)
	lines := lineSet(content)
	join := func(encode func([]byte) []byte) (out []byte) {
		for _, u := range units {
			out = append(out, encode(u)...)
		}
		return out
	}
	for name, stored := range map[string][]byte{
		"plain": content,
		"gzip":  join(func(b []byte) []byte { return gz(t, "", b) }),
		"zstd":  join(func(b []byte) []byte { return zst(t, b) }),
	} {
		const hole = 7
		for n := headSize; n < len(stored)-hole; n++ {
			r := io.MultiReader(bytes.NewReader(stored[:n]), bytes.NewReader(stored[n+hole:]))
			s := newStream(&gapReader{r: r, n: n}, Limits{}, origin{})
			out, err := readPieces(s)
			if err == nil || len(s.Ledger().Gaps) == 0 {
				t.Fatalf("%s: hole at %d: not told", name, n)
			}
			// A hole may lie across the end of one unit and the beginning of the next.
			if got := tally(lines, out); got < len(lines)-12 || name == "plain" && got < len(lines)-2 {
				t.Fatalf("%s: hole at %d: %d of %d lines, %v", name, n, got, len(lines), err)
			}
			if name == "plain" && (len(out) != 2 || !bytes.Equal(out[0], stored[:n]) || !bytes.Equal(out[1], stored[n+hole:])) {
				t.Fatalf("hole at %d: %d pieces", n, len(out))
			}
			s.Close()
		}
	}
}

func FuzzGzip(f *testing.F) {
	small := events(3)
	f.Add(append(gz(f, "n", small), gz(f, "", small)...), 30)
	f.Add(gz(f, "", nil), 0)
	f.Fuzz(fuzzSeries(func(t *testing.T, b []byte) []byte { return gz(t, "", b) }))
}

func FuzzZstd(f *testing.F) {
	small := events(3)
	f.Add(append(zst(f, small), zst(f, small)...), 30)
	f.Add([]byte("\x5a\x2a\x4d\x18\x00\x00\x00\x00"), 0)
	f.Fuzz(fuzzSeries(func(t *testing.T, b []byte) []byte { return zst(t, b) }))
}

func FuzzXz(f *testing.F) {
	f.Add(xzOf(f, events(3), 100), 30)
	f.Add(xzHeadOf(40), 3)
	f.Fuzz(fuzzSeries(func(t *testing.T, b []byte) []byte { return xzOf(t, b, 0) }))
}

func FuzzBzip2(f *testing.F) {
	stored, streams := bz(f)
	f.Add(stored[:len(streams[0])+len(streams[1])], 30)
	f.Fuzz(fuzzSeries(func(*testing.T, []byte) []byte { return streams[1] }))
}

// fuzzSeries decodes anything, and anything before and behind units that are whole:
// those are not lost, and the ledger adds up.
func fuzzSeries(encode func(*testing.T, []byte) []byte) func(*testing.T, []byte, int) {
	want := tenUnits(6)[1]
	return func(t *testing.T, junk []byte, at int) {
		lim := Limits{MaxDecoded: 1 << 20, ZstdWindow: 1 << 20}
		unit := encode(t, want)
		at = min(max(at, 0), len(junk))
		for _, stored := range [][]byte{junk, append(bytes.Clone(unit), junk...), bytes.Join([][]byte{unit, junk[:at], unit}, nil)} {
			out, l, err := pieces(t, stored, lim)
			if err != nil && !errors.As(err, new(*DamageError)) {
				t.Errorf("error %v is no damage", err)
			}
			checkLedger(t, l, int64(len(stored)), out)
			if len(stored) > len(junk) && !bytes.HasPrefix(out[0], want) {
				t.Errorf("the first unit was lost: %v", err)
			}
		}
	}
}

func FuzzArchive(f *testing.F) {
	members := []packed{{"a", []byte(event)}, {"b.gz", gz(f, "", []byte(event))}, {"../c", []byte("x")}}
	for _, stored := range containers(f, members...) {
		if len(stored) < 4096 {
			f.Add(stored)
		}
	}
	f.Add(zipOf(f, zip.Store))
	f.Fuzz(func(t *testing.T, stored []byte) {
		path := file(t, "a", stored)
		inputs, skipped, err := Walk([]string{path}, WalkOptions{MaxMembers: 50})
		if err != nil || len(inputs)+len(skipped) == 0 {
			t.Fatalf("%d inputs, %d skipped, %v", len(inputs), len(skipped), err)
		}
		names := map[string]bool{}
		o := NewOpener(nil, Limits{MaxDecoded: 1 << 20, ZstdWindow: 1 << 20})
		defer o.Close()
		for _, in := range inputs {
			if names[in.Name] && in.entry.refused == "" {
				t.Errorf("%s comes twice", in.Name)
			}
			names[in.Name] = true
			g := readOne(o, in)
			if g.err != nil && len(g.body) > 0 && !errors.As(g.err, new(*DamageError)) {
				t.Errorf("%s: error %v is no damage", in.Name, g.err)
			}
		}
	})
}
