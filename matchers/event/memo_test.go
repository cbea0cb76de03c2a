package event

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestMemo repeats objects behind the keys of the top, so that they are replayed,
// with other hosts between them, escapes, objects that are wanted themselves, and
// a hit's deeper nesting.
func TestMemo(t *testing.T) {
	l := testLayout()
	p := NewParser(l)
	objects := []string{
		`{"x":1,"z":{"q":"v"}}`, `{"x":null,"z":{"q":null}}`, `{"z":[{"q":true},{"q":-1.5}]}`, `{"z":{"q":"a\tb"}}`,
		`{}`, `{"w":[]}`, `{ "z" : { "q" : "v" } }`, `{"z":{"q":"v"},"z":{"q":"v"}}`, `{"z.q":"v"}`,
	}
	lines := 0
	for range 40 {
		for _, o := range objects {
			for _, form := range []string{
				`{"obj":%s,"a":1}`, `{"obj":%s,"obj":%[1]s}`, `{"_index":"i","_source":{"obj":%s,"junk":%[1]s}}`, `{"obj":[%s]}`, `{"junk":%s,"obj.z":%[1]s}`,
				`{"@metadata":%s}`,
			} {
				lines++
				if line := fmt.Sprintf(form, o); !compare(t, p, []byte(line)) {
					t.Errorf("Extract does not take %s", line)
				}
			}
		}
	}
	line := []byte(`{"@metadata":{"index":"x"},"a":1}`)
	for range 3 {
		compare(t, p, line)
	}
	if p.fast.more[p.fast.root.keys["obj"]].memo == nil {
		t.Errorf("no memo after %d lines", lines)
	}
}

// TestMemoDepth replays an object that is as deep as allowed in one place, where
// it would be too deep in another.
func TestMemoDepth(t *testing.T) {
	p := NewParser(testLayout())
	deepest := nestedObjects(maxDepth - 1)
	for range 3 {
		if !compare(t, p, []byte(`{"junk":`+deepest+`}`)) {
			t.Error("the deepest line is not taken")
		}
		if compare(t, p, []byte(`{"_index":"i","_source":{"junk":`+deepest+`}}`)) {
			t.Error("a line that is too deep is taken")
		}
	}
}

// TestExtractRandom holds both paths to each other over random documents made of
// few names and values, so that they collide, repeat, nest and dot.
func TestExtractRandom(t *testing.T) {
	g := generator{r: rand.New(rand.NewPCG(1, 2))}
	p := NewParser(testLayout())
	took := 0
	const lines = 30_000
	for range lines {
		g.b.Reset()
		g.line()
		if compare(t, p, []byte(g.b.String())) {
			took++
		}
		if t.Failed() {
			return
		}
	}
	if took < lines/2 {
		t.Errorf("Extract took %d of %d lines", took, lines)
	}
}

// generator writes random JSON.
type generator struct {
	r *rand.Rand
	b strings.Builder
}

func (g *generator) pick(from ...string) string { return from[g.r.IntN(len(from))] }

func (g *generator) line() {
	switch g.r.IntN(6) {
	case 0:
		g.b.WriteString(`{"_index":` + g.pick(`"i"`, `""`, `"\n"`, `7`, `null`) + `,"_id":` + g.pick(`"d"`, `5`, `[]`) + `,"_source":`)
		g.object(0)
		g.b.WriteString(g.pick(`}`, `,"sort":[1]}`, `,"fields":{"a":[1]}}`, `,"_source":{}}`, `,"a":1}`, `,"_score":01}`))
	default:
		g.object(0)
	}
	g.b.WriteString(g.pick("", "", "", " ", "x"))
}

func (g *generator) object(depth int) {
	g.b.WriteString("{" + g.space())
	for i := range g.r.IntN(5) {
		if i > 0 {
			g.b.WriteString("," + g.space())
		}
		g.b.WriteString(`"` + g.name() + `"` + g.space() + ":" + g.space())
		g.value(depth)
	}
	g.b.WriteString(g.space() + "}")
}

func (g *generator) space() string { return g.pick("", "", "", "", "", "", " ", "\t ") }

func (g *generator) name() string {
	name := g.pick("a", "b", "c", "obj", "z", "q", "x", "nest", "process", "name", "pid", "@metadata", "index", "", "junk", "_source")
	switch g.r.IntN(40) {
	case 0, 1, 2:
		return name + "." + g.name()
	case 3:
		return `\u0061`
	}
	return name
}

