package lint

import (
	"fmt"
	"slices"

	"coldcase/rules"
	"coldcase/rules/query"
	"coldcase/rules/schema"
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

// maxNearName bounds what is compared, in bytes: fields of rules may be hostile.
const maxNearName = 100

// shortName is the length from which a name with two other letters is taken for the same.
const shortName = 10

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
	best := Nearest(name, n.all)
	n.memo[name] = best
	return best
}

// Nearest returns the one of known that is spelt most like name: one letter is other, of
// a name of ten letters or more two; "" when there is none. Of several it is the first.
func Nearest(name string, known []string) string {
	best, least := "", 2
	if len(name) >= shortName {
		least = 3
	}
	for _, other := range known {
		if d := len(name) - len(other); len(name) > maxNearName || d >= least || -d >= least {
			continue
		}
		if d := distance(name, other); d < least {
			best, least = other, d
		}
	}
	return best
}

// distance is the number of letters to be put in, left out, changed or swapped with the
// next to make b of a.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		two, one, row := rows[0], rows[1], rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(one[j]+1, row[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
		rows = [3][]int{one, row, two}
	}
	return rows[1][len(b)]
}
