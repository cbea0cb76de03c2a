package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"coldcase/rules"
	"coldcase/scanner"
)

// marker says which fields of an event decided: those that the finding's explanation and
// its detail name; where there is no explanation, those that the rule's query names.
type marker struct {
	named map[*rules.Rule]map[string]bool
}

func newMarker() *marker { return &marker{named: map[*rules.Rule]map[string]bool{}} }

// of returns the test for one finding.
func (m *marker) of(f *scanner.Finding) func(field string) bool {
	r := ruleOf(f)
	named := m.named[r]
	if named == nil {
		named = map[string]bool{}
		m.named[r] = named
	}
	decided := decidingFields(f.Detail)
	explained := explainedFields(f.Explain(), decided)
	return func(field string) bool {
		if decided[field] || explained {
			return decided[field]
		}
		yes, known := named[field]
		if !known && len(field) <= maxFieldPath && len(named) < maxNamed {
			yes = names(r.Query, field)
			named[field] = yes
		}
		return yes
	}
}

// maxNamed bounds what is remembered of one rule: evidence chooses the fields.
const maxNamed = 10_000

// names reports whether a query names a field: the whole name, or a subfield of it
// that is the same value (process.name.text).
func names(query, field string) bool {
	if field == "" {
		return false
	}
	for at := 0; ; {
		i := strings.Index(query[at:], field)
		if i < 0 {
			return false
		}
		i += at
		at = i + 1
		rest := query[i+len(field):]
		for _, sub := range []string{".text", ".caseless", ".keyword"} {
			rest = strings.TrimPrefix(rest, sub)
		}
		if (i == 0 || !nameByte(query[i-1])) && (rest == "" || !nameByte(rest[0])) {
			return true
		}
	}
}

// nameByte reports whether b may stand within the name of a field.
func nameByte(b byte) bool {
	return b >= 0x80 || b == '_' || b == '.' || b == '@' || b == '-' || b == '\\' ||
		b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// decidingFields are the fields of the keys of a sequence, of the group of a
// threshold, of new terms, of a matched indicator.
func decidingFields(detail map[string]any) map[string]bool {
	out := map[string]bool{}
	for _, d := range detail {
		d, ok := d.(map[string]any)
		if !ok {
			continue
		}
		if f, ok := d["field"].(string); ok {
			out[f] = true
		}
		for _, list := range []string{"fields", "keys"} {
			items, _ := d[list].([]any)
			for _, it := range items {
				switch it := it.(type) {
				case string:
					out[it] = true
				case map[string]any:
					if f, ok := it["field"].(string); ok {
						out[f] = true
					}
				}
			}
		}
	}
	return out
}

// explainedFields adds the fields of the clauses that held, and says whether there are
// any.
func explainedFields(w *scanner.Why, fields map[string]bool) (any bool) {
	if w == nil {
		return false
	}
	for _, e := range w.Events {
		for _, c := range e.Clauses {
			fields[c.Field], any = true, true
		}
	}
	return any
}

// The most that the sentences about clauses say.
const (
	maxReasonEvents  = 6
	maxReasonClauses = 6
)

// clausesOf says in a sentence for each event by which values it matched.
func clausesOf(w *scanner.Why) (out []string) {
	if w == nil {
		return nil
	}
	for i, e := range w.Events {
		if i == maxReasonEvents {
			break
		}
		var parts []string
		for _, c := range e.Clauses {
			if c.Field == "" || c.Missing || len(parts) == maxReasonClauses {
				continue
			}
			parts = append(parts, c.Field+" is "+c.Value)
		}
		if len(parts) == 0 {
			continue
		}
		lead := "It matched because "
		if len(w.Events) > 1 {
			lead = fmt.Sprintf("Event %d matched because ", i+1)
		}
		if e.HasSince {
			lead = fmt.Sprintf("Event %d, %s after the one before, matched because ", i+1, e.Since)
		}
		out = append(out, shown(lead+strings.Join(parts, ", ")+"."))
	}
	return append(out, rowReason(w.Row)...)
}

// rowReason says by which values what the events amount to was kept, by a rule in ES|QL.
func rowReason(clauses []scanner.WhyClause) []string {
	var parts []string
	for _, c := range clauses[:min(len(clauses), maxReasonClauses)] {
		if c.Field != "" && !c.Missing {
			parts = append(parts, c.Field+" is "+c.Value)
		}
	}
	if parts == nil {
		return nil
	}
	return []string{shown("Its row was kept because " + strings.Join(parts, ", ") + ".")}
}

// reasonsOf says in sentences what the detail of a finding says decided it.
func reasonsOf(f *scanner.Finding) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, shown(fmt.Sprintf(format, args...))) }
	if d, ok := f.Detail["sequence"].(map[string]any); ok {
		add("A sequence of %v steps within %v ms (allowed: %v ms)%s.", d["steps"], d["span_ms"], d["maxspan_ms"], keyed(d["keys"]))
	}
	if d, ok := f.Detail["sample"].(map[string]any); ok {
		add("A sample of events%s.", keyed(d["keys"]))
	}
	if d, ok := f.Detail["threshold"].(map[string]any); ok {
		add("%v events, of which up to %v in one window of %v s; the threshold is %v%s.",
			d["count"], d["peak"], d["window_s"], d["value"], keyed(d["fields"]))
	}
	if d, ok := f.Detail["new_terms"].(map[string]any); ok {
		add("Not seen before: %s. The evidence holds %v of the %v days of history that the rule asks for.",
			strings.Join(valued(d["fields"], d["values"]), ", "), d["baseline_days"], d["window_days"])
	}
	if d, ok := f.Detail["indicator"].(map[string]any); ok {
		add("The indicator %v from %v, line %v, by %v.", d["value"], d["file"], d["line"], d["field"])
	}
	if d, ok := f.Detail["suppression"].(map[string]any); ok {
		add("%v further alerts of %s are folded into this one.", d["suppressed"], strings.Join(valued(d["fields"], d["values"]), ", "))
	}
	if d, ok := f.Detail["row"].(map[string]any); ok {
		add("The row of its query: %s.", rowWords(d))
	}
	if d, ok := f.Detail["rows"].(map[string]any); ok {
		stand := "events stand"
		if fmt.Sprint(d["sources"]) == "1" {
			stand = "event stands"
		}
		add("%v %s behind it, in windows of %v s.", d["sources"], stand, d["window_s"])
	}
	if _, ok := f.Detail["candidate"]; ok || f.Candidate {
		add("A candidate: the rule would have asked a language model about it, and that step is skipped.")
	}
	if f.Detail["index_assumed"] == true {
		add("The index of the event is assumed from its dataset.")
	}
	if f.Detail["beyond_ignore_above"] == true {
		add("A live stack would have missed it: a value is longer than its index keeps (ignore_above).")
	}
	return out
}

// rowWords writes the columns of a row by name; those that are null are left out.
func rowWords(row map[string]any) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(row)) {
		if v := row[name]; v != nil {
			parts = append(parts, name+" = "+cellOf(v, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// keyed says by which values the events belong together.
func keyed(v any) string {
	items, _ := v.([]any)
	var parts []string
	for _, it := range items {
		if m, ok := it.(map[string]any); ok {
			parts = append(parts, fmt.Sprintf("%v = %v", m["field"], m["value"]))
		}
	}
	if parts == nil {
		return ""
	}
	return ", joined by " + strings.Join(parts, ", ")
}

func valued(fields, values any) []string {
	var out []string
	for _, p := range pairs(fields, values) {
		m := p.(map[string]any)
		out = append(out, fmt.Sprintf("%v = %v", m["field"], m["value"]))
	}
	return out
}
