package rows

import "slices"

// listSets are functions that take lists for sets.
var listSets = map[string]function{
	"MV_CONTAINS":     func(_ *Env, a []Value) Value { return boolValue(containsAll(a[0], a[1])) },
	"MV_INTERSECTION": func(_ *Env, a []Value) Value { return intersection(a[0], a[1]) },
	"MV_UNION":        func(_ *Env, a []Value) Value { return deduped(slices.Concat(a[0], a[1])) },
}

func setOf(v Value) map[Scalar]bool {
	set := make(map[Scalar]bool, len(v))
	for _, s := range v {
		set[s] = true
	}
	return set
}

// containsAll says whether all values of sub are in super; null is the empty set.
func containsAll(super, sub Value) bool {
	set := setOf(super)
	return !slices.ContainsFunc(sub, func(s Scalar) bool { return !set[s] })
}

// intersection returns the values of both, in the order of the first; null when there are
// none.
func intersection(a, b Value) Value {
	set := setOf(b)
	var out Value
	for _, s := range deduped(a) {
		if set[s] {
			out = append(out, s)
		}
	}
	return out
}
