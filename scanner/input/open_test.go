package input

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
)

func TestOpenDecodes(t *testing.T) {
	want := events(3000)
	half := len(want) / 3
	var skippable = []byte("\x5a\x2a\x4d\x18\x05\x00\x00\x00hello")
	f := func(name string, stored []byte, codec string) {
		t.Helper()
		var storedSeen, decodedSeen atomic.Int64
		path := file(t, "misleading.txt", stored)
		s, err := Open(Input{Name: "x", Path: path}, nil, Limits{Stored: &storedSeen, Decoded: &decodedSeen})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, ok := s.Sum(); ok {
			t.Errorf("%s: a sum before the end", name)
		}
		got, err := io.ReadAll(s)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %d bytes, %v; want %d", name, len(got), err, len(want))
		}
		if s.Codec() != codec {
			t.Errorf("%s: codec %q, want %q", name, s.Codec(), codec)
		}
		if sum, ok := s.Sum(); !ok || sum != hexSum(stored) {
			t.Errorf("%s: sum %q %v, want %s", name, sum, ok, hexSum(stored))
		}
		if s.Stored() != int64(len(stored)) || storedSeen.Load() != s.Stored() {
			t.Errorf("%s: stored %d, seen %d, want %d", name, s.Stored(), storedSeen.Load(), len(stored))
		}
		if s.Decoded() != int64(len(want)) || decodedSeen.Load() != s.Decoded() {
			t.Errorf("%s: decoded %d, seen %d, want %d", name, s.Decoded(), decodedSeen.Load(), len(want))
		}
	}
	join := func(b ...[]byte) []byte { return bytes.Join(b, nil) }
	f("plain", want, "")
	f("gzip", gz(t, "n", want), "gzip")
	f("gzip members", join(gz(t, "", want[:half]), gz(t, "b", nil), gz(t, "c", want[half:])), "gzip")
	f("gzip padded with zeros", join(gz(t, "", want), make([]byte, 1000)), "gzip")
	f("zstd", zst(t, want), "zstd")
	f("zstd without checksum", zst(t, want, zstd.WithEncoderCRC(false)), "zstd")
	f("zstd single segment", zst(t, want, zstd.WithSingleSegment(true)), "zstd")
	f("zstd frames", join(zst(t, want[:half]), skippable, zst(t, want[half:])), "zstd")
	f("zstd skippable first", join(skippable, skippable, zst(t, want)), "zstd")
	f("zstd window", zst(t, want, zstd.WithWindowSize(16<<20)), "zstd")
	enc, _ := zstd.NewWriter(nil)
	f("zstd in one piece", enc.EncodeAll(want, nil), "zstd")
}

func TestOpenEmpty(t *testing.T) {
	got, s, err := decode(t, nil, Limits{})
	sum, ok := s.Sum()
	if len(got) != 0 || err != nil || !ok || sum != hexSum(nil) {
		t.Errorf("got %q, %v, %q %v", got, err, sum, ok)
	}
}

func TestOpenOneByteReads(t *testing.T) {
	want := events(50)
	for _, stored := range [][]byte{want, gz(t, "", want), zst(t, want)} {
		s, err := Open(Input{Name: "-"}, iotest.OneByteReader(bytes.NewReader(stored)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(iotest.OneByteReader(s))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("got %d bytes, %v; want %d", len(got), err, len(want))
		}
		s.Close()
	}
}

func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	for _, p := range []string{dir, dir + "/none"} {
		if s, err := Open(Input{Path: p}, nil, Limits{}); err == nil || !strings.Contains(err.Error(), p) {
			t.Errorf("%s: got %v, %v; want an error that names it", p, s, err)
		}
	}
	if _, err := Open(Input{Name: "-"}, nil, Limits{}); err == nil {
		t.Error("no standard input: no error")
	}
}

