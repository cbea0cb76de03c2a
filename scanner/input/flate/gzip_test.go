package flate

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"time"
)

// gzipped compresses with the standard library.
func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	return gzippedAs(t, gzip.Header{}, data)
}

func gzippedAs(t testing.TB, h gzip.Header, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Header = h
	_, err := w.Write(data)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// withHeaderCRC adds the checksum of the header, which no library writes. size is
// the length of the header.
func withHeaderCRC(b []byte, size int) []byte {
	out := bytes.Clone(b[:size])
	out[3] |= flagHeaderCRC
	out = binary.LittleEndian.AppendUint16(out, uint16(crc32.ChecksumIEEE(out)))
	return append(out, b[size:]...)
}

// members decodes to the end of br or to an error; nil stands for the end.
func members(t testing.TB, z *GzipReader, br Source) (out []byte, n int, err error) {
	t.Helper()
	z.Reset(br, 0, 0)
	return more(t, z)
}

// more goes on with the members of z.
func more(t testing.TB, z *GzipReader) (out []byte, n int, err error) {
	t.Helper()
	for {
		if err = z.Member(); err != nil {
			break
		}
		n++
		for err == nil {
			var p []byte
			if p, err = z.Next(); (err == nil) != (len(p) > 0) {
				t.Fatalf("%d bytes with error %v", len(p), err)
			}
			out = append(out, p...)
		}
		if err != io.EOF {
			return out, n, err
		}
	}
	if err == io.EOF {
		err = nil
	}
	return out, n, err
}

func TestMembers(t *testing.T) {
	one, two := events(3000), events(200<<10)
	long := strings.Repeat("n", 40_000)
	header := gzip.Header{Name: "evidence.ndjson", Comment: "c\u00e9", Extra: []byte("xxxx"), ModTime: time.Unix(1e9, 0)}
	plain := gzipped(t, one)
	named := gzippedAs(t, header, two)
	nul := bytes.IndexByte(named, 0xe9) + 2
	for _, c := range []struct {
		name   string
		stored []byte
		want   []byte
		n      int
	}{
		{"nothing", nil, nil, 0},
		{"one", plain, one, 1},
		{"two", append(bytes.Clone(plain), named...), append(bytes.Clone(one), two...), 2},
		{"empty ones", bytes.Repeat(gzipped(t, nil), 3), nil, 3},
		{"padded", append(bytes.Clone(plain), make([]byte, 5000)...), one, 1},
		{"zeros alone", make([]byte, 10), nil, 0},
		{"checksum of the header", withHeaderCRC(named, nul), two, 1},
		{"long name", gzippedAs(t, gzip.Header{Name: long, Comment: long}, one), one, 1},
	} {
		for _, r := range readers {
			z := new(GzipReader)
			got, n, err := members(t, z, r.open(c.stored))
			if !bytes.Equal(got, c.want) || n != c.n || err != nil {
				t.Errorf("%s, %s: %d members, equal up to %d of %d, error %v", c.name, r.name, n, common(got, c.want), len(c.want), err)
			}
			if z.Consumed() != int64(len(c.stored)) || z.Decoded() != int64(len(c.want)) {
				t.Errorf("%s, %s: Consumed %d of %d, Decoded %d", c.name, r.name, z.Consumed(), len(c.stored), z.Decoded())
			}
		}
	}
}

// What is no member, and where it is noticed.
func TestBadMembers(t *testing.T) {
	data := events(500)
	good := gzipped(t, data)
	change := func(at int, to ...byte) []byte {
		b := bytes.Clone(good)
		if at < 0 {
			at += len(b)
		}
		copy(b[at:], to)
		return b
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	named := gzippedAs(t, gzip.Header{Name: "n"}, data)
	wrongCRC := withHeaderCRC(named, 12)
	wrongCRC[12]++
	for _, c := range []struct {
		name     string
		stored   []byte
		want     error
		consumed int64
	}{
		{"second byte", change(1, 0x8c), ErrTrailing, 0},
		{"second byte, at the edge of the buffer", change(1), nil, int64(len(good))},
		{"method", change(2, 7), ErrHeader, 10},
		{"reserved flag", change(3, 0x20), ErrHeader, 10},
		{"checksum of the header", wrongCRC, ErrHeader, 14},
		{"endless name", join([]byte{0x1f, 0x8b, 8, flagName, 0, 0, 0, 0, 0, 3}, bytes.Repeat([]byte("x"), 1<<20)), ErrHeader, 10 + maxText},
		{"checksum", change(-8, good[len(good)-8]^1), ErrChecksum, int64(len(good))},
		{"length", change(-4, good[len(good)-4]^1), ErrChecksum, int64(len(good))},
		{"text behind", join(good, []byte("text")), ErrTrailing, int64(len(good))},
		{"text behind padding", join(good, make([]byte, 100), []byte("text")), ErrTrailing, int64(len(good)) + 100},
		{"half a magic", join(good, []byte{0x1f}), io.ErrUnexpectedEOF, int64(len(good)) + 1},
		{"half a header", join(good, good[:9]), io.ErrUnexpectedEOF, int64(len(good)) + 9},
		{"half a trailer", good[:len(good)-3], io.ErrUnexpectedEOF, int64(len(good)) - 3},
	} {
		for _, r := range readers {
			z := new(GzipReader)
			br := r.open(c.stored)
			_, _, err := members(t, z, br)
			if !errors.Is(err, c.want) {
				t.Errorf("%s, %s: error %v, want %v", c.name, r.name, err, c.want)
			}
			rest, _ := io.Copy(io.Discard, br)
			if z.Consumed() != c.consumed || int64(len(c.stored))-rest != c.consumed {
				t.Errorf("%s, %s: Consumed %d, want %d; %d bytes are left", c.name, r.name, z.Consumed(), c.consumed, rest)
			}
		}
	}
}

// After a wrong checksum the next member can be read.
func TestGoOnAfterChecksum(t *testing.T) {
	data := events(5000)
	b := gzipped(t, data)
	b[len(b)-5] ^= 0x40
	b = append(b, gzipped(t, []byte("next"))...)
	z := new(GzipReader)
	got, _, err := members(t, z, bufio.NewReader(bytes.NewReader(b)))
	if !bytes.Equal(got, data) || !errors.Is(err, ErrChecksum) {
		t.Fatalf("%d bytes, error %v", len(got), err)
	}
	if got, n, err := more(t, z); string(got) != "next" || n != 1 || err != nil {
		t.Errorf("got %q, %d members, error %v", got, n, err)
	}
	if z.Consumed() != int64(len(b)) || z.Decoded() != int64(len(data)+4) {
		t.Errorf("Consumed %d of %d, Decoded %d", z.Consumed(), len(b), z.Decoded())
	}
}

// checkGzip holds the reader against the standard library's.
func checkGzip(t testing.TB, b []byte) {
	t.Helper()
	if len(b) > 10 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8 && b[3]&flagReserved != 0 {
		// RFC 1952, section 2.3.1.2, wants an error, the library gives none.
		z := new(GzipReader)
		if _, _, err := members(t, z, bufio.NewReader(bytes.NewReader(b))); !errors.Is(err, ErrHeader) {
			t.Fatalf("reserved flags: error %v", err)
		}
		return
	}
	src := bytes.NewReader(b)
	var want []byte
	std, werr := gzip.NewReader(src)
	if werr == nil {
		std.Multistream(false) // one member: what may follow it is ours to say
		want, werr = io.ReadAll(std)
	}
	z := new(GzipReader)
	for _, r := range readers {
		z.Reset(r.open(b), 0, 0)
		var got []byte
		err := z.Member()
		for err == nil {
			var p []byte
			p, err = z.Next()
			got = append(got, p...)
		}
		if (err == io.EOF) != (werr == nil) && (len(b) > 0 && b[0] != 0) {
			t.Fatalf("%s: error %v, standard library %v", r.name, err, werr)
		}
		if !bytes.HasPrefix(got, want) || err == io.EOF && len(got) != len(want) {
			t.Fatalf("%s: %d bytes, standard library %d; equal up to %d", r.name, len(got), len(want), common(got, want))
		}
		if err == io.EOF && len(b) > 0 && b[0] != 0 && z.Consumed() != int64(len(b)-src.Len()) {
			t.Fatalf("%s: Consumed %d, standard library %d", r.name, z.Consumed(), len(b)-src.Len())
		}
	}
}

func smallMember(t testing.TB) []byte {
	return withHeaderCRC(gzippedAs(t, gzip.Header{Name: "a", Extra: []byte("BC\x02\x00\x01\x02")}, events(600)), 20)
}

func TestGzipTruncatedAndFlipped(t *testing.T) {
	b := smallMember(t)
	checkGzip(t, b)
	for i := range b {
		checkGzip(t, b[:i])
		for bit := range 8 {
			c := bytes.Clone(b)
			c[i] ^= 1 << bit
			checkGzip(t, c)
		}
	}
}

// FuzzGzip feeds anything as a member. The standard library refuses names of 512
// bytes, we only those of 64 KiB: inputs stay below.
func FuzzGzip(f *testing.F) {
	b := smallMember(f)
	f.Add(b)
	f.Add(b[:len(b)/2])
	f.Add(append(bytes.Clone(b), b...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 2<<10 {
			t.Skip("too long to be cheap")
		}
		if len(b) > 10 && b[3]&(flagName|flagComment) != 0 && len(b) > 512 {
			t.Skip("may hold a long name")
		}
		checkGzip(t, b)
	})
}

// bgzf is data as a sequence of blocks that say how long they are, and the empty
// one at the end.
func bgzf(t testing.TB, data []byte, size int) (b []byte, starts []int) {
	t.Helper()
	for len(data) > 0 || len(starts) == 0 {
		n := min(size, len(data))
		starts = append(starts, len(b))
		m := gzippedAs(t, gzip.Header{Extra: []byte("XY\x01\x00zBC\x02\x00\x00\x00")}, data[:n])
		binary.LittleEndian.PutUint16(m[21:], uint16(len(m)-1))
		b, data = append(b, m...), data[n:]
	}
	return b, starts
}

func TestBlockSize(t *testing.T) {
	data := events(200 << 10)
	b, starts := bgzf(t, data, 60_000)
	z := new(GzipReader)
	z.Reset(bufio.NewReader(bytes.NewReader(b)), 0, 0)
	for i, at := range starts {
		end := len(b)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		if z.Consumed() != int64(at) {
			t.Fatalf("block %d: Consumed %d, want %d", i, z.Consumed(), at)
		}
		if err := z.Member(); err != nil || z.BlockSize() != end-at {
			t.Fatalf("block %d: size %d, want %d, error %v", i, z.BlockSize(), end-at, err)
		}
		if _, err := io.Copy(io.Discard, z); err != nil {
			t.Fatal(err)
		}
	}
	f := func(extra string, want int) {
		t.Helper()
		z.Reset(bufio.NewReader(bytes.NewReader(gzippedAs(t, gzip.Header{Extra: []byte(extra)}, data[:99]))), 0, 0)
		if err := z.Member(); err != nil || z.BlockSize() != want {
			t.Errorf("%q: size %d, want %d, error %v", extra, z.BlockSize(), want, err)
		}
		if got, err := io.ReadAll(z); !bytes.Equal(got, data[:99]) || err != nil {
			t.Errorf("%q: %d bytes, error %v", extra, len(got), err)
		}
	}
	f("", 0)
	f("BC", 0)
	f("BC\x02\x00\xff\xff", 1<<16)
	f("BC\x02\x00\x01", 0)
	f("BC\x03\x00\x01\x02\x03", 0)
	f("CB\x02\x00\x01\x02", 0)
	f("ZZ\x00\x00BC\x02\x00\x0f\x00junk!", 16)
	f("ZZ\xff\xff", 0)
}
