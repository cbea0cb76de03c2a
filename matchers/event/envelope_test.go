package event

import (
	"path/filepath"
	"strings"
	"testing"
)

// parseEnvelope renders what Parse makes of a line: index/id, source, or the kind
// of bad line.
func parseEnvelope(p *Parser, line string) string {
	var ev Event
	if err := p.Parse(&ev, []byte(line)); err != nil {
		return "bad: " + err.Error()
	}
	return string(ev.Index) + "/" + string(ev.ID) + " " + string(ev.Source)
}

func TestEnvelopes(t *testing.T) {
	p := NewParser(testLayout())
	f := func(line, want string) {
		t.Helper()
		if got := parseEnvelope(p, line); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", line, got, want)
		}
	}
	// Bare.
	f(`{"a":1}`, `/ {"a":1}`)
	f(" \t{ \"a\" : 1 } ", `/ { "a" : 1 }`)
	f(`{}`, `/ {}`)
	// Hits.
	f(`{"_index":"i","_id":"d","_score":1,"_source": { "a" : 1 } }`, `i/d { "a" : 1 }`)
	f(`{"_source":{"a":1},"_id":"d","_index":"i"}`, `i/d {"a":1}`)
	f(`{"_index":"i","_type":"_doc","_id":"d","_version":2,"_seq_no":1,"found":true,"_source":{"a":1},"fields":{"b":[2]},"sort":[1],"highlight":{}}`, `i/d {"a":1}`)
	f(`{"_index":"i","_source":{"a":1}}`, `i/ {"a":1}`)
	f(`{"_id":7,"_source":{"a":1}}`, `/7 {"a":1}`)
	f(`{"_source":{"a":1}}`, `/ {"a":1}`)
	f(`{"_index":"a\u002db","_id":"\"","_source":{"a":1}}`, `a-b/" {"a":1}`)
	f(`{"\u005findex":"i","_source":{"a":1}}`, `i/ {"a":1}`)
	f(`{"_index":null,"_id":["x"],"_source":{"a":1}}`, `/ {"a":1}`)
	f(`{"_index":"i","_index":"j","_source":{"a":1}}`, `i/ {"a":1}`)
	f(`{"_index":"i","_source":{}}`, `i/ {}`)
	f(`{"_index":"i","_source":{"_source":{"a":1}}}`, `i/ {"_source":{"a":1}}`)
	f(`{"_index":"i","_id":"d","_source":{"a":1},"extra":true}`, `i/d {"a":1}`)
	// Hits of the fields API.
	f(`{"_index":"i","_id":"d","_score":null,"fields":{"a.b":["x"]}}`, `i/d {"a.b":["x"]}`)
	f(`{"_index":"i","_id":"d","_source":{},"fields":{"a":["x"]}}`, `i/d {"a":["x"]}`)
	f(`{"_index":"i","_id":"d","_source":false,"fields":{"a":["x"]}}`, `i/d {"a":["x"]}`)
	// Columns of a table export, beside the fields.
	f(`{"_index":"i","_id":"d","a":1}`, `i/d {"_index":"i","_id":"d","a":1}`)
	// No envelope: a field that has an envelope's name.
	f(`{"a":1,"_source":{"b":2}}`, `/ {"a":1,"_source":{"b":2}}`)
	f(`{"a":1,"fields":{"env":"x"}}`, `/ {"a":1,"fields":{"env":"x"}}`)
	f(`{"a":1,"hits":{"hits":3}}`, `/ {"a":1,"hits":{"hits":3}}`)
	f(`{"response":{"code":200}}`, `/ {"response":{"code":200}}`)
	f(`{"_source":"x","a":1}`, `/ {"_source":"x","a":1}`)
	// Beats.
	f(`{"@metadata":{"beat":"auditbeat","version":"8.1.0"},"a":1}`, `/ {"@metadata":{"beat":"auditbeat","version":"8.1.0"},"a":1}`)
	f(`{"@metadata":{"index":"x"},"a":1}`, `x/ {"@metadata":{"index":"x"},"a":1}`)
	f(`{"@metadata.index":["","x","y"]}`, `x/ {"@metadata.index":["","x","y"]}`)
	f(`{"@metadata":{"index":5}}`, `/ {"@metadata":{"index":5}}`)
	f(`{"_index":"i","_source":{"@metadata":{"index":"x"}}}`, `i/ {"@metadata":{"index":"x"}}`)
	f(`{"_id":"d","_source":{"@metadata":{"index":"x"}}}`, `x/d {"@metadata":{"index":"x"}}`)
	// What holds no event, or more than one.
	f(`{"_index":"i","_id":"d","_score":1}`, `bad: envelope without an event`)
	f(`{"_index":"i","_id":"d","_source":null}`, `bad: envelope without an event`)
	f(`{"_index":"i","_id":"d","found":false}`, `bad: envelope without an event`)
	f(`{"_index":"i","_source":{"a":1},"_source":{"a":2}}`, `bad: envelope with two events`)
	f(`{"_index":"i","fields":{"a":[1]},"fields":{"a":[2]}}`, `bad: envelope with two events`)
	f(`{"took":5,"timed_out":false,"_shards":{},"hits":{"total":{"value":1},"hits":[{"_index":"i","_source":{"a":1}}]}}`, `bad: search response, not one event`)
	f(`{"hits":{"hits":[]}}`, `bad: search response, not one event`)
	f(`{"took":1,"hits":{"events":[]}}`, `bad: search response, not one event`)
	f(`{"took":1,"hits":{"sequences":[]}}`, `bad: search response, not one event`)
	f(`{"took":1,"responses":[{"hits":{"hits":[]}}]}`, `bad: search response, not one event`)
	f(`{"id":"x","is_partial":false,"is_running":false,"response":{"took":1,"hits":{"hits":[]}}}`, `bad: search response, not one event`)
	f(`{"columns":[{"name":"a","type":"long"}],"values":[[1]]}`, `bad: ES|QL response, not one event`)
	f(`{"columns":[{"name":"a","type":"long"}],"rows":[[1]],"cursor":"x"}`, `bad: ES|QL response, not one event`)
	f(`[{"a":1},{"a":2}]`, `bad: JSON array, not one event`)
	f(`"{}"`, `bad: not an object`)
	f(`{"_index":"i","_source":`, `bad: JSON breaks off`)
}

