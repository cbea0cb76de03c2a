package event

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/valyala/fastjson"
)

// Fingerprints agree exactly where contents do, for spellings other than lists inside
// lists and keys that stand twice.
func TestFingerprint(t *testing.T) {
	docs := []string{
		`{"a":{"b":"1"},"c":[1,2]}`, `{"a.b":"1","c":[1,2]}`, `{"c":[1,2],"a":{"b":["1"]},"d":null}`, `{ "a" : {"b":"1"}, "c":[1,2], "d":[]}`,
		`{"a":{"b":1},"c":[1,2]}`, `{"a":{"b":"1"},"c":[2,1]}`, `{"a":{"b":"1"},"c":[1]}`, `{"a":{"b":"1","c":[1,2]}}`,
		`{"a":{"b":"1"},"c":[1,2],"e":""}`, `{"a":{"b":"1"},"c":["1",2]}`, `{"a":{"b":"1"},"c":[1,2],"f":true}`, `{"ab":"1","c":[1,2]}`,
		`{"l":[{"x":1},{"x":2}]}`, `{"l.x":[1,2]}`, `{"l.x":[2,1]}`, `{"l":{"x":[1,2]}}`, `{}`, `{"x":null}`,
		`{"_index":"i","_id":"1","_source":{"a":{"b":"1"},"c":[1,2]}}`,
	}
	type prints struct{ content, finger [16]byte }
	var got []prints
	for _, d := range docs {
		p, ev := NewParser(NewLayout()), &Event{}
		if err := p.Parse(ev, []byte(d)); err != nil {
			t.Fatalf("%s: %v", d, err)
		}
		got = append(got, prints{p.Content(), p.Fingerprint(ev.Source)})
	}
	for i, x := range got {
		for j, y := range got[:i] {
			if (x.content == y.content) != (x.finger == y.finger) {
				t.Errorf("%s\n%s\ncontents agree: %v, fingerprints: %v", docs[i], docs[j], x.content == y.content, x.finger == y.finger)
			}
		}
	}
}

// treePrint is Fingerprint over the tree of the event last parsed: the same sums, with
// no scanner and no memo.
func treePrint(p *Parser) (out [16]byte) {
	var f printer
	var text Event
	var walk func(v *fastjson.Value, at, place uint64)
	walk = func(v *fastjson.Value, at, place uint64) {
		switch v.Type() {
		case fastjson.TypeObject:
			v.GetObject().Visit(func(key []byte, member *fastjson.Value) { walk(member, nameBelow(at, key), place) })
		case fastjson.TypeArray:
			for i, elem := range v.GetArray() {
				walk(elem, at, place*listMix+uint64(i))
			}
		case fastjson.TypeNull:
		default:
			x := text.scalar(v)
			f.place = place
			f.leaf(at, x.Kind, x.Text)
		}
	}
	walk(p.event, 0, 0)
	binary.LittleEndian.PutUint64(out[:], f.a)
	binary.LittleEndian.PutUint64(out[8:], f.c)
	return out
}

// FuzzFingerprint holds the scan of the text against the tree, with what earlier lines
// left in the memo.
func FuzzFingerprint(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1,"x",[true,{"c":null}]]},"d.e":"\ud800"}`), []byte(`{"a" : {"b":[1,"x",[true,{"c":null}]]}, "\u0061":{} }`))
	// two objects behind one key of a line, the second in the memory of the first
	f.Add([]byte(`{"host":{"id":"a"},"l":[{"host":{"id":"b"}},{"host":{"id":"c"}}],"host":{"id":"d"}}`), []byte(`{"_id":"1","_source":{"host":{"id":"d"},"host.id":{"x":{"id":"b"}}}}`))
	f.Add([]byte(`{"":{"":-1.5e3},".":[[],{}]}`), []byte(`{"_index":"i","_source":{"h":{"id":"\"\\"}}}`))
	p := NewParser(testLayout())
	var ev Event
	f.Fuzz(func(t *testing.T, first, second []byte) {
		for _, line := range [][]byte{first, second, first} {
			if p.Parse(&ev, line) != nil {
				return
			}
			got, want := p.Fingerprint(ev.Source), treePrint(p)
			if got != want {
				t.Fatalf("%q: %x by its text, %x by its tree", line, got, want)
			}
			for range 2 { // what was remembered the first time is known the second
				if p.Extract(&ev, line) && p.Fingerprint(ev.Source) != want {
					t.Fatalf("%q: %x where it was extracted, %x by its tree", line, p.Fingerprint(ev.Source), want)
				}
			}
		}
	})
}

func TestFingerprintAllocatesNothing(t *testing.T) {
	p, ev := NewParser(testLayout()), &Event{}
	lines := benchEvents()
	pass := func() {
		for _, line := range lines {
			p.Fingerprint(bytes.TrimSpace(line))
			if p.Extract(ev, line) {
				p.Fingerprint(ev.Source)
			}
		}
	}
	for range 100 { // until what repeats is remembered
		pass()
	}
	if n := testing.AllocsPerRun(20, pass); n != 0 {
		t.Errorf("%v allocations for %d lines", n, len(lines))
	}
}

// Texts of every length up to some words differ from each other in each byte.
func TestHashTellsApart(t *testing.T) {
	seen := map[uint64]string{}
	for n := range 70 {
		base := bytes.Repeat([]byte{'a'}, n)
		for i := range n + 1 {
			text := bytes.Clone(base)
			if i < n {
				text[i] ^= 1
			}
			h := hash(text)
			if other, ok := seen[h]; ok {
				t.Errorf("%q and %q share a hash", text, other)
			}
			seen[h] = string(text)
		}
	}
}
