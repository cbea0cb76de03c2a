package load

import (
	"errors"

	"coldcase/rules"
	"coldcase/rules/esql"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

// rows understands a query in ES|QL. What cannot be run is a reason that names the
// construct; an error is a query that is none.
func (c compilation) rows() error {
	r := c.rule
	q, err := esql.Parse(c.query.Text, esql.FromSchema(schema.Builtin()))
	var bad *source.Error
	if errors.As(err, &bad) && bad.Unsupported != "" {
		c.log.warn("%s", bad.Msg)
		if r.NotRun == "" {
			r.NotRun = notInESQL(bad.Unsupported)
		}
		return nil
	}
	if err != nil {
		return c.query.inFile(err)
	}
	for _, w := range esql.Warnings(q) {
		c.log.warn("%s", w.Msg)
	}
	from, ok := q.Commands[0].(*esql.From)
	if !ok {
		r.NotRun = notInESQL("ROW in a rule")
	}
	if r.NotRun != "" {
		return nil
	}
	if len(c.filters) > 0 {
		c.log.warn("filters are not applied: rules in ES|QL have none in Kibana")
	}
	r.Indices = from.Indices
	x, _ := esql.Prefilter(q)
	r.ESQL, r.Program = q, &query.Program{Event: x}
	if len(q.Skipped) > 0 {
		candidates(r, c.log)
	}
	return nil
}

func notInESQL(construct string) string { return rules.ReasonESQL + ": " + construct }

// candidates lowers a rule whose verdict is a language model's: what its query finds before
// it asks the model are candidates.
func candidates(r *rules.Rule, log *notes) {
	r.Candidates = true
	log.warn("the rule asks a language model for its verdict (COMPLETION): that step is skipped, and what it would have been asked about is reported as candidates, of severity low")
	r.Severity, r.SeverityMap, r.RiskMap = rules.Severities[0], nil, nil
	r.RiskScore = min(r.RiskScore, riskOf[r.Severity])
}

// Query makes a rule of one query in ES|QL, for a person who asks. The error says where
// it is no query, or what of it cannot be run.
func Query(text string) (*rules.Rule, error) {
	q, err := esql.Parse(source.Text{Path: "query", Body: text}, esql.FromSchema(schema.Builtin()))
	if err != nil {
		return nil, err
	}
	if len(q.Skipped) > 0 {
		return nil, errors.New("COMPLETION asks a language model: there is none here")
	}
	x, _ := esql.Prefilter(q)
	r := &rules.Rule{ID: "query", Name: "query", Type: rules.KindESQL, Language: "esql", Query: text, ESQL: q,
		Program: &query.Program{Event: x}, Severity: rules.Severities[0]}
	for _, w := range esql.Warnings(q) {
		r.Warnings = append(r.Warnings, w.Msg)
	}
	if from, ok := q.Commands[0].(*esql.From); ok {
		r.Indices = from.Indices
		return r, nil
	}
	return nil, errors.New("a query of evidence begins with FROM")
}
