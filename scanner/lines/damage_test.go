package lines

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"coldcase/scanner/input"

	"github.com/google/go-cmp/cmp"
)

// gapped returns data with a gap after n bytes.
func gapped(data string, n int) io.Reader {
	return io.MultiReader(strings.NewReader(data[:n]), &gapOnce{}, strings.NewReader(data[n:]))
}

// gapOnce returns a gap, and then the end.
type gapOnce struct{ done bool }

func (o *gapOnce) Read([]byte) (int, error) {
	if o.done {
		return 0, io.EOF
	}
	o.done = true
	return 0, &input.Gap{Why: "test"}
}

// TestGap: what a gap cuts is bad, and framing goes on behind it.
func TestGap(t *testing.T) {
	f := func(before, after string, want ...string) {
		t.Helper()
		got := elements(t, before+after, gapped(before+after, len(before)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q and %q (-want +got):\n%s", before, after, diff)
		}
	}
	// Lines.
	f("{\"a\":1}\n", "{\"b\":1}\n{\"c\":1}\n", `1 {"a":1}`, `2 {"b":1}`, `3 {"c":1}`)
	f("{\"a\":1}\n{\"b\":", "1}\n{\"c\":1}\n", `1 {"a":1}`, `3 {"c":1}`, `cut off by damage*2 2`)
	f("{\"a\":1}\n{\"b\":1}", "x\":1}\n{\"c\":1}\n", `1 {"a":1}`, `2 {"b":1}`, `3 {"c":1}`, `cut off by damage*1 2`)
	f("{\"a\":1}\n{\"b\":", "\n{\"c\":1}\n", `1 {"a":1}`, `3 {"c":1}`, `cut off by damage*1 2`)
	f("{\"a\":1}\n{\"b\":1", "", `1 {"a":1}`, `cut off by damage*1 2`)
	f("", "x\":1}\n{\"b\":1}\n", `2 {"b":1}`, `cut off by damage*1 1`)
	f("{\"a\":1}\n", "x\":1}\n[\n{\"b\":1}\n]\n", `1 {"a":1}`, `4 {"b":1}`, `cut off by damage*1 2`)
	// Objects over several lines.
	f("{\n\"a\":1\n}\n{\n\"b\":", "2,\n\"c\":1\n}\n{\n\"d\":1\n}\n", "1 {\n\"a\":1\n}", "8 {\n\"d\":1\n}", `cut off by damage*1 4`)
	// Hits.
	const head = `{"took":1,"hits":{"hits":[`
	f(head+`{"_id":"1"},{"_id`, `id":"3"},{"_id":"4"},{"_id":"5"}]}}`, `1 {"_id":"1"}`, `1 {"_id":"4"}`, `1 {"_id":"5"}`, `cut off by damage*1 1`)
	f(head+`{"_id":"1"},`, `{"_id":"4"}]}}`, `1 {"_id":"1"}`, `1 {"_id":"4"}`)
	f(head+`{"_id":"1"},{"_id`, "\n"+`{"a":1}`+"\n"+`{"a":2}`+"\n", `1 {"_id":"1"}`, `2 {"a":1}`, `3 {"a":2}`, `cut off by damage*1 1`)
	f(head+`{"_id":"1"},{"_id`, "x\"}]}}\n"+head+`{"_id":"2"}]}}`+"\n", `1 {"_id":"1"}`, `2 {"_id":"2"}`, `cut off by damage*1 1`)
	f(`{"took":1,"hi`, `{"hits":[{"_id":"2"}]}}`+"\n"+head+`{"_id":"3"}]}}`+"\n", `2 {"_id":"3"}`, `cut off by damage*2 1`)
	// Rows.
	const columns = `{"columns":[{"name":"a"},{"name":"b"}],"values":[[1,2],`
	f(columns+`[3,`, `8],[9,["p","q"]],["x","y"]]}`, `1 {"a":1,"b":2}`, `1 {"a":9,"b":["p","q"]}`, `1 {"a":"x","b":"y"}`, `cut off by damage*1 1`)
	// CSV.
	f("a.b,c.d\n1,\"2\n", "x\",\"3\"\n\"4\ny\",5\n6,7\n", `4 {"a.b":"4\u000ay","c.d":"5"}`, `6 {"a.b":"6","c.d":"7"}`, `cut off by damage*1 2`)
}

// TestGapCostsOneElement puts a gap at every offset behind the first element: only the
// element that it cuts is missing.
func TestGapCostsOneElement(t *testing.T) {
	var docs []string
	for i := range 12 {
		docs = append(docs, fmt.Sprintf(`{"_id":"%d","a":{"b":[1,{"c":"x"}],"d":"{\"_id\":\"y\"}"}}`, i))
	}
	for name, data := range map[string]string{
		"lines":          strings.Join(docs, "\n") + "\n",
		"array":          "[" + strings.Join(docs, ",") + "]",
		"array of lines": "[\n" + strings.Join(docs, ",\n") + "\n]\n",
		"search":         `{"took":1,"hits":{"hits":[` + strings.Join(docs, ", ") + `]}}`,
		"scroll pages": `{"took":1,"hits":{"hits":[` + strings.Join(docs[:5], ",") + "]}}\n" +
			`{"took":1,"hits":{"hits":[` + strings.Join(docs[5:], ",") + "]}}\n",
	} {
		from := strings.Index(data, docs[0]) + len(docs[0])
		for n := from; n < strings.Index(data, docs[11]); n++ {
			var want []string
			for _, d := range docs {
				if i := strings.Index(data, d); n <= i || n >= i+len(d) {
					want = append(want, d)
				}
			}
			var got []string
			for _, e := range elements(t, data, gapped(data, n)) {
				if _, text, _ := strings.Cut(e, " "); strings.HasPrefix(text, "{") {
					got = append(got, text)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s, gap at %d of %q (-want +got):\n%s", name, n, data, diff)
			}
		}
	}
}

// TestDamagedEnd: what stands whole before a cut comes out of it.
func TestDamagedEnd(t *testing.T) {
	damage := &input.DamageError{Why: "gzip: unexpected end", Err: io.ErrUnexpectedEOF}
	f := func(data string, want ...string) {
		t.Helper()
		budget := NewBudget(0, 64, 1)
		r := io.MultiReader(strings.NewReader(data), iotest.ErrReader(damage))
		rd := NewReader(r, 3, budget)
		if diff := cmp.Diff(want, framed(t, []byte(data), rd, budget)); diff != "" || !errors.Is(rd.err, damage) {
			t.Errorf("%q: %v (-want +got):\n%s", data, rd.err, diff)
		}
	}
	f("")
	f("{}\n", `1 {}`)
	f("{}\n{\"a\":1}", `1 {}`, `2 {"a":1}`)
	f("{}\n\n{\"a\":1", `1 {}`, `cut off by damage*1 3`)
	f("{}\n12", `1 {}`, `cut off by damage*1 2`)
	f("{}\n  \t", `1 {}`)
	f("{}\n"+strings.Repeat("x", 50), `1 {}`, `cut off by damage*1 2`)
	f("{}\n"+strings.Repeat("x", 500), `1 {}`, `longer than 64 bytes*1 2`)
	f(`{"took":1,"hits":{"hits":[{"_id":"1"},`, `1 {"_id":"1"}`)
	f(`{"took":1,"hits":{"hits":[{"_id":"1"},{"_i`, `1 {"_id":"1"}`, `cut off by damage*1 1`)
	f("[\n{\"a\":1},\n{\"b\":", `2 {"a":1}`, `cut off by damage*1 3`)
	f("{\n\"a\":1,\n\"b\":", `cut off by damage*1 1`)
	f("{\"a\":\n{\"b\":1}\n{", `1 {"a":`, `2 {"b":1}`, `cut off by damage*1 3`)
	f("a.b,c.d\n1,2\n3,4", `2 {"a.b":"1","c.d":"2"}`, `cut off by damage*1 3`)
}

// TestFaultsEverywhere puts a gap, and an end by damage, at every offset of every shape:
// what stands whole before it comes out as before, and nothing is made up. Behind a gap
// no element begins that does not begin there without it.
func TestFaultsEverywhere(t *testing.T) {
	damage := &input.DamageError{Why: "test", Err: io.ErrUnexpectedEOF}
	for _, s := range shapes {
		budget := NewBudget(0, 1<<10, 1)
		for n := 0; n <= len(s.data); n++ {
			framed(t, []byte(s.data), NewReader(gapped(s.data, n), 3, budget), budget)
			r := io.MultiReader(strings.NewReader(s.data[:n]), iotest.ErrReader(damage))
			cut := framed(t, []byte(s.data[:n]), NewReader(r, 3, budget), budget)
			if !strings.Contains(s.name, "half") && !strings.Contains(s.name, "roken") && !strings.Contains(s.name, "quote") {
				begins(t, s.name, n, cut, s.want)
			}
		}
	}
}

var isBad = regexp.MustCompile(`\*\d+ \d+$`)

// begins holds the elements before a cut to those of the whole.
func begins(t *testing.T, name string, n int, cut, whole []string) {
	t.Helper()
	for i, e := range cut {
		if isBad.MatchString(e) || i == len(cut)-1 {
			break // bad lines; and a line that has lost its end may be whole without it
		}
		if i >= len(whole) || e != whole[i] {
			t.Errorf("%s cut at %d: element %d is %q, of %q", name, n, i, e, whole)
			return
		}
	}
}

// TestLongElements: an element beyond the limit is bad, wherever it stands, and those
// around it are not.
func TestLongElements(t *testing.T) {
	long := fmt.Sprintf(`{"a":"%s"}`, strings.Repeat("x", 2000))
	pretty := "{\n\"a\":[\n" + strings.Repeat("1,\n", 800) + "1]}"
	f := func(data string, want ...string) {
		t.Helper()
		for _, size := range []int{50, 400, 1 << 20} {
			budget := newBudget(1<<10, sizes{batch: size, medium: 2 * size, batches: 2, mediums: 1})
			if diff := cmp.Diff(want, framed(t, []byte(data), known(strings.NewReader(data), 3, budget), budget)); diff != "" {
				t.Errorf("%.40q, batches of %d (-want +got):\n%s", data, size, diff)
			}
		}
	}
	f("[{\"a\":1},\n"+long+",\n{\"a\":2}]", `1 {"a":1}`, `3 {"a":2}`, `longer than 1 KiB*1 2`)
	f(long+"\n"+long+"\n{\"a\":2}\n", `3 {"a":2}`, `longer than 1 KiB*2 1`)
	f(long+long+"{\"a\":2}\n", `1 {"a":2}`, `longer than 1 KiB*2 1`)
	f(pretty+"\n{\"a\":2}\n", `804 {"a":2}`, `longer than 1 KiB*1 1`)
	f(`{"took":1,"hits":{"hits":[`+long+`,{"_id":"1"}]}}`, `1 {"_id":"1"}`, `longer than 1 KiB*1 1`)
	f(`{"took":1,"_shards":`+long+`,"hits":{"hits":[{"_id":"1"}]},"aggregations":`+pretty+"}\n{\"a\":2}\n",
		`1 {"_id":"1"}`, `804 {"a":2}`)
	f(`{"columns":[{"name":"a"}],"values":[[1],[`+long+`],[2]]}`, `1 {"a":1}`, `1 {"a":2}`, `longer than 1 KiB*1 1`)
	f("{\n\"a\":[\n"+strings.Repeat("1,\n", 800)+"x\n}\n{\"a\":2}\n", `805 {"a":2}`, `longer than 1 KiB*1 1`)
	f("["+long+","+long+"x,"+`{"a":2}]`, `1 {"a":2}`, `longer than 1 KiB*2 1`, `not JSON*1 1`)
	f("{\"a\":2}\n"+long, `1 {"a":2}`, `longer than 1 KiB*1 2`)
	f(long, `longer than 1 KiB*1 1`)
	f(pretty[:len(pretty)-1], `longer than 1 KiB*1 1`)
	f(`[`+long[:1900], `longer than 1 KiB*1 1`)
	f(strings.Repeat("\x00", 3000)+"{\"a\":2}\n", `1 {"a":2}`, `NUL bytes*1 1`)
}

// The damage that ends a stream may wrap the first of its gaps: it is the end all the
// same, in any encoding.
func TestEndThatWrapsAGap(t *testing.T) {
	end := &input.DamageError{Why: "x (the first of 2 damaged places)", Err: &input.Gap{Why: "x"}}
	for _, text := range []string{"{}\n", "\xff\xfe{\x00}\x00\n\x00"} {
		budget := NewBudget(1<<20, 0, 1)
		r := NewReader(io.MultiReader(strings.NewReader(text), iotest.ErrReader(end)), 0, budget)
		n := 0
		var err error
		for ; err == nil && n < 10; n++ {
			b, _ := budget.Get(t.Context())
			err = r.Next(t.Context(), b)
			b.Release()
		}
		if err != end || r.Stats().Lines != 1 {
			t.Errorf("%q ended with %v after %d lines", text, err, r.Stats().Lines)
		}
	}
}