// TestCutEverywhere cuts compressed streams at every byte: what comes out is a
// prefix of the content, grows with what is there, and damage is reported.
func TestCutEverywhere(t *testing.T) {
	want := events(40)
	f := func(name string, stored []byte, first int, boundaries ...int) {
		t.Helper()
		last := 0
		for n := first; n < len(stored); n++ {
			got, s, err := decode(t, stored[:n], Limits{})
			if !bytes.HasPrefix(want, got) {
				t.Fatalf("%s cut at %d: %d bytes that are no prefix", name, n, len(got))
			}
			if len(got) < last {
				t.Fatalf("%s cut at %d: %d bytes, %d at one less", name, n, len(got), last)
			}
			last = len(got)
			if sum, ok := s.Sum(); !ok || sum != hexSum(stored[:n]) {
				t.Fatalf("%s cut at %d: sum %q %v", name, n, sum, ok)
			}
			whole := false
			for _, b := range boundaries {
				whole = whole || n == b
			}
			var damage *DamageError
			if whole {
				if err != nil {
					t.Fatalf("%s cut between members at %d: %v", name, n, err)
				}
				continue
			}
			if !errors.As(err, &damage) || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s cut at %d: error %v, want unexpected end", name, n, err)
			}
			if damage.StoredOffset != int64(n) || damage.DecodedOffset != int64(len(got)) {
				t.Fatalf("%s cut at %d: damage at %d, %d; want %d, %d",
					name, n, damage.StoredOffset, damage.DecodedOffset, n, len(got))
			}
		}
		if last < len(want)-200 {
			t.Errorf("%s: %d of %d bytes before the last cut", name, last, len(want))
		}
	}
	a, b := gz(t, "some-name", want[:2000]), gz(t, "", want[2000:])
	f("gzip", append(a[:len(a):len(a)], b...), 2, len(a))
	a, b = zst(t, want[:2000]), zst(t, want[2000:])
	f("zstd", append(a[:len(a):len(a)], b...), 4, len(a))
}

// TestWholeBlocksBeforeCut holds the zstd decoder to give out every block that is
// there: blocks end at known places because the encoder was flushed there.
func TestWholeBlocksBeforeCut(t *testing.T) {
	want := events(60)
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	for pos := 0; pos < len(want); {
		n := min(1000, len(want)-pos)
		w.Write(want[pos : pos+n])
		w.Flush()
		pos += n
		got, _, err := decode(t, out.Bytes(), Limits{})
		if err == nil {
			t.Fatalf("after %d bytes: no damage", pos)
		}
		if !bytes.Equal(got, want[:pos]) {
			t.Fatalf("after %d bytes: got %d", pos, len(got))
		}
	}
}

func TestDamage(t *testing.T) {
	want := events(300)
	flip := func(b []byte, i int) []byte {
		b = bytes.Clone(b)
		if i < 0 {
			i += len(b)
		}
		b[i] ^= 0x55
		return b
	}
	f := func(name string, stored []byte, min int, why string) {
		t.Helper()
		got, s, err := decode(t, stored, Limits{})
		var damage *DamageError
		if !errors.As(err, &damage) || !strings.Contains(damage.Why, why) {
			t.Errorf("%s: error %v, want %q", name, err, why)
			return
		}
		if len(got) < min {
			t.Errorf("%s: %d bytes came out, want %d", name, len(got), min)
		}
		if !bytes.HasPrefix(want, got) {
			t.Errorf("%s: what came out is no prefix", name)
		}
		if damage.DecodedOffset != int64(len(got)) || damage.StoredOffset <= 0 || damage.StoredOffset > int64(len(stored)) {
			t.Errorf("%s: position %+v", name, damage)
		}
		if sum, ok := s.Sum(); !ok || sum != hexSum(stored) {
			t.Errorf("%s: sum %q %v; the rest was not hashed", name, sum, ok)
		}
	}
	g, z := gz(t, "n", want), zst(t, want)
	enc, _ := zstd.NewWriter(nil)
	f("gzip checksum", flip(g, -8), len(want), "invalid checksum")
	f("gzip trailing bytes", append(g[:len(g):len(g)], strings.Repeat("rest", 1<<18)...), len(want), "trailing")
	f("gzip zeros, then more", append(g[:len(g):len(g)], 0, 0, 'x'), len(want), "trailing")
	f("gzip broken second member", append(g[:len(g):len(g)], 0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9), len(want), "header")
	f("zstd checksum", flip(z, -1), len(want), "zstd: ")
	f("zstd checksum of one block", flip(enc.EncodeAll(want[:5000], nil), -1), 5000, "zstd: ")
	f("zstd trailing bytes", append(z[:len(z):len(z)], "trailing"...), len(want), "zstd: ")
	f("zstd dictionary", append(z[:len(z):len(z)], 0x28, 0xb5, 0x2f, 0xfd, 0x01, 0, 7, 1, 0, 0), len(want), "dictionary")
}

