package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"coldcase/rules"
	"coldcase/scanner"
)

// sharedFields returns the fields in which all events behind a finding agree, as the
// detection engine builds an alert of several events; of one event, all its fields.
func sharedFields(f *scanner.Finding) map[string]any {
	var shared map[string]any
	for i := range f.Evidence {
		ev := eventFields(f.Evidence[i].Event)
		if i == 0 {
			shared = ev
		} else {
			shared = intersect(shared, ev)
		}
	}
	if shared == nil {
		shared = map[string]any{}
	}
	for k := range shared {
		// What an alert in the evidence says of itself is not said of this finding.
		if top, _, _ := strings.Cut(k, "."); top == "kibana" || top == "coldcase" {
			delete(shared, k)
		}
	}
	return shared
}

// eventFields reads an event; one that is no JSON for encoding/json has none. Numbers
// stay as written, and of a key that stands twice the last counts: Elasticsearch
// refuses a document in which one does.
func eventFields(ev []byte) map[string]any {
	d := json.NewDecoder(bytes.NewReader(bytes.ToValidUTF8(ev, []byte("\uFFFD"))))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		return map[string]any{}
	}
	return out
}

// intersect keeps of a what b has with the same value. Its depth is that of an event,
// which the reader of lines bounds.
func intersect(a, b map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range a {
		w, ok := b[k]
		if !ok {
			continue
		}
		av, aok := v.(map[string]any)
		bv, bok := w.(map[string]any)
		switch {
		case aok && bok:
			if both := intersect(av, bv); len(both) > 0 {
				out[k] = both
			}
		case reflect.DeepEqual(v, w):
			out[k] = v
		}
	}
	return out
}

// setSignal makes a document a signal, a candidate an event, and keeps what the event
// called itself.
func setSignal(doc map[string]any, candidate bool) {
	original := map[string]any{}
	if ev, ok := doc["event"].(map[string]any); ok {
		original = ev
	}
	for k, v := range doc {
		if rest, ok := strings.CutPrefix(k, "event."); ok {
			original[rest] = v
			delete(doc, k)
		}
	}
	if len(original) > 0 {
		doc["kibana.alert.original_event"] = original
	}
	signal := map[string]any{}
	for k, v := range original {
		signal[k] = v
	}
	if signal["kind"] = "signal"; candidate {
		signal["kind"] = "event"
	}
	doc["event"] = signal
}

type threatField struct {
	Framework  string           `json:"framework"`
	Tactic     jsonTactic       `json:"tactic"`
	Techniques []techniqueField `json:"technique,omitempty"`
}

type techniqueField struct {
	ID            string           `json:"id"`
	Name          string           `json:"name"`
	Subtechniques []techniqueField `json:"subtechnique,omitempty"`
}

func threatFields(threat []rules.Tactic) []threatField {
	return each(threat, func(t *rules.Tactic) threatField {
		return threatField{Framework: "MITRE ATT&CK", Tactic: jsonTactic{t.ID, t.Name},
			Techniques: each(t.Techniques, techniqueOf)}
	})
}

func techniqueOf(t *rules.Technique) techniqueField {
	return techniqueField{ID: t.ID, Name: t.Name, Subtechniques: each(t.Subtechniques, techniqueOf)}
}

// typeFields are the fields that alerts of one rule type have, taken from the detail
// of the finding.
func typeFields(f *scanner.Finding) map[string]any {
	out := map[string]any{}
	if d, ok := f.Detail["threshold"].(map[string]any); ok {
		result := map[string]any{"terms": d["fields"], "count": d["count"]}
		if c, ok := d["cardinality"].(map[string]any); ok {
			result["cardinality"] = []any{map[string]any{"field": c["field"], "value": c["distinct"]}}
		}
		out["kibana.alert.threshold_result"] = result
	}
	if d, ok := f.Detail["new_terms"].(map[string]any); ok {
		out["kibana.alert.new_terms"] = d["values"]
	}
	if d, ok := f.Detail["indicator"].(map[string]any); ok {
		out["threat.enrichments"] = []any{map[string]any{"matched": map[string]any{
			"atomic": d["value"], "field": d["field"], "type": "indicator_match_rule"}}}
	}
	if d, ok := f.Detail["suppression"].(map[string]any); ok {
		out["kibana.alert.suppression.docs_count"] = d["suppressed"]
		out["kibana.alert.suppression.start"], out["kibana.alert.suppression.end"] = d["start"], d["end"]
		out["kibana.alert.suppression.terms"] = pairs(d["fields"], d["values"])
	}
	return out
}

// pairs joins a list of fields with the list of their values.
func pairs(fields, values any) []any {
	fs, _ := fields.([]any)
	vs, _ := values.([]any)
	out := []any{}
	for i := range min(len(fs), len(vs)) {
		out = append(out, map[string]any{"field": fs[i], "value": vs[i]})
	}
	return out
}
