package flate

import (
	"bufio"
	"bytes"
	stdflate "compress/flate"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	kpflate "github.com/klauspost/compress/flate"
)

// events returns about n bytes of look-alike events that do not repeat.
func events(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	names := []string{"svchost.exe", "bash", "cron", "explorer.exe", "sshd", "winlogon.exe", "python3"}
	for b.Len() < n {
		fmt.Fprintf(&b, `{"@timestamp":"2026-03-01T08:%02d:%02d.%09dZ","host":{"name":"host-%d","os":{"type":"windows"}},`,
			r.IntN(60), r.IntN(60), r.IntN(1e9), r.IntN(9))
		name := names[r.IntN(len(names))]
		fmt.Fprintf(&b, `"process":{"pid":%d,"entity_id":"%016x","name":%q,"executable":"C:\\Program Files\\%s\\%s"},`,
			r.IntN(1e5), r.Uint64(), name, name, name)
		fmt.Fprintf(&b, `"event":{"category":["process"],"type":["start"],"sequence":%d},"file":{"hash":"%016x%016x"}}`+"\n",
			b.Len(), r.Uint64(), r.Uint64())
	}
	return b.Bytes()
}

// deflated compresses with the standard library.
func deflated(t testing.TB, level int, data, dict []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := stdflate.NewWriterDict(&out, level, dict)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// decoded is what became of a stream.
type decoded struct {
	out      []byte
	err      error // nil for the regular end
	consumed int
}

// readers are ways of handing a stream to a decoder.
var readers = []struct {
	name string
	open func(b []byte) *bufio.Reader
}{
	{"whole", func(b []byte) *bufio.Reader { return bufio.NewReaderSize(bytes.NewReader(b), max(16, len(b))) }},
	{"bytes", func(b []byte) *bufio.Reader {
		return bufio.NewReaderSize(iotest.OneByteReader(bytes.NewReader(b)), 16)
	}},
	{"small", func(b []byte) *bufio.Reader { return bufio.NewReaderSize(bytes.NewReader(b), 40) }},
	{"late", func(b []byte) *bufio.Reader {
		return bufio.NewReaderSize(iotest.DataErrReader(iotest.HalfReader(bytes.NewReader(b))), 4096)
	}},
}

// next decodes what d stands at with Next.
func next(t testing.TB, d *Decoder, stored int, br *bufio.Reader) decoded {
	t.Helper()
	var r decoded
	for {
		p, err := d.Next()
		if (err == nil) != (len(p) > 0) {
			t.Fatalf("%d bytes with error %v", len(p), err)
		}
		if r.out = append(r.out, p...); err == nil {
			continue
		}
		if _, again := d.Next(); again != err {
			t.Fatalf("error %v, and then %v", err, again)
		}
		if r.err = err; err == io.EOF {
			r.err = nil
		}
		rest, _ := io.Copy(io.Discard, br)
		r.consumed = stored - int(rest)
		if d.Consumed() != int64(r.consumed) || d.Decoded() != int64(len(r.out)) {
			t.Fatalf("Consumed %d, Decoded %d; got %d, %d", d.Consumed(), d.Decoded(), r.consumed, len(r.out))
		}
		return r
	}
}

// library decodes with a decoder of another package.
func library(open func(io.Reader, []byte) io.ReadCloser, b, dict []byte) decoded {
	src := bytes.NewReader(b)
	out, err := io.ReadAll(open(src, dict))
	return decoded{out, err, len(b) - src.Len()}
}

// check holds the decoder against the reference in all, and against two libraries in
// what they accept and in that nothing is missing that they decode.
func check(t testing.TB, b, dict []byte) decoded {
	t.Helper()
	r := decodeSlowly(b, dict)
	want := r.decoded
	d := new(Decoder)
	for _, r := range readers {
		br := r.open(b)
		d.Reset(br, dict)
		got := next(t, d, len(b), br)
		if !bytes.Equal(got.out, want.out) {
			t.Fatalf("%s: got %d bytes, want %d; equal up to %d", r.name, len(got.out), len(want.out), common(got.out, want.out))
		}
		sameEnd(t, r.name, got, want)
	}
	for name, open := range map[string]func(io.Reader, []byte) io.ReadCloser{
		"standard library": stdflate.NewReaderDict, "klauspost": kpflate.NewReaderDict,
	} {
		if name == "klauspost" && r.emptyCode {
			continue // it goes on with the code of the block before, or of the lengths
		}
		got := library(open, b, dict)
		if (got.err == nil) != (want.err == nil) {
			t.Fatalf("%s: error %v, want %v", name, got.err, want.err)
		}
		if !bytes.HasPrefix(want.out, got.out) || want.err == nil && len(got.out) != len(want.out) {
			t.Fatalf("%s decodes %d bytes, we %d; equal up to %d", name, len(got.out), len(want.out), common(got.out, want.out))
		}
		if want.err == nil && got.consumed != want.consumed {
			t.Fatalf("%s consumes %d bytes, we %d", name, got.consumed, want.consumed)
		}
	}
	return want
}

func sameEnd(t testing.TB, name string, got, want decoded) {
	t.Helper()
	var at bad
	var corrupt *CorruptError
	switch {
	case errors.As(want.err, &at):
		if !errors.As(got.err, &corrupt) || corrupt.Bit != int64(at.bit) {
			t.Fatalf("%s: error %v, want one at bit %d", name, got.err, at.bit)
		}
	case got.err != want.err:
		t.Fatalf("%s: error %v, want %v", name, got.err, want.err)
	case got.consumed != want.consumed:
		t.Fatalf("%s: consumed %d bytes, want %d", name, got.consumed, want.consumed)
	}
}

// common returns how many bytes a and b begin with in common.
func common(a, b []byte) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// Every level of two compressors, data that spans several pieces, and bytes behind
// the end.
func TestCompressors(t *testing.T) {
	data := events(400 << 10)
	behind := []byte("what follows the stream, longer than any refill")
	for level := stdflate.HuffmanOnly; level <= stdflate.BestCompression; level++ {
		t.Run(fmt.Sprint("level ", level), func(t *testing.T) {
			b := deflated(t, level, data, nil)
			if got := check(t, append(b, behind...), nil); !bytes.Equal(got.out, data) || got.consumed != len(b) {
				t.Errorf("%d bytes of %d, error %v", len(got.out), len(data), got.err)
			}
			var kp bytes.Buffer
			w, err := kpflate.NewWriter(&kp, level)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(data); i += 50_001 {
				w.Write(data[i:min(len(data), i+50_001)])
				w.Flush()
			}
			w.Close()
			if got := check(t, kp.Bytes(), nil); !bytes.Equal(got.out, data) {
				t.Errorf("flushed: %d bytes of %d, error %v", len(got.out), len(data), got.err)
			}
		})
	}
}

// Blocks with codes that no compressor makes: as long as they can be.
func TestRandomCodes(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		b := randomStream(rnd, 1+rnd.IntN(4), 500)
		if got := check(t, b, nil); got.err != nil || got.consumed != len(b) {
			t.Errorf("seed %d: %v, %d of %d bytes", seed, got.err, got.consumed, len(b))
		}
	}
}