func (g *generator) value(depth int) {
	kind := g.r.IntN(10)
	switch {
	case kind < 3 && depth < 6:
		g.object(depth + 1)
	case kind < 5 && depth < 6:
		g.b.WriteString("[")
		for i := range g.r.IntN(4) {
			if i > 0 {
				g.b.WriteString("," + g.space())
			}
			g.value(depth + 1)
		}
		g.b.WriteString("]")
	default:
		g.b.WriteString(g.pick(`"v"`, `"w"`, `"long enough for a word"`, `"\u00e9\ud800\\"`, `""`, `0`, `-1.5e3`, `true`, `false`, `null`, `null`))
	}
}

// TestKeptIsBounded floods the parser with objects behind ever new keys, at the top and
// nested: what it keeps stays bounded, and what it takes right.
func TestKeptIsBounded(t *testing.T) {
	p := NewParser(testLayout())
	wide := strings.Repeat(`"a":1,`, 300)
	most := 0
	for i := range 3000 {
		compare(t, p, fmt.Appendf(nil, `{"k%d":{%s"v":%d},"obj":{"k%[1]d":{"x":%[1]d}}}`, i, wide, i))
		if kept := keptBytes(p.fast.root, &p.fast, map[*shape]bool{}); kept > most {
			most = kept
		}
	}
	if most > 2*maxKept {
		t.Errorf("%d bytes kept, want at most %d", most, 2*maxKept)
	}
	if cap(p.fast.keys) > maxKeys {
		t.Errorf("room for %d keys, want at most %d", cap(p.fast.keys), maxKeys)
	}
}

// keptBytes counts what hangs on a shape.
func keptBytes(s *shape, x *extractor, seen map[*shape]bool) (n int) {
	if s == nil || seen[s] {
		return 0
	}
	seen[s] = true
	for _, id := range s.keys {
		more := &x.more[id]
		n += keyCost + len(more.text) + keptBytes(more.to, x, seen)
		if more.memo == nil {
			continue
		}
		n += memoCost
		for _, old := range more.memo.past {
			if old != nil {
				n += old.size()
			}
		}
	}
	for _, kid := range s.kids {
		n += keptBytes(kid, x, seen)
	}
	return n
}

// FuzzSequence feeds lines that resemble each other, so that keys are expected and
// objects remembered, with a few bytes changed at random.
func FuzzSequence(f *testing.F) {
	f.Add(uint64(1), []byte(`{"a":"x","obj":{"x":1,"z":{"q":"v\\w"}},"user":{"id":"0"},"process":{"name":"n","pid":7,"args":["a","b"]}}`))
	f.Add(uint64(2), []byte(`{"_index":"i","_source":{"host":{"os":{"type":"linux"}},"obj":{"z":[{"q":null},{"q":"\u00e9"}]},"a.b":1.5e3}}`))
	f.Add(uint64(3), []byte(`{"@metadata":{"index":"i"},"obj":{"z":{}},"obj.z.q":"long enough for three words","junk":{"k":{"k":{"k":[true,null]}}}}`))
	l := testLayout()
	f.Fuzz(func(t *testing.T, seed uint64, line []byte) {
		r := rand.New(rand.NewPCG(seed, 7))
		p := NewParser(l)
		for range 12 {
			compare(t, p, line)
			changed := append([]byte(nil), line...)
			for range r.IntN(3) {
				if len(changed) > 0 {
					changed[r.IntN(len(changed))] = `"\{}[]:,0123 nax`[r.IntN(16)]
				}
			}
			compare(t, p, changed)
		}
	})
}

// TestManyHosts interleaves more hosts than a set of a memo has places, whose objects
// differ late: they are all remembered after a while.
func TestManyHosts(t *testing.T) {
	p := NewParser(testLayout())
	const hosts = 20
	line := func(i int) []byte {
		return fmt.Appendf(nil, `{"host":{"architecture":"x86_64","containerized":false,"hostname":"ws-%02d","os":{"type":"linux"}},"a":%d}`, i%hosts, i)
	}
	for i := range 40 * hosts {
		if !compare(t, p, line(i*7)) {
			t.Fatalf("not taken: %s", line(i))
		}
	}
	remembered := 0
	for _, old := range p.fast.more[p.fast.root.keys["host"]].memo.past {
		if old != nil {
			remembered++
		}
	}
	if remembered < hosts*3/4 {
		t.Errorf("%d of %d hosts remembered", remembered, hosts)
	}
}
