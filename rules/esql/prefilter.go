package esql

import (
	"fmt"
	"net/netip"
	"slices"

	"coldcase/rules/query"
)

// Prefilter returns a predicate on documents that holds for every document from which a row
// gets past the WHEREs in front of the first STATS and LIMIT: the index may reject the
// others. It is wider than the query where ES|QL has null (an operand with several values,
// a value of another type). exact is set when it decides the whole first WHERE, which then
// need not be evaluated again: KQL and MATCH do.
//
// The claim is made piece by piece: holds(x) is implied by "x is true", fails(x) by "x is
// false", exists by "x is not null". It takes documents' values to be converted as the
// matchers do, and its proof in the executor's tests is that no row is lost.
func Prefilter(q *Query) (x query.Expr, exact bool) {
	var all []query.Expr
	made := definitions{}
	for i, c := range q.Commands {
		switch c := c.(type) {
		case *Row, *Stats, *Limit:
			return conjunction(all), exact
		case *Where:
			x, _ := made.put(c.X)
			all = appendExpr(all, holds(x))
			exact = exact || i == 1 && isExact(c.X)
		}
		made.note(c)
	}
	return conjunction(all), exact
}

// isExact reports whether holds(x) means the same as x.
func isExact(x Expr) bool {
	switch x := x.(type) {
	case *KQL:
		return true
	case *Match:
		return x.Query != nil && x.Field.Type() == Keyword
	case *Not:
		return isExact(x.X)
	case *And:
		return !slices.ContainsFunc(x.X, func(x Expr) bool { return !isExact(x) })
	case *Or:
		return !slices.ContainsFunc(x.X, func(x Expr) bool { return !isExact(x) })
	}
	return false
}

// appendExpr adds x unless it says nothing (nil) or nothing new.
func appendExpr(list []query.Expr, x query.Expr) []query.Expr {
	switch x := x.(type) {
	case nil:
		return list
	case *query.And:
		for _, sub := range x.X {
			list = appendExpr(list, sub)
		}
		return list
	case *query.Exists:
		for _, o := range list {
			if e, ok := o.(*query.Exists); ok && e.Field == x.Field {
				return list
			}
		}
	}
	return append(list, x)
}

// conjunction joins predicates; none is always true.
func conjunction(list []query.Expr) query.Expr {
	switch len(list) {
	case 0:
		return &query.Const{Value: true}
	case 1:
		return list[0]
	}
	return &query.And{X: list}
}

// all is the conjunction of what f says of each expression, nil when that is nothing.
func all(xs []Expr, f func(Expr) query.Expr) query.Expr {
	var list []query.Expr
	for _, x := range xs {
		list = appendExpr(list, f(x))
	}
	if len(list) == 0 {
		return nil
	}
	return conjunction(list)
}

// anyOf is the disjunction; one that says nothing makes all of it say nothing.
func anyOf(xs []Expr, f func(Expr) query.Expr) query.Expr {
	var list []query.Expr
	for _, x := range xs {
		e := f(x)
		if e == nil {
			return nil
		}
		list = append(list, e)
	}
	return disjunction(list)
}

// holds returns what must be so of the document for x to be true; nil for nothing.
func holds(x Expr) query.Expr {
	switch x := x.(type) {
	case *And:
		return all(x.X, holds)
	case *Or:
		return anyOf(x.X, holds)
	case *Not:
		return fails(x.X)
	case *IsNull:
		return nil // a value of a wrong type is null, too
	case *Literal:
		return &query.Const{Value: x.typ == Boolean && len(x.Values) == 1 && x.Values[0].Bool}
	case *KQL:
		return x.Query
	case *Match:
		if x.Query != nil && x.Field.Type() != Text && x.Field.Type() != Dynamic {
			return x.Query
		}
		return exists(x.Field)
	case *Compare:
		return compareHolds(x)
	case *In:
		return inHolds(x)
	case *Like:
		return likeHolds(x)
	case *Call:
		return callHolds(x)
	case *Ref:
		if x.typ == Boolean && x.Field != "" {
			return term(x, query.Literal{Kind: query.Bool, Text: "true"})
		}
		return exists(x)
	case *Neg, *Arith:
		return nil // no condition
	}
	panic(fmt.Sprintf("BUG: esql.holds: unexpected %T", x))
}

// fails returns what must be so of the document for x to be false; nil for nothing.
func fails(x Expr) query.Expr {
	switch x := x.(type) {
	case *And:
		return anyOf(x.X, fails)
	case *Or:
		return all(x.X, fails)
	case *Not:
		return holds(x.X)
	case *IsNull:
		return isThere(x.X)
	case *Literal:
		return &query.Const{Value: x.typ == Boolean && len(x.Values) == 1 && !x.Values[0].Bool}
	case *Compare:
		if said, ok := branchesOf(x, func(x *Compare) query.Expr { return fails(x) }); ok {
			return said
		}
		if equal, ok := equalConstants(x); ok {
			return &query.Const{Value: !equal}
		}
	case *Call:
		if call := theCase(x); call != nil {
			return branches(call, fails)
		}
	case *KQL:
		return &query.Not{X: x.Query}
	case *Match:
		if isExact(x) {
			return &query.Not{X: x.Query}
		}
		return nil
	}
	e := exists(x)
	if ref := tested(x); ref != nil && ref.plain && !ref.Expanded {
		// One value, byte for byte that of the document: what holds for it is known.
		if h := holds(x); h != nil {
			return conjunction(appendExpr(appendExpr(nil, e), &query.Not{X: h}))
		}
	}
	return e
}

// isThere returns what must be so of the document for x not to be null; nil for nothing.
func isThere(x Expr) query.Expr {
	if call := theCase(x); call != nil {
		return branches(call, isThere)
	}
	if lit, ok := x.(*Literal); ok {
		return &query.Const{Value: len(lit.Values) > 0}
	}
	return exists(x)
}

// tested returns the column of a keyword when holds is exact for one value of it.
func tested(x Expr) *Ref {
	switch x := x.(type) {
	case *Compare:
		ref, lit, _ := columnAndLiteral(x)
		if ref != nil && lit.typ == Keyword && len(lit.Values) == 1 {
			return ref
		}
	case *In:
		if slices.ContainsFunc(x.List, func(v Expr) bool {
			lit, ok := v.(*Literal)
			return !ok || lit.typ != Keyword || len(lit.Values) != 1
		}) {
			return nil
		}
		ref, _ := x.X.(*Ref)
		return ref
	case *Like:
		ref, _ := x.X.(*Ref)
		return ref
	}
	return nil
}

// exists says that the columns exist without which x is null; nil when there are none.
func exists(x Expr) query.Expr {
	var list []query.Expr
	Walk(x, func(x Expr) bool {
		switch x := x.(type) {
		case *Ref:
			if x.Field != "" {
				list = appendExpr(list, &query.Exists{Field: query.Field{Name: x.Field}})
			}
			return false
		case *Neg, *Arith, *Compare, *Like:
			return true
		case *In:
			list = appendExpr(list, exists(x.X))
			return false
		case *Call:
			return x.Func.Strict
		}
		return false
	})
	if len(list) == 0 {
		return nil
	}
	return conjunction(list)
}

// isAddress reports whether s is what a CIDR can be.
func isAddress(s string) bool {
	if _, err := netip.ParsePrefix(s); err == nil {
		return true
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Zone() == ""
}
