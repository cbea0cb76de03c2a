package lzma2

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ulikunitz/xz/lzma"
)

// pack compresses b with the library, an encoder of other hands than the decoder.
func pack(t testing.TB, b []byte, dict int, props *lzma.Properties) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := lzma.Writer2Config{Properties: props, DictCap: dict}.NewWriter2(&out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// library is what ulikunitz/xz makes of a stream.
func library(stored []byte, dict int) ([]byte, error) {
	r, err := lzma.Reader2Config{DictCap: max(dict, lzma.MinDictCap)}.NewReader2(bytes.NewReader(stored))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func unpack(stored []byte, dict int) ([]byte, error) {
	return io.ReadAll(reading(bytes.NewReader(stored), dict))
}

func reading(stored io.Reader, dict int) *Reader {
	r := new(Reader)
	r.Reset(bufio.NewReader(stored), dict)
	return r
}

// contents are what encoders do different things with.
func contents() map[string][]byte {
	r := rand.New(rand.NewSource(3))
	noise := make([]byte, 150_000)
	r.Read(noise)
	var text bytes.Buffer
	for i := range 3000 {
		fmt.Fprintf(&text, `{"n":%d,"host":{"name":"h%d"},"id":"%x"}`+"\n", i, r.Intn(5), r.Int63())
	}
	return map[string][]byte{
		"nothing": nil, "a byte": {'x'}, "zeros": make([]byte, 300_000), "noise": noise, "text": text.Bytes(),
		"mixed": bytes.Join([][]byte{text.Bytes()[:50_000], noise[:70_000], text.Bytes()[:50_000]}, nil),
	}
}

func TestDecode(t *testing.T) {
	for name, content := range contents() {
		for _, props := range []*lzma.Properties{nil, {LC: 0, LP: 0, PB: 0}, {LC: 0, LP: 4, PB: 4}, {LC: 4, LP: 0, PB: 1}, {LC: 2, LP: 2, PB: 3}} {
			for _, dict := range []int{1 << 16, 1 << 20} {
				got, err := unpack(pack(t, content, dict, props), dict)
				if err != nil || !bytes.Equal(got, content) {
					t.Errorf("%s, %v, dictionary %d: %d bytes of %d, %v", name, props, dict, len(got), len(content), err)
				}
			}
		}
	}
}

// TestReadSizes has what is read depend neither on how it is asked for nor on how the
// source gives it; nothing behind the stream is taken.
func TestReadSizes(t *testing.T) {
	content := contents()["mixed"][:60_000]
	stored := append(pack(t, content, 1<<13, nil), "rest"...)
	sources := map[string]func() *bufio.Reader{
		"whole": func() *bufio.Reader { return bufio.NewReader(bytes.NewReader(stored)) },
		"bytes": func() *bufio.Reader { return bufio.NewReader(iotest.OneByteReader(bytes.NewReader(stored))) },
	}
	r := new(Reader)
	for name, source := range sources {
		for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, func(r io.Reader) io.Reader { return r }} {
			src := source()
			r.Reset(src, 1<<13)
			got, err := io.ReadAll(wrap(r))
			rest, _ := io.ReadAll(src)
			if err != nil || !bytes.Equal(got, content) || string(rest) != "rest" {
				t.Errorf("%s: %d bytes, %v, and %q", name, len(got), err, rest)
			}
		}
	}
}

// TestCut cuts at every byte: what comes out grows with what is there, is a beginning of
// the content, and lacks no more than what the range decoder looks ahead.
func TestCut(t *testing.T) {
	content := contents()["text"][:4000]
	stored := pack(t, content, 1<<16, nil)
	last := 0
	for n := range stored {
		got, err := unpack(stored[:n], 1<<16)
		if err != io.ErrUnexpectedEOF {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if len(got) < last || !bytes.HasPrefix(content, got) {
			t.Fatalf("cut at %d: %d bytes after %d", n, len(got), last)
		}
		last = len(got)
	}
	if last != len(content) {
		t.Errorf("%d bytes of %d without the end marker", last, len(content))
	}
}

// errSource fails at its end.
var errSource = errors.New("source")

func TestSourceError(t *testing.T) {
	content := contents()["mixed"][49_000:52_000]
	stored := pack(t, content, 1<<16, nil)
	for n := range stored {
		src := io.MultiReader(bytes.NewReader(stored[:n]), iotest.ErrReader(errSource))
		got, err := io.ReadAll(reading(src, 1<<16))
		if err != errSource || !bytes.HasPrefix(content, got) {
			t.Fatalf("error at %d: %d bytes, %v", n, len(got), err)
		}
	}
}

// TestRefuse holds headers and chunks against what the format allows.
func TestRefuse(t *testing.T) {
	f := func(stored string, want error, decoded string) {
		t.Helper()
		got, err := unpack([]byte(stored), 1<<16)
		if err != want || string(got) != decoded {
			t.Errorf("%q: %q, %v; want %q, %v", stored, got, err, decoded, want)
		}
	}
	f("\x00", nil, "")
	f("\x01\x00\x02abc\x00", nil, "abc")
	f("\x01\x00\x02abc\x02\x00\x01de\x01\x00\x00f\x00", nil, "abcdef")
	f("\x01\x00\x02ab", io.ErrUnexpectedEOF, "ab")
	f("", io.ErrUnexpectedEOF, "")
	f("\x02\x00\x02abc\x00", errHeader, "")                                                       // no dictionary
	f("\x80\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00", errHeader, "")                              // neither that nor properties
	f("\x01\x00\x00a\x80\x00\x00\x00\x04\x00\x00", errHeader, "a")                                // no properties
	f("\x01\x00\x00a\xa0\x00\x00\x00\x04\x00\x00", errHeader, "a")                                // nor here
	f("\x01\x00\x00a\x03", errHeader, "a")                                                        // no such chunk
	f("\xe0\x00\x00\x00\x04\xe1\x00\x00\x00\x00\x00", errHeader, "")                              // no such properties
	f("\xe0\x00\x00\x00\x04\x2c\x00\x00\x00\x00\x00", errHeader, "")                              // lc+lp = 8
	f("\xe0\x00\x00\x00\x04\x5d\x01\x00\x00\x00\x00", errChunk, "")                               // the first byte is 0
	f("\xe0\x00\x00\x00\x03\x5d\x00\x00\x00\x00\x00", errChunk, "")                               // too short for the code
	f("\xe0\x00\x00\x00\x0f\x5d\x00\xff\xff\xff\xfe"+strings.Repeat("\xff", 11), errDistance, "") // a match with nothing before
}

// TestChunkEnd has chunks that go on where their header says that they end.
func TestChunkEnd(t *testing.T) {
	content := contents()["text"][:2000]
	whole := pack(t, content, 1<<16, nil)
	for _, n := range []int{1, 1000, 1999} {
		stored := bytes.Clone(whole)
		binary.BigEndian.PutUint16(stored[1:], uint16(n-1))
		got, err := unpack(stored, 1<<16)
		if err != errChunk || !bytes.Equal(got, content[:n]) {
			t.Errorf("%d bytes of %d told: %d decoded, %v", n, len(content), len(got), err)
		}
	}
}

// TestMemory has the dictionary grow with what is decoded, whatever the header asks for.
func TestMemory(t *testing.T) {
	r := reading(strings.NewReader("\x01\x00\x02abc\x00"), 1<<30)
	if _, err := io.ReadAll(r); err != nil || len(r.dict.buf) > minGrowth {
		t.Errorf("%d bytes for 3, %v", len(r.dict.buf), err)
	}
	if n := testing.AllocsPerRun(10, func() {
		r.Reset(bufio.NewReader(strings.NewReader("\x01\x00\x02abc\x00")), 1<<20)
		r.Read(make([]byte, 8))
	}); n > 4 {
		t.Errorf("%v allocations for a stream", n)
	}
}

// FuzzReader holds the reader against the library: what the two decode of anything has a
// common beginning, and what is whole here is whole there.
func FuzzReader(f *testing.F) {
	all := contents()
	for _, name := range []string{"a byte", "text", "mixed"} {
		b := all[name]
		f.Add(pack(f, b[:min(len(b), 3000)], 1<<16, nil), 100, byte(0x10))
	}
	f.Add([]byte("\x01\x00\x02abc\x02\x00\x01de\x00"), 3, byte(1))
	f.Fuzz(func(t *testing.T, stored []byte, at int, flip byte) {
		const dict = 1 << 16
		if len(stored) > 4096 {
			stored = stored[:4096] // a chunk of zeros decodes to megabytes
		}
		packed := pack(t, stored, dict, nil)
		if got, err := unpack(packed, dict); err != nil || !bytes.Equal(got, stored) {
			t.Errorf("%d bytes of %d, %v", len(got), len(stored), err)
		}
		packed[uint(at)%uint(len(packed))] ^= flip
		for _, b := range [][]byte{stored, packed} {
			got, err := unpack(b, dict)
			want, lerr := library(b, dict)
			if n := min(len(got), len(want)); !bytes.Equal(got[:n], want[:n]) {
				t.Errorf("the first %d bytes differ", n)
			}
			if err == nil && (lerr != nil || len(got) != len(want)) {
				t.Errorf("%d bytes, whole; the library has %d, %v", len(got), len(want), lerr)
			}
			if lerr != nil && len(got) < len(want) && err == io.ErrUnexpectedEOF {
				t.Errorf("%d bytes before the cut; the library has %d", len(got), len(want))
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	content := bytes.Repeat(contents()["text"], 4)
	stored := pack(b, content, 1<<20, nil)
	run := func(name string, decode func() (io.Reader, error)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := decode()
				if err != nil {
					b.Fatal(err)
				}
				if n, err := io.Copy(io.Discard, r); err != nil || n != int64(len(content)) {
					b.Fatal(n, err)
				}
			}
		})
	}
	r := new(Reader)
	run("ours", func() (io.Reader, error) {
		r.Reset(bufio.NewReader(bytes.NewReader(stored)), 1<<20)
		return r, nil
	})
	run("library", func() (io.Reader, error) {
		return lzma.Reader2Config{DictCap: 1 << 20}.NewReader2(bytes.NewReader(stored))
	})
}
