package load

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"coldcase/rules"
	"coldcase/rules/source"
)

// draft is one rule of a structured format before it is understood: the keys of
// Kibana's API, which detection-rules TOML shares but for a few (rule-formats.md
// sections 1 to 3).
type draft struct {
	format string      // set only where it is not the file's own
	text   source.Text // as stored, with its place in the file
	body   object
	log    *notes
	// locate returns the offset in text of the value of one of the rule's keys, which
	// is dotted for a key of a table within, or -1 when it cannot tell.
	locate func(key string) int
	// finish reads what stands outside of the rule's own table; may be nil.
	finish func(*rules.Rule)
	// exceptions counts the items of the exception lists in the same file, by list id.
	exceptions map[string]int
}

// rule understands the draft. The name is returned even with an error, so that the
// user can tell which rule it is.
func (d draft) rule() (r *rules.Rule, name string, err error) {
	o := d.body
	r = &rules.Rule{
		ID:      o.str("rule_id"),
		Name:    o.str("name"),
		Version: max(0, o.integer("version", 0)),
		File:    d.text.Path,
		Line:    max(1, d.text.Line),
		Format:  d.format,
		Hash:    hashOf(d.text.Body),
		Type:    rules.Kind(o.str("type")),
	}
	d.describe(r)
	d.schedule(r)
	d.score(r)
	d.parameters(r)
	r.Threat = threatOf(o)
	filters := d.filters(r, "filters")
	_, present := o.get("query")
	q := located{Text: source.Text{Path: d.text.Path, Body: o.str("query")}, in: d.text, start: d.locate("query")}
	category := o.str("event_category_override")
	if d.finish != nil {
		d.finish(r)
	}
	o.ignore(unused...)
	o.finish()
	if err := d.mistake(r); err != nil {
		return nil, r.Name, err
	}
	if r.ID == "" {
		r.ID, r.IDKind = slugID(slugOf(r.Name)), rules.FromSlug
	}
	r.Query = q.Body
	c := compilation{rule: r, query: q, category: category, filters: filters, log: d.log}
	// Kibana takes a missing query for an empty one, which matches everything; we do
	// so only where the query is written as empty or filters say that it is meant.
	c.present = q.Body != "" || r.Type == rules.KindQuery && (present || len(filters) > 0)
	if err := c.run(); err != nil {
		return nil, r.Name, err
	}
	r.Warnings = append(r.Warnings, d.log.warnings...)
	return r, r.Name, nil
}

// unused are keys that say nothing to a scan: bookkeeping of Kibana and of the
// repository, and the look of its pages.
var unused = []string{
	"actions", "alias_purpose", "alias_target_id", "concurrent_searches", "created_at", "created_by", "created_date",
	"enabled", "execution_summary", "id", "immutable", "investigation_fields", "items_per_search",
	"last_failure_at", "last_failure_message", "last_success_at", "last_success_message", "meta",
	"min_stack_version", "namespace", "outcome", "output_index", "related_integrations", "required_fields",
	"response_actions", "revision", "rule_source", "saved_id", "status", "status_date", "threat_mappings", "throttle",
	"tiebreaker_field", "timeline_id", "timeline_title", "timestamp_field", "timestamp_override_fallback_disabled",
	"updated_at", "updated_by", "updated_date",
}

// mistake returns the first thing in the draft that cannot be understood.
func (d draft) mistake(r *rules.Rule) error {
	if d.log.mistake != "" {
		return d.errorAt(d.log.mistakeKey, "%s", d.log.mistake)
	}
	if r.Name == "" {
		return d.errorAt("name", "the rule has no name")
	}
	if r.Type == "" {
		return d.errorAt("type", "the rule has no type")
	}
	return nil
}

func (d draft) errorAt(key, format string, args ...any) error {
	at := d.locate(key)
	if at < 0 {
		top, _, _ := strings.Cut(key, ".")
		at = max(0, d.locate(top))
	}
	return d.text.Errorf(source.Span{Start: at, End: at}, format, args...)
}

