package lines

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// framed is what a test sees of an input: each element as its line and event, and each
// kind of bad line as kind*count and the line of the first. It holds what is to be true
// of every input: that the origin of an element is where it stands.
func framed(t testing.TB, data []byte, rd *Reader, budget *Budget) (all []string) {
	t.Helper()
	lineAt := func(offset int64) int64 { return 1 + int64(bytes.Count(data[:offset], []byte("\n"))) }
	ctx := context.Background()
	end, handed := int64(0), int64(0)
	for {
		b, err := budget.Get(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err = rd.Next(ctx, b); err != nil {
			b.Release()
			break
		}
		for _, l := range b.Lines {
			o := b.Origin(l)
			if o.Offset < end || o.Offset+int64(o.Length) > int64(len(data)) {
				t.Fatalf("%q: element at %d of %d bytes follows one that ends at %d", data, o.Offset, o.Length, end)
			}
			if got, want := b.Raw(l), data[o.Offset:o.Offset+int64(o.Length)]; !bytes.Equal(got, want) {
				t.Errorf("%q: raw element %q, want %q at %d", data, got, want, o.Offset)
			}
			if b.encoding == utf8Text && o.Line != lineAt(o.Offset) {
				t.Errorf("%q: element at %d on line %d, want %d", data, o.Offset, o.Line, lineAt(o.Offset))
			}
			end = o.Offset + int64(o.Length)
			handed++
			all = append(all, fmt.Sprintf("%d %s", l.Number, b.Bytes(l)))
		}
		if len(b.Buf) > budget.maxLine+budget.action+4 && len(b.Buf) > budget.batch || len(rd.carry) > max(budget.batch, 2*maxLook) {
			t.Errorf("%q: a batch of %d bytes, %d carried over", data, len(b.Buf), len(rd.carry))
		}
		b.Release()
	}
	for _, b := range rd.Stats().Bad {
		if b.Offset > int64(len(data)) || rd.wide == nil && b.Line != lineAt(b.Offset) {
			t.Errorf("%q: %s at %d on line %d", data, b.Kind, b.Offset, b.Line)
		}
		handed += b.Count
		all = append(all, fmt.Sprintf("%s*%d %d", b.Kind, b.Count, b.Line))
	}
	if rd.Stats().Lines != handed {
		t.Errorf("%q: %d lines counted, %d handed out or bad", data, rd.Stats().Lines, handed)
	}
	return all
}

// elements is framed with buffers of ordinary size.
func elements(t testing.TB, data string, r io.Reader) []string {
	t.Helper()
	budget := NewBudget(0, 1<<10, 1)
	return framed(t, []byte(data), NewReader(r, 3, budget), budget)
}

// shapes are inputs with what is on them, reasoned by hand.
var shapes = []struct {
	name, data string
	want       []string
}{
	{"lines", "{\"a\":1}\n {\"a\":2} \r\n\n{\"a\":3}", []string{`1 {"a":1}`, `2  {"a":2} `, `4 {"a":3}`}},
	{"one line", `{"a":1}`, []string{`1 {"a":1}`}},
	{"one line and spaces", "{\"a\":1}  \n", []string{`1 {"a":1}  `}},
	{"array", "[{\"a\":1},\n {\"a\":2} ,{\"a\":3}\n]\n", []string{`1 {"a":1}`, `2 {"a":2}`, `2 {"a":3}`}},
	{"array of arrays", `[[{"a":1}],[{"a":2},{"a":3}]]`, []string{`1 {"a":1}`, `1 {"a":2}`, `1 {"a":3}`}},
	{"array with scalars", `[{"a":1},null,"x",7]`, []string{`1 {"a":1}`, `1 null`, `1 "x"`, `1 7`}},
	{"empty array", "[]\n{\"a\":1}\n", []string{`2 {"a":1}`}},
	{"pretty", "{\n  \"a\": 1\n}\n{\n  \"a\": [\n    {}\n  ]\n}", []string{"1 {\n  \"a\": 1\n}", "4 {\n  \"a\": [\n    {}\n  ]\n}"}},
	{"pretty and lines", "{\n\"a\": 1\n}\n{\"b\":2}\n{\"b\":3}\n[\n{\"c\":1}\n]\n",
		[]string{"1 {\n\"a\": 1\n}", `4 {"b":2}`, `5 {"b":3}`, `7 {"c":1}`}},
	{"concatenated", `{"a":1}{"a":2} {"a":3},{"a":4}` + "\n" + `{"a":5}{"a":6}` + "\n",
		[]string{`1 {"a":1}`, `1 {"a":2}`, `1 {"a":3}`, `1 {"a":4}`, `2 {"a":5}`, `2 {"a":6}`}},
	{"lines with commas", "{\"a\":1},\n{\"a\":2},\n{\"a\":3}\n", []string{`1 {"a":1}`, `2 {"a":2}`, `3 {"a":3}`}},
	{"record separators", "\x1e{\"a\":1}\n\x1e{\"a\":2}\n", []string{"1 \x1e{\"a\":1}", "2 \x1e{\"a\":2}"}},
	{"search", `{"took":1,"_shards":{"hits":{"hits":[{}]}},"hits":{"total":{"value":2},"max_score":null,"hits":[{"_id":"1","_source":{"a":1}},` +
		"\n" + `{"_id":"2"}]},"aggregations":{"hits":{"hits":[{"_id":"3"}]}}}`,
		[]string{`1 {"_id":"1","_source":{"a":1}}`, `2 {"_id":"2"}`}},
	{"search, told by its hits", `{"hits":{"hits":[ {"_source":{"a":1}}]}}`, []string{`1 {"_source":{"a":1}}`}},
	{"no search", `{"hits":{"hits":[{"a":1}]}}`, []string{`1 {"hits":{"hits":[{"a":1}]}}`}},
	{"no search either", `{"a":1,"took":1,"hits":{"hits":[{"_id":"1"}]}}`, []string{`1 {"a":1,"took":1,"hits":{"hits":[{"_id":"1"}]}}`}},
	{"nor this", `{"took":1,"hits":3,"values":[[1]],"docs":{},"a":1}`, []string{`1 {"took":1,"hits":3,"values":[[1]],"docs":{},"a":1}`}},
	{"scroll pages", `{"_scroll_id":"x","hits":{"hits":[{"_id":"1"}]}}` + "\n" + `{"hits":{"hits":[{"_id":"2"}]},"_scroll_id":"x"}` + "\n" + `{"hits":{"hits":[]}}`,
		[]string{`1 {"_id":"1"}`, `2 {"_id":"2"}`}},
	{"multi-search", `{"took":1,"responses":[{"took":1,"hits":{"hits":[{"_id":"1"}]},"status":200},{"error":{"type":"x"},"status":404}]}`,
		[]string{`1 {"_id":"1"}`, `search response without events*1 1`}},
	{"asynchronous", `{"id":"x","is_partial":false,"response":{"took":1,"hits":{"hits":[{"_id":"1"}]}},"completion_status":200}`,
		[]string{`1 {"_id":"1"}`}},
	{"raw response", `{"id":0,"result":{"rawResponse":{"took":1,"hits":{"hits":[{"_id":"1"}]}},"isPartial":false}}`, []string{`1 {"_id":"1"}`}},
	{"get", `{"docs":[{"_id":"1","_source":{"a":1}},{"_id":"2","found":false}]}`, []string{`1 {"_id":"1","_source":{"a":1}}`, `1 {"_id":"2","found":false}`}},
	{"EQL", `{"is_partial":false,"hits":{"sequences":[{"join_keys":["x"],"events":[{"_id":"1"},{"_id":"2"}]}],"events":[{"_id":"3"}]}}`,
		[]string{`1 {"_id":"1"}`, `1 {"_id":"2"}`, `1 {"_id":"3"}`}},
	{"error", `{"error":{"type":"x"},"status":400}`, []string{`search response without events*1 1`}},
	{"ES|QL", `{"took":3,"all_columns":[{"name":"z"}],"columns":[{"name":"a.b","type":"long"},{"name":"c\"","type":"keyword"}],"values":[[1,null],["x",["y",{"z":1}]],` +
		"\n[null,null],[1]]}",
		[]string{`1 {"a.b":1}`, `1 {"a.b":"x","c\"":["y",{"z":1}]}`, `2 {}`, `row with missing or surplus cells*1 2`}},
	{"ES|QL with metadata", `{"columns":[{"name":"_id","type":"keyword"},{"name":"_index","type":"keyword"},{"name":"a","type":"long"},{"name":"_score"}],"values":[["d","i",1,2]]}`,
		[]string{`1 {"_id":"d","_index":"i","_source":{"a":1}}`}},
	{"SQL", `{"columns":[{"name":"a","type":"long"}],"rows":[[1],[2]],"cursor":"x"}`, []string{`1 {"a":1}`, `1 {"a":2}`}},
	{"columns of an event", `{"columns":["x"],"values":[[1]]}`, []string{`1 {"columns":["x"],"values":[[1]]}`}},
	{"a response in an event", `{"response":{"code":200,"hits":{"hits":[{"_id":"1"}]}},"result":{},"a":1}`,
		[]string{`1 {"response":{"code":200,"hits":{"hits":[{"_id":"1"}]}},"result":{},"a":1}`}},
	{"foreign keys behind hits", `{"hits":{"hits":[{"_id":"1"}]},"@timestamp":1,"a":2}`, []string{`1 {"_id":"1"}`, `search response with foreign keys*1 1`}},
	{"foreign keys in an asynchronous response", `{"response":{"took":1,"hits":{"hits":[{"_id":"1"}]},"new":1},"new":1}`, []string{`1 {"_id":"1"}`}},
	{"foreign keys in a response", `{"took":1,"hits":{"hits":[{"_id":"1"}]},"new":1}`, []string{`1 {"_id":"1"}`}},
	{"bulk", `{"index":{"_id":"1"}}` + "\n" + `{"a":1}` + "\n", []string{`1 {"index":{"_id":"1"}}`, `2 {"a":1}`}},
	{"pages in an array", `[{"took":1,"hits":{"hits":[{"_id":"1"}]}},{"took":1,"hits":{"hits":[{"_id":"2"}]}}]`, []string{`1 {"_id":"1"}`, `1 {"_id":"2"}`}},
	{"text with brackets", "[2026-03-01] text {\"a\":1}\n[x\n{\"b\":1}\n", []string{`1 [2026-03-01] text {"a":1}`, `2 [x`, `3 {"b":1}`}},
	// CSV as Discover writes it.
	{"CSV", "\"@timestamp\",\"_id\",\"process.pid\",\"process.args\",message\r\n" +
		"\"Mar 1, 2026 @ 10:00:00.123\",x,\"1,234\",\"a, b \"\"c\"\"\",\"two\nlines\"\r\n\r\n-,,-,[1],\"1,23\"\nshort,row\n",
		[]string{`2 {"_id":"x","_source":{"@timestamp":"2026-03-01T10:00:00.123Z","process.pid":"1234","process.args":["a","b \"c\""],"message":"two\u000alines"}}`,
			`5 {"process.args":[1],"message":"1,23"}`, `row with missing or surplus cells*1 6`}},
	{"CSV with semicolons", "@timestamp;a\n2026-03-01T10:00:00Z;\"x;y\"\n", []string{`2 {"@timestamp":"2026-03-01T10:00:00Z","a":"x;y"}`}},
	{"CSV of whole documents", "\"_id\",\"_source\"\n1,\"{\"\"a\"\":1}\"\n2,\"{\"\n", []string{`2 {"_id":"1","_source":{"a":1}}`, `3 {"_id":"2","_source":{}}`}},
	{"CSV that guards formulas", "'@timestamp,a.b\n2026,'=x\n2026,'x\n", []string{`2 {"@timestamp":"2026","a.b":"=x"}`, `3 {"@timestamp":"2026","a.b":"'x"}`}},
	{"CSV with a quote too many", "a.b,c.d\n\"x,1\n2,3\n4,\"5\n6\"\n7,8", []string{`3 {"a.b":"2","c.d":"3"}`, `4 {"a.b":"4","c.d":"5\u000a6"}`, `6 {"a.b":"7","c.d":"8"}`,
		`row with missing or surplus cells*1 2`}},
	{"CSV twice", "a.b,c.d\n1,2\na.b,c.d\n3,4\n", []string{`2 {"a.b":"1","c.d":"2"}`, `4 {"a.b":"3","c.d":"4"}`}},
	{"no CSV", "name,value\n{\"a\":1}\n", []string{`1 name,value`, `2 {"a":1}`}},
	// What is damaged.
	{"half a line first", "{\"a\":\n{\"b\":1}\n{\"c\":1}\n", []string{`1 {"a":`, `2 {"b":1}`, `3 {"c":1}`}},
	{"half a line", "{\"a\":1,\"b\":\"x\n{\"b\":1}\n", []string{`1 {"a":1,"b":"x`, `2 {"b":1}`}},
	{"half lines to the end", "{\"a\":\n{\"b\":\n", []string{`1 {"a":`, `2 {"b":`}},
	{"half a response", `{"took":1,"hits":{"hits":[{"_id":"1"},{"_id":"2"},{"_id":"3`, []string{`1 {"_id":"1"}`, `1 {"_id":"2"}`, `1 {"_id":"3`}},
	{"between hits", `{"took":1,"hits":{"hits":[{"_id":"1"},`, []string{`1 {"_id":"1"}`, `JSON breaks off*1 1`}},
	{"a broken hit", `{"took":1,"hits":{"hits":[{"_id":"1"},{"_id":"2","x":{"_i},{"_id":"3"},{"_id":"4"}]}}` + "\n" + `{"a":1}`,
		[]string{`1 {"_id":"1"}`, `1 {"_id":"3"}`, `1 {"_id":"4"}`, `2 {"a":1}`, `not JSON*1 1`}},
	{"responses cut and appended to", `{"took":1,"hits":{"hits":[{"_id":"1"},{"_id` + "\n" + `{"a":1}` + "\n" + `{"a":2}` + "\n",
		[]string{`1 {"_id":"1"}`, `2 {"a":1}`, `3 {"a":2}`, `not JSON*1 1`}},
	{"a broken row", `{"columns":[{"name":"a"},{"name":"b"}],"values":[[1,2],[1,x],[["p","q"],4],[5,6]]}`,
		[]string{`1 {"a":1,"b":2}`, `1 {"a":["p","q"],"b":4}`, `1 {"a":5,"b":6}`, `not JSON*1 1`}},
	{"a broken pretty object", "{\n  \"a\": 1\n}\n{\n  \"a\": @,\n  {\n  \"b\": 1\n}\n{\n  \"a\": 2\n}\n",
		[]string{"1 {\n  \"a\": 1\n}", "9 {\n  \"a\": 2\n}", `not JSON*1 4`}},
	{"NUL bytes", "\x00\x00{\"a\":1}\n{\"a\":2}\x00\n\x00\x00\n", []string{`1 {"a":1}`, `2 {"a":2}`, `NUL bytes*3 1`}},
	{"junk behind an object", "{\"a\":1}{\"a\":2} junk\n{\"a\":3}\n", []string{`1 {"a":1}`, `1 {"a":2}`, `1 junk`, `2 {"a":3}`}},
	// What is of no shape.
	{"text", "Some text\nmore\n", []string{`2 more`, `unknown shape, begins with "Some text"*1 1`}},
	{"binary", "\xff\x01\x02\r\n", []string{`unknown shape, begins with "\xff\x01\x02"*1 1`}},
	{"empty", "", nil},
}

// everyRead are the ways in which a stream may return its bytes.
var everyRead = map[string]func(io.Reader) io.Reader{
	"whole":    func(r io.Reader) io.Reader { return r },
	"bytewise": iotest.OneByteReader,
	"halves":   iotest.HalfReader,
	"with EOF": iotest.DataErrReader,
}

func TestShapes(t *testing.T) {
	for _, s := range shapes {
		for name, as := range everyRead {
			got := elements(t, s.data, as(strings.NewReader(s.data)))
			if diff := cmp.Diff(s.want, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", s.name, name, diff)
			}
		}
	}
}

// TestShapesInSmallBuffers: no element depends on the size of the buffers, as long as
// they hold what a response is told by.
func TestShapesInSmallBuffers(t *testing.T) {
	for _, s := range shapes {
		if strings.HasPrefix(s.name, "CSV") || strings.Contains(strings.Join(s.want, ""), "unknown") {
			continue // these are told by what is in the first buffer
		}
		for size := 40; size < 400; size += 9 {
			budget := newBudget(1<<10, sizes{batch: size, medium: 2 * size, batches: 2, mediums: 1})
			if diff := cmp.Diff(s.want, framed(t, []byte(s.data), known(strings.NewReader(s.data), 3, budget), budget)); diff != "" {
				t.Errorf("%s, batches of %d (-want +got):\n%s", s.name, size, diff)
				break
			}
		}
	}
}
