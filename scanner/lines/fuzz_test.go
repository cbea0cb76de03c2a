package lines

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzShapes frames anything: whole and in pieces the same, with a gap anywhere within
// the rules, and in small buffers.
func FuzzShapes(f *testing.F) {
	for i, s := range shapes {
		f.Add([]byte(s.data), int64(i), uint16(i*7))
	}
	budget := NewBudget(0, 1<<10, 1)
	f.Fuzz(func(t *testing.T, data []byte, seed int64, at uint16) {
		whole := framed(t, data, NewReader(bytes.NewReader(data), 3, budget), budget)
		pieces := framed(t, data, NewReader(&chunks{data, rand.New(rand.NewSource(seed))}, 3, budget), budget)
		if diff := cmp.Diff(whole, pieces); diff != "" {
			t.Errorf("%q: chunking changes elements (-whole +chunks):\n%s", data, diff)
		}
		if utf8Input(data) { // of UTF-16, a gap may leave an odd byte
			n := int(at) % (len(data) + 1)
			framed(t, data, NewReader(gapped(string(data), n), 3, budget), budget)
		}
		size := 30 + int(at)%200
		small := newBudget(200, sizes{batch: size, medium: 2 * size, batches: 2, mediums: 1})
		framed(t, data, NewReader(bytes.NewReader(data), 3, small), small)
	})
}

func utf8Input(data []byte) bool { return newUTF16(data, nil) == nil }

// wide writes text as UTF-16.
func wide(text string, order binary.AppendByteOrder, mark bool) []byte {
	var out []byte
	if mark {
		out = order.AppendUint16(out, 0xfeff)
	}
	for _, u := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

var orders = []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian}

// TestUTF16: every shape in UTF-16 holds the same elements on the same lines, and each is
// proved by its bytes as they were.
func TestUTF16(t *testing.T) {
	for _, s := range shapes {
		if !utf8.ValidString(s.data) || s.data == "" || s.data[0] == 0 {
			continue
		}
		for _, order := range orders {
			for name, as := range everyRead {
				data := wide(s.data, order, true)
				got := elements(t, string(data), as(bytes.NewReader(data)))
				if diff := cmp.Diff(s.want, got); diff != "" {
					t.Errorf("%s, %v, %s (-want +got):\n%s", s.name, order, name, diff)
				}
			}
			if s.data[0] == '{' || s.data[0] == '[' {
				data := wide(s.data, order, false)
				if diff := cmp.Diff(s.want, elements(t, string(data), bytes.NewReader(data))); diff != "" {
					t.Errorf("%s, %v without mark (-want +got):\n%s", s.name, order, diff)
				}
			}
		}
	}
}

// TestUTF16Damage: half a character at the end is cut off; behind a gap of an odd number
// of bytes the text goes on.
func TestUTF16Damage(t *testing.T) {
	text := "{\"a\":\"€😀\"}\n{\"b\":2}\n{\"c\":3}\n{\"d\":4}\n"
	for _, order := range orders {
		data := wide(text, order, true)
		f := func(r []byte, gap int, want ...string) {
			t.Helper()
			in := gapped(string(r), gap)
			if gap == len(r) {
				in = bytes.NewReader(r)
			}
			got := framed2(t, in)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v, %d bytes, gap at %d (-want +got):\n%s", order, len(r), gap, diff)
			}
		}
		whole := []string{`1@2 {"a":"€😀"}`, `2@26 {"b":2}`, `3@42 {"c":3}`, `4@58 {"d":4}`}
		f(data, len(data), whole...)
		f(append(bytes.Clone(data), '{'), len(data)+1, append(whole[:4:4], "cut off by damage*1 5@74")...)
		// Three bytes of the second line are lost.
		lost := append(bytes.Clone(data[:30]), data[33:]...)
		f(lost, 30, whole[0], `3@39 {"c":3}`, `4@55 {"d":4}`, "cut off by damage*2 2@26")
		lost = append(bytes.Clone(data[:31]), data[33:]...)
		f(lost, 31, whole[0], `3@40 {"c":3}`, `4@56 {"d":4}`, "cut off by damage*2 2@26")
	}
}

