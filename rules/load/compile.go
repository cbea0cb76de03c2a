package load

import (
	"errors"
	"slices"
	"strings"

	"coldcase/rules"
	"coldcase/rules/query"
	"coldcase/rules/source"
)

// languagesOf says which languages a type of rule may be written in, the default
// first. Types that are not listed have no query that we run.
var languagesOf = map[rules.Kind][]string{
	rules.KindQuery:       {"kuery", "lucene"},
	rules.KindSavedQuery:  {"kuery", "lucene"},
	rules.KindThreshold:   {"kuery", "lucene"},
	rules.KindNewTerms:    {"kuery", "lucene"},
	rules.KindThreatMatch: {"kuery", "lucene"},
	rules.KindEQL:         {"eql"},
}

// compilation turns the query of a rule into its program, or says why not.
type compilation struct {
	rule     *rules.Rule
	query    located
	present  bool // the source holds a query, be it an empty one
	category string
	filters  []query.Expr
	log      *notes
}

// run sets Program, Language and NotRun. An error is a query that cannot be parsed.
func (c compilation) run() error {
	r := c.rule
	switch r.Type {
	case rules.KindML:
		r.NotRun = needsJobs(r)
		return nil
	case rules.KindESQL:
		r.Language = "esql"
		if !c.present {
			lack(r, missingQuery(r.Type))
			return nil
		}
		return c.rows()
	}
	allowed, ok := languagesOf[r.Type]
	if !ok {
		r.NotRun = unsupported("rule type " + string(r.Type))
		return nil
	}
	if r.Language == "" {
		r.Language = allowed[0]
	}
	if !slices.Contains(allowed, r.Language) {
		r.NotRun = unsupported("language " + r.Language + " in a rule of type " + string(r.Type))
		return nil
	}
	if !c.present {
		lack(r, missingQuery(r.Type))
		return nil
	}
	return c.parse()
}

// parse parses the query and puts the filters into the program. A rule that cannot
// be run for another reason is parsed, too: its mistakes are worth knowing.
func (c compilation) parse() error {
	r := c.rule
	i := slices.IndexFunc(languages, func(l language) bool { return l.name == r.Language })
	program, err := languages[i].parse(c.query.Text, c.category)
	var bad *source.Error
	if errors.As(err, &bad) && bad.Unsupported != "" {
		c.log.warn("%s", bad.Msg)
		if r.NotRun == "" {
			r.NotRun = unsupported(bad.Unsupported)
		}
		return nil
	}
	if err != nil {
		return c.query.inFile(err)
	}
	if r.NotRun != "" {
		return nil // without what is missing the program would find something else
	}
	addFilters(program, c.filters)
	r.Program = program
	r.NotRun = waiting(r.Type)
	return nil
}

// waiting returns what a rule that was understood still needs, "" for nothing.
func waiting(kind rules.Kind) string {
	if kind == rules.KindThreatMatch {
		return rules.ReasonIndicators
	}
	return ""
}

func missingQuery(kind rules.Kind) string {
	if kind == rules.KindSavedQuery {
		return "the text of the saved query"
	}
	return "query"
}

func needsJobs(r *rules.Rule) string {
	switch len(r.MLJobs) {
	case 0:
		return rules.ReasonML + ": needs a job"
	case 1:
		return rules.ReasonML + ": needs job " + r.MLJobs[0]
	}
	return rules.ReasonML + ": needs jobs " + strings.Join(r.MLJobs, ", ")
}

func unsupported(construct string) string {
	return rules.ReasonUnsupported + ": " + construct
}

// addFilters puts filters into every predicate of a program: Kibana sends them as a
// filter of the search, which removes events before sequences are matched
// (rule-types.md section 5).
func addFilters(p *query.Program, filters []query.Expr) {
	if len(filters) == 0 {
		return
	}
	with := func(x query.Expr) query.Expr {
		return &query.And{X: append([]query.Expr{x}, filters...)}
	}
	steps := func(all []query.Step) {
		for i := range all {
			all[i].X = with(all[i].X)
		}
	}
	switch {
	case p.Event != nil:
		p.Event = with(p.Event)
	case p.Sequence != nil:
		steps(p.Sequence.Steps)
		if p.Sequence.Until != nil {
			p.Sequence.Until.X = with(p.Sequence.Until.X)
		}
	case p.Sample != nil:
		steps(p.Sample.Steps)
	}
}

// and joins predicates; nil when there are none.
func and(xs []query.Expr) query.Expr {
	switch len(xs) {
	case 0:
		return nil
	case 1:
		return xs[0]
	}
	return &query.And{X: xs}
}
