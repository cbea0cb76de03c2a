package scanner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
	"coldcase/rules"
)

// alertsIndex is where a live stack keeps its alerts; rules over it look at the
// findings of the others.
const alertsIndex = ".alerts-security.alerts-default"

// secondStage holds the findings of a run, rendered as alert documents, against the
// rules that look at alerts. What these find is not fed to them again.
type secondStage struct {
	rules  []*rules.Rule
	second []bool // by rule: looks at alerts
	worker *matchers.Worker
	out    *correlate.Collector
	// events are those that joined alerts stand for, by origin: what a finding rests on
	// that joins them need not be read from the evidence once more.
	events *correlate.Sorter
	// unread counts findings whose alert document is beyond the limits of a line.
	unread int64
	// waiting counts candidates, which are no alerts while nobody has given the verdict.
	waiting int64
	// compared says which rules look at the findings of which.
	compared *comparison
}

// newSecondStage returns nil when no rule looks at alerts.
func newSecondStage(cfg Config, dir string, budget int, compared *comparison) *secondStage {
	s := &secondStage{rules: cfg.Matcher.Rules(), compared: compared}
	for _, r := range s.rules {
		s.second = append(s.second, slices.ContainsFunc(r.Indices, looksAtAlerts))
	}
	if !slices.Contains(s.second, true) {
		return nil
	}
	s.worker = cfg.Matcher.NewWorker(cfg.Reference)
	s.out, s.events = correlate.NewCollector(dir, budget/2), correlate.NewSorter(dir, budget/4)
	return s
}

func looksAtAlerts(pattern string) bool { return strings.Contains(pattern, ".alerts-security") }

func (s *secondStage) notes() []string {
	var out []string
	if s.unread > 0 {
		out = append(out, fmt.Sprintf("findings that rules over alerts did not look at: %d; their events are too large", s.unread))
	}
	if s.waiting > 0 {
		out = append(out, fmt.Sprintf("candidates that rules over alerts did not look at: %d; without the verdict they are no alerts", s.waiting))
	}
	return out
}

// take matches one finding of the first stage.
func (s *secondStage) take(x *found) error {
	if s == nil || s.second[x.Rule] {
		return nil
	}
	if x.rule.Candidates {
		s.waiting++
		return nil
	}
	hits, err := s.worker.Match(alertDocument(x))
	if err != nil {
		s.unread++
		return nil
	}
	hits = slices.DeleteFunc(hits, func(h matchers.Hit) bool { return !s.second[h.Rule] || !s.compared.meets(x.Rule, h.Rule) })
	if len(hits) == 0 {
		return nil
	}
	content := s.worker.Content() // before Facts, which it would end
	joins := false
	for _, h := range hits {
		joins = joins || s.worker.Joined(h)
		if err := s.emit(x, h, content); err != nil {
			return err
		}
	}
	if !joins || len(x.Records[0].Event) == 0 {
		return nil
	}
	return s.events.Add(knownKey(x.Records[0]), x.Records[0].Append(nil))
}

// close gives up what is not needed once the alerts are findings.
func (s *secondStage) close() error { return errors.Join(s.out.Close(), s.events.Close()) }

// emit records the hit with the origin of the finding's first event, which is the
// evidence behind the alert.
func (s *secondStage) emit(x *found, h matchers.Hit, content [16]byte) error {
	f, source := s.worker.Facts()
	first := x.Records[0]
	r := correlate.Record{Rule: h.Rule, Step: h.Step, Time: f.Time, NoTime: f.NoTime, Sequence: f.Sequence,
		Content: content, Origin: first.Origin, HostKey: x.hostKey, Host: x.host, User: x.user,
		Index: alertsIndex, ID: findingID(x), LineHash: first.LineHash}
	copy(r.IDHash[:], r.ID)
	if !s.worker.Joined(h) {
		describe(&r, f, bytes.Clone(source), nil)
		r.LineHash = first.LineHash
	}
	if rows := s.worker.Rows(h); len(rows) > 0 {
		return emitRows(rows, &r, s.out.Emit)
	}
	if !s.worker.Joined(h) {
		return s.out.Emit(&r)
	}
	keys, values := s.worker.Keys(h, func() string { return r.ID })
	r.Values = values
	for _, r.Key = range keys {
		if err := s.out.Emit(&r); err != nil {
			return err
		}
	}
	return nil
}

