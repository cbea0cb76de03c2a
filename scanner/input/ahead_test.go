package input

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"reflect"
	"runtime"
	"testing"
	"testing/iotest"
	"time"

	"github.com/klauspost/compress/zstd"
)

// bgzfEnd is the empty member that ends a BGZF file (SAM specification, section 4.1.2).
const bgzfEnd = "\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\xff\x06\x00BC\x02\x00\x1b\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// bgzfOf returns b as one BGZF member.
func bgzfOf(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Extra = []byte("BC\x02\x00\x00\x00")
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint16(out.Bytes()[16:], uint16(out.Len()-1))
	return out.Bytes()
}

// frameOf returns b as one zstd frame that says how long it is.
func frameOf(t testing.TB, b []byte) []byte {
	t.Helper()
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return enc.EncodeAll(b, nil)
}

// filling is a skippable frame, as parallel compressors put before each frame.
const filling = "\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"

// splits are the shapes of which units can be found, and what a file of them ends with.
var splits = []struct {
	name   string
	encode func(testing.TB, []byte) []byte
	end    string
}{
	{"bgzf", bgzfOf, bgzfEnd},
	{"zstd", func(t testing.TB, b []byte) []byte { return zst(t, b) }, ""},
	{"zstd with sizes", frameOf, filling},
	{"zstd with fillings", func(t testing.TB, b []byte) []byte { return append([]byte(filling), frameOf(t, b)...) }, ""},
}

// outcome is all that a stream tells.
type outcome struct {
	out    [][]byte
	ledger Ledger
	damage DamageError
	err    string
	sum    string
	stored int64
}

// read reads a stream to its end, over its gaps.
func read(t testing.TB, r io.Reader, lim Limits) (o outcome) {
	t.Helper()
	s, err := Open(Input{Name: "-"}, r, lim)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	o.out, err = readPieces(s)
	if d := (*DamageError)(nil); errors.As(err, &d) {
		o.damage = *d
		o.damage.Err = nil // compared by what it says
	}
	if err != nil {
		o.err = fmt.Sprintf("%v: %v", err, errors.Unwrap(err))
	}
	o.ledger, o.stored = s.Ledger(), s.Stored()
	o.sum, _ = s.Sum()
	return o
}

// alike fails unless a stream tells the same however many units are decoded at once.
func alike(t *testing.T, name string, stored []byte, lim Limits, parallel ...int) {
	t.Helper()
	want := read(t, bytes.NewReader(stored), lim)
	for _, n := range parallel {
		lim.Parallel = n
		if got := read(t, bytes.NewReader(stored), lim); !reflect.DeepEqual(got, want) {
			got.out, want.out = [][]byte{bytes.Join(got.out, []byte("|"))}, [][]byte{bytes.Join(want.out, []byte("|"))}
			t.Fatalf("%s: %d at once:\n%q\nwant\n%q", name, n, fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want))
		}
	}
}

// TestAheadOfDamage flips every byte of streams of six units, and cuts them at every byte.
func TestAheadOfDamage(t *testing.T) {
	units := tenUnits(2)[:6]
	for _, s := range splits {
		var stored []byte
		for _, u := range units {
			stored = append(stored, s.encode(t, u)...)
		}
		stored = append(stored, s.end...)
		for at := range stored {
			damaged := bytes.Clone(stored)
			damaged[at] ^= flips[at%len(flips)]
			lim := Limits{group: []int{1, 300, 0}[at%3]}
			alike(t, fmt.Sprintf("%s: byte %d flipped", s.name, at), damaged, lim, 2+at%7)
			alike(t, fmt.Sprintf("%s: cut at %d", s.name, at), stored[:at], lim, 2+at%7)
		}
	}
}

