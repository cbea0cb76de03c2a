package schema

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLookup(t *testing.T) {
	s := Builtin()
	f := func(name string, want Field) {
		t.Helper()
		want.Name = name
		if want.Path == "" {
			want.Path = name
		}
		if diff := cmp.Diff(want, s.Lookup(name)); diff != "" {
			t.Errorf("Lookup(%q) (-want +got):\n%s", name, diff)
		}
	}
	f("process.name", Field{Type: Keyword, IgnoreAbove: 1024, Known: true})
	f("process.args", Field{Type: Keyword, IgnoreAbove: 1024, Known: true})
	f("process.pid", Field{Type: Long, Known: true})
	f("process.command_line", Field{Type: Wildcard, Known: true})
	f("source.ip", Field{Type: IP, Known: true})
	f("@timestamp", Field{Type: Date, Known: true})
	f("message", Field{Type: Text, Known: true})
	f("event.risk_score", Field{Type: Double, Known: true})
	f("process.code_signature.trusted", Field{Type: Boolean, Known: true})
	f("data_stream.dataset", Field{Type: ConstantKeyword, Known: true})

	// multi-fields, stated or computed from their parent
	f("process.command_line.text", Field{Type: Text, Path: "process.command_line", Known: true})
	f("process.command_line.caseless", Field{Type: Keyword, Path: "process.command_line", Lower: true, Known: true})
	f("process.name.caseless", Field{Type: Keyword, Path: "process.name", Lower: true, IgnoreAbove: 1024, Known: true})
	f("event.action.caseless", Field{Type: Keyword, Path: "event.action", Lower: true, IgnoreAbove: 1024, Known: true})
	f("message.keyword", Field{Type: Keyword, Path: "message", Known: true})
	f("host.name.keyword", Field{Type: Keyword, Path: "host.name", IgnoreAbove: 1024, Known: true})
	f("process.io.text", Field{Type: Wildcard, Known: true}) // a field of its own
	// not of what is no string, nor of a sub-field, nor of the unknown
	f("process.pid.text", Field{})
	f("process.name.text.caseless", Field{})
	f("no.such.field.text", Field{})
	f("text", Field{})

	// objects, stated or implied
	f("process", Field{Type: Object, Known: true})
	f("process.parent", Field{Type: Object, Known: true})
	f("labels", Field{Type: Object, Known: true})

	// flattened
	f("log.syslog.structured_data", Field{Type: Flattened, Known: true})
	f("log.syslog.structured_data.exampleSDID.iut", Field{Type: Keyword, Known: true})

	// nested
	f("file.pe.sections", Field{Type: Nested, Known: true})
	f("threat.enrichments.indicator", Field{Type: Object, Nested: "threat.enrichments", Known: true})
	f("file.pe.sections.unheard_of", Field{Nested: "file.pe.sections"})

	// Endgame is not in ECS: keywords (seed-rules.md, point 9)
	f("endgame.metadata.type", Field{Type: Keyword, Known: true})
	f("endgame.anything.else", Field{Type: Keyword, Known: true})
	f("endgame", Field{Type: Object, Known: true})

	// unknown: dynamic
	f("acme.widget", Field{})
	f("", Field{})
	f("process.", Field{})
	f("..", Field{})
	long := strings.Repeat("a.", 1<<20)
	f(long, Field{})
}

func TestNestedPath(t *testing.T) {
	for path, want := range map[string]bool{
		"file.pe.sections": true, "threat.enrichments": true,
		"file.pe": false, "file.pe.sections.name": false, "": false, "unheard.of": false,
	} {
		if got := Builtin().NestedPath(path); got != want {
			t.Errorf("NestedPath(%q) = %t, want %t", path, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	names := Builtin().Names()
	if !sort.StringsAreSorted(names) {
		t.Error("Names is not sorted")
	}
	for _, want := range []string{"process.name", "process.name.caseless", "process.name.text", "host.os.type"} {
		if i := sort.SearchStrings(names, want); i == len(names) || names[i] != want {
			t.Errorf("Names lacks %q", want)
		}
	}
	for i, name := range names {
		if i > 0 && names[i-1] == name {
			t.Errorf("Names has %q twice", name)
		}
		if !Builtin().Lookup(name).Known {
			t.Errorf("Lookup(%q) of Names is not known", name)
		}
	}
}

// TestTable holds the embedded table against the shared facts: every field with a
// type is there, with one of the types that the facts give it.
func TestTable(t *testing.T) {
	types := map[string]map[Type]bool{}
	for _, row := range sharedFields(t) {
		name, typ := row[0], row[1]
		if typ == "UNKNOWN" || typ == "alias" || typ == "array" || strings.Contains(name, "*") {
			continue
		}
		want, ok := typeOf(typ)
		if !ok {
			t.Fatalf("field %s: type %q is not in typeNames", name, typ)
		}
		if types[name] == nil {
			types[name] = map[Type]bool{}
		}
		types[name][want] = true
	}
	for name, want := range types {
		if got := Builtin().Lookup(name); !got.Known || !want[got.Type] {
			t.Errorf("Lookup(%q) = %+v, want one of types %v", name, got, want)
		}
	}
	if len(types) < 1000 {
		t.Errorf("only %d fields in the shared table", len(types))
	}
}

func sharedFields(t *testing.T) [][]string {
	t.Helper()
	dir := os.Getenv("COLDCASE_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	f, err := os.Open(filepath.Join(dir, "reference", "field_types.csv"))
	if err != nil {
		t.Skip("shared material absent")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func TestConcurrentUse(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, name := range Builtin().Names() {
				Builtin().Lookup(name + ".text")
			}
		})
	}
	wg.Wait()
}

func TestLookupDoesNotAllocateForMappedNames(t *testing.T) {
	s := Builtin()
	if n := testing.AllocsPerRun(100, func() { s.Lookup("process.name") }); n != 0 {
		t.Errorf("Lookup allocates %v times", n)
	}
}
