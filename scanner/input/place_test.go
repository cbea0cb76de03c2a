package input

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

// quickGz compresses b as one member, in little time.
func quickGz(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
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

// notedPlaces reads a file to its end and returns the places that its stream has noted.
func notedPlaces(t *testing.T, path string, every int64) []Place {
	t.Helper()
	s, err := Open(Input{Path: path}, nil, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.NotePlaces()
	if d, ok := s.dec.(*series); ok {
		if m, ok := d.u.(*gzipMember); ok {
			m.places.every = every
		}
	}
	if err := drainStream(s); err != nil && !errors.As(err, new(*DamageError)) {
		t.Fatal(err)
	}
	return s.Places()
}

// TestPlaces decodes a file of several members from every place of it.
func TestPlaces(t *testing.T) {
	block := events(2000)
	big := bytes.Repeat(block, 5<<20/len(block))
	var content, stored []byte
	for _, p := range [][]byte{block, big, nil, block[:100], big, big, block[:7]} {
		content = append(content, p...)
		stored = append(stored, quickGz(t, p)...)
	}
	path := file(t, "a.gz", stored)
	places := notedPlaces(t, path, 1<<20)
	if len(places) < 10 || len(places) > 1+maxPlaces || places[0].Decoded != 0 {
		t.Fatalf("%d places, from %d on", len(places), places[0].Decoded)
	}
	for i, at := range places {
		if i > 0 && at.Decoded < places[i-1].Decoded+1<<20 {
			t.Errorf("place %d at %d, after %d", i, at.Decoded, places[i-1].Decoded)
		}
		r, err := OpenAt(Input{Path: path}, at)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, content[at.Decoded:]) {
			t.Errorf("place at %d: %d bytes, %v; want %d", at.Decoded, len(got), err, len(content)-int(at.Decoded))
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	for _, at := range append(places[:2:2], Place{}) {
		if r, err := OpenAt(Input{Path: path}, at); !errors.Is(err, errMoved) {
			t.Errorf("a changed file opens: %v, %v", r, err)
		}
	}
}

// TestPlacesBehindDamage: places behind damage lead to what the stream returned there.
func TestPlacesBehindDamage(t *testing.T) {
	block := events(2000)
	big := bytes.Repeat(block, 3<<20/len(block))
	first := quickGz(t, big)
	copy(first[len(first)/2:], bytes.Repeat([]byte{0xff}, 300))
	path := file(t, "a.gz", append(first, quickGz(t, big)...))
	out, _, err := pieces(t, append(first, quickGz(t, big)...), Limits{})
	if err == nil || len(out) < 2 {
		t.Fatalf("no damage: %d pieces, %v", len(out), err)
	}
	content := bytes.Join(out, nil)
	places := notedPlaces(t, path, 1<<20)
	at := places[len(places)-1]
	if at.Decoded < int64(len(out[0])) {
		t.Fatalf("no place behind the damage: the last at %d", at.Decoded)
	}
	r, err := OpenAt(Input{Path: path}, at)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content[at.Decoded:]) {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(content)-int(at.Decoded))
	}
}

// TestPlacesOfOthers: there are none of what is short, or no gzip, or no file.
func TestPlacesOfOthers(t *testing.T) {
	block := events(2000)
	for name, stored := range map[string][]byte{"short": quickGz(t, block), "zstd": zst(t, block), "plain": block} {
		if places := notedPlaces(t, file(t, "a", stored), 1); len(places) != 0 {
			t.Errorf("%s: %d places", name, len(places))
		}
	}
	s, err := Open(Input{Name: "-"}, bytes.NewReader(quickGz(t, bytes.Repeat(block, 100))), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.NotePlaces()
	if err := drainStream(s); err != nil || len(s.Places()) != 0 {
		t.Errorf("standard input: %d places, %v", len(s.Places()), err)
	}
}

// TestPlacesAreFew: however long a stream is, its places are bounded and spread over it.
func TestPlacesAreFew(t *testing.T) {
	p := &places{every: placeEvery}
	for at := int64(0); at < 1<<40; at += 5 << 20 {
		p.offer(Place{Decoded: at})
		if len(p.list) > maxPlaces {
			t.Fatalf("%d places at %d", len(p.list), at)
		}
		for i := 1; i < len(p.list); i++ {
			if d := p.list[i].Decoded - p.list[i-1].Decoded; d < placeEvery || d > 8*(at/maxPlaces)+placeEvery {
				t.Fatalf("at %d: %d bytes between two places", at, d)
			}
		}
	}
	if len(p.list) < maxPlaces/2 {
		t.Errorf("%d places of 1 TiB", len(p.list))
	}
}
