package load

import (
	"errors"
	"slices"
	"strings"
	"time"

	"coldcase/rules"
	"coldcase/rules/query"
	"coldcase/rules/source"
)

// parameters reads what only one type of rule has. A rule that lacks what its type
// needs is not run, and says what it lacks.
func (d draft) parameters(r *rules.Rule) {
	switch r.Type {
	case rules.KindThreshold:
		d.threshold(r)
	case rules.KindNewTerms:
		d.newTerms(r)
	case rules.KindThreatMatch:
		d.threatMatch(r)
	case rules.KindML:
		r.MLJobs = d.body.strs("machine_learning_job_id")
		d.body.ignore("anomaly_threshold")
	}
	d.suppression(r)
}

// lack notes that the source does not hold a fact without which the rule cannot run.
func lack(r *rules.Rule, what string) {
	r.Incomplete = append(r.Incomplete, what)
	if r.NotRun == "" {
		r.NotRun = incomplete("%s is missing", what)
	}
}

func (d draft) threshold(r *rules.Rule) {
	t, ok := d.body.object("threshold")
	if !ok {
		lack(r, "threshold")
		return
	}
	out := &rules.Threshold{Fields: t.strs("field"), Value: t.integer("value", 0)}
	if len(out.Fields) == 1 && out.Fields[0] == "" { // 7.x wrote "" for "no field"
		out.Fields = nil
	}
	for _, c := range t.objects("cardinality") {
		out.Cardinality = append(out.Cardinality, rules.Cardinality{Field: c.str("field"), Value: c.integer("value", 0)})
		c.finish()
	}
	if out.Value < 1 {
		t.fail("value", "expected a number of at least 1")
	}
	t.finish()
	r.Threshold = out
}

// newTerms reads the API's two keys, or the table that detection-rules makes of them.
func (d draft) newTerms(r *rules.Rule) {
	out := &rules.NewTerms{Fields: d.body.strs("new_terms_fields")}
	if t, ok := d.body.object("new_terms"); ok {
		out.Fields = t.strs("value")
		for _, h := range t.objects("history_window_start") {
			out.HistoryStart = h.str("value")
			h.ignore("field")
			h.finish()
		}
		t.ignore("field")
		t.finish()
	} else {
		out.HistoryStart = d.body.str("history_window_start")
	}
	switch {
	case len(out.Fields) == 0:
		lack(r, "new_terms_fields")
	case out.HistoryStart == "":
		lack(r, "history_window_start")
	default:
		window, err := lookBack(out.HistoryStart, r.To)
		if err != nil || window <= 0 {
			lack(r, "a history_window_start before now")
		}
		out.Window = window
	}
	if _, err := lookBack(out.HistoryStart, "now"); err != nil && out.HistoryStart != "" {
		d.log.warn("history_window_start: %v", err)
	}
	r.NewTerms = out
}

func (d draft) threatMatch(r *rules.Rule) {
	o := d.body
	out := &rules.ThreatMatch{
		Index:         o.strs("threat_index"),
		Query:         o.str("threat_query"),
		Language:      o.str("threat_language"),
		IndicatorPath: o.str("threat_indicator_path"),
		Filters:       and(d.filters(r, "threat_filters")),
	}
	if out.Language == "" {
		out.Language = "kuery"
	}
	if out.IndicatorPath == "" {
		out.IndicatorPath = "threat.indicator"
	}
	out.QueryX = d.threatQuery(r, out)
	for _, group := range o.objects("threat_mapping") {
		if entries := threatEntries(group); len(entries) > 0 {
			out.Mapping = append(out.Mapping, entries)
		}
	}
	if len(out.Mapping) == 0 {
		lack(r, "threat_mapping")
	}
	r.ThreatMatch = out
}

// threatQuery parses the query that indicators have to satisfy; nil when it is empty.
func (d draft) threatQuery(r *rules.Rule, t *rules.ThreatMatch) query.Expr {
	if strings.TrimSpace(t.Query) == "" {
		return nil
	}
	i := slices.IndexFunc(languages, func(l language) bool {
		return l.name == t.Language && slices.Contains(languagesOf[rules.KindThreatMatch], l.name)
	})
	if i < 0 {
		r.NotRun = unsupported("language " + t.Language + " in threat_query")
		return nil
	}
	program, err := languages[i].parse(source.Text{Body: t.Query}, "")
	var bad *source.Error
	switch {
	case errors.As(err, &bad) && bad.Unsupported != "":
		r.NotRun = unsupported("threat_query: " + bad.Unsupported)
	case errors.As(err, &bad):
		d.body.fail("threat_query", "line %d, column %d: %s", bad.Line, bad.Col, bad.Msg)
	case err != nil:
		d.body.fail("threat_query", "%v", err)
	default:
		return program.Event
	}
	return nil
}

// threatEntries reads one group of the mapping. An entry that is negated needs another
// beside it that is not: alone it would match nearly every event.
func threatEntries(group object) []rules.ThreatEntry {
	var entries []rules.ThreatEntry
	for _, e := range group.objects("entries") {
		entries = append(entries, rules.ThreatEntry{Field: e.str("field"), Value: e.str("value"), Negate: e.boolean("negate")})
		e.ignore("type")
		e.finish()
	}
	group.finish()
	if len(entries) > 0 && !slices.ContainsFunc(entries, func(e rules.ThreatEntry) bool { return !e.Negate }) {
		group.fail("entries", "expected at least one entry that is not negated")
	}
	return entries
}

func (d draft) suppression(r *rules.Rule) {
	s, ok := d.body.object("alert_suppression")
	if !ok {
		return
	}
	out := &rules.Suppression{
		GroupBy:       s.strs("group_by"),
		DoNotSuppress: s.str("missing_fields_strategy") == "doNotSuppress",
	}
	if t, ok := s.object("duration"); ok {
		out.Duration = duration(t)
		t.finish()
	}
	s.finish()
	r.Suppression = out
}

// duration reads {value, unit}, the unit being one of s, m and h.
func duration(t object) time.Duration {
	n, unit := t.integer("value", 0), t.str("unit")
	length, ok := units[first(unit)]
	if !ok || len(unit) != 1 || n < 1 || int64(n) > int64(maxWindow/length) {
		t.fail("value", "expected a number of seconds, minutes or hours, found %d%s", n, unit)
		return 0
	}
	return time.Duration(n) * length
}

// first returns the first byte of s, 0 when there is none.
func first(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}
