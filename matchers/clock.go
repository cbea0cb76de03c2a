package matchers

import (
	"coldcase/matchers/event"
	"coldcase/matchers/rows"
	"coldcase/rules"
)

// clockOf returns the slot of the field that a rule's windows take their time from, -1
// for @timestamp.
func (m *Matcher) clockOf(r *rules.Rule) int {
	windowed := r.Type == rules.KindThreshold || r.Type == rules.KindNewTerms || r.Suppression != nil ||
		r.ESQL != nil && rows.Windowed(r.ESQL)
	if !m.options.Ingested || !windowed || r.TimeOverride == "" {
		return -1
	}
	return m.layout.Slot(m.schema.Lookup(r.TimeOverride).Path)
}

// Time returns the time of the last event as the rule of a hit sees it: that of its
// timestamp_override when the matcher takes it and the event has it (an event that has
// it is judged by it only), else @timestamp. ok is false when it cannot be read.
func (w *Worker) Time(h Hit) (nanos int64, ok bool) {
	slot := w.m.clock[h.Rule]
	if slot < 0 {
		return w.m.facts.time(&w.ev)
	}
	has := false
	for _, v := range w.ev.Values(slot) {
		if nanos, ok = event.ParseTime(v); ok {
			return nanos, true
		}
		has = has || v.Kind != event.Null
	}
	if has {
		return 0, false
	}
	return w.m.facts.time(&w.ev)
}
