package event

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// sameEvent compares what two paths made of one line.
func sameEvent(t testing.TB, l *Layout, line []byte, fast, ref *Event) {
	t.Helper()
	for slot := range l.Len() {
		if got, want := fast.Values(slot), ref.Values(slot); !sameValues(got, want) {
			t.Errorf("%s in %q:\nExtract %s\nParse   %s", l.Name(slot), line, show(got), show(want))
		}
	}
	if !bytes.Equal(fast.Index, ref.Index) || !bytes.Equal(fast.ID, ref.ID) {
		t.Errorf("%q: Extract says index %q, id %q; Parse %q, %q", line, fast.Index, fast.ID, ref.Index, ref.ID)
	}
	if len(fast.Touched()) != len(ref.Touched()) {
		t.Errorf("%q: Extract touched %d slots, Parse %d", line, len(fast.Touched()), len(ref.Touched()))
	}
}

func sameValues(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Kind != b[i].Kind || !bytes.Equal(a[i].Text, b[i].Text) {
			return false
		}
	}
	return true
}

// compare holds both paths to each other and returns whether Extract took it.
func compare(t testing.TB, p *Parser, line []byte) bool {
	t.Helper()
	var fast, ref Event
	took := p.Extract(&fast, line)
	err := p.Parse(&ref, line)
	if took && err != nil {
		t.Errorf("%q: Extract accepts, Parse says %v", line, err)
	}
	if took && err == nil {
		sameEvent(t, p.layout, line, &fast, &ref)
	}
	return took
}

func TestExtractTakes(t *testing.T) {
	p := NewParser(testLayout())
	for _, line := range []string{
		`{}`,
		`{"a":1}`,
		` { "a" : "x" , "z" : [ 1 , { "y" : null } ] } `,
		`{"a":{"b":{"c":"x"}},"a.b.c":"y","a.b":{"c":["z",null]}}`,
		`{"a":"\u00e9\ud83d\ude00\ud800\\\/\n"}`,
		`{"a":[],"a":[null],"a":[[1,[2]],{"b":3}]}`,
		`{"obj":{"x":null},"obj.y":[],"obj":{"z":[{"q":0}]}}`,
		`{"obj":{"x":null}}`,
		`{"a":true,"a":false,"a":-0.5e+10}`,
		`{"_index":"i","_id":"7","_score":1.0,"_source":{"a":"x"},"sort":[1]}`,
		`{"_id":"7","_source":{"_source":{"a":1},"hits":{"hits":[]},"a":2}}`,
		`{"@metadata":{"beat":"auditbeat","version":"8.1.0","index":"x-1"},"a":1}`,
		`{"@metadata.index":["","y"],"a":1}`,
	} {
		// Twice: the second time the keys are predicted.
		for range 2 {
			if !compare(t, p, []byte(line)) {
				t.Errorf("Extract does not take %s", line)
			}
		}
	}
}

// TestExtractTexts has the names whose strings Extract looks at itself, wanted by rules too.
func TestExtractTexts(t *testing.T) {
	l := NewLayout()
	for _, name := range []string{"message", "@metadata.index", "event.original", "log", "log.level"} {
		l.Slot(name)
	}
	p := NewParser(l)
	for _, value := range []string{`"x"`, `"\u0041"`, `""`, `7`, `true`, `null`, `["x",8,null,["y"]]`, `[]`, `{"index":"z"}`, `{"level":1}`, `{}`} {
		for _, form := range []string{`{"message":%s}`, `{"@metadata":{"index":%s}}`, `{"@metadata.index":%s,"log":%[1]s}`, `{"event":{"original":%s},"a": %[1]s}`, `{"message": %s}`} {
			line := fmt.Sprintf(form, value)
			for range 2 {
				if !compare(t, p, []byte(line)) {
					t.Errorf("Extract does not take %s", line)
				}
			}
		}
	}
	for _, line := range []string{`{"message":"{"}`, `{"message":["{"]}`, `{"log": "{}"}`, `{"event.original":"{\"@timestamp\":1}"}`} {
		for range 2 {
			if compare(t, p, []byte(line)) {
				t.Errorf("Extract takes %s", line)
			}
		}
	}
}