func TestZstdWindow(t *testing.T) {
	// A header may ask for any window: 2 TiB here, over content that needs none.
	want := events(3000)
	z := zst(t, want, zstd.WithEncoderCRC(true), zstd.WithWindowSize(1<<20))
	if z[4]&0x20 != 0 {
		t.Fatal("the encoder wrote no window descriptor")
	}
	z[5] = 31 << 3
	got, _, err := decode(t, z, Limits{ZstdWindow: 1 << 20})
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("lowered window: got %d bytes, %v; want %d", len(got), err, len(want))
	}
	// The same behind other frames, with and without a checksum.
	first := events(10)
	for _, crc := range []bool{true, false} {
		before := append(zst(t, first, zstd.WithEncoderCRC(crc)), "\x50\x2a\x4d\x18\x01\x00\x00\x00x"...)
		got, _, err := decode(t, append(before, z...), Limits{ZstdWindow: 1 << 20})
		if err != nil || !bytes.Equal(got, append(bytes.Clone(first), want...)) {
			t.Errorf("lowered window of a second frame: got %d bytes, %v", len(got), err)
		}
	}

	// Content whose second half repeats the first from far away does need its window.
	noise := make([]byte, 1<<20)
	seed := uint32(1)
	for i := range noise {
		seed = seed*1664525 + 1013904223
		noise[i] = byte(seed >> 24)
	}
	far := append(bytes.Clone(noise), noise...)
	for _, opts := range [][]zstd.EOption{
		{zstd.WithWindowSize(4 << 20)},
		{zstd.WithWindowSize(4 << 20), zstd.WithSingleSegment(true)},
	} {
		enc, _ := zstd.NewWriter(nil, opts...)
		z = enc.EncodeAll(far, nil)
		if len(z) > len(far)*3/4 {
			t.Fatalf("the encoder found no match: %d bytes", len(z))
		}
		if got, _, err = decode(t, z, Limits{}); err != nil || !bytes.Equal(got, far) {
			t.Errorf("enough window: got %d bytes, %v", len(got), err)
		}
		got, _, err = decode(t, z, Limits{ZstdWindow: 256 << 10})
		if !errors.As(err, new(*DamageError)) || !strings.Contains(err.Error(), "asks for a window") {
			t.Errorf("too little window: error %v", err)
		}
		if len(got) < len(noise)/2 || !bytes.HasPrefix(far, got) {
			t.Errorf("too little window: got %d bytes, which must be a prefix", len(got))
		}
	}
}

