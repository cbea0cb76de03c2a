package input

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// events returns n lines of look-alike events, the same for the same n.
func events(n int) []byte {
	r := rand.New(rand.NewSource(1))
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"@timestamp":"2026-03-01T08:%02d:%02d.%09dZ","host":{"name":"h%d"},"process":{"pid":%d,"entity_id":"%x"}}`+"\n",
			i/60%60, i%60, r.Intn(1e9), r.Intn(9), r.Intn(1e5), r.Int63())
	}
	return b.Bytes()
}

// gz compresses with the standard library, another encoder than the decoder's.
func gz(t testing.TB, name string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Name, w.Comment, w.Extra = name, "c", []byte("xx")
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zst(t testing.TB, b []byte, opts ...zstd.EOption) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, append([]zstd.EOption{zstd.WithEncoderConcurrency(1)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	// In pieces, so that the frame has several blocks and no content size.
	for len(b) > 0 {
		n := min(len(b), 1000)
		if _, err := w.Write(b[:n]); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		b = b[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// file writes b below a fresh directory and returns its path.
func file(t testing.TB, name string, b []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	write(t, p, b)
	return p
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func hexSum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// decode reads stored as standard input and returns all decoded bytes, what ended
// the stream (nil for io.EOF), and the closed stream.
func decode(t testing.TB, stored []byte, lim Limits) ([]byte, *Stream, error) {
	t.Helper()
	s, err := Open(Input{Name: "-"}, bytes.NewReader(stored), lim)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b, err := io.ReadAll(s)
	return b, s, err
}

// bz returns what bzip2(1) made of ten pieces of six lines, one stream each, as
// tenUnits makes them.
func bz(t testing.TB) (stored []byte, streams [][]byte) {
	t.Helper()
	stored, err := os.ReadFile("testdata/ten.bz2")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range bytes.Split(stored, []byte("BZh1"))[1:] {
		streams = append(streams, append([]byte("BZh1"), s...))
	}
	if len(streams) != 10 {
		t.Fatalf("%d streams", len(streams))
	}
	return stored, streams
}

// xzOf compresses b into blocks of that many bytes; 0: one block.
func xzOf(t testing.TB, b []byte, block int64) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := xz.WriterConfig{BlockSize: block, DictCap: 1 << 16}.NewWriter(&out)
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

// decodeAll is decode over gaps.
func decodeAll(t testing.TB, stored []byte, lim Limits) ([]byte, *Stream, error) {
	t.Helper()
	s, err := Open(Input{Name: "-"}, bytes.NewReader(stored), lim)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out, err := readPieces(s)
	return bytes.Join(out, nil), s, err
}
