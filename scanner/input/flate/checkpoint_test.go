package flate

import (
	"bufio"
	"bytes"
	stdflate "compress/flate"
	"errors"
	"io"
	"slices"
	"testing"
)

// kept is a checkpoint that outlives its offer.
func kept(all *[]Checkpoint) func(Checkpoint) {
	return func(c Checkpoint) {
		c.Window = bytes.Clone(c.Window)
		*all = append(*all, c)
	}
}

// From every checkpoint decoding goes on to the same bytes.
func TestCheckpoints(t *testing.T) {
	data := events(600 << 10)
	for _, level := range []int{0, 1, 6, 9, stdflate.HuffmanOnly} {
		b := deflated(t, level, data, nil)
		d := new(Decoder)
		br := bufio.NewReader(bytes.NewReader(b))
		d.Reset(br, nil)
		var points []Checkpoint
		const every = 100 << 10
		d.Checkpoints(every, kept(&points))
		if got := next(t, d, len(b), br); !bytes.Equal(got.out, data) {
			t.Fatalf("level %d: %d bytes, error %v", level, len(got.out), got.err)
		}
		if len(points) < 2 || len(points) > len(data)/every {
			t.Errorf("level %d: %d checkpoints", level, len(points))
		}
		before := int64(0)
		for _, c := range points {
			if c.Decoded-before < every {
				t.Errorf("level %d: checkpoint at %d, the one before at %d", level, c.Decoded, before)
			}
			before = c.Decoded
			if want := data[max(0, c.Decoded-window):c.Decoded]; !bytes.Equal(c.Window, want) {
				t.Fatalf("level %d: the window at %d is not what was decoded before", level, c.Decoded)
			}
			resumed(t, d, b, data, c)
		}
	}
}

func resumed(t *testing.T, d *Decoder, b, data []byte, c Checkpoint) {
	t.Helper()
	if err := d.Resume(bufio.NewReader(bytes.NewReader(b[c.Bit/8:])), c); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(d)
	if !bytes.Equal(got, data[c.Decoded:]) || err != nil {
		t.Fatalf("from bit %d: equal up to %d of %d, error %v", c.Bit, common(got, data[c.Decoded:]), len(data)-int(c.Decoded), err)
	}
	if d.Decoded() != int64(len(data)) || d.Consumed() != int64(len(b)) {
		t.Errorf("from bit %d: Decoded %d of %d, Consumed %d of %d", c.Bit, d.Decoded(), len(data), d.Consumed(), len(b))
	}
}

// A position in a damaged stream is the same from a checkpoint on as from the start.
func TestResumeThenDamage(t *testing.T) {
	var buf bytes.Buffer
	w, err := stdflate.NewWriter(&buf, 6)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(events(300 << 10))
	w.Flush() // ends at a whole byte
	at := int64(buf.Len()) * 8
	c := append(buf.Bytes(), 3<<1) // a block of the reserved type
	d := new(Decoder)
	d.Reset(bufio.NewReader(bytes.NewReader(c)), nil)
	var points []Checkpoint
	d.Checkpoints(1, kept(&points))
	io.Copy(io.Discard, d)
	if len(points) == 0 {
		t.Fatal("no checkpoint")
	}
	for _, p := range points {
		err := d.Resume(bufio.NewReader(bytes.NewReader(c[p.Bit/8:])), p)
		if err == nil {
			_, err = io.Copy(io.Discard, d)
		}
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) || corrupt.Bit != at {
			t.Errorf("from bit %d: error %v, want bit %d", p.Bit, err, at)
		}
	}
}

// A checkpoint at the end of what there is.
func TestResumeAtTheEnd(t *testing.T) {
	d := new(Decoder)
	if err := d.Resume(bufio.NewReader(bytes.NewReader(nil)), Checkpoint{Bit: 13}); err != io.ErrUnexpectedEOF {
		t.Errorf("within a byte: %v", err)
	}
	if _, err := d.Next(); err != io.ErrUnexpectedEOF {
		t.Errorf("within a byte: %v", err)
	}
	if err := d.Resume(bufio.NewReader(bytes.NewReader(nil)), Checkpoint{Bit: 16}); err != nil {
		t.Errorf("between bytes: %v", err)
	}
	if _, err := d.Next(); err != io.ErrUnexpectedEOF {
		t.Errorf("between bytes: %v", err)
	}
}

// Over several members, positions are those of the file.
func TestGzipCheckpoints(t *testing.T) {
	data := events(500 << 10)
	blocks, _ := bgzf(t, data, 60_000)
	for name, b := range map[string][]byte{
		"two members": slices.Concat(gzipped(t, data[:300<<10]), gzipped(t, data[300<<10:])),
		"blocks":      blocks,
	} {
		const from, decodedBefore = 1000, 77
		z := new(GzipReader)
		z.Reset(bufio.NewReader(bytes.NewReader(b)), from, decodedBefore)
		var points []Checkpoint
		z.Checkpoints(50<<10, kept(&points))
		if got, _, err := more(t, z); !bytes.Equal(got, data) || err != nil {
			t.Fatalf("%s: %d bytes, error %v", name, len(got), err)
		}
		if len(points) < 4 {
			t.Errorf("%s: %d checkpoints", name, len(points))
		}
		for _, c := range points {
			want := data[c.Decoded-decodedBefore:]
			if err := z.Resume(bufio.NewReader(bytes.NewReader(b[c.Bit/8-from:])), c); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(z)
			if err != nil {
				t.Fatal(err)
			}
			rest, _, err := more(t, z)
			if got = append(got, rest...); !bytes.Equal(got, want) || err != nil {
				t.Fatalf("%s, from bit %d: equal up to %d of %d, error %v", name, c.Bit, common(got, want), len(want), err)
			}
			if z.Consumed() != from+int64(len(b)) || z.Decoded() != decodedBefore+int64(len(data)) {
				t.Errorf("%s, from bit %d: Consumed %d, Decoded %d", name, c.Bit, z.Consumed(), z.Decoded())
			}
		}
	}
}
