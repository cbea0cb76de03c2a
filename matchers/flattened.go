package matchers

import (
	"fmt"
	"strings"

	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// A flattened field is an object of which Elasticsearch indexes each leaf twice: as a
// keyword under its own key, and as a keyword of the object as a whole, numbers and
// booleans as they are written (its documentation of the type, and RootFlattenedFieldType). A
// query on the object searches all its leaves. The object itself has no value here, so
// such a query is made one on any field below it, whose values are keywords all. Whether
// the object exists needs none of that: it does when anything in it does.

// overLeaves returns x with its predicates on flattened fields as a whole made predicates
// on any field below; x itself where it has none.
func (m *Matcher) overLeaves(x query.Expr) query.Expr {
	found := false
	query.Walk(x, func(x query.Expr) {
		_, ok := m.onRoot(x)
		found = found || ok
	})
	if !found {
		return x
	}
	return m.rewrittenOver(x)
}

// onRoot says whether x is a predicate on the values of a flattened field as a whole, and
// returns the field that it is to be about.
func (m *Matcher) onRoot(x query.Expr) (f query.Field, ok bool) {
	if _, exists := x.(*query.Exists); exists {
		return f, false
	}
	f, ok = query.LeafField(x)
	if !ok || f.Glob {
		return f, false
	}
	field := m.schema.Lookup(f.Name)
	if field.Type != schema.Flattened || strings.Contains(field.Path, "*") {
		return f, false
	}
	f.Name, f.Glob = field.Path+belowAll, true
	return f, true
}

// belowAll ends the pattern of the names of all fields below one.
const belowAll = ".*"

func (m *Matcher) rewrittenOver(x query.Expr) query.Expr {
	switch x := x.(type) {
	case *query.And:
		return &query.And{X: m.allOver(x.X)}
	case *query.Or:
		return &query.Or{X: m.allOver(x.X)}
	case *query.Not:
		return &query.Not{X: m.rewrittenOver(x.X)}
	case *query.Nested:
		return &query.Nested{Path: x.Path, X: m.rewrittenOver(x.X), Always: x.Always}
	}
	f, ok := m.onRoot(x)
	if !ok {
		return x
	}
	switch x := x.(type) {
	case *query.Term:
		y := *x
		y.Field = f
		return &y
	case *query.Wildcard:
		y := *x
		y.Field = f
		return &y
	case *query.Regexp:
		y := *x
		y.Field = f
		return &y
	case *query.Range:
		y := *x
		y.Field = f
		return &y
	case *query.CIDR:
		y := *x
		y.Field = f
		return &y
	}
	panic(fmt.Sprintf("BUG: matchers.rewrittenOver: unexpected %T", x))
}

func (m *Matcher) allOver(xs []query.Expr) []query.Expr {
	out := make([]query.Expr, len(xs))
	for i, x := range xs {
		out[i] = m.rewrittenOver(x)
	}
	return out
}

// flattenedRoot returns what the values of all fields that f stands for are, when those
// are the fields below a flattened one.
func (c *compiler) flattenedRoot(f query.Field) *schema.Field {
	path, ok := strings.CutSuffix(f.Name, belowAll)
	if !ok || strings.Contains(path, "*") {
		return nil
	}
	root := c.schema.Lookup(path)
	if root.Type != schema.Flattened {
		return nil
	}
	root.Type = schema.Keyword
	return &root
}

// flattenedNamed lists the flattened fields that a pattern names, with a dot.
func (c *compiler) flattenedNamed(pattern *glob) (roots []string) {
	if c.flattened == nil {
		c.flattened = []string{}
		for _, name := range c.schema.Names() {
			if c.schema.Lookup(name).Type == schema.Flattened {
				c.flattened = append(c.flattened, name)
			}
		}
	}
	for _, name := range c.flattened {
		if pattern.match([]byte(name)) {
			roots = append(roots, name+".")
		}
	}
	return roots
}
