package event

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/valyala/fastjson"
)

// filled renders the slots that have values: name=values, sorted by name.
func filled(l *Layout, ev *Event) string {
	slots := slices.Clone(ev.Touched())
	slices.SortFunc(slots, func(a, b int32) int { return strings.Compare(l.Name(int(a)), l.Name(int(b))) })
	var out []string
	for _, slot := range slots {
		out = append(out, l.Name(int(slot))+"="+show(ev.Values(int(slot))))
	}
	return strings.Join(out, "; ")
}

func TestParseFields(t *testing.T) {
	l := testLayout()
	p := NewParser(l)
	f := func(line, want string) {
		t.Helper()
		var ev Event
		if err := p.Parse(&ev, []byte(line)); err != nil {
			t.Errorf("%s: %v", line, err)
			return
		}
		if got := filled(l, &ev); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", line, got, want)
		}
		if string(ev.Source) != strings.TrimSpace(line) {
			t.Errorf("%s: source %s", line, ev.Source)
		}
	}
	// Every kind of value.
	f(`{"b":"x"}`, `b=s"x"`)
	f(`{"b":""}`, `b=s""`)
	f(`{"b":-1.50e+3}`, `b=n-1.50e+3`)
	f(`{"b":true,"c":false}`, `b=btrue; c=bfalse`)
	f(`{"b":null}`, `b=null`)
	f(`{"b":[]}`, ``)
	f(`{"b":{}}`, ``)
	f(`{"b":[null]}`, `b=null`)
	f(`{"b":[null,"x"]}`, `b=null s"x"`)
	f(`{"b":["x",1,[true,[null]],"y"]}`, `b=s"x" n1 btrue null s"y"`)
	f(`{"b":"zażółć \u017c\n"}`, `b=s"zażółć ż\n"`)
	f("{\"b\":\"\xff\"}", `b=s"\xff"`)
	f(`{"b":"\ud800"}`, `b=s"�"`)
	f(`{"z":1,"y":{"b":2}}`, ``)
	f(" {\"b\":1}\t", `b=n1`)
	// Nested, dotted and mixed names are one field.
	f(`{"process":{"parent":{"name":"x"}}}`, `process.parent.name=s"x"`)
	f(`{"process.parent.name":"x"}`, `process.parent.name=s"x"`)
	f(`{"process.parent":{"name":"x"}}`, `process.parent.name=s"x"`)
	f(`{"process":{"parent.name":"x"}}`, `process.parent.name=s"x"`)
	f(`{"process":{"name":"x"},"process.name":"y","process":{"name":["z"]}}`, `process.name=s"x" s"y" s"z"`)
	f(`{"process":[{"name":"x","pid":1},{"name":["y","z"]},[{"pid":2}]]}`, `process.name=s"x" s"y" s"z"; process.pid=n1 n2`)
	f(`{"proc\u0065ss":{"n\u0061me":"x"}}`, `process.name=s"x"`)
	f(`{"process\u002ename":"x"}`, `process.name=s"x"`)
	f(`{"process":"x"}`, ``)
	f(`{"process":{"name":{"first":"x"}}}`, `process.name=obj`)
	// Duplicate keys all count.
	f(`{"b":1,"b":2,"b":null}`, `b=n1 n2 null`)
	// Objects that are wanted themselves.
	f(`{"obj":{"x":1}}`, `obj=obj`)
	f(`{"obj.x":1}`, `obj=obj`)
	f(`{"obj.x.y":[{"v":""}]}`, `obj=obj`)
	f(`{"obj":{"x":null,"y":[],"z":{"q":[null]}}}`, `obj.z.q=null`)
	f(`{"obj":{"z":{"q":1}},"obj.w":2,"obj":[{"x":3}]}`, `obj=obj; obj.z.q=n1`)
	f(`{"obj":["s",{"x":3},4]}`, `obj=s"s" obj n4`)
	f(`{"a":{"b":{"c":1}}}`, `a=obj; a.b=obj; a.b.c=n1`)
	f(`{"a.b.c":1,"a.b":2,"a":3}`, `a=obj n3; a.b=obj n2; a.b.c=n1`)
	f(`{"a.b.c":null}`, `a.b.c=null`)
	// Names with empty segments are names of their own.
	f(`{"":1,".a":2,"a.":3,"":{"a":4}}`, `=n1 obj; .a=n2 n4; a=obj; a.=n3`)
	f(`{"a..b":1}`, `a=obj; a.=obj`)
	// What only looks like an envelope is an event.
	f(`{"b":1,"_source":{"c":2}}`, `b=n1`)
	f(`{"b":1,"hits":{"hits":[{"c":2}]}}`, `b=n1`)
	f(`{"b":1,"fields":{"c":2}}`, `b=n1`)
	f(`{"b":1,"columns":["x"],"c":2}`, `b=n1; c=n2`)
	f(`{"fields":{"b":[2]}}`, ``)
	// Raw Beats metadata are ordinary fields.
	f(`{"@metadata":{"beat":"auditbeat","version":"8.1.0"},"b":1}`, `@metadata.beat=s"auditbeat"; @metadata.version=s"8.1.0"; b=n1`)
}

