package index

import (
	"fmt"

	"coldcase/rules/query"
)

// Decide gives the value that a leaf has on every event of a class; known is false
// for leaves that the class does not settle.
type Decide func(leaf query.Expr) (value, known bool)

// Reduce replaces the leaves of x that decide knows and simplifies. Parts that do
// not change are shared with x. The result is a *query.Const when the class settles
// all of x.
func Reduce(x query.Expr, decide Decide) query.Expr {
	switch x := x.(type) {
	case *query.And:
		xs, settled := reduceAll(x.X, decide, false)
		if settled {
			return constant(false)
		}
		return rebuilt(x, x.X, xs, true)
	case *query.Or:
		xs, settled := reduceAll(x.X, decide, true)
		if settled {
			return constant(true)
		}
		return rebuilt(x, x.X, xs, false)
	case *query.Not:
		inner := Reduce(x.X, decide)
		if c, ok := inner.(*query.Const); ok {
			return constant(!c.Value)
		}
		if inner == x.X {
			return x
		}
		return &query.Not{X: inner}
	case *query.Const, *query.Nested, *query.Script:
		return x
	case *query.Exists, *query.Term, *query.Wildcard, *query.Regexp, *query.Range, *query.CIDR:
		if v, known := decide(x); known {
			return constant(v)
		}
		return x
	}
	panic(fmt.Sprintf("BUG: index.Reduce: unexpected %T", x))
}

var constants = [2]query.Const{{Value: false}, {Value: true}}

func constant(v bool) *query.Const {
	if v {
		return &constants[1]
	}
	return &constants[0]
}

// reduceAll reduces the parts of an and (deciding value false) or an or (true).
// settled says that one part has the deciding value; parts with the other value are
// left out.
func reduceAll(xs []query.Expr, decide Decide, deciding bool) (out []query.Expr, settled bool) {
	out = make([]query.Expr, 0, len(xs))
	for _, x := range xs {
		r := Reduce(x, decide)
		if c, ok := r.(*query.Const); ok {
			if c.Value == deciding {
				return nil, true
			}
			continue
		}
		out = append(out, r)
	}
	return out, false
}

// rebuilt makes the and or or of what is left of it: x itself when nothing changed.
func rebuilt(x query.Expr, before, after []query.Expr, and bool) query.Expr {
	if len(after) == 0 {
		return constant(and)
	}
	if len(before) == len(after) {
		same := true
		for i := range after {
			same = same && after[i] == before[i]
		}
		if same {
			return x
		}
	}
	switch {
	case len(after) == 1:
		return after[0]
	case and:
		return &query.And{X: after}
	}
	return &query.Or{X: after}
}