// framed2 shows elements with their offsets.
func framed2(t testing.TB, r io.Reader) (out []string) {
	t.Helper()
	all, stats, _ := read(t, iotest.OneByteReader(r), NewBudget(0, 1<<10, 1))
	for _, g := range all {
		out = append(out, fmt.Sprintf("%d@%d %s", g.Number, g.Offset, g.Text))
	}
	for _, b := range stats.Bad {
		out = append(out, fmt.Sprintf("%s*%d %d@%d", b.Kind, b.Count, b.Line, b.Offset))
	}
	return out
}

// FuzzUTF16 transcodes anything there and back.
func FuzzUTF16(f *testing.F) {
	f.Add([]byte("{\x00\"\x00a\x00\"\x00:\x001\x00}\x00\n\x00"), int64(1))
	f.Add([]byte("\xff\xfe\x3d\xd8\x00\xde\x3d\xd8\x0a\x00\x00\xde"), int64(2))
	f.Add([]byte("\xfe\xff\xd8\x3d\xde\x00\xd8\x3d\x00\x0a\xde\x00\x00"), int64(3))
	f.Fuzz(func(t *testing.T, data []byte, seed int64) {
		u := newUTF16(data, nil)
		if u == nil {
			return
		}
		body := data[u.mark:]
		var text []byte
		for used := 0; ; {
			piece, n := u.encoding.decode(make([]byte, 0, 64), body[used:], true)
			if n == 0 {
				break
			}
			if got := u.encoding.append(nil, piece); !bytes.Equal(got, body[used:used+n]) || 2*units(piece) != int64(n) {
				t.Fatalf("%q becomes %q (%d units) and again %q", body[used:used+n], piece, units(piece), got)
			}
			text, used = append(text, piece...), used+n
		}
		budget := NewBudget(0, 1<<10, 1)
		whole := framed(t, data, NewReader(bytes.NewReader(data), 3, budget), budget)
		pieces := framed(t, data, NewReader(&chunks{data, rand.New(rand.NewSource(seed))}, 3, budget), budget)
		if diff := cmp.Diff(whole, pieces); diff != "" {
			t.Errorf("%q (%q): chunking changes elements (-whole +chunks):\n%s", data, text, diff)
		}
	})
}

// FuzzCSV: a table written as RFC 4180 says holds what was written, whatever the cells.
func FuzzCSV(f *testing.F) {
	f.Add("a", "b, c", "\"x\"\n", uint8(0))
	f.Add("-", "", "[\"x\"]", uint8(1))
	f.Add("Mar 1, 2026 @ 10:00:00.000", "1,234", "'=1", uint8(2))
	f.Fuzz(func(t *testing.T, a, b, c string, comma uint8) {
		sep := string(",;\t"[comma%3])
		quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
		row := quote(a) + sep + quote(b) + sep + quote(c)
		data := "a.b" + sep + "c.d" + sep + "process.args\n" + row + "\n"
		table := parseHeader([]byte("a.b" + sep + "c.d" + sep + "process.args"))
		if s := (csvState{table: table}); !s.fits([]byte(row)) || s.fits([]byte(row+sep)) {
			t.Fatalf("%q has not three cells", row)
		}
		var cells []string
		table.eachCSV([]byte(row), func(c *column, cell []byte) bool {
			cells = append(cells, string(c.key)+string(cell))
			return true
		})
		var want []string
		for i, cell := range []string{a, b, c} {
			if cell != "" && cell != "-" {
				want = append(want, []string{`"a.b":`, `"c.d":`, `"process.args":`}[i]+cell)
			}
		}
		if diff := cmp.Diff(want, cells); diff != "" {
			t.Errorf("%q (-want +got):\n%s", row, diff)
		}
		elements(t, data, strings.NewReader(data))
	})
}
