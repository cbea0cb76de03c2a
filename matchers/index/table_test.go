package index

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

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

var testNames = []string{"process.name", "process.args", "process.pid", "process.name.caseless", "message", "user.id",
	"nobody.knows", "process.code_signature.trusted", "source.ip"}

func testFields() fields {
	l := event.NewLayout()
	for _, name := range testNames {
		l.Slot(schema.Builtin().Lookup(name).Path)
	}
	return fields{schema.Builtin(), l}
}

// TestAnchors: atoms are written name=text, name^text for a start, name$text for an
// end, name~gram, name#number, name@address, name+ for presence.
func TestAnchors(t *testing.T) {
	fs := testFields()
	f := func(x query.Expr, want string) {
		t.Helper()
		atoms, _, ok := fs.anchorsOf(x)
		var got []string
		for _, a := range atoms {
			text := a.text
			if a.kind == number {
				text = fmt.Sprint(a.n)
			}
			got = append(got, fs.layout.Name(a.slot)+[...]string{"+", "=", "^", "$", "~", "#", "@"}[a.kind]+text)
		}
		if s := strings.Join(got, " "); s != want || ok != (want != "") {
			t.Errorf("%s has %q (%v), want %q", x, s, ok, want)
		}
	}
	num := func(name, text string) query.Expr {
		return &query.Term{Field: field(name), Values: []query.Literal{{Kind: query.Number, Text: text}}}
	}
	f(term("process.name", "CMD.exe", "a"), "process.name=cmd.exe process.name=a")
	f(like("process.name", "*Zqxj*"), "process.name~zqxj")
	f(like("process.name", "abc*"), "process.name^abc")
	f(like("process.name", "*abc"), "process.name$abc")
	f(like("process.name", "ab*yz"), "process.name^ab")
	f(like("process.name", "?ab*"), "process.name+") // what is wild stands before it
	f(like("process.name", "zqxjzqxjzqxj*"), "process.name^zqxjzqx")
	f(like("process.name", "abc*", "Whole"), "process.name^abc process.name=whole")
	f(like("process.name", "abcd*", "*ab*"), "process.name+") // no literal of four bytes
	f(&query.Regexp{Field: field("process.name"), Patterns: []string{`(?s)\A(?:.*zqxj.*)\z`}}, "process.name~zqxj")
	f(&query.Exists{Field: field("process.args")}, "process.args+")
	f(term("process.pid", "4", "007"), "process.pid#4 process.pid#7")
	f(num("process.pid", "4"), "process.pid#4")
	f(num("process.pid", "4.0"), "process.pid+")
	f(num("process.pid", "-4"), "process.pid+")
	f(num("process.pid", "1234567890123456789"), "process.pid+") // more digits than are sure to fit
	f(num("process.name", "4"), "process.name#4")                // compares as a number and as text
	f(term("process.name", "4"), "process.name=4")
	f(num("nobody.knows", "4"), "nobody.knows#4")
	f(term("nobody.knows", "4"), "nobody.knows#4")
	f(term("nobody.knows", "4.5"), "nobody.knows+")
	f(term("nobody.knows", "x"), "nobody.knows=x")
	f(term("process.code_signature.trusted", "true"), "process.code_signature.trusted=true")
	f(term("process.code_signature.trusted", "false"), "process.code_signature.trusted=false process.code_signature.trusted=")
	f(term("source.ip", "10.1.2.3"), "source.ip@10.1.2.3")
	f(term("source.ip", "10.1.2.3", "10.0.0.0/8"), "source.ip+")
	f(term("source.ip", "::1"), "source.ip+")
	f(term("source.ip", "10.1.2.03"), "source.ip+")
	f(term("source.ip", "10.1.2.256"), "source.ip+")
	f(term("process.name", ""), "process.name+")
	f(term("process.name.caseless", "X"), "process.name+") // its normalizer lowers more than ASCII
	f(term("message", "x"), "message=x")                   // EQL: the whole text
	f(&query.Term{Field: field("message"), Values: []query.Literal{{Text: "x"}}, Text: query.AnyToken}, "message+")
	f(and(term("process.name", "a", "b"), term("user.id", "c")), "user.id=c") // the cheapest
	f(and(term("process.name", "tcp"), like("user.id", "abcd*")), "user.id^abcd")
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
	table.Candidates(dst, ev)
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
	xs = append(xs, term("source.ip", "10.1.2.3"), term("nobody.knows", "4"), term("process.code_signature.trusted", "false"))
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
	f(`{"process":{"args":"aZQXJ"}}`, 1, 3, 4)
	f(`{"process":{"args":"--ZQXJw!"}}`, 1, 3, 4, 5)
	f(`{"process":{"args":"zqx"}}`, 3, 4)
	f(`{"user":{"id":"U69"}}`, 3, 4, 78)
	f(`{"source":{"ip":"10.1.2.3"}}`, 3, 4, 6)
	f(`{"source":{"ip":["10.1.2.30","1.2.3.4"]}}`, 3, 4)
	f(`{"source":{"ip":"::ffff:a01:203"}}`, 3, 4, 6)
	f(`{"nobody":{"knows":4}}`, 3, 4, 7)
	f(`{"nobody":{"knows":"004"}}`, 3, 4, 7)
	f(`{"nobody":{"knows":["5","x4","true"]}}`, 3, 4)
	f(`{"nobody":{"knows":4.0}}`, 3, 4, 7)  // spelled otherwise: tried
	f(`{"nobody":{"knows":"+5"}}`, 3, 4, 7) // likewise
	f(`{"process":{"code_signature":{"trusted":false}}}`, 3, 4, 8)
	f(`{"process":{"code_signature":{"trusted":""}}}`, 3, 4, 8)
	f(`{"process":{"code_signature":{"trusted":true}}}`, 3, 4)
}

