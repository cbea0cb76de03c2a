package report

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"coldcase/scanner"
)

// checkBulk: Elasticsearch reference, Bulk API: pairs of lines, each ended by a newline,
// action create with _index and _id; index names are lower case without \ / * ? " < > |
// space , # and do not begin with - _ + . (Create index API); an _id has at most 512
// bytes. The fields of an alert: elastic.co/guide/en/security/8.15/alert-schema.html.
func checkBulk(t *testing.T, text []byte) []object {
	t.Helper()
	var docs []object
	seen := map[any]bool{}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		t.Error("the last line has no end")
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		action := decode[object](t, lines.Bytes())
		create, ok := action["create"].(object)
		if !ok || len(action) != 1 || len(create) != 2 {
			t.Fatalf("action %v", action)
		}
		if !regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`).MatchString(create["_index"].(string)) {
			t.Errorf("index %v", create["_index"])
		}
		if id := create["_id"]; id == "" || len(id.(string)) > 512 || seen[id] {
			t.Errorf("id %v is empty, long or taken", id)
		} else {
			seen[id] = true
		}
		if !lines.Scan() {
			t.Fatal("an action without its document")
		}
		doc := decode[object](t, lines.Bytes())
		for _, k := range []string{"kibana.alert.uuid", "kibana.alert.severity", "kibana.alert.risk_score", "kibana.alert.reason", "kibana.alert.workflow_status",
			"kibana.alert.depth", "kibana.alert.ancestors", "kibana.alert.rule.rule_id", "kibana.alert.rule.name", "kibana.alert.rule.type",
			"kibana.alert.rule.threat", "kibana.alert.rule.tags", "coldcase"} {
			if _, ok := doc[k]; !ok {
				t.Errorf("%v has no %s", create["_id"], k)
			}
		}
		kind := "signal"
		if doc["coldcase"].(object)["candidate"] == true {
			kind = "event"
		}
		if doc["event"].(object)["kind"] != kind || doc["kibana.alert.uuid"] != create["_id"] {
			t.Errorf("%v: event %v", create["_id"], doc["event"])
		}
		// A field given both dotted and nested would be two values of one field.
		for k := range doc {
			if top, _, dotted := strings.Cut(k, "."); dotted && top != "kibana" && top != "threat" {
				if _, nested := doc[top]; nested {
					t.Errorf("%v has %s and %s", create["_id"], top, k)
				}
			}
		}
		docs = append(docs, doc)
	}
	return docs
}

func bulkOf(t *testing.T, fs ...*scanner.Finding) []object {
	t.Helper()
	var b bytes.Buffer
	if err := writeBulk(&b, findings(fs...)); err != nil {
		t.Fatal(err)
	}
	return checkBulk(t, b.Bytes())
}

func TestBulk(t *testing.T) {
	f := ticketFinding()
	f.Evidence[0].Event = []byte(`{"host":{"name":"mac01"},"event":{"kind":"event","id":"7"},"event.code":"c","kibana":{"alert":{"uuid":"other"}},"kibana.alert.uuid":"x","n":1.50}`)
	doc := bulkOf(t, f)[0]
	for k, want := range map[string]string{
		"@timestamp":                       "2026-03-01T10:00:02.500Z",
		"event":                            "map[code:c id:7 kind:signal]",
		"kibana.alert.original_event":      "map[code:c id:7 kind:event]",
		"kibana.alert.uuid":                "f1",
		"kibana.alert.rule.type":           "query",
		"kibana.alert.rule.rule_type_id":   "siem.queryRule",
		"kibana.alert.rule.version":        "4",
		"kibana.alert.ancestors":           "[map[depth:0 id:7 index:logs-x type:event]]",
		"host":                             "map[name:mac01]",
		"n":                                "1.50",
		"kibana.alert.building_block_type": "<nil>",
		"kibana":                           "<nil>",
	} {
		if got := fmt.Sprint(doc[k]); got != want {
			t.Errorf("%s is %s, want %s", k, got, want)
		}
	}
	place := doc["coldcase"].(object)["evidence"].([]any)[0].(object)
	if place["file"] != "exports/a.ndjson.gz" || fmt.Sprint(place["offset"]) != "40213" {
		t.Errorf("evidence %v", place)
	}
}

// An alert of several events has what they share, as an alert of a sequence has.
func TestBulkOfSeveralEvents(t *testing.T) {
	f := ticketFinding()
	e := f.Evidence[0]
	e.Event = []byte(`{"host":{"name":"mac01","ip":"1"},"process":{"pid":1},"tags":["a","b"]}`)
	g := e
	g.Event = []byte(`{"host":{"name":"mac01","ip":"2"},"process":{"pid":2},"tags":["a","b"],"more":1}`)
	f.Evidence = []scanner.Evidence{e, g}
	doc := bulkOf(t, f)[0]
	got := fmt.Sprint(doc["host"], doc["process"], doc["tags"], doc["more"])
	if want := "map[name:mac01] <nil> [a b] <nil>"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What a rule type says of itself stands where Kibana has it.
func TestBulkTypes(t *testing.T) {
	f := func(detail, key, want string) {
		t.Helper()
		x := ticketFinding()
		x.Detail = decode[object](t, []byte(detail))
		if got := fmt.Sprint(bulkOf(t, x)[0][key]); got != want {
			t.Errorf("%s: %s is %s, want %s", detail, key, got, want)
		}
	}
	f(`{"threshold":{"fields":[{"field":"host.id","value":"h"}],"count":12,"cardinality":{"field":"user.id","value":3,"distinct":4}}}`,
		"kibana.alert.threshold_result", "map[cardinality:[map[field:user.id value:4]] count:12 terms:[map[field:host.id value:h]]]")
	f(`{"new_terms":{"fields":["user.id"],"values":["7"]}}`, "kibana.alert.new_terms", "[7]")
	f(`{"indicator":{"field":"destination.ip","value":"203.0.113.9"}}`, "threat.enrichments",
		"[map[matched:map[atomic:203.0.113.9 field:destination.ip type:indicator_match_rule]]]")
	f(`{"suppression":{"fields":["user.id"],"values":["7"],"suppressed":4}}`, "kibana.alert.suppression.terms", "[map[field:user.id value:7]]")
	f(`{"odd":1}`, "kibana.alert.new_terms", "<nil>")
}

// A finding of nothing at all, and an event that is no JSON, still make documents.
func TestBulkOfOddEvents(t *testing.T) {
	x := ticketFinding()
	x.Evidence[0].Event = []byte("{\"a\":\"\x01")
	y := ticketFinding()
	y.ID, y.Evidence[0].Event = "f2", []byte(`{"event":"a text","kibana.space_ids":["x"]}`)
	z := &scanner.Finding{ID: "f3"}
	docs := bulkOf(t, x, y, z)
	if _, ok := docs[2]["@timestamp"]; ok || len(docs) != 3 {
		t.Errorf("a time for what has none: %v", docs[2])
	}
}
