package esql

import "fmt"

// children returns the expressions directly below x.
func children(x Expr) []Expr {
	switch x := x.(type) {
	case *Ref, *Literal, *KQL:
		return nil
	case *Neg:
		return []Expr{x.X}
	case *Arith:
		return []Expr{x.L, x.R}
	case *Compare:
		return []Expr{x.L, x.R}
	case *And:
		return x.X
	case *Or:
		return x.X
	case *Not:
		return []Expr{x.X}
	case *In:
		return append([]Expr{x.X}, x.List...)
	case *Like:
		return []Expr{x.X}
	case *IsNull:
		return []Expr{x.X}
	case *Call:
		return x.Args
	case *Match:
		return []Expr{x.Field}
	}
	panic(fmt.Sprintf("BUG: esql.children: unexpected %T", x))
}

// expressions returns the expressions of a command.
func expressions(c Command) []Expr {
	switch c := c.(type) {
	case *From, *Keep, *Drop, *Rename, *Limit, *MvExpand:
		return nil
	case *Row:
		return values(c.Fields)
	case *Where:
		return []Expr{c.X}
	case *Eval:
		return values(c.Fields)
	case *Stats:
		out := values(c.By)
		for _, a := range c.Aggs {
			if out = append(out, a.X); a.Where != nil {
				out = append(out, a.Where)
			}
		}
		return out
	case *Sort:
		var out []Expr
		for _, k := range c.Keys {
			out = append(out, k.X)
		}
		return out
	case *Grok:
		return []Expr{c.X}
	case *Dissect:
		return []Expr{c.X}
	case *Completion:
		return []Expr{c.Prompt}
	}
	panic(fmt.Sprintf("BUG: esql.expressions: unexpected %T", c))
}

func values(list []Assign) []Expr {
	var out []Expr
	for _, a := range list {
		out = append(out, a.X)
	}
	return out
}

// walkCommand calls f for every expression of a command, parents first.
func walkCommand(c Command, f func(Expr)) {
	for _, x := range expressions(c) {
		Walk(x, func(x Expr) bool {
			f(x)
			return true
		})
	}
}
