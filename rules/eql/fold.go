package eql

import (
	"fmt"
	"slices"
	"strings"

	"coldcase/rules/source"
)

// folder replaces what is constant by its value and simplifies boolean logic, in
// one pass from the leaves up, as Elasticsearch's optimizer does (ConstantFolding,
// ReplaceNullChecks, LiteralsOnTheRight, BooleanFunctionEqualsElimination and
// EqlBooleanSimplification). The result has these forms:
//
//   - no *negate or *arith over constants, no comparison of two constants;
//   - a constant beside something else in a comparison is on the right;
//   - "x == true" on a condition that is no bare field is x, "x == false" is not x;
//   - != is not ==, "not in" is not in, double negation is gone;
//   - null only as an operand of "== null", an argument, or a whole condition.
//
// SimplifyComparisonsArithmetics (f + 1 == 3 becoming f == 2) is left out: it
// depends on the field's type, and query-semantics 3.7b has arithmetic as a script.
type folder struct{ src source.Text }

func (f *folder) fold(x node) (node, error) {
	switch x := x.(type) {
	case *literal, *field:
		return x, nil
	case *negate:
		return f.negate(x)
	case *arith:
		return f.arith(x)
	case *compare:
		return f.compare(x)
	case *member:
		return f.member(x)
	case *call:
		return f.call(x)
	case *not:
		v, err := f.fold(x.x)
		if err != nil {
			return nil, err
		}
		return negation(x.at, v), nil
	case *and:
		return f.logic(x.at, x.list, false)
	case *or:
		return f.logic(x.at, x.list, true)
	}
	panic(fmt.Sprintf("BUG: eql.fold: unexpected %T", x))
}

