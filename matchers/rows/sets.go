package rows

import (
	"slices"

	"coldcase/rules/esql"
)

// listSets are functions that take lists for sets. null is the empty set.
var listSets = map[string]function{
	"MV_CONTAINS":     func(_ *Env, a []Value) Value { return boolValue(containsAll(a[0], a[1])) },
	"MV_INTERSECTS":   func(_ *Env, a []Value) Value { return boolValue(len(filtered(a[0], a[1], true)) > 0) },
	"MV_INTERSECTION": func(_ *Env, a []Value) Value { return deduped(filtered(a[0], a[1], true)) },
	"MV_DIFFERENCE":   func(_ *Env, a []Value) Value { return filtered(a[0], a[1], false) },
	"MV_UNION":        func(_ *Env, a []Value) Value { return deduped(slices.Concat(a[0], a[1])) },
}

// alike is a value as sets compare it: a field without a schema has longs where the query
// writes integers.
func alike(s Scalar) Scalar {
	if s.Type == esql.Integer {
		s.Type = esql.Long
	}
	return s
}

func setOf(v Value) map[Scalar]bool {
	set := make(map[Scalar]bool, len(v))
	for _, s := range v {
		set[alike(s)] = true
	}
	return set
}

// containsAll says whether all values of sub are in super.
func containsAll(super, sub Value) bool {
	set := setOf(super)
	return !slices.ContainsFunc(sub, func(s Scalar) bool { return !set[alike(s)] })
}

// filtered returns the values of a that are in b, or those that are not, in their order; null
// when there are none.
func filtered(a, b Value, in bool) (out Value) {
	set := setOf(b)
	for _, s := range a {
		if set[alike(s)] == in {
			out = append(out, s)
		}
	}
	return out
}
