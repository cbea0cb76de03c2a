package eql

import (
	"fmt"

	"coldcase/rules/source"
)

// checker refuses what Elasticsearch's verifier refuses and a text alone can show:
// a number where a string is wanted, a condition that is not boolean. Fields have
// any type here; rules/schema decides theirs when the rule is compiled.
type checker struct{ src source.Text }

// condition wants a boolean: "where 1" is an error.
func (c checker) condition(x node) error { return c.want(x, typeBool, "the condition") }

func (c checker) want(x node, k litKind, who string) error {
	got, err := c.typeOf(x)
	if err != nil {
		return err
	}
	if k != typeAny && got != typeAny && got != typeNull && got != k {
		return c.src.Errorf(x.span(), "%s must be a %s, found a %s", who, k, got)
	}
	return nil
}

// all wants every node of the list to be of kind k, and returns result.
func (c checker) all(list []node, k litKind, who string, result litKind) (litKind, error) {
	for _, x := range list {
		if err := c.want(x, k, who); err != nil {
			return result, err
		}
	}
	return result, nil
}

func (c checker) typeOf(x node) (litKind, error) {
	switch x := x.(type) {
	case *literal:
		return x.kind, nil
	case *field:
		return typeAny, nil
	case *negate:
		return c.all([]node{x.x}, typeNumber, "the operand of \"-\"", typeNumber)
	case *arith:
		return c.all([]node{x.l, x.r}, typeNumber, "an operand of "+string(x.op), typeNumber)
	case *compare:
		return c.all([]node{x.l, x.r}, typeAny, "", typeBool)
	case *not:
		return c.all([]node{x.x}, typeBool, "the operand of not", typeBool)
	case *and:
		return c.all(x.list, typeBool, "an operand of and", typeBool)
	case *or:
		return c.all(x.list, typeBool, "an operand of or", typeBool)
	case *member:
		return c.member(x)
	case *call:
		return c.call(x)
	}
	panic(fmt.Sprintf("BUG: eql.typeOf: unexpected %T", x))
}

// member: all but plain "in" are for strings only.
func (c checker) member(x *member) (litKind, error) {
	k := typeString
	if x.op == "in" {
		k = typeAny
	}
	if err := c.want(x.x, k, "the left side of "+x.op); err != nil {
		return typeBool, err
	}
	for _, v := range x.list {
		if l, ok := v.(*literal); ok && l.kind == typeNull && k == typeString {
			return typeBool, c.src.Errorf(v.span(), "null has no place behind %s", x.op)
		}
	}
	return c.all(x.list, k, "a value of "+x.op, typeBool)
}

func (c checker) call(x *call) (litKind, error) {
	for i, a := range x.args {
		who := fmt.Sprintf("argument %d of %s", i+1, x.fn.name)
		if err := c.want(a, x.fn.param(i), who); err != nil {
			return x.fn.result, err
		}
	}
	return x.fn.result, nil
}
