package lint

import (
	"fmt"
	"slices"

	"coldcase/rules"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

// use is a field that a rule names, and the key of the rule in which it does.
type use struct{ field, key string }

// uses lists the fields that a rule looks at, each once, sorted.
func uses(r *rules.Rule) []use {
	var out []use
	add := func(key string, names ...string) {
		for _, n := range names {
			if n != "" && !slices.ContainsFunc(out, func(u use) bool { return u.field == n }) {
				out = append(out, use{n, key})
			}
		}
	}
	for _, x := range steps(r.Program) {
		query.Fields(x, func(f query.Field) {
			if !f.Glob {
				add("query", f.Name)
			}
		})
	}
	if r.Threshold != nil {
		add("threshold", r.Threshold.Fields...)
		for _, c := range r.Threshold.Cardinality {
			add("threshold", c.Field)
		}
	}
	if r.NewTerms != nil {
		add("new_terms", r.NewTerms.Fields...)
	}
	if r.Suppression != nil {
		add("alert_suppression", r.Suppression.GroupBy...)
	}
	slices.SortFunc(out, func(a, b use) int {
		if a.field < b.field {
			return -1
		}
		return 1
	})
	return out
}

// steps returns the predicates of a program with their keys as predicates, so that all
// fields are seen.
func steps(p *query.Program) []query.Expr {
	if p == nil {
		return nil
	}
	var xs []query.Expr
	add := func(steps ...query.Step) {
		for _, s := range steps {
			xs = append(xs, s.X)
			for _, k := range s.Keys {
				xs = append(xs, &query.Exists{Field: k})
			}
		}
	}
	switch {
	case p.Event != nil:
		xs = append(xs, p.Event)
	case p.Sequence != nil:
		add(p.Sequence.Steps...)
		if p.Sequence.Until != nil {
			add(*p.Sequence.Until)
		}
	case p.Sample != nil:
		add(p.Sample.Steps...)
	}
	return xs
}

// unknownFields names fields that no schema knows. They work as dynamic mapping would
// have them; a misspelt one never matches.
func unknownFields(c *context) {
	for _, u := range uses(c.rule) {
		if c.schema.Lookup(u.field).Known {
			continue
		}
		msg := fmt.Sprintf("unknown field %s", u.field)
		if near := c.names.near(u.field); near != "" {
			msg += fmt.Sprintf("; did you mean %s?", near)
		}
		c.say(u.key, u.field, msg)
	}
}

// names suggests fields for misspelt ones.
type names struct {
	all  []string
	memo map[string]string
}

func newNames(s *schema.Schema) *names { return &names{all: s.Names(), memo: map[string]string{}} }

func (n *names) near(name string) string {
	if best, ok := n.memo[name]; ok {
		return best
	}
	best := source.Nearest(name, n.all)
	n.memo[name] = best
	return best
}