func (f *folder) all(list []node) ([]node, error) {
	out := make([]node, len(list))
	for i, x := range list {
		v, err := f.fold(x)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func boolean(s at, v bool) *literal { return &literal{s, typeBool, fmt.Sprint(v)} }
func null(s at) *literal            { return &literal{s, typeNull, "null"} }

// isBool says whether x is the constant v.
func isBool(x node, v bool) bool {
	l, ok := x.(*literal)
	return ok && l.kind == typeBool && l.text == fmt.Sprint(v)
}

func isNull(x node) bool {
	l, ok := x.(*literal)
	return ok && l.kind == typeNull
}

func isConst(x node) bool {
	_, ok := x.(*literal)
	return ok
}

// negation is not x for a folded x.
func negation(s at, x node) node {
	switch {
	case isBool(x, true):
		return boolean(s, false)
	case isBool(x, false):
		return boolean(s, true)
	case isNull(x):
		return null(s)
	}
	if n, ok := x.(*not); ok {
		return n.x
	}
	return &not{s, x}
}

// logic folds "and" (deciding is false) and "or" (deciding is true): one deciding
// operand decides, operands of the opposite value fall away.
func (f *folder) logic(s at, list []node, deciding bool) (node, error) {
	list, err := f.all(list)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(list, func(x node) bool { return isBool(x, deciding) }) {
		return boolean(s, deciding), nil
	}
	list = slices.DeleteFunc(list, func(x node) bool { return isBool(x, !deciding) })
	switch {
	case len(list) == 0:
		return boolean(s, !deciding), nil
	case len(list) == 1, !slices.ContainsFunc(list, func(x node) bool { return !isNull(x) }):
		return list[0], nil
	case deciding:
		return &or{s, list}, nil
	}
	return &and{s, list}, nil
}

var swapped = map[string]string{"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

func (f *folder) compare(x *compare) (node, error) {
	sides, err := f.all([]node{x.l, x.r})
	if err != nil {
		return nil, err
	}
	op, l, r := x.op, sides[0], sides[1]
	if isConst(l) && !isConst(r) {
		op, l, r = swapped[op], r, l
	}
	if op == "!=" {
		return negation(x.at, equals(x.at, l, r)), nil
	}
	if op == "==" {
		return equals(x.at, l, r), nil
	}
	if isNull(l) || isNull(r) {
		return null(x.at), nil
	}
	if isConst(l) && isConst(r) {
		return comparison(x.at, op, l.(*literal), r.(*literal)), nil
	}
	return &compare{x.at, op, l, r}, nil
}

// equals is l == r for folded sides, with a constant on the right if anywhere.
func equals(s at, l, r node) node {
	if isConst(l) && isConst(r) {
		if isNull(l) || isNull(r) {
			return boolean(s, isNull(l) && isNull(r))
		}
		return comparison(s, "==", l.(*literal), r.(*literal))
	}
	switch {
	case isBool(r, true) && isCondition(l):
		return l
	case isBool(r, false) && isCondition(l):
		return negation(s, l)
	}
	return &compare{s, "==", l, r}
}

// isCondition says whether x yields a boolean whatever the schema says.
func isCondition(x node) bool {
	switch x := x.(type) {
	case *compare, *member, *not, *and, *or:
		return true
	case *call:
		return x.fn.result == typeBool
	}
	return false
}

// comparison compares two constants; types that do not compare give null (QL
// Comparisons.compare).
func comparison(s at, op string, l, r *literal) node {
	if l.kind != r.kind {
		return null(s)
	}
	var c int
	if l.kind == typeNumber {
		c = parseNumber(l.text).compare(parseNumber(r.text))
	} else {
		c = strings.Compare(l.text, r.text) // "false" < "true", as Boolean.compareTo
	}
	switch op {
	case "==":
		return boolean(s, c == 0)
	case "<":
		return boolean(s, c < 0)
	case "<=":
		return boolean(s, c <= 0)
	case ">":
		return boolean(s, c > 0)
	case ">=":
		return boolean(s, c >= 0)
	}
	panic("BUG: eql.comparison: unexpected operator " + op)
}

// member folds both sides; only "in" of constants has a value here. Patterns on a
// constant stay for the script, which evaluates them just the same.
func (f *folder) member(x *member) (node, error) {
	v, err := f.fold(x.x)
	if err != nil {
		return nil, err
	}
	list, err := f.all(x.list)
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if !isConst(m) {
			return nil, f.src.Errorf(m.span(), "comparison with a field is not supported in EQL: the list takes constants")
		}
	}
	var out node = &member{at: x.at, op: x.op, x: v, list: list}
	if isNull(v) {
		out = null(x.at)
	} else if l, ok := v.(*literal); ok && x.op == "in" {
		out = oneOf(x.at, l, list)
	}
	if x.negated {
		return negation(x.at, out), nil
	}
	return out, nil
}

// oneOf is three-valued: a null in the list makes a miss null.
func oneOf(s at, v *literal, list []node) node {
	var miss node = boolean(s, false)
	for _, m := range list {
		l := m.(*literal)
		if l.kind == typeNull {
			miss = null(s)
		} else if isBool(comparison(s, "==", v, l), true) {
			return boolean(s, true)
		}
	}
	return miss
}

// call folds the arguments, and the call itself when all are constants. A missing
// value for a parameter that is not optional makes the result null.
func (f *folder) call(x *call) (node, error) {
	args, err := f.all(x.args)
	if err != nil {
		return nil, err
	}
	if x.fn.op != 0 {
		return f.arithOf(x.at, x.fn.op, args[0], args[1])
	}
	out := &call{x.at, x.fn, x.fold, args}
	if slices.ContainsFunc(args, func(a node) bool { return !isConst(a) }) {
		return out, nil
	}
	least, _ := x.fn.arity()
	for i, a := range args {
		if isNull(a) && (i < least || x.fn.variadic) {
			return null(x.at), nil
		} else if isNull(a) {
			return out, nil
		}
	}
	v, err := apply(out)
	switch {
	case err != nil:
		return nil, f.src.Errorf(x.Span, "%s: %v", x.fn.name, err)
	case v == nil:
		return out, nil
	}
	return v, nil
}