// describe reads what is told to people.
func (d draft) describe(r *rules.Rule) {
	o := d.body
	r.Language = o.str("language")
	r.Description = o.str("description")
	r.Note = o.str("note")
	r.Setup = o.str("setup")
	r.FalsePositives = o.strs("false_positives")
	r.References = o.strs("references")
	r.Tags = o.strs("tags")
	r.Authors = o.strs("author")
	r.License = o.str("license")
	r.DerivedFrom = o.str("derived_facts_from")
	r.BuildingBlock = o.str("building_block_type") != ""
	// Fleet packages mark a rule that Elastic has given up by true or by an object.
	if v, ok := o.get("deprecated"); ok && v != false {
		r.Deprecated = true
	}
	for _, e := range o.objects("exceptions_list") {
		d.exception(r, e)
	}
}

// exception notes a list that the rule names. The shared list of endpoint exceptions
// is never read by Kibana's engine (rule-types.md section 10); any other would take
// findings away, so the rule says where its items are not at hand.
func (d draft) exception(r *rules.Rule, e object) {
	list, container := e.str("list_id"), e.str("id")
	kind := e.str("type")
	e.ignore("namespace_type")
	e.finish()
	id := list
	if id == "" {
		id = container
	}
	r.Exceptions = append(r.Exceptions, id)
	if _, here := d.exceptions[list]; !here && kind != "endpoint" {
		d.log.warn("exception list %q is not in this file: it is applied only when --exceptions gives it", id)
	}
}

// schedule reads where and when the rule looks. The defaults are Kibana's
// (rule-types.md section 0).
func (d draft) schedule(r *rules.Rule) {
	o := d.body
	r.Indices = o.strs("index")
	if o.str("data_view_id") != "" && len(r.Indices) == 0 {
		d.log.warn("the rule names a data view, whose index patterns are not in the file: Kibana's default patterns are used")
	}
	r.From, r.To = o.str("from"), o.str("to")
	r.Interval = o.str("interval")
	r.MaxSignals = o.integer("max_signals", 100)
	r.TimeOverride = o.str("timestamp_override")
	r.NameOverride = o.str("rule_name_override")
	setSchedule(r, d.log)
}

// setSchedule puts the defaults where the source is silent and computes the width of
// the window.
func setSchedule(r *rules.Rule, log *notes) {
	if r.From == "" {
		r.From = defaultFrom
	}
	if r.To == "" {
		r.To = "now"
	}
	if r.Interval == "" {
		r.Interval = "5m"
	}
	width, err := lookBack(r.From, r.To)
	if err != nil {
		log.warn("from and to: %v: a window of 6m is used", err)
		width, _ = lookBack(defaultFrom, "now")
	}
	r.LookBack = width
}

// score reads severity and risk with their mappings.
func (d draft) score(r *rules.Rule) {
	o := d.body
	r.Severity = o.str("severity")
	r.RiskScore = o.integer("risk_score", -1)
	if r.RiskScore > 100 {
		o.fail("risk_score", "expected 0 to 100, found %d", r.RiskScore)
	}
	setScore(r, d.log)
	for _, m := range o.objects("severity_mapping") {
		r.SeverityMap = append(r.SeverityMap, rules.SeverityMapping{
			Field: m.str("field"), Value: m.str("value"), Severity: m.str("severity"),
		})
		m.ignore("operator")
		m.finish()
	}
	for _, m := range o.objects("risk_score_mapping") {
		r.RiskMap = append(r.RiskMap, rules.RiskMapping{Field: m.str("field")})
		m.ignore("operator", "value", "risk_score")
		m.finish()
	}
}

// riskOf are the scores that Elastic pairs with its severities.
var riskOf = map[string]int{"low": 21, "medium": 47, "high": 73, "critical": 99}

// setScore derives a missing severity or risk score from the other, and says so: a
// finding without either could not be ranked.
func setScore(r *rules.Rule, log *notes) {
	known := slices.Contains(rules.Severities, r.Severity)
	if r.Severity != "" && !known {
		log.warn("unknown severity %q", r.Severity)
	}
	if !known {
		r.Incomplete = append(r.Incomplete, "severity")
		r.Severity = severityOf(r.RiskScore)
	}
	if r.RiskScore < 0 {
		r.Incomplete = append(r.Incomplete, "risk score")
		r.RiskScore = riskOf[r.Severity]
	}
}

func severityOf(risk int) string {
	for _, s := range rules.Severities {
		if risk <= riskOf[s] {
			return s
		}
	}
	return "critical"
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func incomplete(format string, args ...any) string {
	return rules.ReasonIncomplete + ": " + fmt.Sprintf(format, args...)
}