// Every distance from 1 to 300 and some up to the window with lengths of every
// class, with fixed codes.
func TestDistances(t *testing.T) {
	w := new(bitWriter)
	w.bits(1, 1)
	w.bits(1, 2)
	lit, dist := newWriteCode(fixedLens()), newWriteCode(fives())
	seed := events(40 << 10)
	for _, c := range seed {
		w.symbol(lit, int(c))
	}
	want := seed
	add := func(length, far int) {
		w.match(lit, dist, length, far)
		for range length {
			want = append(want, want[len(want)-far])
		}
		w.symbol(lit, length&0xff)
		want = append(want, byte(length))
	}
	for far := 1; far <= 300; far++ {
		for _, length := range []int{3, 4, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 34, 47, 48, 49, 64, 65, 130, 257, 258} {
			add(length, far)
		}
	}
	for length := 3; length <= 258; length++ {
		for _, far := range []int{1, 2, 15, 16, 17, 31, 32, 33, 4096, 24576, 24577, 32767, 32768} {
			add(length, far)
		}
	}
	// 258 has a second spelling: 227 and all extra bits.
	w.symbol(lit, 284)
	w.bits(31, 5)
	w.symbol(dist, 0)
	want = append(want, bytes.Repeat(want[len(want)-1:], 258)...)
	w.symbol(lit, 256)
	if got := check(t, w.b, nil); !bytes.Equal(got.out, want) || got.err != nil {
		t.Errorf("equal up to byte %d of %d, error %v", common(got.out, want), len(want), got.err)
	}
}

