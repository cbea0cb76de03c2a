package kql

import "coldcase/rules/query"

// mergeAny joins the terms of an "or" that differ in their value only, and so the
// wildcards: a list of 200 names is then one lookup and not 200 predicates. The
// first of each kind keeps its place.
//
//	f:a or g:b or f:c  ->  f:(a or c) or g:b
func mergeAny(xs []query.Expr) []query.Expr {
	at := make(map[mergeKey]int)
	out := make([]query.Expr, 0, len(xs))
	for _, x := range xs {
		key, ok := keyOf(x)
		i, seen := at[key]
		switch {
		case ok && seen:
			out[i] = union(out[i], x)
			continue
		case ok:
			at[key] = len(out)
		}
		out = append(out, x)
	}
	return out
}

type mergeKey struct {
	field    query.Field
	mode     query.TextMode
	wildcard bool
}

func keyOf(x query.Expr) (mergeKey, bool) {
	switch x := x.(type) {
	case *query.Term:
		return mergeKey{x.Field, x.Text, false}, true
	case *query.Wildcard:
		return mergeKey{x.Field, x.Text, true}, true
	}
	return mergeKey{}, false
}

// union adds the values of b to a, which the lowering has made and nobody shares
// yet. Both are of one kind, or keyOf would have told them apart.
func union(a, b query.Expr) query.Expr {
	if t, ok := a.(*query.Term); ok {
		t.Values = append(t.Values, b.(*query.Term).Values...)
		return t
	}
	w := a.(*query.Wildcard)
	w.Patterns = append(w.Patterns, b.(*query.Wildcard).Patterns...)
	return w
}
