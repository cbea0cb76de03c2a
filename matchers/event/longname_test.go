package event

import (
	"fmt"
	"strings"
	"testing"

	"github.com/valyala/fastjson"
)

// longestName is the length of the longest dotted name of a leaf.
func longestName(v *fastjson.Value, above int) int {
	most := above
	switch v.Type() {
	case fastjson.TypeObject:
		most = 0
		v.GetObject().Visit(func(key []byte, x *fastjson.Value) {
			n := len(key)
			if above > 0 {
				n += above + 1
			}
			most = max(most, longestName(x, n))
		})
	case fastjson.TypeArray:
		most = 0
		for _, x := range v.GetArray() {
			most = max(most, longestName(x, above))
		}
	}
	return most
}

func TestMayHaveLongName(t *testing.T) {
	f := func(text string, limit int, want bool) {
		t.Helper()
		if got := MayHaveLongName([]byte(text), limit); got != want {
			t.Errorf("%s, limit %d: %v, want %v", text, limit, got, want)
		}
	}
	f(`{}`, 5, false)
	f(`{"a":1}`, 5, false)
	f(`{"aaaaaa":1}`, 5, true)
	f(`{"a":"bbbbbbbbbbbb","c":"d:\"ddddddd"}`, 5, false)
	f(`{"a":["bbbbbbbbbb","c"],"d":true}`, 5, false)
	f(`{"aa" : { "bb" :{"cc":1}}}`, 7, true) // aa.bb.cc
	f(`{"aa":{"bb":{}},"cc":{"dd":1},"ee":[{"ff":1},{"gg":[1,{"h":1}]}]}`, 9, false)
	f(`{"aa":[{"b":1},{"cccc":1}]}`, 6, true) // the second element is below aa too
	f(`{"aa":[[{"b":1}],[{"cccc":1}]]}`, 6, true)
	f(`{"a":"\\","bbbbbbbbb":1}`, 6, true)
	f(`{"a":"\\\"","b":1}`, 6, false)
	f(strings.Repeat(`{"a":`, maxDepth+2), 1<<20, true) // deeper than any line
	f(`{"a`, 100, true)
	f(`}`, 100, true)
}

// FuzzMayHaveLongName overlooks no long name, and sees few that are not there: a dot
// for each container at most, and what escapes take.
func FuzzMayHaveLongName(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[{"c":"x"},{"dd":[1,[2,{"e":null}]]}]},"f\u0041\"g":{"h":"i:\"j"}}`), 7)
	f.Add([]byte(`[{"a":1},{"bb":{"":{"":2}}}]`), 3)
	f.Fuzz(func(t *testing.T, b []byte, limit int) {
		limit = limit & 0xff
		if fastjson.ValidateBytes(b) != nil {
			MayHaveLongName(b, limit)
			return
		}
		longest := longestName(fastjson.MustParseBytes(b), 0)
		if got := MayHaveLongName(b, limit); !got && longest > limit {
			t.Errorf("%s: a name of %d bytes was overlooked, limit %d", b, longest, limit)
		} else if got && len(b) < limit {
			t.Errorf("%s: %d bytes have no name of more than %d", b, len(b), limit)
		}
	})
}

func BenchmarkMayHaveLongName(b *testing.B) {
	var line strings.Builder
	line.WriteString(`{"a":1`)
	for i := range 100 {
		fmt.Fprintf(&line, `,"field%d":{"name":"a value of some length","list":[1,2,3]}`, i)
	}
	line.WriteString("}")
	text := []byte(line.String())
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if MayHaveLongName(text, 4096) {
			b.Fatal("it has none")
		}
	}
}