// TestAhead reads whole streams and odd ones, with any number of units decoded at once.
func TestAhead(t *testing.T) {
	all := []int{0, 1, 2, 3, 4, 5, 6, 7, 8}
	line := events(1)
	random := make([]byte, 40_000)
	rand.New(rand.NewSource(1)).Read(random)
	for _, s := range splits {
		one := s.encode(t, line)
		long := s.encode(t, append(events(100), random...))
		join := func(pieces ...[]byte) []byte { return bytes.Join(pieces, nil) }
		var many []byte
		for range 300 {
			many = append(many, one...)
		}
		for _, c := range []struct {
			name   string
			stored []byte
			lim    Limits
		}{
			{"whole", join(many, long, many, []byte(s.end)), Limits{}},
			{"long", bytes.Repeat(long, 40), Limits{}},
			{"one", one, Limits{}},
			{"empty units", bytes.Repeat(s.encode(t, nil), 100), Limits{}},
			{"padding", join(one, make([]byte, 1000), one, make([]byte, 50), many, make([]byte, 5000)), Limits{}},
			{"padding of one byte", join(one, one, []byte{0}, one, one), Limits{}},
			{"trailing bytes", join(many, []byte("not at all")), Limits{}},
			{"bytes between", join(many, []byte("not at all"), many), Limits{}},
			{"another codec", join(many, gz(t, "n", line), many, zst(t, line), many), Limits{}},
			{"decoded limit", many, Limits{MaxDecoded: 20_001}},
			{"decoded limit at an end", many, Limits{MaxDecoded: int64(100 * len(line))}},
			{"window", bytes.Repeat(long, 3), Limits{ZstdWindow: 1 << 10}},
		} {
			for _, c.lim.group = range []int{1, 1000, 0} {
				alike(t, s.name+": "+c.name, c.stored, c.lim, all...)
			}
		}
	}
}

// TestAdmits: what is admitted ahead meets no limit on the way, however it is read.
func TestAdmits(t *testing.T) {
	const mib = 1 << 20
	for _, lim := range []Limits{{MaxRatio: 400}, {MaxRatio: 1}, {MaxRatio: -1, MaxDecoded: 300 * mib}, {MaxDecoded: 257 * mib, MaxRatio: 100}} {
		admitted, refused := 0, 0
		for from := int64(255 * mib); from < 303*mib; from += mib/2 + 1 {
			for _, stored := range []int64{1, from / 401, from / 400, from/400 + 1, from / 100, from/100 + mib, from, from + mib, 2 * from} {
				end := from + 2*mib
				if !lim.admits(end, stored) {
					refused++
					continue
				}
				admitted++
				for at := from; at < end; {
					n, err := lim.room(at, stored)
					if err != nil {
						t.Fatalf("%+v: admitted to %d from %d stored, but at %d: %v", lim, end, stored, at, err)
					}
					at += n
				}
				if lim.MaxDecoded > 0 && end > lim.MaxDecoded {
					t.Fatalf("%+v: admitted to %d", lim, end)
				}
			}
		}
		if lim.MaxRatio > 0 && (admitted == 0 || refused == 0) {
			t.Errorf("%+v: %d admitted and %d refused prove nothing", lim, admitted, refused)
		}
	}
}

// TestAheadOfUntruth: units that lie about their ends and lengths are read as they decode.
func TestAheadOfUntruth(t *testing.T) {
	units := tenUnits(3)
	var stored []byte
	for _, u := range units {
		stored = append(stored, bgzfOf(t, u)...)
	}
	for at := 0; at < len(stored)-bgzfHead; at++ {
		if string(stored[at:at+4]) != "\x1f\x8b\x08\x04" {
			continue
		}
		size := binary.LittleEndian.Uint16(stored[at+16:])
		for _, claim := range []uint16{0, 17, 25, 26, size - 1, size + 1, 2*size + 1, 0xffff} {
			lying := bytes.Clone(stored)
			binary.LittleEndian.PutUint16(lying[at+16:], claim)
			alike(t, fmt.Sprintf("%d claimed at %d", claim, at), lying, Limits{group: 1}, 2, 3)
			if o := read(t, bytes.NewReader(lying), Limits{group: 1, Parallel: 3}); o.err != "" || !bytes.Equal(o.out[0], bytes.Join(units, nil)) {
				t.Errorf("%d claimed at %d: %s", claim, at, o.err)
			}
		}
	}
}

