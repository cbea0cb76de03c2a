package esql

import (
	"strings"

	"coldcase/rules/query"
)

// definitions are what the columns are that EVAL has made, in terms of what FROM reads. A
// condition on such a column is a condition on documents, too.
type definitions map[string]definition

type definition struct {
	x    Expr
	size int // nodes
}

// maxDefinition bounds the nodes of an expression with definitions put in: a query that
// says v = v + v again and again would double it each time.
const maxDefinition = 1 << 12

// note follows a command that makes, moves or changes columns.
func (d definitions) note(c Command) {
	switch c := c.(type) {
	case *Eval:
		for _, a := range c.Fields {
			x, size := d.put(a.X)
			delete(d, a.Name)
			if size <= maxDefinition {
				d[a.Name] = definition{x, size}
			}
		}
	case *Rename:
		for _, r := range c.Pairs {
			from, ok := d[r.From]
			delete(d, r.From)
			delete(d, r.To)
			if ok {
				d[r.To] = from
			}
		}
	case *MvExpand:
		delete(d, c.Name)
	case *Grok:
		for _, o := range c.Outputs {
			delete(d, o.Name)
		}
	case *Dissect:
		for _, name := range c.Pattern.Outputs {
			delete(d, name)
		}
	}
}

// put returns x with definitions in place of columns, and its size; x as it is when that
// would become too large.
func (d definitions) put(x Expr) (out Expr, size int) {
	size = 0
	Walk(x, func(x Expr) bool {
		size++
		if ref, ok := x.(*Ref); ok && ref.Field == "" {
			size += d[ref.Name].size
		}
		return true
	})
	if len(d) == 0 || size > maxDefinition {
		return x, size
	}
	return d.replace(x), size
}

func (d definitions) replace(x Expr) Expr {
	switch x := x.(type) {
	case *Ref:
		if def, ok := d[x.Name]; ok && x.Field == "" {
			return def.x
		}
	case *Compare:
		out := *x
		out.L, out.R = d.replace(x.L), d.replace(x.R)
		return &out
	case *And:
		out := *x
		out.X = d.each(x.X)
		return &out
	case *Or:
		out := *x
		out.X = d.each(x.X)
		return &out
	case *Not:
		out := *x
		out.X = d.replace(x.X)
		return &out
	case *In:
		out := *x
		out.X, out.List = d.replace(x.X), d.each(x.List)
		return &out
	case *Like:
		out := *x
		out.X = d.replace(x.X)
		return &out
	case *IsNull:
		out := *x
		out.X = d.replace(x.X)
		return &out
	case *Call:
		out := *x
		out.Args = d.each(x.Args)
		return &out
	}
	return x
}

func (d definitions) each(list []Expr) []Expr {
	out := make([]Expr, len(list))
	for i, x := range list {
		out[i] = d.replace(x)
	}
	return out
}

// theCase returns x if it is a CASE.
func theCase(x Expr) *Call {
	if call, ok := x.(*Call); ok && call.Func.Name == "CASE" {
		return call
	}
	return nil
}

// branches returns what must be so of the document for a CASE to come to a value of which
// something is so, that is what f says of the value; nil for nothing. That the conditions in
// front are not true is left out.
func branches(x *Call, f func(value Expr) query.Expr) query.Expr {
	var list []query.Expr
	for i := 0; i < len(x.Args); i++ {
		var branch []query.Expr
		if i+1 < len(x.Args) {
			branch = appendExpr(branch, holds(x.Args[i]))
			i++
		}
		said := f(x.Args[i])
		if c, ok := said.(*query.Const); ok {
			if !c.Value {
				continue
			}
			said = nil
		}
		if branch = appendExpr(branch, said); len(branch) == 0 {
			return nil
		}
		list = append(list, conjunction(branch))
	}
	if len(list) == 0 {
		return &query.Const{}
	}
	return disjunction(list)
}

// branchesOf looks at the CASE on the one side of a comparison; ok is false when there is
// none.
func branchesOf(x *Compare, f func(*Compare) query.Expr) (said query.Expr, ok bool) {
	call := theCase(x.L)
	if call == nil {
		return nil, false
	}
	return branches(call, func(value Expr) query.Expr {
		branch := *x
		branch.L = value
		return f(&branch)
	}), true
}

// equalConstants compares two strings of the query; ok is false for anything else.
func equalConstants(x *Compare) (equal, ok bool) {
	a, ok1 := constantText(x.L)
	b, ok2 := constantText(x.R)
	return a == b, ok1 && ok2 && x.Op == "=="
}

// located recognises LOCATE(field, "text") > 0: that the text is contained.
func located(x *Compare) *Call {
	call, ok := x.L.(*Call)
	if !ok || call.Func.Name != "LOCATE" {
		return nil
	}
	lit, ok := x.R.(*Literal)
	if !ok || len(lit.Values) != 1 || lit.typ != Integer && lit.typ != Long {
		return nil
	}
	if n := lit.Values[0].Int; x.Op == ">" && n >= 0 || x.Op == ">=" && n > 0 {
		return call
	}
	return nil
}

// maxBlanks bounds the pattern that SPACE is made to.
const maxBlanks = 1 << 10

// blanks returns the text of SPACE(n) with a constant n.
func blanks(x Expr) (text string, ok bool) {
	call, isCall := x.(*Call)
	if !isCall || call.Func.Name != "SPACE" {
		return "", false
	}
	lit, isLiteral := call.Args[0].(*Literal)
	if !isLiteral || len(lit.Values) != 1 || lit.typ != Integer {
		return "", false
	}
	if n := lit.Values[0].Int; n > 0 && n <= maxBlanks {
		return strings.Repeat(" ", int(n)), true
	}
	return "", false
}
