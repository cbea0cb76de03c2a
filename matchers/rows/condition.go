package rows

import (
	"fmt"
	"slices"
	"strconv"

	"coldcase/rules/esql"
)

// Truth is what a condition is on a row that is followed.
type Truth uint8

// The truths. Untold is a condition on columns that are not known any more: see
// [Tracer.Recall].
const (
	Null = Truth(unknown)
	No   = Truth(isFalse)
	Yes  = Truth(isTrue)

	Untold = Yes + 1
)

// Condition is a condition of a query held against one row, for people.
type Condition struct {
	// Op is "and", "or" or "not"; "" for one that has no conditions in it.
	Op    string
	Kids  []*Condition
	Truth Truth
	// Text is the canonical text, Operands what it looks at: both of Op "" alone.
	Text     string
	Operands []Operand
	// Because says why Truth is Null; "" when it is not, or when its parts say it.
	Because string
}

// Operand is an expression in a condition with its value.
type Operand struct {
	Text  string
	Value Value
	// Column is set for a column as it is, Told when its value is known.
	Column, Told bool
}

// maxOperands bounds what is shown of one condition.
const maxOperands = 6

// conditionPlan is what showing a condition needs of the query.
type conditionPlan struct {
	op       string
	kids     []*conditionPlan
	text     string
	test     cond
	operands []operandPlan
	columns  []int // slots of all columns that it looks at
}

type operandPlan struct {
	text    string
	x       value
	column  bool
	columns []int
}

// plan makes the plan of a condition that the program has compiled: every name in it has
// its slot already, so the program is only read.
func (c *compiler) plan(x esql.Expr) *conditionPlan {
	if and, ok := x.(*esql.And); ok && len(and.X) == 1 { // cut off from others
		return c.plan(and.X[0])
	}
	out := &conditionPlan{}
	switch y := x.(type) {
	case *esql.And:
		out.op, out.kids = "and", c.plans(y.X)
	case *esql.Or:
		out.op, out.kids = "or", c.plans(y.X)
	case *esql.Not:
		switch y.X.(type) {
		case *esql.And, *esql.Or, *esql.Not:
			out.op, out.kids = "not", c.plans([]esql.Expr{y.X})
		}
	}
	if out.op == "" {
		c.leafPlan(out, x)
	}
	return out
}

func (c *compiler) plans(xs []esql.Expr) []*conditionPlan {
	out := make([]*conditionPlan, len(xs))
	for i, x := range xs {
		out[i] = c.plan(x)
	}
	return out
}

func (c *compiler) leafPlan(out *conditionPlan, x esql.Expr) {
	t, err := c.cond(x)
	if err != nil {
		panic("BUG: rows.leafPlan: a compiled condition does not compile: " + err.Error())
	}
	out.test, out.text, out.columns = t, conditionText(x), c.columnsOf(x)
	for _, side := range shownOperands(x) {
		v, err := c.value(side)
		if err != nil {
			panic("BUG: rows.leafPlan: a compiled operand does not compile: " + err.Error())
		}
		_, column := side.(*esql.Ref)
		out.operands = append(out.operands, operandPlan{side.String(), v, column, c.columnsOf(side)})
	}
}

// noSlot stands for NOW() among the columns that an expression looks at.
const noSlot = -1

// columnsOf returns the slots of the columns that an expression looks at, those that carry
// the answers of predicates among them.
func (c *compiler) columnsOf(x esql.Expr) (out []int) {
	esql.Walk(x, func(x esql.Expr) bool {
		switch x := x.(type) {
		case *esql.Ref:
			out = append(out, c.p.slot(x.Name))
		case *esql.KQL, *esql.Match:
			_, slot := c.p.predicate(x)
			out = append(out, slot)
			return false
		case *esql.Call:
			if x.Func.Name == "NOW" {
				out = append(out, noSlot)
			}
		}
		return true
	})
	return out
}

