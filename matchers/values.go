package matchers

import (
	"bytes"
	"fmt"
	"regexp"

	"coldcase/rules/query"
)

// value compiles a value node of the script n.
func (c *compiler) value(n *scriptNode, v query.Value) (value, error) {
	switch v := v.(type) {
	case *query.Null:
		return constValue(null), nil
	case *query.Constant:
		return constValue(literalResult(v.Literal)), nil
	case *query.FieldValue:
		return c.mention(n, v.Field)
	case *query.Call:
		return c.call(n, v)
	case *query.Arith:
		l, r, err := c.pair(n, v.L, v.R)
		return &arith{v.Op, l, r}, err
	case *query.Compare:
		l, r, err := c.pair(n, v.L, v.R)
		return &comparison{v.Op, l, r}, err
	case *query.OneOf:
		x, err := c.value(n, v.X)
		return newOneOf(x, v), err
	case *query.Like:
		x, err := c.value(n, v.X)
		return &likeValue{x, newGlobs(v.Patterns, lowering(v.Fold, false)), v.Fold}, err
	case *query.Match:
		return c.matchValue(n, v)
	case *query.IsNull:
		x, err := c.value(n, v.X)
		return &nullCheck{x}, err
	case *query.LogicNot:
		x, err := c.value(n, v.X)
		return &logicNot{x}, err
	case *query.LogicAnd:
		xs, err := c.values(n, v.X)
		return &logic{xs, false}, err
	case *query.LogicOr:
		xs, err := c.values(n, v.X)
		return &logic{xs, true}, err
	}
	panic(fmt.Sprintf("BUG: matchers.value: unexpected %T", v))
}

func (c *compiler) pair(n *scriptNode, l, r query.Value) (value, value, error) {
	lv, err := c.value(n, l)
	if err != nil {
		return nil, nil, err
	}
	rv, err := c.value(n, r)
	return lv, rv, err
}

func (c *compiler) values(n *scriptNode, vs []query.Value) ([]value, error) {
	out := make([]value, len(vs))
	for i, v := range vs {
		x, err := c.value(n, v)
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}

func (c *compiler) mention(n *scriptNode, f query.Field) (value, error) {
	field := c.schema.Lookup(f.Name)
	m := &mention{len(n.mentions), c.layout.Slot(field.Path), field, []byte(field.NullValue)}
	n.mentions = append(n.mentions, m)
	return m, nil
}

func (c *compiler) matchValue(n *scriptNode, v *query.Match) (value, error) {
	x, err := c.value(n, v.X)
	if err != nil {
		return nil, err
	}
	m := &matchNode{x: x}
	for _, p := range v.Patterns {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, err
		}
		m.res = append(m.res, re)
	}
	return m, nil
}

type constValue result

func (v constValue) value(*scratch) result { return result(v) }

func literalResult(l query.Literal) result {
	switch l.Kind {
	case query.Number:
		if n, ok := parseNumber([]byte(l.Text)); ok {
			return numResult(n)
		}
		return null
	case query.Bool:
		return boolResult(l.Text == "true")
	}
	return textResult([]byte(l.Text))
}

// comparison is null when either side is. Values of different kinds are never
// equal and have no order.
type comparison struct {
	op   query.CompareOp
	l, r value
}

func (v *comparison) value(s *scratch) result {
	l, r := v.l.value(s), v.r.value(s)
	if l.kind == isNull || r.kind == isNull {
		return null
	}
	if l.kind != r.kind {
		if v.op == query.CmpEq {
			return boolResult(false)
		}
		return null
	}
	cmp := compareResults(l, r)
	switch v.op {
	case query.CmpEq:
		return boolResult(cmp == 0)
	case query.CmpLt:
		return boolResult(cmp < 0)
	case query.CmpLe:
		return boolResult(cmp <= 0)
	case query.CmpGt:
		return boolResult(cmp > 0)
	}
	return boolResult(cmp >= 0)
}

func compareResults(l, r result) int {
	switch l.kind {
	case isNumber:
		return l.num.cmp(r.num)
	case isBool:
		return boolInt(l.yes) - boolInt(r.yes)
	}
	return bytes.Compare(l.text, r.text)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// oneOf is X in (...).
type oneOf struct {
	x      value
	values []result
	fold   bool
}

func newOneOf(x value, v *query.OneOf) *oneOf {
	o := &oneOf{x: x, fold: v.Fold}
	for _, l := range v.Values {
		r := literalResult(l)
		if v.Fold && r.kind == isText {
			r.text = appendLowerUnicode(nil, r.text)
		}
		o.values = append(o.values, r)
	}
	return o
}

func (v *oneOf) value(s *scratch) result {
	x := v.x.value(s)
	if x.kind == isNull {
		return null
	}
	if v.fold && x.kind == isText {
		x.text = s.lower(x.text)
	}
	for _, r := range v.values {
		if r.kind == x.kind && compareResults(x, r) == 0 {
			return boolResult(true)
		}
	}
	return boolResult(false)
}

// likeValue is a wildcard match on a computed string.
type likeValue struct {
	x     value
	globs []*glob
	fold  bool
}

func (v *likeValue) value(s *scratch) result {
	x := v.x.value(s)
	if x.kind != isText {
		return null
	}
	if v.fold {
		x.text = s.lowered(x.text)
	}
	for _, g := range v.globs {
		if g.match(x.text) {
			return boolResult(true)
		}
	}
	return boolResult(false)
}

// matchNode is a regular expression on a computed string.
type matchNode struct {
	x   value
	res []*regexp.Regexp
}

func (v *matchNode) value(s *scratch) result {
	x := v.x.value(s)
	if x.kind != isText {
		return null
	}
	for _, re := range v.res {
		if re.Match(x.text) {
			return boolResult(true)
		}
	}
	return boolResult(false)
}

type nullCheck struct{ x value }

func (v *nullCheck) value(s *scratch) result { return boolResult(v.x.value(s).kind == isNull) }

type logicNot struct{ x value }

func (v *logicNot) value(s *scratch) result {
	x := v.x.value(s)
	if x.kind != isBool {
		return null
	}
	return boolResult(!x.yes)
}

// logic is a three-valued and (or, when or is set): the deciding value wins over
// null, null over the rest.
type logic struct {
	xs []value
	or bool
}

func (v *logic) value(s *scratch) result {
	out := boolResult(!v.or)
	for _, x := range v.xs {
		r := x.value(s)
		if r.kind == isBool && r.yes == v.or {
			return r
		}
		if r.kind != isBool {
			out = null
		}
	}
	return out
}