func TestExtractLeavesOddLines(t *testing.T) {
	p := NewParser(testLayout())
	for _, line := range []string{
		``, `[]`, `1`, `{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1}x`, `{"a":1}{}`, `{"a":01}`, `{"zz":01}`,
		`{"a":"` + "\x01" + `"}`, `{"zz":"` + "\t" + `"}`, `{"a":"\x"}`, `{"zz":"\u12g4"}`, `{"a":tru}`, `{"zz":nul}`,
		`{"\u0061":1}`,
		`{"hits":{"hits":[]},"took":1}`,
		`{"a":1,"_source":{"a":2}}`,
		`{"_source":{"a":2}}`,
		`{"_index":"i"}`,
		`{"_index":"i","_source":{"a":1},"_source":{"a":2}}`,
		`{"_index":"i","_source":{},"fields":{"a":[1]}}`,
		`{"_index":"i","fields":{"a":[1]}}`,
		`{"_index":"i","_source":{"a":1},"b":2}`,
		strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200),
		strings.Repeat(`{"zz":`, 200) + "1" + strings.Repeat("}", 200),
		`{"a":[` + strings.Repeat("1,", maxValues) + `1]}`,
	} {
		if compare(t, p, []byte(line)) {
			t.Errorf("Extract takes %.60s", line)
		}
	}
}

// TestExtractForgets floods the parser with keys: memory stays bounded, and what
// it takes stays right.
func TestExtractForgets(t *testing.T) {
	p := NewParser(testLayout())
	var b strings.Builder
	for i := range 200 {
		b.Reset()
		b.WriteString(`{"a":1`)
		for j := range 400 {
			b.WriteString(`,"k` + strings.Repeat("x", i) + string(rune('a'+j%26)) + strings.Repeat("y", j/26) + `":2`)
		}
		b.WriteString(`}`)
		compare(t, p, []byte(b.String()))
		if p.fast.kept > maxKept+maxKept/8 {
			t.Fatalf("%d bytes kept after %d lines", p.fast.kept, i)
		}
	}
	if !compare(t, p, []byte(`{"a":1,"obj":{"x":"y"}}`)) {
		t.Error("Extract gave up for good")
	}
}

func TestExtractSharedEvents(t *testing.T) {
	dir := sharedDir(t)
	l := NewLayout()
	for _, name := range corpusNames(t) {
		l.Slot(name)
	}
	p := NewParser(l)
	lines, took := 0, 0
	eachFile(t, filepath.Join(dir, "events"), func(path string) {
		if strings.HasPrefix(filepath.Base(path), "README") {
			return
		}
		eachLine(t, path, func(line []byte) {
			lines++
			if compare(t, p, line) {
				took++
			}
		})
	})
	if took < lines*9/10 {
		t.Errorf("Extract took %d of %d lines, want nine tenths", took, lines)
	}
}

func TestExtractAllocatesNothing(t *testing.T) {
	p := NewParser(testLayout())
	lines := benchEvents()
	var ev Event
	pass := func() {
		for _, line := range lines {
			if !p.Extract(&ev, line) {
				t.Fatalf("Extract does not take %s", line)
			}
		}
	}
	for range 200 { // until the memos have found their places
		pass()
	}
	if n := testing.AllocsPerRun(20, pass); n != 0 {
		t.Errorf("%v allocations for %d lines", n, len(lines))
	}
}

func FuzzExtract(f *testing.F) {
	for _, seed := range []string{
		`{"a":1}`, `{"a.b":{"c":[1,{"c":null}]},"a":{"b.c":"\ud800"}}`, `{"\u0061":2}`, `{"a":1,"a":2}`, `{"obj":{"a":[[{}]]}}`,
		`{"_index":"x","_id":"y","_source":{"a":"b"}}`, `{"_source":{"a":1}}`, `{"_index":"x","_source":{},"fields":{"a":[1]}}`,
		`{"@metadata":{"index":"i"},"a":"x"}`, `{"took":1,"hits":{"hits":[]}}`, `{"a":1e5,"b":-0,"c":0.1}`, `{"":{"a":1},".a":2,"a.":3}`,
		"{\"a\":\"\xff\xfe\"}", `{"a" : "x" ,"b":[ ]}`, `{"_index":1,"_id":2,"_source":{"a":null}}`, `[1]`, `{"a":nul}`, `{"a":"\u00"}`,
	} {
		f.Add([]byte(seed), []byte(seed))
	}
	l := testLayout()
	f.Fuzz(func(t *testing.T, first, second []byte) {
		p := NewParser(l)
		compare(t, p, first)
		compare(t, p, second) // with what the first taught
		compare(t, p, first)
	})
}
