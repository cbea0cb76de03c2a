package matchers

import (
	"fmt"

	"coldcase/rules/query"
)

// valuePlan is what explaining an operand of a script needs of it.
type valuePlan struct {
	text  string
	v     value
	field string // of a mention
	kids  []*valuePlan
}

// valuePlan pairs the nodes of a script with what they were compiled to, one by one.
func (p *planner) valuePlan(x query.Value, v value) *valuePlan {
	out := &valuePlan{text: p.print.value(x), v: v}
	if f, ok := x.(*query.FieldValue); ok {
		out.field = f.Field.Name
	}
	xs, vs := operands(x), compiledOperands(v)
	if len(xs) != len(vs) {
		panic(fmt.Sprintf("BUG: matchers.valuePlan: %T with %d operands was compiled to %T with %d", x, len(xs), v, len(vs)))
	}
	for i := range xs {
		out.kids = append(out.kids, p.valuePlan(xs[i], vs[i]))
	}
	return out
}

func operands(x query.Value) []query.Value {
	switch x := x.(type) {
	case *query.Call:
		return x.Args
	case *query.Arith:
		return []query.Value{x.L, x.R}
	case *query.Compare:
		return []query.Value{x.L, x.R}
	case *query.OneOf:
		return []query.Value{x.X}
	case *query.Like:
		return []query.Value{x.X}
	case *query.Match:
		return []query.Value{x.X}
	case *query.IsNull:
		return []query.Value{x.X}
	case *query.LogicNot:
		return []query.Value{x.X}
	case *query.LogicAnd:
		return x.X
	case *query.LogicOr:
		return x.X
	case *query.Null, *query.Constant, *query.FieldValue:
		return nil
	}
	panic(fmt.Sprintf("BUG: matchers.operands: unexpected %T", x))
}

func compiledOperands(v value) []value {
	switch v := v.(type) {
	case *callNode:
		return v.args
	case *arith:
		return []value{v.l, v.r}
	case *comparison:
		return []value{v.l, v.r}
	case *oneOf:
		return []value{v.x}
	case *likeValue:
		return []value{v.x}
	case *matchNode:
		return []value{v.x}
	case *nullCheck:
		return []value{v.x}
	case *logicNot:
		return []value{v.x}
	case *logic:
		return v.xs
	case constValue, *mention:
		return nil
	}
	panic(fmt.Sprintf("BUG: matchers.compiledOperands: unexpected %T", v))
}

// explainScript explains a script on the first combination of values for which it is
// true, or on the first of all.
func (p *plan) explainScript(s *scratch, out *Clause) {
	n := p.n.(*scriptNode)
	before := s.limit
	out.Verdict = verdictOf(n.eval(s)) // leaves the combination picked
	runs := 1
	for _, m := range n.mentions {
		runs = min(runs*max(1, m.count(s)), maxRuns)
	}
	switch {
	case s.limit > before:
		out.Note = "false: given up at the limit of combinations of values"
	case runs > 1 && out.Verdict == True:
		out.Note = fmt.Sprintf("true for one of %d combinations of values", runs)
	case runs > 1:
		out.Note = fmt.Sprintf("true for none of %d combinations of values; the first is shown", runs)
	}
	root := p.script.explain(s)
	out.Kids = []*Clause{root}
	if out.Verdict != True && runs == 1 {
		out.Verdict = root.Verdict // null counts as false
	}
	out.fromOperands(root)
}

// count returns how many values a mention iterates over.
func (m *mention) count(s *scratch) (n int) {
	for _, v := range s.ev.Values(m.slot) {
		if scalar(v, m.field.HasNullValue) {
			n++
		}
	}
	return n
}

// fromOperands lists what the fields of a script are.
func (c *Clause) fromOperands(k *Clause) {
	if k.Field != "" {
		if c.Field == "" {
			c.Field, c.Value = k.Field, k.Result
		}
		if len(c.Values) < maxExplainedValues {
			c.Values = append(c.Values, k.Field+" = "+k.Result)
		} else {
			c.More++
		}
	}
	for _, kid := range k.Kids {
		c.fromOperands(kid)
	}
}

// explain evaluates an operand, and those below it, on the values picked.
func (p *valuePlan) explain(s *scratch) *Clause {
	start := len(s.arena)
	r := p.v.value(s)
	out := &Clause{Kind: ValueClause, Text: p.text, Field: p.field, Result: r.shown()}
	s.arena = s.arena[:start]
	switch {
	case r.kind == isNull:
		out.Verdict = Missing
	case r.kind != isBool || r.yes:
		out.Verdict = True
	}
	for _, k := range p.kids {
		out.Kids = append(out.Kids, k.explain(s))
	}
	return out
}

// shown is a result as an explanation shows it.
func (r result) shown() string {
	if r.kind == isNull {
		return "null"
	}
	return cutBytes(appendPlain(nil, r), "")
}
