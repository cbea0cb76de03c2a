package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// made is a journal with a head and these frames; it returns the bytes of its file.
func made(t testing.TB, list ...Frame) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "j")
	j, err := Create(path, []byte("head"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if err := j.Append(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// opened writes b to a file and opens it.
func opened(t testing.TB, b []byte) (*Journal, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "j")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := Open(path)
	if err == nil {
		t.Cleanup(func() { j.file.Close() }) // closed by some tests
	}
	return j, err
}

// read lists the frames of a journal.
func read(t testing.TB, j *Journal) (list []Frame) {
	t.Helper()
	err := j.Each(func(f Frame) error {
		f.Data = bytes.Clone(f.Data)
		list = append(list, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// all are frames of every kind and of every size that makes a difference.
func all() []Frame {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 3*maxPacked/2)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	return []Frame{
		{Key, 0, []byte("k")}, {Part, 7, bytes.Repeat([]byte("packed "), 1000)}, {Part, 8, noise[:minPacked-1]},
		{Part, 9, noise[:100_000]}, {Done, 1<<32 - 1, nil}, {Begin, 0, []byte("again")}, {Part, 1, noise}, {Done, 1, noise[:minPacked]},
	}
}

func sameFrames(t *testing.T, what string, got, want []Frame) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d frames, want %d", what, len(got), len(want))
	}
	for i, f := range got {
		if w := want[i]; f.Kind != w.Kind || f.Number != w.Number || !bytes.Equal(f.Data, w.Data) {
			t.Errorf("%s: frame %d: got %c %d with %d bytes, want %c %d with %d", what, i, f.Kind, f.Number, len(f.Data), w.Kind, w.Number, len(w.Data))
		}
	}
}

func TestJournal(t *testing.T) {
	want := all()
	b := made(t, want...)
	j, err := opened(t, b)
	if err != nil {
		t.Fatal(err)
	}
	sameFrames(t, "read back", read(t, j), want)
	sameFrames(t, "once more", read(t, j), want)
	if got := fmt.Sprintf("%s %d %d %q", j.Head(), j.Done(), j.Torn(), j.Begins()); got != `head 2 0 ["again"]` {
		t.Error(got)
	}
	// Repetitive data is packed: the second frame alone would be 7,000 bytes.
	if one := len(made(t, want[1])); one > 1000 {
		t.Errorf("%d bytes", one)
	}
	more := Frame{Done, 3, []byte("more")}
	if err := j.Append(more); err != nil || j.Done() != 3 {
		t.Errorf("%v, %d done", err, j.Done())
	}
	sameFrames(t, "appended", read(t, j), append(want, more))
}

// Cut anywhere, a journal holds the whole frames before, and goes on behind them.
func TestTorn(t *testing.T) {
	want := []Frame{{Key, 0, []byte("k")}, {Part, 1, bytes.Repeat([]byte("ab"), 100)}, {Done, 1, []byte("d")}}
	b := made(t, want...)
	empty := len(made(t))
	whole := 0
	for n := range len(b) + 1 {
		j, err := opened(t, b[:n])
		if n < empty {
			if !errors.Is(err, errNone) {
				t.Fatalf("cut at %d: %v", n, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		list := read(t, j)
		whole = len(list)
		sameFrames(t, fmt.Sprint("cut at ", n), list, want[:whole])
		more := Frame{Done, 9, []byte("more")}
		if err := j.Append(more); err != nil {
			t.Fatal(err)
		}
		j.file.Close()
		again, err := Open(j.file.Name())
		if err != nil {
			t.Fatal(err)
		}
		sameFrames(t, fmt.Sprint("gone on at ", n), read(t, again), append(want[:whole:whole], more))
		if again.Torn() != 0 {
			t.Errorf("cut at %d: %d bytes are torn still", n, again.Torn())
		}
		again.file.Close()
	}
	if whole != len(want) {
		t.Errorf("%d whole frames at the end", whole)
	}
}

// A byte that is another costs the frame it is in and all behind, and never makes a frame
// of another content.
func TestFlipped(t *testing.T) {
	want := []Frame{{Key, 0, []byte("k")}, {Part, 1, bytes.Repeat([]byte("ab"), 100)}, {Done, 1, []byte("d")}}
	b := made(t, want...)
	for i := range b {
		flipped := bytes.Clone(b)
		flipped[i] ^= 0x41
		j, err := opened(t, flipped)
		if err != nil {
			if !errors.Is(err, errNone) {
				t.Fatalf("flipped at %d: %v", i, err)
			}
			continue
		}
		list := read(t, j)
		if len(list) == len(want) {
			t.Fatalf("flipped at %d: nothing is missed", i)
		}
		sameFrames(t, fmt.Sprint("flipped at ", i), list, want[:len(list)])
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "j")
	j, err := Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second one: %v", err)
	}
	if _, err := Open(path); !errors.Is(err, errLocked) {
		t.Errorf("one in use: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := j.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := Open(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one that is gone: %v", err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("a directory is opened")
	}
	for _, text := range []string{"", "{}", magic, magic + strings.Repeat("x", 100)} {
		if _, err := opened(t, []byte(text)); !errors.Is(err, errNone) {
			t.Errorf("%q: %v", text, err)
		}
	}
	// A head in the middle is none of ours.
	if _, err := opened(t, appendFrame(made(t), Frame{Kind: kindHead})); !errors.Is(err, errNone) {
		t.Errorf("two heads: %v", err)
	}
}

// The first error of writing stays, and what was written before it stays good.
func TestWriteFails(t *testing.T) {
	j, err := opened(t, made(t, Frame{Done, 1, []byte("d")}))
	if err != nil {
		t.Fatal(err)
	}
	if err := j.file.Close(); err != nil {
		t.Fatal(err)
	}
	first := j.Append(Frame{Part, 1, nil})
	if first == nil || j.Append(Frame{Part, 2, nil}) != first || j.Err() != first {
		t.Errorf("%v, then %v", first, j.Err())
	}
	again, err := Open(j.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	sameFrames(t, "before the error", read(t, again), []Frame{{Done, 1, []byte("d")}})
}

// Many append at once, and each frame stands whole.
func TestAppendAtOnce(t *testing.T) {
	j, err := opened(t, made(t))
	if err != nil {
		t.Fatal(err)
	}
	var writing sync.WaitGroup
	for n := range 4 {
		writing.Go(func() {
			for i := range 100 {
				if err := j.Append(Frame{Done, uint32(n), fmt.Appendf(nil, "%d %s", i, strings.Repeat("x", 10*i))}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	var next [4]int
	for _, f := range read(t, j) {
		if want := fmt.Sprintf("%d %s", next[f.Number], strings.Repeat("x", 10*next[f.Number])); string(f.Data) != want {
			t.Fatalf("writer %d: got %q", f.Number, f.Data)
		}
		next[f.Number]++
	}
	if next != [4]int{100, 100, 100, 100} || j.Done() != 400 {
		t.Errorf("%v", next)
	}
}

// What a small frame unpacks to is bounded, whatever it says.
func TestBomb(t *testing.T) {
	f := Frame{Kind: Part | packed}
	for _, stored := range [][]byte{
		{0xff, 0xff, 0xff, 0xff, 0x0f},                   // four gigabytes, and nothing
		{0x81, 0x80, 0x80, 0x02, 0xf0, 0xff},             // a byte more than is packed
		bytes.Repeat([]byte{0xfe}, 100), {}, {0x05, 'x'}, // not of this kind
	} {
		g := f
		if g.unpack(nil, stored) {
			t.Errorf("% x is unpacked", stored)
		}
	}
}

// FuzzOpen: whatever stands in the file, what is read is bounded and read alike again.
func FuzzOpen(f *testing.F) {
	f.Add(made(f, all()[:3]...))
	f.Add(made(f))
	f.Add([]byte(magic))
	path := filepath.Join(f.TempDir(), "j")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := Open(path)
		if err != nil {
			return
		}
		defer j.file.Close()
		list := read(t, j)
		if err := j.Append(Frame{Done, 1, []byte("more")}); err != nil {
			t.Fatal(err)
		}
		sameFrames(t, "gone on", read(t, j), append(list, Frame{Done, 1, []byte("more")}))
	})
}

func BenchmarkAppend(b *testing.B) {
	j, err := Create(filepath.Join(b.TempDir(), "j"), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer j.Remove()
	var data []byte
	for i := 0; len(data) < 256<<10; i++ {
		data = fmt.Appendf(data, `{"host":"h%d","process":{"pid":%d,"name":"tool"},"@timestamp":"2026-03-01T08:00:%02dZ"}`, i%7, i*i, i%60)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Append(Frame{Part, 1, data}); err != nil {
			b.Fatal(err)
		}
	}
}