// holds says what an atom asks of a value, written down once more.
func (a atom) holds(value string) bool {
	v := lower(value)
	switch a.kind {
	case exact, address:
		return v == a.text
	case start:
		return strings.HasPrefix(v, a.text)
	case end:
		return strings.HasSuffix(v, a.text)
	case gram:
		return strings.Contains(v, a.text)
	case number:
		n, err := strconv.ParseFloat(value, 64)
		return err == nil && n == float64(a.n)
	}
	return true
}

// FuzzAtoms: whatever atom holds on a value, its tree is a candidate. The other
// direction is looked at for values and texts that have nothing in common.
func FuzzAtoms(f *testing.F) {
	f.Add("cmd.exe", "C:\\Windows\\CMD.EXE", uint64(4))
	f.Add("abcdefghijklmnopqrstu", "abcdefghijklmnopqrstu", uint64(0))
	f.Add("", "", uint64(7))
	f.Add("@[`{", "`{@[", uint64(1<<40))
	f.Add("a", "4e0", uint64(4))
	f.Fuzz(func(t *testing.T, text, value string, n uint64) {
		text = lower(text)
		atoms := []atom{{kind: present}, {kind: exact, text: text}, {kind: address, text: text}, {kind: number, n: n % 1e15}}
		for i := range len(text) {
			if i < endSize {
				atoms = append(atoms, atom{kind: start, text: text[:i+1]}, atom{kind: end, text: text[len(text)-i-1:]})
			}
			if i+gramSize <= len(text) {
				atoms = append(atoms, atom{kind: gram, text: text[i : i+gramSize]})
			}
		}
		b := builder{map[int]*slotTable{}, map[uint64][]int32{}}
		for i, a := range atoms {
			b.add(a, int32(i))
		}
		l, st := newLookup(b.rules), b.slot(0)
		for _, value := range []string{value, text, strings.ToUpper(text), value + text, text + value, fmt.Sprint(n % 1e15), fmt.Sprint(n%1e15) + ".0"} {
			dst := make([]uint64, (len(atoms)+63)/64)
			st.find(dst, l, []byte(value))
			for i, a := range atoms {
				if a.kind != present && a.holds(value) && dst[i>>6]>>(i&63)&1 == 0 {
					t.Fatalf("%+v holds on %q, but is no candidate", a, value)
				}
			}
		}
	})
}

// TestSelective: values that have nothing of what is looked for find nothing.
func TestSelective(t *testing.T) {
	b := builder{map[int]*slotTable{}, map[uint64][]int32{}}
	for i, a := range []atom{{kind: exact, text: "cmd.exe"}, {kind: start, text: "cmd"}, {kind: end, text: ".exe"},
		{kind: gram, text: "d.ex"}, {kind: number, n: 80}, {kind: address, text: "10.1.2.3"}} {
		b.add(a, int32(i))
	}
	l, st := newLookup(b.rules), b.slot(0)
	f := func(value string, want uint64) {
		t.Helper()
		dst := []uint64{0}
		st.find(dst, l, []byte(value))
		if dst[0] != want {
			t.Errorf("%q has candidates %b, want %b", value, dst[0], want)
		}
	}
	f("CMD.exe", 0b1111)
	f("cmd.dll", 0b0010)
	f("x.exe", 0b0100)
	f("xd.ex", 0b1000)
	f("bash", 0)
	f("", 0)
	f("80", 0b10000)
	f("81", 0)
	f("8e1", 0b10000)
	f("10.1.2.3", 0b110000) // 10.1.2.3 might be a number in some spelling: it begins like one
	f("a:b", 0b100000)
}
