package rows

import (
	"coldcase/rules/esql"
)

// truth is one of three.
type truth uint8

const (
	unknown truth = iota
	isFalse
	isTrue
)

// cond is a compiled condition.
type cond func(e *Env) truth

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

func (t truth) value() Value {
	switch t {
	case isTrue:
		return yes
	case isFalse:
		return no
	}
	return nil
}

func truthOfValue(v Value) truth {
	if len(v) != 1 || v[0].Type != esql.Boolean {
		return unknown
	}
	return truthOf(v[0].N == 1)
}

// and is false when one is, else null when one is.
func and(xs []cond) cond {
	return func(e *Env) truth {
		out := isTrue
		for _, x := range xs {
			switch x(e) {
			case isFalse:
				return isFalse
			case unknown:
				out = unknown
			}
		}
		return out
	}
}

// or is true when one is, else null when one is.
func or(xs []cond) cond {
	return func(e *Env) truth {
		out := isFalse
		for _, x := range xs {
			switch x(e) {
			case isTrue:
				return isTrue
			case unknown:
				out = unknown
			}
		}
		return out
	}
}

func not(x cond) cond {
	return func(e *Env) truth {
		switch x(e) {
		case isTrue:
			return isFalse
		case isFalse:
			return isTrue
		}
		return unknown
	}
}

// comparison is null when a side is null or a list.
func comparison(op string, l, r value) cond {
	var holds func(c int) bool
	switch op {
	case "==":
		holds = func(c int) bool { return c == 0 }
	case "<":
		holds = func(c int) bool { return c < 0 }
	case "<=":
		holds = func(c int) bool { return c <= 0 }
	case ">":
		holds = func(c int) bool { return c > 0 }
	case ">=":
		holds = func(c int) bool { return c >= 0 }
	default:
		panic("BUG: rows.comparison: unexpected " + op)
	}
	return func(e *Env) truth {
		a, aok := l(e).one()
		if !aok {
			return unknown
		}
		b, bok := r(e).one()
		if !bok {
			return unknown
		}
		if c, ok := compare(a, b); ok {
			return truthOf(holds(c))
		}
		if a.Type == esql.GeoPoint && b.Type == esql.GeoPoint && op == "==" {
			return isFalse
		}
		return unknown
	}
}

// membership is IN: true if any item is equal, else null if one is null, or all are lists. A
// list among other items is equal to nothing (J:InEvaluator).
func membership(x value, list []value) cond {
	return func(e *Env) truth {
		a, ok := x(e).one()
		if !ok {
			return unknown
		}
		out, lists := isFalse, 0
		for _, item := range list {
			v := item(e)
			if len(v) > 1 {
				lists++
				continue
			}
			b, ok := v.one()
			if !ok {
				out = unknown
				continue
			}
			switch c, ok := compare(a, b); {
			case !ok:
				out = unknown
			case c == 0:
				return isTrue
			}
		}
		if lists == len(list) {
			return unknown
		}
		return out
	}
}

// constants is IN over strings that stand in the query, as nearly all are.
func constants(x value, set map[string]bool) cond {
	return func(e *Env) truth {
		s, ok := x(e).text()
		if !ok {
			return unknown
		}
		return truthOf(set[s])
	}
}
