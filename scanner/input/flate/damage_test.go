package flate

import (
	"bufio"
	"bytes"
	stdflate "compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"
	"testing/iotest"

	kpflate "github.com/klauspost/compress/flate"
)

// smallStreams are streams with blocks of each kind.
func smallStreams(t testing.TB) map[string][]byte {
	data := events(1500)
	var mixed bytes.Buffer
	w, err := kpflate.NewWriter(&mixed, 6)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(data[:300])
	w.Flush()
	w.Write(data[300:])
	w.Close()
	rnd := rand.New(rand.NewPCG(4, 4))
	return map[string][]byte{
		"dynamic": deflated(t, 9, data, nil),
		"fixed":   deflated(t, 9, data[:60], nil),
		"stored":  deflated(t, 0, data[:200], nil),
		"huffman": deflated(t, stdflate.HuffmanOnly, data[:400], nil),
		"flushed": mixed.Bytes(),
		"random":  randomStream(rnd, 1, 80),
	}
}

// A stream cut anywhere ends in io.ErrUnexpectedEOF after all that is in it.
func TestTruncated(t *testing.T) {
	for name, b := range smallStreams(t) {
		for n := range b {
			if got := check(t, b[:n], nil); got.err != errCut {
				t.Fatalf("%s cut to %d of %d bytes: error %v", name, n, len(b), got.err)
			}
		}
	}
}

// A stream with any one byte changed is decoded up to where it makes no sense.
func TestFlipped(t *testing.T) {
	for name, b := range smallStreams(t) {
		for i := range b {
			for _, flip := range []byte{0xff, 1 << (i % 8)} {
				c := bytes.Clone(b)
				c[i] ^= flip
				check(t, append(c, make([]byte, 64)...), nil)
			}
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// FuzzDecoder feeds anything: the same bytes and the same verdict as the reference
// and the libraries.
func FuzzDecoder(f *testing.F) {
	for _, b := range smallStreams(f) {
		f.Add(b, []byte(nil))
		f.Add(b[:len(b)/2], []byte("dictionary"))
	}
	f.Add([]byte{}, []byte{})
	f.Add([]byte{7}, []byte{})
	f.Fuzz(func(t *testing.T, b, dict []byte) {
		if len(b) > 8<<10 || len(dict) > window {
			t.Skip("too long to be cheap")
		}
		check(t, b, dict)
	})
}

// FuzzRoundTrip compresses anything.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("abcabcabc"), int8(6), uint16(3))
	f.Add(events(3000), int8(9), uint16(1000))
	f.Add(bytes.Repeat([]byte{0}, 4000), int8(1), uint16(0))
	f.Fuzz(func(t *testing.T, data []byte, level int8, flush uint16) {
		if len(data) > 64<<10 {
			t.Skip("too long to be cheap")
		}
		var b bytes.Buffer
		w, err := stdflate.NewWriter(&b, int(uint8(level)%12)-2)
		if err != nil {
			t.Fatal(err)
		}
		at := min(int(flush), len(data))
		w.Write(data[:at])
		w.Flush()
		w.Write(data[at:])
		w.Close()
		if got := check(t, b.Bytes(), nil); !bytes.Equal(got.out, data) || got.err != nil {
			t.Errorf("equal up to %d of %d bytes, error %v", common(got.out, data), len(data), got.err)
		}
	})
}

// FuzzCodes decodes random symbols in random codes with a byte changed.
func FuzzCodes(f *testing.F) {
	f.Add(uint64(1), uint16(500), byte(1))
	f.Add(uint64(2), uint16(100), byte(0))
	f.Fuzz(func(t *testing.T, seed uint64, at uint16, flip byte) {
		b := randomStream(rand.New(rand.NewPCG(seed, 1)), 2, 60)
		b[int(at)%len(b)] ^= flip
		check(t, append(b, make([]byte, 32)...), nil)
	})
}

// Read returns the same as Next, whatever the room.
func TestRead(t *testing.T) {
	data := events(300 << 10)
	b := deflated(t, 6, data, nil)
	for _, n := range []int{1, 7, 4096, 1 << 20} {
		d := new(Decoder)
		d.Reset(bufio.NewReader(bytes.NewReader(b)), nil)
		if k, err := d.Read(nil); k != 0 || err != nil {
			t.Fatalf("no room: %d, %v", k, err)
		}
		var got []byte
		buf := make([]byte, n)
		for {
			k, err := d.Read(buf)
			got = append(got, buf[:k]...)
			if err == io.EOF {
				break
			}
			if err != nil || k == 0 {
				t.Fatalf("%d bytes, error %v", k, err)
			}
		}
		if !bytes.Equal(got, data) {
			t.Errorf("room for %d: equal up to %d of %d", n, common(got, data), len(data))
		}
	}
}

// An error of the source comes as it is, after everything before it.
func TestSourceError(t *testing.T) {
	data := events(2000)
	b := deflated(t, 6, data, nil)
	broken := errors.New("broken")
	for n := range b {
		src := io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(broken))
		d := new(Decoder)
		d.Reset(bufio.NewReader(src), nil)
		want := decodeSlowly(b[:n], nil).out
		var got []byte
		var err error
		for err == nil {
			var p []byte
			p, err = d.Next()
			got = append(got, p...)
		}
		if err != broken || !bytes.Equal(got, want) {
			t.Fatalf("after %d bytes: error %v, %d bytes of %d", n, err, len(got), len(want))
		}
	}
}

// idle is a source that never says anything.
type idle struct{}

func (idle) Peek(int) ([]byte, error)   { return nil, nil }
func (idle) Discard(n int) (int, error) { return n, nil }
func (idle) Buffered() int              { return 0 }

func TestSilentSource(t *testing.T) {
	d := new(Decoder)
	d.Reset(idle{}, nil)
	if _, err := d.Next(); err != io.ErrNoProgress {
		t.Errorf("got %v", err)
	}
	z := new(GzipReader)
	z.Reset(idle{}, 0, 0)
	if err := z.Member(); err != io.ErrNoProgress {
		t.Errorf("got %v", err)
	}
}

// What a writer has flushed can be read before it writes more.
func TestFlushed(t *testing.T) {
	pr, pw := io.Pipe()
	w, err := stdflate.NewWriter(pw, 6)
	if err != nil {
		t.Fatal(err)
	}
	step := make(chan struct{}, 3)
	go func() {
		for range 3 {
			io.WriteString(w, "a line\n")
			w.Flush()
			<-step // the reader has it
		}
		w.Close()
		pw.Close()
	}()
	d := new(Decoder)
	d.Reset(bufio.NewReader(pr), nil)
	for range 3 {
		p, err := d.Next()
		if string(p) != "a line\n" || err != nil {
			t.Errorf("got %q, %v", p, err)
		}
		step <- struct{}{}
	}
	if p, err := d.Next(); err != io.EOF {
		t.Errorf("got %q, %v", p, err)
	}
}

// Nothing is allocated, and a decoder is small enough to have one for each stream.
func TestCost(t *testing.T) {
	if n := reflect.TypeFor[GzipReader]().Size(); n > 400<<10 {
		t.Errorf("a GzipReader takes %d bytes", n)
	}
	b := gzipped(t, events(300<<10))
	src := bytes.NewReader(b)
	br := bufio.NewReader(src)
	z := new(GzipReader)
	all := func() {
		src.Reset(b)
		br.Reset(src)
		z.Reset(br, 0, 0)
		err := z.Member()
		for err == nil {
			_, err = z.Next()
		}
		if err != io.EOF {
			t.Error(err)
		}
	}
	all()
	if n := testing.AllocsPerRun(5, all); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