// conditionText writes a condition as people do.
func conditionText(x esql.Expr) string {
	not, ok := x.(*esql.Not)
	if !ok {
		return x.String()
	}
	switch y := not.X.(type) {
	case *esql.Compare:
		if y.Op == "==" {
			z := *y
			z.Op = "!="
			return z.String()
		}
	case *esql.IsNull:
		text := y.String()
		return text[:len(text)-len("NULL")] + "NOT NULL"
	}
	return x.String()
}

// shownOperands returns what a condition compares, but for constants: its sides, and the
// columns in them.
func shownOperands(x esql.Expr) (out []esql.Expr) {
	add := func(x esql.Expr) {
		same := func(o esql.Expr) bool { return o.String() == x.String() }
		if len(out) < maxOperands && !slices.ContainsFunc(out, same) {
			out = append(out, x)
		}
	}
	for _, side := range sidesOf(x) {
		esql.Walk(side, func(x esql.Expr) bool {
			switch x.(type) {
			case *esql.Literal, *esql.KQL, *esql.Match:
				return false
			case *esql.Ref, *esql.Arith, *esql.Neg:
				add(x)
			case *esql.Call:
				if x == side {
					add(x)
				}
			}
			return true
		})
	}
	return out
}

func sidesOf(x esql.Expr) []esql.Expr {
	switch x := x.(type) {
	case *esql.Not:
		return sidesOf(x.X)
	case *esql.Compare:
		return []esql.Expr{x.L, x.R}
	case *esql.In:
		return append([]esql.Expr{x.X}, x.List...)
	case *esql.Like:
		return []esql.Expr{x.X}
	case *esql.IsNull:
		return []esql.Expr{x.X}
	case *esql.Call:
		return x.Args
	case *esql.Match:
		return []esql.Expr{x.Field}
	case *esql.KQL, *esql.Literal:
		return nil
	}
	return []esql.Expr{x}
}

// hold holds the condition against e.Row. told says which columns are known; nil for all.
func (p *conditionPlan) hold(e *Env, told map[int]bool) *Condition {
	out := &Condition{Op: p.op, Text: p.text}
	if p.op == "" {
		p.holdLeaf(e, told, out)
		return out
	}
	for _, k := range p.kids {
		out.Kids = append(out.Kids, k.hold(e, told))
	}
	out.Truth = out.combined()
	return out
}

func knows(told map[int]bool, columns []int) bool {
	return told == nil || !slices.ContainsFunc(columns, func(slot int) bool { return !told[slot] })
}

func (p *conditionPlan) holdLeaf(e *Env, told map[int]bool, out *Condition) {
	for _, o := range p.operands {
		shown := Operand{Text: o.text, Column: o.column, Told: knows(told, o.columns)}
		if shown.Told {
			shown.Value = o.x(e)
		}
		out.Operands = append(out.Operands, shown)
	}
	if out.Truth = Untold; !knows(told, p.columns) {
		return
	}
	if out.Truth = Truth(p.test(e)); out.Truth == Null {
		out.Because = becauseNull(out.Operands)
	}
}

// becauseNull says which operand makes a condition null.
func becauseNull(operands []Operand) string {
	for _, o := range operands {
		if len(o.Value) == 0 {
			if o.Column {
				return o.Text + " has no value"
			}
			return o.Text + " is null"
		}
	}
	for _, o := range operands {
		if len(o.Value) > 1 {
			return fmt.Sprintf("%s has %s values", o.Text, strconv.Itoa(len(o.Value)))
		}
	}
	return "these values have no order" // nor are they equal, see doc.go
}

// combined is three-valued logic over the kids, in which what is not told may be anything.
func (c *Condition) combined() Truth {
	switch c.Op {
	case "not":
		switch c.Kids[0].Truth {
		case Yes:
			return No
		case No:
			return Yes
		}
		return c.Kids[0].Truth
	case "and":
		return c.least(No, Yes)
	}
	return c.least(Yes, No)
}

// least is strong when a kid is, else what is not told, else null, else weak.
func (c *Condition) least(strong, weak Truth) Truth {
	out := weak
	for _, k := range c.Kids {
		switch k.Truth {
		case strong:
			return strong
		case Untold:
			out = Untold
		case Null:
			if out != Untold {
				out = Null
			}
		}
	}
	return out
}
