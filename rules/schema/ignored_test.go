package schema

import (
	"strings"
	"testing"
)

func TestMakerOf(t *testing.T) {
	f := func(index string, want Maker) {
		t.Helper()
		if got := MakerOf(index); got != want {
			t.Errorf("%q: maker %d, want %d", index, got, want)
		}
	}
	f("", Fleet)
	f("logs-endpoint.events.process-default", Fleet)
	f("eu:.ds-logs-endpoint.events.process-default-2026.03.01-000007", Fleet)
	f("partial-.ds-metrics-system.cpu-a-2026.03.01-000001", Fleet)
	f("logs-elastic_agent.filebeat-default", Fleet)
	f("winlogbeat-8.17.0", Beats)
	f(".ds-auditbeat-8.17.0-2026.03.01-000002", Beats)
	f("endgame-8.4.0", OtherMaker)
	f("archive-of-logs-2024", OtherMaker)
}

// What makes a limit where a field states none: Fleet's template for integrations, that of
// Beats for keywords, nobody elsewhere. What is stated holds in every index.
func TestLimit(t *testing.T) {
	mapped, err := Builtin().WithMapping([]byte(`{"properties":{
	  "tool":{"properties":{"name":{"type":"keyword","ignore_above":7},"line":{"type":"wildcard","fields":{"raw":{"type":"keyword","ignore_above":9}}}}},
	  "process":{"properties":{"command_line":{"type":"wildcard"},"name":{"type":"keyword"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	f := func(s *Schema, name string, other, beats, fleet int) {
		t.Helper()
		for by, want := range []int{other, beats, fleet} {
			if got := s.Limit(s.Lookup(name), Maker(by)); got != want {
				t.Errorf("%s by maker %d: limit %d, want %d", name, by, got, want)
			}
		}
	}
	f(Builtin(), "process.args", 1024, 1024, 1024)
	f(Builtin(), "process.command_line", 0, 0, 1024)
	f(Builtin(), "process.command_line.caseless", 0, 0, 1024)
	f(Builtin(), "process.command_line.text", 0, 0, 0)
	f(Builtin(), "winlog.event_data.CallTrace", 0, 1024, 1024)
	f(Builtin(), "message", 0, 0, 0)
	f(Builtin(), "event.original", 0, 0, 0)
	f(Builtin(), "data_stream.type", 0, 0, 0)
	f(Builtin(), "file.pe.imports", 0, 0, 0)
	f(Builtin(), "process.pid", 0, 0, 0)
	f(Builtin(), "no.such.field", 0, 0, 0)
	// A mapping's own word counts, and so does its silence.
	f(mapped, "tool.name", 7, 7, 7)
	f(mapped, "tool.line", 0, 0, 0)
	f(mapped, "tool.line.raw", 9, 9, 9)
	f(mapped, "process.command_line", 0, 0, 0)
	f(mapped, "process.name", 0, 0, 0)
	f(mapped, "process.parent.command_line", 0, 0, 1024)
	// A second mapping does not undo the first.
	again, err := mapped.WithMapping([]byte(`{"properties":{"other":{"type":"keyword"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	f(again, "process.command_line", 0, 0, 0)
}

func TestMayIgnore(t *testing.T) {
	mapped, err := Builtin().WithMapping([]byte(`{"properties":{
	  "when":{"type":"date","format":"dd/MM/yyyy"},"n":{"type":"integer"},"short":{"type":"alias","path":"process.args"},
	  "bag":{"type":"flattened","ignore_above":4},"said":{"type":"text","fields":{"raw":{"type":"keyword","ignore_above":3}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	f := func(name string, want bool) {
		t.Helper()
		if got := mapped.MayIgnore(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for _, name := range []string{"process.args", "process.command_line", "process.command_line.caseless", "process.pid",
		"host.ip", "event.created", "process.interactive", "n", "said.raw", "dll.code_signature.exists"} {
		f(name, true)
	}
	for _, name := range []string{"@timestamp", "event.original", "process.command_line.text", "message", "bag", "bag.a", "said",
		"short", "when", "no.such.field", "process", "file.pe.imports", "source.geo.location", ""} {
		f(name, false)
	}
}

func TestTooLong(t *testing.T) {
	f := func(text string, limit int, want bool) {
		t.Helper()
		if got := TooLong([]byte(text), limit); got != want {
			t.Errorf("%.20q of %d bytes, limit %d: %v, want %v", text, len(text), limit, got, want)
		}
	}
	f("abc", 3, false)
	f("abcd", 3, true)
	f("abcd", 0, false)
	f(strings.Repeat("é", 3), 3, false)
	f(strings.Repeat("é", 4), 3, true)
	// Two characters of Java's each.
	f("😀", 2, false)
	f("😀", 1, true)
	f("😀a", 2, true)
	f("\xff\xfe\xfd", 3, false)
	f("\xff\xfe\xfd\xfc", 3, true)
}
