package lucene

import (
	"fmt"
	"strings"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// lowerer turns the tree into rules/query.
type lowerer struct{ t source.Text }

func (l lowerer) expr(n node) (query.Expr, error) {
	switch n := n.(type) {
	case *boolean:
		return l.boolean(n)
	case *term:
		return lowerTerm(n), nil
	case *wild:
		return &query.Wildcard{Field: field(n.field), Patterns: []query.Pattern{n.pattern}, Text: query.AnyToken}, nil
	case *regex:
		return l.regex(n)
	case *bounds:
		return lowerBounds(n), nil
	case *exists:
		return &query.Exists{Field: field(n.field)}, nil
	case *all:
		return &query.Const{Value: true}, nil
	default:
		panic(fmt.Sprintf("BUG: lucene: unexpected %T", n))
	}
}

// boolean keeps the required and negates the prohibited clauses. Optional ones
// filter only where nothing is required: minimum_should_match is then one.
//
//	+a -b c  ->  a and not b        a b -c  ->  (a or b) and not c
func (l lowerer) boolean(n *boolean) (query.Expr, error) {
	var musts, shoulds, nots []query.Expr
	for _, c := range n.clauses {
		x, err := l.expr(c.n)
		if err != nil {
			return nil, err
		}
		switch c.occur {
		case must:
			musts = append(musts, x)
		case mustNot:
			nots = append(nots, &query.Not{X: x})
		default:
			shoulds = append(shoulds, x)
		}
	}
	switch {
	case len(musts) > 0 || len(shoulds) == 0:
	case len(shoulds) == 1:
		musts = shoulds
	default:
		musts = []query.Expr{&query.Or{X: shoulds}}
	}
	xs := append(musts, nots...)
	if len(xs) == 1 {
		return xs[0], nil
	}
	return &query.And{X: xs}, nil
}

func lowerTerm(n *term) query.Expr {
	value := query.Literal{Kind: query.String, Text: n.text}
	mode := query.AnyToken
	switch {
	case n.quoted:
		mode = query.Phrase
	case n.text == "true" || n.text == "false":
		value.Kind = query.Bool
	}
	return &query.Term{Field: field(n.field), Values: []query.Literal{value}, Text: mode}
}

func (l lowerer) regex(n *regex) (query.Expr, error) {
	pattern, err := query.TranslateRegexp(n.body, false)
	if err != nil {
		return nil, l.t.Unsupported(n.span, "regular expression", "%v", err)
	}
	return &query.Regexp{Field: field(n.field), Patterns: []string{pattern}}, nil
}

// lowerBounds makes a range of one or two ends.
func lowerBounds(n *bounds) query.Expr {
	var ends []query.Bound
	add := func(b *bound, op, inclusive query.RangeOp) {
		if b == nil {
			return
		}
		if b.inclusive {
			op = inclusive
		}
		ends = append(ends, query.Bound{Op: op, Value: query.Literal{Kind: query.String, Text: b.text}})
	}
	add(n.lo, query.Gt, query.Ge)
	add(n.hi, query.Lt, query.Le)
	x := &query.Range{Field: field(n.field), Op: ends[0].Op, Value: ends[0].Value}
	if len(ends) == 2 {
		x.Also = &ends[1]
	}
	return x
}

// field returns the field of a name; an asterisk in it, which is written escaped,
// is wild.
func field(name string) query.Field {
	return query.Field{Name: name, Glob: strings.Contains(name, "*")}
}
