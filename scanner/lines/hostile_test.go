package lines

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"strings"
	"testing"
)

// endless repeats a text, and reads no faster than it is asked to.
type endless struct {
	text string
	left int
	at   int
}

func (e *endless) Read(p []byte) (n int, err error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	for n < len(p) && e.left > 0 {
		k := copy(p[n:min(len(p), n+e.left)], e.text[e.at:])
		n, e.left, e.at = n+k, e.left-k, (e.at+k)%len(e.text)
	}
	return n, nil
}

// hostile are texts that are made to be expensive: each is repeated for 8 MiB, behind
// what it begins with, with lines of at most 1 MiB. lost says that nothing of it is an
// element.
var hostile = []struct {
	name, head, text string
	lost             bool
}{
	{"one response", `{"took":1,"hits":{"hits":[{"_id":"1"}`, `,{"_id":"2","_source":{"a":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}}`, false},
	{"objects in objects", ``, `{"a":`, true},
	{"arrays in arrays", ``, `[`, true},
	{"objects in arrays", `[{"a":1}`, `,{"a":[{"a":`, false},
	{"objects begun on lines", ``, "{\"a\":[\n", true},
	{"lone braces", ``, "{\n", true},
	{"lone braces that go on", ``, "{\n\"a\":1,\n", true},
	{"broken elements", `[{"a":1}`, `,{"a":1,"b":{"a":x`, false},
	{"elements that break late", `[{"a":1},{"a":[1`, strings.Repeat(`,{"a":1}`, 10_000) + `x,{"a":[1`, false},
	{"an unfinished key", `{"took":1,"hits":{"hits":[]},"`, "k", true},
	{"an unfinished string", `{"a":"`, "x", true},
	{"spaces", ``, "                ", true},
	{"spaces behind an object", `{"a":1}`, "                ", true},
	{"commas", ``, `,`, true},
	{"scalars", `[{"a":1}`, `,1`, false},
	{"NUL bytes", ``, "\x00", true},
	{"holes", ``, "\x00{}\x00\n", false},
	{"columns", `{"columns":[`, `{"name":"a"},`, true},
	{"small tables", ``, `{"columns":[{"name":"a"}],"values":[[1]]}`, false},
	{"wide table", `{"columns":[{"name":"a"}` + strings.Repeat(`,{"name":"b"}`, 1000) + `],"values":[[1` + strings.Repeat(`,1`, 1000) + `]`, `,[1` + strings.Repeat(`,1`, 1000) + `]`, false},
	{"quotes", "a.b,c.d\n", "\"\n", true},
	{"a quote", "a.b,c.d\n\"", "x\n", true},
	{"cells", "a.b,c.d\n", ",", true},
	{"rows", "a.b,c.d\n", "\x01,\n", false},
	{"UTF-16", "\xff\xfe", "{\x00}\x00\n\x00", false},
	{"surrogates", "\xff\xfe{\x00\"\x00", "\x00\xd8", true},
}

// TestHostile reads texts that are made to be expensive: in time that grows with their
// length only (the test would take hours), and in the memory of the budget.
func TestHostile(t *testing.T) {
	const size = 8 << 20
	for _, h := range hostile {
		budget := NewBudget(0, 1<<20, 1)
		r := NewReader(io.MultiReader(strings.NewReader(h.head), &endless{text: h.text, left: size}), 0, budget)
		ctx := context.Background()
		elements, lines, most, n := 0, 0, uint64(0), 0
		for err := error(nil); err == nil; {
			b, _ := budget.Get(ctx)
			if err = r.Next(ctx, b); err == nil {
				elements += pieces(b)
				lines += len(b.Lines)
			}
			if n++; n%20 == 0 {
				most = max(most, held())
			}
			b.Release()
		}
		if r.err != io.EOF || h.lost != (elements == 0) {
			t.Errorf("%s: %d elements, %v", h.name, elements, r.err)
		}
		if bad := r.Stats().Bad; lines == 0 && len(bad) == 0 && h.name != "commas" {
			t.Errorf("%s: nothing is said", h.name)
		}
		if cap(r.carry) > 1<<20 {
			t.Errorf("%s: %d bytes carried over", h.name, cap(r.carry))
		}
		if most > 16<<20 {
			t.Errorf("%s: %d MiB in memory", h.name, most>>20)
		}
	}
}

// pieces counts the objects on the lines of a batch, as a worker would look for them.
func pieces(b *Batch) (n int) {
	for _, l := range b.Lines {
		if text := bytes.TrimSpace(b.Bytes(l)); len(text) > 1 && text[0] == '{' && text[len(text)-1] == '}' {
			n++
		}
		b.Raw(l)
		for p := range b.Pieces(l) {
			if p.Lost == "" {
				b.Bytes(p.Line)
				n++
			}
		}
	}
	return n
}

// held returns the bytes that are in use.
func held() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