func TestActions(t *testing.T) {
	p := NewParser(testLayout())
	f := func(action, line, want string) {
		t.Helper()
		a, ok := p.ParseAction([]byte(action))
		if !ok || !a.Document {
			t.Errorf("%s: action %v, document %v", action, ok, a.Document)
		}
		p.SetAction(a)
		if got := parseEnvelope(p, line); got != want {
			t.Errorf("%s after %s:\ngot  %s\nwant %s", line, action, got, want)
		}
		compare(t, p, []byte(line))
	}
	f(`{"index":{"_index":"i","_id":"d"}}`, `{"a":1}`, `i/d {"a":1}`)
	f(` { "create" : { "_index" : "i" , "pipeline" : "p" } } `, `{"a":1}`, `i/ {"a":1}`)
	f(`{"index":{}}`, `{"a":1}`, `/ {"a":1}`)
	f(`{"index":{"_index":"i","_id":"d"}}`, `{"_index":"j","_source":{"a":1}}`, `j/d {"a":1}`)
	f(`{"index":{"_index":"i"}}`, `{"@metadata":{"index":"x"}}`, `i/ {"@metadata":{"index":"x"}}`)
	f(`{"index":{"_id":"d"}}`, `{"@metadata":{"index":"x"}}`, `x/d {"@metadata":{"index":"x"}}`)
	f(`{"update":{"_index":"i","_id":"d","retry_on_conflict":3}}`, `{"doc":{"a":1},"doc_as_upsert":true}`, `i/d {"a":1}`)
	f(`{"update":{"_index":"i","_id":"d"}}`, `{"script":"s","upsert":{"a":1}}`, `i/d {"a":1}`)
	f(`{"update":{"_index":"i","_id":"d"}}`, `{"script":"s"}`, `bad: envelope without an event`)
	f(`{"update":{"_index":"i","_id":"d"}}`, `{"doc":{"a":1},"doc":{"a":2}}`, `bad: envelope with two events`)
	p.SetAction(Action{})
	if got := parseEnvelope(p, `{"doc":{"a":1}}`); got != `/ {"doc":{"a":1}}` {
		t.Errorf("after no action: %s", got)
	}

	if a, ok := p.ParseAction([]byte(`{"delete":{"_index":"i","_id":"d"}}`)); !ok || a.Document {
		t.Errorf("delete: action %v, document %v", ok, a.Document)
	}
	for _, line := range []string{
		``, `{`, `{"index"`, `{"index":{"_index":"i"}`, `{"index":"x"}`, `{"index":{"process":1}}`, `{"index":{"_index":"i"},"a":1}`,
		`{"create":{"name":"x"}}`, `{"reindex":{}}`, `{"a":{"index":{}}}`, `[{"index":{}}]`, `{"delete":null}`,
	} {
		if _, ok := p.ParseAction([]byte(line)); ok {
			t.Errorf("%s is taken as an action", line)
		}
	}
}

// TestSetActionCopies overwrites the action's line, as the next read does.
func TestSetActionCopies(t *testing.T) {
	p := NewParser(testLayout())
	line := []byte(`{"index":{"_index":"name","_id":"key"}}`)
	a, _ := p.ParseAction(line)
	p.SetAction(a)
	copy(line, strings.Repeat("#", len(line)))
	if got := parseEnvelope(p, `{}`); got != `name/key {}` {
		t.Errorf("got %s", got)
	}
}

// TestSharedEnvelopes reads the same three events in each of the shapes that this
// package unwraps: they have the same content.
func TestSharedEnvelopes(t *testing.T) {
	dir := filepath.Join(sharedDir(t), "events", "envelopes")
	p := NewParser(testLayout())
	contents := func(name string) (out [][16]byte) {
		t.Helper()
		p.SetAction(Action{})
		eachLine(t, filepath.Join(dir, name), func(line []byte) {
			if a, ok := p.ParseAction(line); ok {
				p.SetAction(a)
				return
			}
			var ev Event
			if err := p.Parse(&ev, line); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			out = append(out, p.Content())
		})
		return out
	}
	want := contents("01-bare-ndjson.ndjson")
	if len(want) == 0 {
		t.Fatal("no events")
	}
	for _, name := range []string{
		"02-elasticdump.ndjson", "08-fields-api-no-source.ndjson", "10-flattened-dotted-keys.ndjson", "12-bulk-ndjson.ndjson",
		"30-elasticdump.ndjson.gz", "32-elasticdump.ndjson.zst",
	} {
		got := contents(name)
		if len(got) != len(want) {
			t.Errorf("%s: %d events, want %d", name, len(got), len(want))
			continue
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: event %d has other content", name, i)
			}
		}
	}
}
