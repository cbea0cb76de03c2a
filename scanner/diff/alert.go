package diff

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"coldcase/scanner/claim"
)

// alertFacts is what an alert says of the rule that made it and of the run that found
// it.
type alertFacts struct {
	// Member is set for the alert of a single event of a sequence: the sequence has one
	// of its own.
	Member     bool
	Run        string    // names the run; "" when the alert does not say
	At         time.Time // when the alert was made
	Original   time.Time // of the event
	MaxSignals int
	From       string // date math, "" when not stated
	Interval   string
	Override   string // timestamp_override
	Suppressed int64  // events that were folded into this alert
}

var errNoAlert = errors.New("neither a finding of coldcase nor an alert of Elastic Security")

// alertItem reads an alert in any form in which alerts are exported: a hit with _source
// or with fields, or the document alone; with dotted names or nested objects; of Kibana
// 8 and later (kibana.alert) or before (signal).
func alertItem(text []byte) (*item, error) {
	var doc map[string]any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil {
		return nil, errNoAlert
	}
	id := first(textsAt(doc, "_id"))
	doc = unwrapAlert(doc)
	a := alertDoc(doc)
	rule := a.of("rule.rule_id", "rule.parameters.rule_id")
	if rule == "" {
		return nil, errNoAlert
	}
	x := &item{ID: cmp.Or(a.of("uuid"), id), RuleID: rule, RuleName: a.of("rule.name"),
		Severity: a.of("severity", "rule.severity"), Host: first(textsAt(doc, "host.name")), User: a.user(), Alert: a.facts()}
	if t := x.Alert.Original; !t.IsZero() {
		x.Time = t.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	x.Keys = a.keys(x)
	if err := claim.CheckTexts(x.ID, x.RuleID, x.RuleName, x.Severity, x.Host, x.User, x.Alert.Run); err != nil {
		return nil, err
	}
	return x, nil
}

func unwrapAlert(doc map[string]any) map[string]any {
	for _, key := range []string{"_source", "fields"} {
		if in, ok := doc[key].(map[string]any); ok {
			return in
		}
	}
	return doc
}

// alertDoc is the document of an alert.
type alertDoc map[string]any

// of returns the first value of the first of the fields that has one. Names are those
// below kibana.alert; older alerts have them below signal.
func (a alertDoc) of(names ...string) string { return first(a.all(names...)) }

func (a alertDoc) all(names ...string) []string {
	for _, root := range []string{"kibana.alert.", "signal."} {
		for _, name := range names {
			if texts := textsAt(a, root+name); len(texts) > 0 {
				return texts
			}
		}
	}
	return nil
}

func (a alertDoc) user() string {
	return cmp.Or(first(textsAt(a, "user.id")), first(textsAt(a, "user.name")))
}

func (a alertDoc) facts() *alertFacts {
	f := &alertFacts{At: statedTime(first(textsAt(a, "@timestamp"))), Original: statedTime(a.of("original_time")),
		Run: a.of("rule.execution.uuid"), From: a.of("rule.parameters.from", "rule.from"),
		Interval: a.of("rule.interval", "rule.parameters.interval"), Override: a.of("rule.parameters.timestamp_override", "rule.timestamp_override")}
	f.Member = a.of("group.id") != "" && a.of("building_block_type") != "" && a.of("group.index") != ""
	f.MaxSignals = 100 // Kibana's default
	if n, err := strconv.Atoi(a.of("rule.parameters.max_signals", "rule.max_signals")); err == nil && n > 0 {
		f.MaxSignals = n
	}
	if n, err := strconv.ParseInt(a.of("suppression.docs_count"), 10, 64); err == nil && n > 0 {
		f.Suppressed = n
	}
	return f
}

// keys are those of finding.keys. An alert has all of them: which of them its
// finding has depends on the evidence.
func (a alertDoc) keys(x *item) []itemKey {
	var out []itemKey
	ids := append(a.all("ancestors.id"), a.all("original_event.id")...)
	for _, id := range append(ids, textsAt(a, "event.id")...) {
		out = append(out, keyOf(x.RuleID, "id", id))
	}
	at := x.Alert.Original
	if a.isThreshold() {
		fields, values := a.all("threshold_result.terms.field"), a.all("threshold_result.terms.value")
		terms := make([]string, 0, len(fields))
		for i := range min(len(fields), len(values)) {
			terms = append(terms, fields[i]+"="+values[i])
		}
		from := statedTime(a.of("threshold_result.from"))
		if from.IsZero() {
			from = at
		}
		out = append(out, thresholdKey(x.RuleID, terms).within(from, at))
	}
	if !at.IsZero() {
		out = append(out, hostKey(x.RuleID, x.Host).within(at, at))
	}
	return out
}

func (a alertDoc) isThreshold() bool {
	return len(a.all("threshold_result.count", "threshold_result.terms.field")) > 0
}

// maxTexts bounds the values that are taken of one field.
const maxTexts = 1000

// textsAt returns the values of a field as texts, at most maxTexts, whether its dotted
// name stands in objects, in keys with dots, or in both; of arrays every element.
func textsAt(doc map[string]any, path string) []string {
	var out []string
	collectTexts(doc, path, &out)
	return out
}

func collectTexts(v any, path string, out *[]string) {
	if len(*out) >= maxTexts {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			collectTexts(e, path, out)
		}
	case map[string]any:
		if path == "" {
			return
		}
		if in, ok := v[path]; ok {
			collectTexts(in, "", out)
		}
		for i := 0; i < len(path); i++ {
			if path[i] != '.' {
				continue
			}
			if in, ok := v[path[:i]]; ok {
				collectTexts(in, path[i+1:], out)
			}
		}
	default:
		if path == "" {
			addScalar(v, out)
		}
	}
}

func addScalar(v any, out *[]string) {
	switch v := v.(type) {
	case string:
		*out = append(*out, v)
	case json.Number:
		*out = append(*out, v.String())
	case bool, float64:
		*out = append(*out, fmt.Sprint(v))
	}
}
