package index

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// lowerer is the worker's view of values.
type lowerer struct{}

func (lowerer) Folded(_, _ int, text []byte) []byte { return []byte(lower(string(text))) }

func field(name string) query.Field { return query.Field{Name: name} }

func term(name string, texts ...string) query.Expr {
	x := &query.Term{Field: field(name)}
	for _, s := range texts {
		x.Values = append(x.Values, query.Literal{Text: s})
	}
	return x
}

func like(name string, patterns ...string) query.Expr {
	x := &query.Wildcard{Field: field(name)}
	for _, s := range patterns {
		x.Patterns = append(x.Patterns, query.LikePattern(s))
	}
	return x
}

var testNames = []string{"process.name", "process.args", "process.pid", "process.name.caseless", "message", "user.id"}

func testFields() fields {
	l := event.NewLayout()
	for _, name := range testNames {
		l.Slot(schema.Builtin().Lookup(name).Path)
	}
	return fields{schema.Builtin(), l}
}

// TestAnchors: atoms are written name=text, name~gram, name+ for presence.
func TestAnchors(t *testing.T) {
	fs := testFields()
	f := func(x query.Expr, want string) {
		t.Helper()
		atoms, _, ok := fs.anchorsOf(x)
		var got []string
		for _, a := range atoms {
			got = append(got, fs.layout.Name(a.slot)+[...]string{"+", "=", "~"}[a.kind]+a.text)
		}
		if s := strings.Join(got, " "); s != want || ok != (want != "") {
			t.Errorf("%s has %q (%v), want %q", x, s, ok, want)
		}
	}
	f(term("process.name", "CMD.exe", "a"), "process.name=cmd.exe process.name=a")
	f(like("process.name", "*Zqxj*"), "process.name~zqxj")
	f(like("process.name", "abc*"), "process.name+") // no literal of four bytes
	f(like("process.name", "abcd*", "*x"), "process.name+")
	f(&query.Regexp{Field: field("process.name"), Patterns: []string{`(?s)\A(?:.*zqxj.*)\z`}}, "process.name~zqxj")
	f(&query.Exists{Field: field("process.args")}, "process.args+")
	f(term("process.pid", "4"), "process.pid+")                                                                             // equal as numbers
	f(&query.Term{Field: field("process.name"), Values: []query.Literal{{Kind: query.Number, Text: "4"}}}, "process.name+") // so here
	f(term("process.name", ""), "process.name+")
	f(term("process.name.caseless", "X"), "process.name+") // its normalizer lowers more than ASCII
	f(term("message", "x"), "message=x")                   // EQL: the whole text
	f(&query.Term{Field: field("message"), Values: []query.Literal{{Text: "x"}}, Text: query.AnyToken}, "message+")
	f(and(term("process.name", "a", "b"), term("user.id", "c")), "user.id=c") // the cheapest
	f(and(not(term("user.id", "c")), like("process.name", "*zqxj*")), "process.name~zqxj")
	f(or(term("process.name", "a"), term("user.id", "c")), "process.name=a user.id=c")
	f(or(term("process.name", "a"), not(term("user.id", "c"))), "")
	f(not(term("user.id", "c")), "")
	f(&query.Script{X: &query.Null{}}, "")
	f(&query.Nested{Path: "process", X: term("process.name", "a")}, "")
	f(&query.Term{Field: query.Field{Name: "process.*", Glob: true}}, "")
	f(&query.Const{Value: true}, "")
}

func candidates(table *Table, ev *event.Event) (out []int) {
	dst := make([]uint64, (table.Len()+63)/64)
	table.Candidates(dst, ev, lowerer{})
	for i := range table.Len() {
		if dst[i>>6]>>(uint(i)&63)&1 == 1 {
			out = append(out, i)
		}
	}
	return out
}

func TestTable(t *testing.T) {
	fs := testFields()
	xs := []query.Expr{term("process.name", "a"), like("process.args", "*zqxj*"), &query.Exists{Field: field("process.pid")},
		not(term("user.id", "c")), term("nobody", "x"), or(term("process.name", "b"), like("process.args", "--zqxjw*"))}
	for i := range 70 { // beyond one word of the set
		xs = append(xs, term("user.id", fmt.Sprint("u", i)))
	}
	table := NewTable(xs, fs.schema, fs.layout)
	f := func(line string, want ...int) {
		t.Helper()
		var ev event.Event
		if err := event.NewParser(fs.layout).Parse(&ev, []byte(line)); err != nil {
			t.Fatal(err)
		}
		if got := candidates(table, &ev); !slices.Equal(got, want) {
			t.Errorf("%s has candidates %v, want %v", line, got, want)
		}
	}
	// The field that the layout lacks is not known to be absent: 4 is always tried.
	f(`{}`, 3, 4)
	f(`{"process":{"name":"A"}}`, 0, 3, 4)
	f(`{"process":{"name":["x","b"],"pid":1}}`, 2, 3, 4, 5)
	f(`{"process":{"args":"aZQXJ"}}`, 1, 3, 4, 5)
	f(`{"process":{"args":"zqx"}}`, 3, 4)
	f(`{"user":{"id":"U69"}}`, 3, 4, 75)
}

// FuzzGrams: the filter and its table find the grams that a text holds, no more and no
// fewer.
func FuzzGrams(f *testing.F) {
	f.Add([]byte("abcdefgh"), []byte("xxcdefxx"))
	f.Add([]byte{0, 0, 0, 0, 255, 255, 255, 255}, []byte{0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, keys, text []byte) {
		n := min(len(keys)/gramSize, 300)
		if n == 0 {
			return
		}
		g := &gramTable{rules: map[uint32][]int32{}}
		for i := range n {
			g.add(string(keys[i*gramSize:(i+1)*gramSize]), int32(i))
		}
		g.seal()
		dst := make([]uint64, (n+63)/64)
		g.find(dst, text)
		for i := range n {
			got := dst[i>>6]>>(uint(i)&63)&1 == 1
			if want := bytes.Contains(text, keys[i*gramSize:(i+1)*gramSize]); got != want {
				t.Fatalf("%q in %q: %v, want %v", keys[i*gramSize:(i+1)*gramSize], text, got, want)
			}
		}
	})
}