// Nothing but the farthest distance, over many pieces: the window is never a byte too
// short.
func TestFarthest(t *testing.T) {
	w := new(bitWriter)
	w.bits(1, 1)
	w.bits(1, 2)
	lit, dist := newWriteCode(fixedLens()), newWriteCode(fives())
	want := events(window)[:window]
	for _, c := range want {
		w.symbol(lit, int(c))
	}
	for i := 0; len(want) < 1<<20; i++ {
		length := 3 + i%256
		w.match(lit, dist, length, window)
		want = append(want, want[len(want)-window:][:length]...)
	}
	w.symbol(lit, 256)
	if got := check(t, w.b, nil); !bytes.Equal(got.out, want) || got.err != nil {
		t.Errorf("equal up to byte %d of %d, error %v", common(got.out, want), len(want), got.err)
	}
}

// What may be referred to: all that was decoded and the dictionary, no byte more.
func TestTooFar(t *testing.T) {
	f := func(dict []byte, literals, far int, ok bool) {
		t.Helper()
		for _, padding := range []int{0, 40} { // without, the end is decoded bit by bit
			w := new(bitWriter)
			w.bits(1, 1)
			w.bits(1, 2)
			lit, dist := newWriteCode(fixedLens()), newWriteCode(fives())
			for range literals {
				w.symbol(lit, 'x')
			}
			w.match(lit, dist, 3, far)
			w.symbol(lit, 256)
			got := check(t, append(w.b, make([]byte, padding)...), dict)
			if (got.err == nil) != ok {
				t.Errorf("dictionary of %d, %d literals, distance %d: error %v", len(dict), literals, far, got.err)
			}
		}
	}
	dict := events(window)[:window]
	f(nil, 0, 1, false)
	f(nil, 1, 1, true)
	f(nil, 5, 6, false)
	f(nil, 30, 30, true)
	f(nil, 30, 31, false)
	f(nil, 30, 32768, false)
	f(dict[:7], 0, 7, true)
	f(dict[:7], 0, 8, false)
	f(dict[:7], 3, 10, true)
	f(dict, 0, 32768, true)
	f(dict, 300, 32768, true)
}

// A dictionary longer than the window counts with its end.
func TestDictionary(t *testing.T) {
	data := events(100 << 10)
	for _, n := range []int{1, 100, window, 50 << 10} {
		dict := data[:n]
		b := deflated(t, 6, data[n:], dict)
		br := bufio.NewReader(bytes.NewReader(b))
		d := new(Decoder)
		d.Reset(br, dict)
		if got := next(t, d, len(b), br); !bytes.Equal(got.out, data[n:]) || got.err != nil {
			t.Errorf("dictionary of %d bytes: equal up to %d, error %v", n, common(got.out, data[n:]), got.err)
		}
	}
}

