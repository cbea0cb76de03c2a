package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const props = `"properties":{"tool":{"properties":{"name":{"type":"keyword","ignore_above":7}}}}`

func TestMappingForms(t *testing.T) {
	want := Field{Name: "tool.name", Path: "tool.name", Type: Keyword, IgnoreAbove: 7, Known: true}
	for name, data := range map[string]string{
		"bare properties":           `{` + props + `}`,
		"bare mappings":             `{"mappings":{` + props + `}}`,
		"get mapping":               `{"case-1":{"mappings":{"dynamic":"false",` + props + `}}}`,
		"two indices":               `{"case-1":{"mappings":{` + props + `}},"case-2":{"mappings":{}}}`,
		"typed":                     `{"case-1":{"mappings":{"_default_":{},"doc":{` + props + `}}}}`,
		"elasticdump, line by line": `{"case-0":{"mappings":{}}}` + "\n" + `{"case-1":{"mappings":{` + props + `}}}` + "\n",
		"aliases and settings":      `{"case-1":{"aliases":{},"settings":{"index":{"x":[1,{"y":null}]}},"mappings":{` + props + `}}}`,
		"byte order mark":           "\xef\xbb\xbf{" + props + `}`,
		"index named mappings":      `{"mappings":{"mappings":{` + props + `}}}`,
		"index named properties":    `{"properties":{"mappings":{` + props + `}}}`,
		"dotted property":           `{"properties":{"tool.name":{"type":"keyword","ignore_above":7}}}`,
	} {
		s, err := Builtin().WithMapping([]byte(data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, s.Lookup("tool.name")); diff != "" {
			t.Errorf("%s: tool.name (-want +got):\n%s", name, diff)
		}
		if !s.Lookup("process.name").Known {
			t.Errorf("%s: process.name of the built-in schema is gone", name)
		}
	}
	if Builtin().Lookup("tool.name").Known {
		t.Error("WithMapping changed the built-in schema")
	}
}

func TestMappingFields(t *testing.T) {
	s, err := Builtin().WithMapping([]byte(`{"mappings":{
	  "runtime": {"day_of_week": {"type": "keyword"}},
	  "properties": {
	    "code": {"type": "keyword", "null_value": "none", "normalizer": "my_lowercase", "fields": {
	      "raw": {"type": "keyword", "ignore_above": 9}, "words": {"type": "match_only_text"}}},
	    "level": {"type": "integer", "null_value": -1},
	    "flag": {"type": "boolean", "null_value": true},
	    "odd": {"type": "keyword", "normalizer": "fold", "null_value": null},
	    "short": {"type": "alias", "path": "process.command_line"},
	    "inside": {"type": "alias", "path": "conns.peer.name"},
	    "lost": {"type": "alias", "path": "no.such"},
	    "twice": {"type": "alias", "path": "short"},
	    "ratio": {"type": "scaled_float", "scaling_factor": 100},
	    "any": {"type": "flattened"},
	    "conns": {"type": "nested", "properties": {
	      "port": {"type": "long"},
	      "peer": {"type": "nested", "properties": {"name": {"type": "wildcard", "fields": {"w": {"type": "text"}}}}}}},
	    "process": {"properties": {"pid": {"type": "keyword"}, "name": {"type": "long"}}},
	    "file": {"properties": {"pe": {"type": "flattened"}}},
	    "where": {"type": "geo_point"},
	    "strange": {"type": "acme_vector"}
	  }}}`))
	if err != nil {
		t.Fatal(err)
	}
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
	f("code", Field{Type: Keyword, Lower: true, NullValue: "none", HasNullValue: true, Known: true})
	f("code.raw", Field{Type: Keyword, Path: "code", IgnoreAbove: 9, Known: true})
	f("code.words", Field{Type: Text, Path: "code", Known: true})
	f("level", Field{Type: Long, NullValue: "-1", HasNullValue: true, Known: true})
	f("flag", Field{Type: Boolean, NullValue: "true", HasNullValue: true, Known: true})
	f("odd", Field{Type: Keyword, Known: true})
	f("short", Field{Type: Wildcard, Path: "process.command_line", Known: true})
	f("inside", Field{Type: Wildcard, Path: "conns.peer.name", Nested: "conns.peer", Known: true})
	f("lost", Field{Path: "no.such", Known: true})
	f("twice", Field{Path: "short", Known: true})
	f("ratio", Field{Type: Double, Known: true})
	f("any.key.at.all", Field{Type: Keyword, Known: true})
	f("conns.port", Field{Type: Long, Nested: "conns", Known: true})
	f("conns.peer", Field{Type: Nested, Nested: "conns", Known: true})
	f("conns.peer.name.w", Field{Type: Text, Path: "conns.peer.name", Nested: "conns.peer", Known: true})
	f("process.pid", Field{Type: Keyword, Known: true})
	f("process.name", Field{Type: Long, Known: true})
	f("process.name.text", Field{}) // went with the string that process.name was
	f("process.executable", Field{Type: Keyword, IgnoreAbove: 1024, Known: true})
	f("file.pe.sections", Field{Type: Keyword, Known: true}) // was nested
	f("file.pe.sections.name", Field{Type: Keyword, Known: true})
	f("where", Field{Type: Other, Known: true})
	f("strange", Field{Type: Other, Known: true})
	if s.NestedPath("file.pe.sections") || !s.NestedPath("conns.peer") {
		t.Error("nested paths do not follow the mapping")
	}

	want := []string{
		"alias lost: its target no.such is not mapped",
		"alias twice: its target short is not mapped",
		"odd: normalizer fold is not known; values are taken as they are",
		"runtime fields are not computed: runtime",
		"strange: type acme_vector is not known; only exists is defined on it",
	}
	if diff := cmp.Diff(want, s.Warnings()); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestMappingConflict(t *testing.T) {
	data := `{"b":{"mappings":{"properties":{"x":{"type":"long"},"y":{"type":"ip"}}}},
	          "a":{"mappings":{"properties":{"x":{"type":"keyword"}}}}}`
	s, err := Builtin().WithMapping([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Lookup("x").Type; got != Keyword {
		t.Errorf("type of x = %d, want that of the first index by name", got)
	}
	if got := s.Lookup("y").Type; got != IP {
		t.Errorf("type of y = %d, want ip", got)
	}
	want := []string{"x is mapped differently by b; the mapping of a is used"}
	if diff := cmp.Diff(want, s.Warnings()); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestMappingErrors(t *testing.T) {
	f := func(data, want string) {
		t.Helper()
		_, err := Builtin().WithMapping([]byte(data))
		if err == nil || err.Error() != want {
			t.Errorf("WithMapping(%.60q): error %q, want %q", data, fmt.Sprint(err), want)
		}
	}
	f(``, `1:1: no mapping found: expected an object with "properties", or with indices`)
	f(`{}`, `1:1: no mapping found: expected an object with "properties", or with indices`)
	f(`[1]`, `1:1: expected a JSON object with a mapping`)
	f(`{"case-1": {"settings": {}}}`, `1:12: no "mappings" object for "case-1"`)
	f("{\"properties\": {\n  \"é\": 5}}", `2:8: field "é": expected an object with a type`)
	f("{\"properties\": {\n  \"a\": {\"type\": }}}", "2:17: not JSON: invalid character '}' looking for beginning of value")
	f(`{"properties": {"a": {"type": "keyword"`, `1:40: not JSON: the mapping ends too early`)
	f(`{"properties": {"a": {"ignore_above": "x", "type": "keyword"}}}`, `1:39: field "a": ignore_above is no length`)
	f(`{"properties": {"a": {"type": "alias"}}}`, `1:22: alias "a" has no path`)
	f(`{"properties": {"a": {"fields": []}}}`, `1:33: field "a": "fields" is no object`)
	f(`{"properties": {"a": {"properties": 1}}}`, `1:37: "properties" is no object`)
	f(`{"properties": {"": {"type": "long"}}}`, `1:21: field "": a name has 1 to 4096 bytes`)
	f(strings.Repeat(`{"properties":`, 200), `1:1401: nested deeper than 100 levels`)
	f(`{"properties": {"a": `+strings.Repeat("[", 200), `1:120: nested deeper than 100 levels`)
}

func TestMappingWarningsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"properties":{"z":{}`)
	for i := range 3 * maxWarnings {
		fmt.Fprintf(&b, `,"f%d":{"type":"odd"}`, i)
	}
	b.WriteString("}}")
	s, err := Builtin().WithMapping([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(s.Warnings()); got != maxWarnings+1 {
		t.Errorf("%d warnings, want %d", got, maxWarnings+1)
	}
}

func FuzzWithMapping(f *testing.F) {
	f.Add([]byte(`{"i":{"mappings":{"d":{` + props + `}}}}`))
	f.Add([]byte(`{"properties":{"a":{"type":"alias","path":"b"},"b":{"type":"nested","fields":{"c":{"type":"text"}}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Builtin().WithMapping(data)
		if err != nil {
			return
		}
		for _, name := range s.Names() {
			if got := s.Lookup(name).Name; got != name {
				t.Fatalf("Lookup(%q).Name = %q", name, got)
			}
		}
	})
}
