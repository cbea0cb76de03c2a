package matchers

import (
	"fmt"
	"slices"
	"strings"

	"coldcase/rules"
)

// IndicatorCheck says which indicator an event has, or what was looked for in vain.
type IndicatorCheck struct {
	Found bool
	// Field of the event, Value of the indicator, and where that was read.
	Field, Value, Type, File string
	Line                     int
	Mapping                  []string
	// Compared are the fields of the event that indicators are compared with.
	Compared []ExplainedKey
}

// indicatorCheck looks for an indicator as a hit does.
func (w *Worker) indicatorCheck(rule int32) *IndicatorCheck {
	hit, found := w.indicated(rule)
	out := &IndicatorCheck{Found: found}
	if found {
		d := w.indicatorOf(rule, hit)
		out.Field, out.Value, out.Type, out.File, out.Line, out.Mapping = d.Field, cut(d.Value, ""), d.Type, d.File, d.Line, d.Mapping
	}
	for _, g := range w.m.threats.probe(rule).groups {
		for _, e := range g {
			if slices.ContainsFunc(out.Compared, func(k ExplainedKey) bool { return k.Field == e.field }) {
				continue
			}
			field := w.m.schema.Lookup(e.field)
			k := w.explainKeys(&join{keys: named([]string{e.field}), parts: []keyPart{{slot: e.slot, field: field}}})
			out.Compared = append(out.Compared, k...)
		}
	}
	return out
}

// stepName names a distinct step by its places in the sequence or sample; "" for the
// query of an event rule.
func stepName(r *rules.Rule, id int) string {
	p := r.Program
	var ids []int
	until, missing := -1, false
	switch {
	case p.Sequence != nil:
		ids, until = p.Sequence.IDs()
	case p.Sample != nil:
		ids = p.Sample.IDs()
	default:
		return ""
	}
	var at []string
	for i, n := range ids {
		if n == id {
			at = append(at, fmt.Sprint(i+1))
			missing = missing || p.Sequence != nil && p.Sequence.Steps[i].Missing
		}
	}
	var names []string
	if len(at) > 0 {
		names = append(names, "step "+runsOf(at)+" of "+fmt.Sprint(len(ids)))
	}
	if missing {
		names[0] += ", which must be missing"
	}
	if until == id {
		names = append(names, "until")
	}
	return strings.Join(names, " and ")
}

// runsOf lists numbers, of many the first and the last.
func runsOf(at []string) string {
	if len(at) > 4 {
		return at[0] + " to " + at[len(at)-1]
	}
	return strings.Join(at, ", ")
}