// alertDocument renders a finding as Kibana's alert: the fields of the rule, and those
// of the source event, or of what all its events share.
func alertDocument(x *found) []byte {
	r := x.rule
	doc := map[string]any{
		"event.kind":                       "signal",
		"kibana.alert.rule.name":           x.name,
		"kibana.alert.rule.rule_id":        r.ID,
		"kibana.alert.rule.uuid":           r.ID,
		"kibana.alert.rule.type":           r.Type,
		"kibana.alert.rule.rule_type_id":   "siem." + string(r.Type) + "Rule",
		"kibana.alert.rule.tags":           r.Tags,
		"kibana.alert.risk_score":          x.risk,
		"kibana.alert.rule.risk_score":     x.risk,
		"kibana.alert.severity":            x.severity,
		"kibana.alert.rule.severity":       x.severity,
		"kibana.alert.uuid":                findingID(x),
		"kibana.alert.workflow_status":     "open",
		"signal.rule.name":                 x.name,
		"signal.rule.rule_id":              r.ID,
		"signal.rule.type":                 r.Type,
		"signal.rule.severity":             x.severity,
		"kibana.alert.rule.building_block": r.BuildingBlock,
	}
	if r.BuildingBlock {
		doc["kibana.alert.building_block_type"] = "default"
	}
	addThreat(doc, r)
	if !x.NoTime {
		doc["kibana.alert.original_time"] = event.FormatTime(x.First)
	}
	source := x.Records[0].Event
	if len(x.Records) > 1 || len(source) == 0 {
		source = sharedFields(x)
	}
	return joinObjects(doc, source)
}

func addThreat(doc map[string]any, r *rules.Rule) {
	var ids, names, techniques, techniqueNames []string
	for _, t := range r.Threat {
		ids, names = append(ids, t.ID), append(names, t.Name)
		for _, q := range t.Techniques {
			techniques, techniqueNames = append(techniques, q.ID), append(techniqueNames, q.Name)
		}
	}
	doc["kibana.alert.rule.threat.tactic.id"], doc["kibana.alert.rule.threat.tactic.name"] = ids, names
	doc["kibana.alert.rule.threat.technique.id"], doc["kibana.alert.rule.threat.technique.name"] = techniques, techniqueNames
}

// sharedFields is what all events of a finding have in common, as far as records say.
func sharedFields(x *found) []byte {
	doc := map[string]any{}
	if x.host != "" {
		doc["host.name"], doc["host.id"] = x.host, x.hostKey
	}
	if x.user != "" {
		doc["user.id"] = x.user
	}
	if !x.NoTime {
		doc["@timestamp"] = event.FormatTime(x.Last)
	}
	b, err := json.Marshal(doc)
	if err != nil {
		panic("BUG: scanner.sharedFields: " + err.Error())
	}
	return b
}

// joinObjects wraps the members of two objects as a hit of the alerts' index.
func joinObjects(doc map[string]any, source []byte) []byte {
	b, err := json.Marshal(doc)
	if err != nil {
		panic("BUG: scanner.joinObjects: " + err.Error())
	}
	source = bytes.TrimSpace(source)
	out := append([]byte(`{"_index":"`+alertsIndex+`","_id":"alert","_source":`), b[:len(b)-1]...)
	if inner := bytes.TrimSpace(source[1:]); inner[0] != '}' {
		out = append(out, ',')
	}
	return append(append(out, source[1:]...), '}')
}