// Codes and headers that are refused, and those at the edge of it.
func TestCodes(t *testing.T) {
	lens := func(n int, set map[int]int) []int {
		l := make([]int, n)
		for sym, v := range set {
			l[sym] = v
		}
		return l
	}
	f := func(name string, lit, dist []int, ok bool, body func(w *bitWriter, lit, dist writeCode)) {
		t.Helper()
		w := new(bitWriter)
		w.dynamicHeader(1, lit, dist)
		body(w, newWriteCode(lit), newWriteCode(dist))
		if got := check(t, w.b, nil); (got.err == nil) != ok {
			t.Errorf("%s: error %v", name, got.err)
		}
		if got := check(t, append(w.b, make([]byte, 40)...), nil); (got.err == nil) != ok {
			t.Errorf("%s, with bytes behind it: error %v", name, got.err)
		}
	}
	end := func(w *bitWriter, lit, _ writeCode) { w.symbol(lit, 256) }
	none := lens(1, nil)
	f("one code", lens(257, map[int]int{256: 1}), none, true, end)
	f("one code, the other one used", lens(257, map[int]int{256: 1}), none, false, func(w *bitWriter, _, _ writeCode) { w.bits(1, 1) })
	f("one code of two bits", lens(257, map[int]int{256: 2}), none, false, end)
	f("no code", lens(257, nil), none, false, func(*bitWriter, writeCode, writeCode) {})
	f("two codes of one bit", lens(257, map[int]int{256: 1, 9: 1}), none, true, end)
	f("three codes of one bit", lens(257, map[int]int{256: 1, 9: 1, 8: 1}), none, false, end)
	f("unassigned codes", lens(257, map[int]int{256: 1, 9: 2}), none, false, end)
	f("no end of block", lens(257, map[int]int{65: 1, 66: 1}), none, false, func(w *bitWriter, _, _ writeCode) { w.bits(0x5555, 16) })
	two := map[int]int{256: 2, 65: 2, 257: 2, 258: 2}
	match := func(w *bitWriter, lit, dist writeCode) {
		w.symbol(lit, 65)
		w.match(lit, dist, 3, 1)
		w.symbol(lit, 256)
	}
	f("one distance", lens(259, two), lens(1, map[int]int{0: 1}), true, match)
	f("no distance", lens(259, two), none, false, func(w *bitWriter, lit, _ writeCode) {
		w.symbol(lit, 65)
		w.symbol(lit, 257)
	})
	f("one distance, the other one used", lens(259, two), lens(1, map[int]int{0: 1}), false, func(w *bitWriter, lit, _ writeCode) {
		w.symbol(lit, 65)
		w.symbol(lit, 257)
		w.bits(1, 1)
	})
	f("unassigned distances", lens(259, two), lens(2, map[int]int{0: 2, 1: 2}), false, match)
	f("30 distances", lens(259, two), append(lens(28, map[int]int{0: 1}), 2, 2), true, match)
	f("31 distances", lens(259, two), append(lens(29, map[int]int{0: 1}), 2, 2), false, match)
	f("286 lengths", append(lens(284, map[int]int{256: 1}), 2, 2), none, true, end)
	f("287 lengths", append(lens(285, map[int]int{256: 1}), 2, 2), none, false, end)
}

// Symbols that only fixed codes have, and that mean nothing.
func TestFixedLeftovers(t *testing.T) {
	f := func(write func(w *bitWriter, lit, dist writeCode)) {
		t.Helper()
		w := new(bitWriter)
		w.bits(1, 1)
		w.bits(1, 2)
		lit, dist := newWriteCode(fixedLens()), newWriteCode(fives())
		w.symbol(lit, 'a')
		write(w, lit, dist)
		for _, behind := range []int{0, 40} {
			if got := check(t, append(w.b, make([]byte, behind)...), nil); string(got.out) != "a" || !errors.As(got.err, new(bad)) {
				t.Errorf("got %q, error %v", got.out, got.err)
			}
		}
	}
	for _, sym := range []int{286, 287} {
		f(func(w *bitWriter, lit, _ writeCode) { w.symbol(lit, sym) })
	}
	for _, sym := range []int{30, 31} {
		f(func(w *bitWriter, lit, dist writeCode) { w.symbol(lit, 257); w.symbol(dist, sym) })
	}
}