func TestParseLeavesNothingBehind(t *testing.T) {
	l := testLayout()
	p := NewParser(l)
	var ev Event
	f := func(line, want string) {
		t.Helper()
		p.Parse(&ev, []byte(line))
		if got := filled(l, &ev); got != want {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
	f(`{"_index":"i","_id":"d","_source":{"obj":{"x":1},"b":["x","y"]}}`, `b=s"x" s"y"; obj=obj`)
	f(`{"b":1}`, `b=n1`)
	if ev.Index != nil || ev.ID != nil {
		t.Errorf("index %q, id %q are the last line's", ev.Index, ev.ID)
	}
	f(`{"b":`, ``)
	if ev.Source != nil || p.Content() != [16]byte{} {
		t.Error("a bad line has a source or content")
	}
	p.Leaves(func(l Leaf) bool { t.Errorf("a bad line has the leaf %q", l.Name); return true })
	p.Elements("b", func(*fastjson.Value) { t.Error("a bad line has an element") })
	f(`{"b":[`+strings.Repeat("1,", maxValues/2)+`1]}`, `b=`+strings.Repeat("n1 ", maxValues/2)+"n1")
	f(`{"b":1,"obj.x":[1]}`, `b=n1; obj=obj`)
	if n := cap(ev.values); n > maxKeptValues {
		t.Errorf("the slot keeps room for %d values", n)
	}
}

func TestElements(t *testing.T) {
	l := testLayout()
	p := NewParser(l)
	f := func(line, path, want string) {
		t.Helper()
		var ev, elem Event
		if err := p.Parse(&ev, []byte(line)); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		var out []string
		p.Elements(path, func(v *fastjson.Value) {
			p.FillElement(&elem, v, path)
			out = append(out, "{"+filled(l, &elem)+"}")
		})
		if got := strings.Join(out, " "); got != want {
			t.Errorf("%s in %s:\ngot  %s\nwant %s", path, line, got, want)
		}
	}
	f(`{"nest":[{"x":1,"y":2},{"x":3},{}]}`, "nest", `{nest=obj; nest.x=n1; nest.y=n2} {nest=obj; nest.x=n3} {}`)
	f(`{"nest":{"x":1}}`, "nest", `{nest=obj; nest.x=n1}`)
	f(`{"nest":[[{"x":1}],"s",null,2]}`, "nest", `{nest=obj; nest.x=n1}`)
	f(`{"nest":[{"x":1}],"nest":{"x":2}}`, "nest", `{nest=obj; nest.x=n1} {nest=obj; nest.x=n2}`)
	f(`{"obj":[{"z":{"q":1}},{"z":[{"q":2}]}],"obj.z":{"q":3}}`, "obj.z", `{obj.z.q=n1} {obj.z.q=n2} {obj.z.q=n3}`)
	f(`{"process":{"parent":{"name":"x"}}}`, "process.parent", `{process.parent.name=s"x"}`)
	f(`{"process.parent":{"name":"x"}}`, "process.parent", `{process.parent.name=s"x"}`)
	f(`{"nest":[{"x":1}]}`, "nes", ``)
	f(`{"nest":[{"x":1}]}`, "nest.x", ``)
	f(`{"unwanted":[{"x":1}]}`, "unwanted", `{}`)
	f(`{"":{"":{"x":1}}}`, ".", `{}`)
	f(`{"_id":"1","_source":{"nest":[{"x":1}]}}`, "nest", `{nest=obj; nest.x=n1}`)
}

func TestLeaves(t *testing.T) {
	p := NewParser(testLayout())
	f := func(line string, limit int, want string) {
		t.Helper()
		var ev Event
		if err := p.Parse(&ev, []byte(line)); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		var out []string
		p.Leaves(func(l Leaf) bool {
			out = append(out, fmt.Sprintf("%s=%s", l.Name, show([]Value{l.Value})))
			return len(out) < limit
		})
		if got := strings.Join(out, "; "); got != want {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
	const all = 1 << 10
	f(`{"x":{"y.z":[1,{"w":"v"},[null,true]]},"u":[],"t":{}}`, all, `x.y.z=n1; x.y.z.w=s"v"; x.y.z=null; x.y.z=btrue`)
	f(`{"a":1,"b":[2,3],"c":{"d":4}}`, 2, `a=n1; b=n2`)
	f(`{"a":1,"b":[2,3],"c":{"d":4}}`, 3, `a=n1; b=n2; b=n3`)
	f(`{"":1,"":{"":2,"a":3}}`, all, `=n1; .=n2; .a=n3`)
	f(`{"_index":"i","_source":{"a":1}}`, all, `a=n1`)
}

func TestContent(t *testing.T) {
	p := NewParser(testLayout())
	content := func(line string) [16]byte {
		t.Helper()
		var ev Event
		if err := p.Parse(&ev, []byte(line)); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return p.Content()
	}
	same := func(a, b string) {
		t.Helper()
		if content(a) != content(b) {
			t.Errorf("contents differ:\n%s\n%s", a, b)
		}
	}
	differ := func(a, b string) {
		t.Helper()
		if content(a) == content(b) {
			t.Errorf("contents agree:\n%s\n%s", a, b)
		}
	}
	const event = `{"x":{"y":"v","z":[1,2]},"w":true}`
	same(event, ` { "w" : true , "x" : { "z" : [ 1 , 2 ] , "y" : "v" } } `)
	same(event, `{"x.y":"v","x.z":[1,2],"w":true}`)
	same(event, `{"x":{"y":["v"],"z":[[1],2]},"w":[true]}`)
	same(event, `{"x":{"y":"v","z":1},"x.z":2,"w":true,"n":null,"e":[],"o":{}}`)
	same(event, `{"_index":"i","_id":"1","_source":`+event+`}`)
	same(event, `{"_index":"j","_id":"2","fields":{"x.y":["v"],"x.z":[1,2],"w":[true]}}`)
	same(`{"a":"\u0041"}`, `{"\u0061":"A"}`)
	same(`{"a":[{"b":1,"c":2},{"b":3}]}`, `{"a":{"b":[1,3],"c":2}}`)
	differ(event, `{"x":{"y":"v","z":[1,2]},"w":"true"}`)
	differ(event, `{"x":{"y":"v","z":["1",2]},"w":true}`)
	differ(event, `{"x":{"y":"v","z":[2,1]},"w":true}`)
	differ(event, `{"x":{"y":"v","z":[1,2,2]},"w":true}`)
	differ(event, `{"x":{"y":"V","z":[1,2]},"w":true}`)
	differ(`{"ab":"c"}`, `{"a":"bc"}`)
	differ(`{"a.b":"c"}`, `{"ab":"c"}`)
	differ(`{"a":["b","c"]}`, `{"a":"bc"}`)
	differ(`{}`, `{"":""}`)
	differ(`{"a":""}`, `{"a.":""}`)
}

// TestContentOfLongNames would take hours if each leaf's name were read whole.
func TestContentOfLongNames(t *testing.T) {
	p := NewParser(testLayout())
	line := `{"` + strings.Repeat("k", 8<<20) + `":[` + strings.Repeat("1,", 200_000) + `1]}`
	var ev Event
	if err := p.Parse(&ev, []byte(line)); err != nil {
		t.Fatal(err)
	}
	if p.Content() == [16]byte{} {
		t.Error("no content")
	}
}

func FuzzContent(f *testing.F) {
	f.Add(`{"a":{"b":[1,"x"]}}`)
	f.Add(`{"":{"":null},".":"\ud800"}`)
	f.Fuzz(func(t *testing.T, line string) {
		p := NewParser(testLayout())
		var ev Event
		if p.Parse(&ev, []byte(line)) != nil {
			return
		}
		want := p.Content()
		hit := `{"_index":"i","_id":"1","_source":` + string(ev.Source) + `}`
		if err := p.Parse(&ev, []byte(hit)); err != nil {
			if bad := err.(*BadLine); bad != errDeep {
				t.Fatalf("%s: %v", hit, err)
			}
			return
		}
		if p.Content() != want {
			t.Errorf("%s: the content changes in a hit", line)
		}
	})
}
