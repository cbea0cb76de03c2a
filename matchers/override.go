package matchers

import (
	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/schema"
)

// override is what a rule takes from the event that it fires on: its severity, risk
// score or name (rule-types.md section 12). They apply to findings of one event.
type override struct {
	severities []severityCase // from low to critical: the last that holds wins
	risk, name int            // slots, -1 for none
}

type severityCase struct {
	slot     int
	number   bool // the field holds numbers: compared as such
	value    string
	severity string
}

// newOverride returns nil for a rule that takes nothing.
func newOverride(m *Matcher, r *rules.Rule) *override {
	if len(r.SeverityMap) == 0 && len(r.RiskMap) == 0 && r.NameOverride == "" {
		return nil
	}
	slot := func(name string) int { return m.layout.Slot(m.schema.Lookup(name).Path) }
	o := &override{risk: -1, name: -1}
	for _, level := range rules.Severities {
		for _, s := range r.SeverityMap {
			if s.Severity == level {
				number := m.schema.Lookup(s.Field).Type == schema.Long
				o.severities = append(o.severities, severityCase{slot(s.Field), number, s.Value, s.Severity})
			}
		}
	}
	if len(r.RiskMap) > 0 {
		o.risk = slot(r.RiskMap[0].Field)
	}
	if r.NameOverride != "" {
		o.name = slot(r.NameOverride)
	}
	return o
}

// Overrides returns the name, severity and risk score of a rule for the event of the
// last Match.
func (w *Worker) Overrides(h Hit) (name, severity string, risk int) {
	r := w.m.rules[h.Rule]
	name, severity, risk = r.Name, r.Severity, r.RiskScore
	o := w.m.overrides[h.Rule]
	if o == nil {
		return name, severity, risk
	}
	for _, c := range o.severities {
		if c.holds(&w.ev) {
			severity = c.severity
		}
	}
	if n, ok := o.riskOf(&w.ev); ok {
		risk = n
	}
	if o.name >= 0 {
		for _, v := range w.ev.Values(o.name) {
			if v.Kind == event.String && len(v.Text) > 0 {
				return string(v.Text), severity, risk
			}
		}
	}
	return name, severity, risk
}

// holds says whether any value equals the mapping's.
func (c *severityCase) holds(ev *event.Event) bool {
	want, isNum := parseNumber([]byte(c.value))
	for _, v := range ev.Values(c.slot) {
		if v.Kind == event.Null || v.Kind == event.Object {
			continue
		}
		if string(v.Text) == c.value {
			return true
		}
		if n, ok := parseNumber(v.Text); ok && c.number && isNum && n.cmp(want) == 0 {
			return true
		}
	}
	return false
}

// riskOf returns the largest number from 0 to 100 in the mapping's field.
func (o *override) riskOf(ev *event.Event) (risk int, ok bool) {
	if o.risk < 0 {
		return 0, false
	}
	for _, v := range ev.Values(o.risk) {
		n, isNum := parseNumber(v.Text)
		if isNum && v.Kind != event.Bool && n.f >= 0 && n.f <= 100 && (!ok || int(n.f) > risk) {
			risk, ok = int(n.f), true
		}
	}
	return risk, ok
}
