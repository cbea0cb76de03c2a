package eql

import (
	"fmt"
	"strings"

	"coldcase/rules/query"
)

// value lowers a node to a computed expression, for a Script. All of a script is
// three-valued, and/or/not included.
func (l *lowerer) value(x node) (query.Value, error) {
	switch x := x.(type) {
	case *literal:
		if x.kind == typeNull {
			return &query.Null{}, nil
		}
		return &query.Constant{Literal: toLiteral(x)}, nil
	case *field:
		return &query.FieldValue{Field: toField(x)}, nil
	case *negate:
		zero := &query.Constant{Literal: query.Literal{Kind: query.Number, Text: "0"}}
		v, err := l.value(x.x)
		return &query.Arith{Op: '-', L: zero, R: v}, err
	case *arith:
		sides, err := l.values([]node{x.l, x.r})
		if err != nil {
			return nil, err
		}
		return &query.Arith{Op: query.ArithOp(x.op), L: sides[0], R: sides[1]}, nil
	case *not:
		v, err := l.value(x.x)
		return &query.LogicNot{X: v}, err
	case *and:
		list, err := l.values(x.list)
		return &query.LogicAnd{X: list}, err
	case *or:
		list, err := l.values(x.list)
		return &query.LogicOr{X: list}, err
	case *compare:
		return l.compareValue(x)
	case *member:
		return l.memberValue(x)
	case *call:
		return l.callValue(x)
	}
	panic(fmt.Sprintf("BUG: eql.value: unexpected %T", x))
}

func (l *lowerer) values(list []node) ([]query.Value, error) {
	out := make([]query.Value, len(list))
	for i, x := range list {
		v, err := l.value(x)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

var compareOps = map[string]query.CompareOp{
	"==": query.CmpEq, "<": query.CmpLt, "<=": query.CmpLe, ">": query.CmpGt, ">=": query.CmpGe,
}

func (l *lowerer) compareValue(x *compare) (query.Value, error) {
	sides, err := l.values([]node{x.l, x.r})
	if err != nil {
		return nil, err
	}
	if isNull(x.r) {
		return &query.IsNull{X: sides[0]}, nil
	}
	return &query.Compare{Op: compareOps[x.op], L: sides[0], R: sides[1]}, nil
}

func (l *lowerer) memberValue(x *member) (query.Value, error) {
	v, err := l.value(x.x)
	if err != nil {
		return nil, err
	}
	switch x.op {
	case "in", "in~":
		return oneOfValue(v, x), nil
	case "regex", "regex~":
		patterns, err := l.patterns(x)
		return &query.Match{X: v, Patterns: patterns}, err
	}
	patterns := make([]query.Pattern, len(x.list))
	for i, p := range x.list {
		patterns[i] = query.LikePattern(p.(*literal).text)
	}
	return &query.Like{X: v, Patterns: patterns, Fold: x.op != "like"}, nil
}

// oneOfValue: a null in the list makes a miss null (QL InProcessor).
func oneOfValue(v query.Value, x *member) query.Value {
	out := &query.OneOf{X: v, Fold: strings.HasSuffix(x.op, "~")}
	hasNull := false
	for _, m := range x.list {
		if isNull(m) {
			hasNull = true
		} else {
			out.Values = append(out.Values, toLiteral(m))
		}
	}
	if hasNull {
		return &query.LogicOr{X: []query.Value{out, &query.Null{}}}
	}
	return out
}

func (l *lowerer) callValue(x *call) (query.Value, error) {
	args, err := l.values(x.args)
	if err != nil {
		return nil, err
	}
	if x.fn.name == "cidrMatch" {
		if err := l.checkNets(x); err != nil {
			return nil, err
		}
	}
	return &query.Call{Func: x.fn.name, Fold: x.fold, Args: args}, nil
}
