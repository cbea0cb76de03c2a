package esql

import (
	"slices"

	"coldcase/rules/query"
)

// disjunction joins what is not empty. Conditions on the values of one field become one,
// which looks at a value once: a CASE may have hundreds of names of programs.
func disjunction(list []query.Expr) query.Expr {
	out := make([]query.Expr, 0, len(list))
	at := map[valuesOf]int{} // place in out
	for _, x := range list {
		key, ok := valuesKey(x)
		if !ok {
			out = append(out, x)
			continue
		}
		i, known := at[key]
		if !known {
			at[key] = len(out)
			out = append(out, copied(x))
			continue
		}
		addValues(out[i], x)
	}
	if len(out) == 1 {
		return out[0]
	}
	return &query.Or{X: out}
}

// valuesOf tells conditions apart that differ in more than their values.
type valuesOf struct {
	field    query.Field
	wildcard bool
	fold     bool
	text     query.TextMode
}

func valuesKey(x query.Expr) (key valuesOf, ok bool) {
	switch x := x.(type) {
	case *query.Term:
		return valuesOf{x.Field, false, x.Fold, x.Text}, true
	case *query.Wildcard:
		return valuesOf{x.Field, true, x.Fold, x.Text}, true
	}
	return key, false
}

// copied returns a copy that can be added to.
func copied(x query.Expr) query.Expr {
	if x, ok := x.(*query.Term); ok {
		own := *x
		own.Values = slices.Clip(own.Values)
		return &own
	}
	own := *x.(*query.Wildcard)
	own.Patterns = slices.Clip(own.Patterns)
	return &own
}

// addValues adds the values of x, which has the same key.
func addValues(into, x query.Expr) {
	if into, ok := into.(*query.Term); ok {
		into.Values = append(into.Values, x.(*query.Term).Values...)
		return
	}
	all := into.(*query.Wildcard)
	all.Patterns = append(all.Patterns, x.(*query.Wildcard).Patterns...)
}
