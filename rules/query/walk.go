package query

import "fmt"

// Walk calls f for x and every expression below it, parents first. It does not
// enter the values of a Script; WalkValue does.
func Walk(x Expr, f func(Expr)) {
	f(x)
	switch x := x.(type) {
	case *And:
		walkAll(x.X, f)
	case *Or:
		walkAll(x.X, f)
	case *Not:
		Walk(x.X, f)
	case *Nested:
		Walk(x.X, f)
	case *Const, *Exists, *Term, *Wildcard, *Regexp, *Range, *CIDR, *Script:
	default:
		panic(fmt.Sprintf("BUG: query.Walk: unexpected %T", x))
	}
}

func walkAll(xs []Expr, f func(Expr)) {
	for _, x := range xs {
		Walk(x, f)
	}
}

// WalkValue calls f for v and every value below it, parents first.
func WalkValue(v Value, f func(Value)) {
	f(v)
	switch v := v.(type) {
	case *Call:
		walkValues(v.Args, f)
	case *Arith:
		walkValues([]Value{v.L, v.R}, f)
	case *Compare:
		walkValues([]Value{v.L, v.R}, f)
	case *OneOf:
		WalkValue(v.X, f)
	case *Like:
		WalkValue(v.X, f)
	case *Match:
		WalkValue(v.X, f)
	case *IsNull:
		WalkValue(v.X, f)
	case *LogicNot:
		WalkValue(v.X, f)
	case *LogicAnd:
		walkValues(v.X, f)
	case *LogicOr:
		walkValues(v.X, f)
	case *Null, *Constant, *FieldValue:
	default:
		panic(fmt.Sprintf("BUG: query.WalkValue: unexpected %T", v))
	}
}

func walkValues(vs []Value, f func(Value)) {
	for _, v := range vs {
		WalkValue(v, f)
	}
}

// LeafField returns the field that a leaf predicate is about; ok is false for
// nodes that are not about one field.
func LeafField(x Expr) (f Field, ok bool) {
	switch x := x.(type) {
	case *Exists:
		return x.Field, true
	case *Term:
		return x.Field, true
	case *Wildcard:
		return x.Field, true
	case *Regexp:
		return x.Field, true
	case *Range:
		return x.Field, true
	case *CIDR:
		return x.Field, true
	}
	return Field{}, false
}

// Fields calls f for every field that x mentions, once a mention.
func Fields(x Expr, f func(Field)) {
	Walk(x, func(x Expr) {
		if field, ok := LeafField(x); ok {
			f(field)
		}
		if s, ok := x.(*Script); ok {
			WalkValue(s.X, func(v Value) {
				if fv, ok := v.(*FieldValue); ok {
					f(fv.Field)
				}
			})
		}
	})
}