// TestAheadOfFault has reads fail, and a layer below lose bytes, at places all over.
func TestAheadOfFault(t *testing.T) {
	for _, s := range splits {
		var stored []byte
		for _, u := range tenUnits(3) {
			stored = append(stored, s.encode(t, u)...)
		}
		for n := headSize; n < len(stored)-7; n += 5 {
			open := func(parallel int) (faulty, holed outcome) {
				lim := Limits{Parallel: parallel, group: 1 + n%900}
				faulty = read(t, io.MultiReader(bytes.NewReader(stored[:n]), iotest.ErrReader(errFault)), lim)
				st := newStream(&gapReader{r: io.MultiReader(bytes.NewReader(stored[:n]), bytes.NewReader(stored[n+7:])), n: n}, lim, origin{})
				defer st.Close()
				var err error
				holed.out, err = readPieces(st)
				holed.err, holed.ledger = fmt.Sprint(err), st.Ledger()
				return faulty, holed
			}
			wantFaulty, wantHoled := open(0)
			gotFaulty, gotHoled := open(3)
			if !reflect.DeepEqual(gotFaulty, wantFaulty) {
				t.Fatalf("%s: fault at %d: %+v, want %+v", s.name, n, gotFaulty, wantFaulty)
			}
			if !reflect.DeepEqual(gotHoled, wantHoled) {
				t.Fatalf("%s: hole at %d: %+v, want %+v", s.name, n, gotHoled, wantHoled)
			}
		}
	}
}

// TestAheadLeavesNothing closes streams that were read to any place, and stops others.
func TestAheadLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, s := range splits {
		stored := bytes.Repeat(s.encode(t, events(50)), 100)
		for n := int64(0); n < 500_000; n += 37_001 {
			done := make(chan struct{})
			st, err := Open(Input{Name: "-"}, bytes.NewReader(stored), Limits{Parallel: 4, group: 3000, Done: done})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.CopyN(io.Discard, st, n); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			if n%2 == 0 {
				close(done)
				if err := drainStream(st); err != ErrStopped {
					t.Errorf("%s: stopped after %d bytes: %v", s.name, n, err)
				}
			}
			st.Close()
		}
	}
	for wait := 0; runtime.NumGoroutine() > before; wait++ {
		if wait == 1000 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestAheadIsTaken makes sure that these tests test something: units are decoded ahead,
// and those behind a damaged one are again.
func TestAheadIsTaken(t *testing.T) {
	for _, s := range splits {
		unit := s.encode(t, events(3))
		stored := bytes.Repeat(unit, 50)
		stored[10*len(unit)+len(unit)/2] ^= 0x40
		st, err := Open(Input{Name: "-"}, bytes.NewReader(stored), Limits{Parallel: 2, group: 2 * len(unit)})
		if err != nil {
			t.Fatal(err)
		}
		d := st.dec.(*series)
		units, cut := 0, d.ahead.cut
		d.ahead.cut = func(t *tape, b []byte) ([]byte, int, bool) {
			out, most, ok := cut(t, b)
			if ok {
				units++
			}
			return out, most, ok
		}
		if _, err := readPieces(st); err == nil {
			t.Errorf("%s: damage is not reported", s.name)
		}
		// All but the first, and those that went back with the damaged one: three groups.
		if units < 40 || units > 49 {
			t.Errorf("%s: %d of 50 units were cut", s.name, units)
		}
		st.Close()
	}
}

func FuzzAhead(f *testing.F) {
	small := events(3)
	for _, s := range splits {
		one := s.encode(f, small)
		f.Add(bytes.Join([][]byte{one, one, one, []byte(s.end)}, nil), uint8(2), uint16(1))
		f.Add(bytes.Join([][]byte{one, {0}, one, one[:9], one}, nil), uint8(3), uint16(200))
	}
	f.Fuzz(func(t *testing.T, stored []byte, parallel uint8, group uint16) {
		alike(t, "fuzz", stored, Limits{MaxDecoded: 1 << 20, ZstdWindow: 1 << 20, group: int(group)}, 2+int(parallel%7))
	})
}

// BenchmarkDecompress measures one stream of units that can be found: decoded bytes per
// second, hashing included.
func BenchmarkDecompress(b *testing.B) {
	data := bytes.Repeat(events(2000), 400)
	for _, s := range []struct {
		name   string
		encode func(testing.TB, []byte) []byte
		length int
	}{{"bgzf", bgzfOf, 60 << 10}, {"zstd", frameOf, 1 << 20}} {
		var stored []byte
		for rest := data; len(rest) > 0; {
			n := min(len(rest), s.length)
			stored = append(stored, s.encode(b, rest[:n])...)
			rest = rest[n:]
		}
		for _, parallel := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s-%d", s.name, parallel), func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					st, err := Open(Input{Name: "-"}, bytes.NewReader(stored), Limits{Parallel: parallel})
					if err != nil {
						b.Fatal(err)
					}
					if err := drainStream(st); err != nil || st.Decoded() != int64(len(data)) {
						b.Fatal(err, st.Decoded())
					}
					st.Close()
				}
			})
		}
	}
}