func TestWideWindowsWait(t *testing.T) {
	z := zst(t, events(10), zstd.WithWindowSize(16<<20))
	wide, done := make(chan struct{}, 1), make(chan struct{})
	open := func() *Stream {
		s, err := Open(Input{Name: "-"}, bytes.NewReader(z), Limits{Wide: wide, Done: done})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b := open(), open()
	if _, err := io.ReadAll(a); err != nil {
		t.Fatal(err)
	}
	if len(wide) != 1 {
		t.Fatal("a wide window took no place")
	}
	end := make(chan error)
	go func() {
		_, err := io.ReadAll(b)
		b.Close()
		end <- err
	}()
	select {
	case err := <-end:
		t.Fatalf("the second did not wait: %v", err)
	default:
	}
	a.Close()
	if err := <-end; err != nil {
		t.Error(err)
	}
	if len(wide) != 0 {
		t.Error("a place was not given back")
	}
	d := open()
	if err := d.Reserve(); err != nil || d.Reserve() != nil || len(wide) != 1 {
		t.Errorf("reserve: %v, %d places taken; want 1", err, len(wide))
	}
	if got, err := io.ReadAll(d); err != nil || len(wide) != 1 {
		t.Errorf("after reserve: %d bytes, %v, %d places", len(got), err, len(wide))
	}
	d.Close()
	wide <- struct{}{}
	c := open()
	close(done)
	if _, err := io.ReadAll(c); err != ErrStopped {
		t.Errorf("stopped while waiting: %v", err)
	}
	c.Close()
	if len(wide) != 1 {
		t.Error("a place that was never taken was given back")
	}
}

func TestMaxDecoded(t *testing.T) {
	bomb := gz(t, "", bytes.Repeat([]byte{'a'}, 1<<20))
	got, s, err := decode(t, bomb, Limits{MaxDecoded: 1000})
	var damage *DamageError
	if !errors.As(err, &damage) || damage.DecodedOffset != 1000 || len(got) != 1000 {
		t.Errorf("got %d bytes, %v; want 1000 and damage", len(got), err)
	}
	if _, ok := s.Sum(); !ok {
		t.Error("no sum")
	}
	if got, _, err := decode(t, bomb, Limits{MaxDecoded: 1 << 20}); err != nil || len(got) != 1<<20 {
		t.Errorf("at the limit: got %d bytes, %v", len(got), err)
	}
}

// TestChanged changes a file while it is read.
func TestChanged(t *testing.T) {
	content := events(10000)
	for _, size := range []int64{0, 200, int64(len(content)) + 1} {
		path := file(t, "a", content)
		s, err := Open(Input{Path: path}, nil, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(s, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(s)
		if !errors.As(err, new(*DamageError)) || !strings.Contains(err.Error(), "changed while read") {
			t.Errorf("now %d bytes: got %v", size, err)
		}
		if sum, ok := s.Sum(); ok {
			t.Errorf("now %d bytes: a sum of what never stood in the file: %s", size, sum)
		}
		s.Close()
	}
}

func TestReadError(t *testing.T) {
	want := events(2000)
	broken := errors.New("disk on fire")
	skippable := append([]byte("\x5a\x2a\x4d\x18\xff\xff\xff\x00"), want...)
	for _, stored := range [][]byte{want, gz(t, "", want), zst(t, want), append(zst(t, want[:100]), skippable...)} {
		r := io.MultiReader(bytes.NewReader(stored[:len(stored)/2]), iotest.ErrReader(broken))
		s, err := Open(Input{Name: "-"}, r, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(s)
		if !errors.Is(err, broken) || !errors.As(err, new(*DamageError)) {
			t.Errorf("got %v", err)
		}
		if !bytes.HasPrefix(want, got) || len(got) == 0 {
			t.Errorf("got %d bytes", len(got))
		}
		if _, ok := s.Sum(); ok {
			t.Error("a sum of half an input")
		}
		s.Close()
	}
}

// TestStop ends a stream whose reader never returns.
func TestStop(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	done := make(chan struct{})
	go func() {
		w.Write([]byte("{}\n{}\n"))
		close(done)
	}()
	s, err := Open(Input{Name: "-"}, r, Limits{Done: done})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(s); err != ErrStopped {
		t.Errorf("got %v", err)
	}
	if _, ok := s.Sum(); ok {
		t.Error("a sum of a stopped stream")
	}
	s.Close()
}

func FuzzOpen(f *testing.F) {
	small := events(3)
	f.Add(small)
	f.Add(gz(f, "n", small))
	f.Add(zst(f, small))
	f.Add(zst(f, small, zstd.WithSingleSegment(true)))
	f.Add([]byte("\x5a\x2a\x4d\x18\xff\xff\xff\xff"))
	f.Add([]byte("\x28\xb5\x2f\xfd\xe4\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, stored []byte) {
		lim := Limits{MaxDecoded: 1 << 20, ZstdWindow: 1 << 20}
		got, s, err := decodeAll(t, stored, lim)
		if sum, ok := s.Sum(); !ok || sum != hexSum(stored) {
			t.Errorf("sum %q %v", sum, ok)
		}
		if err != nil && !errors.As(err, new(*DamageError)) {
			t.Errorf("error %v is no damage", err)
		}
		if s.Codec() == "" && err == nil && !bytes.Equal(got, stored) {
			t.Error("plain bytes differ")
		}
		again, _, err2 := decodeAll(t, stored, lim)
		if !bytes.Equal(got, again) || (err == nil) != (err2 == nil) {
			t.Error("a second reading differs")
		}
		// What the window reader lets through decodes as without it.
		if s.Codec() == "zstd" && err == nil {
			z, _ := zstd.NewReader(bytes.NewReader(stored), zstd.WithDecoderConcurrency(1))
			defer z.Close()
			if want, err := io.ReadAll(io.LimitReader(z, 2<<20)); err == nil && !bytes.Equal(got, want) {
				t.Error("differs from the library")
			}
		}
	})
}
