package kql

import (
	"fmt"
	"strings"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// lowerer turns the tree into rules/query. What each node amounts to follows
// Kibana's toElasticsearchQuery of is, range and nested (query-semantics 1.6, 1.7);
// types are left to the matcher. path is the nested path around a node, "" outside.
type lowerer struct{ t source.Text }

func (l lowerer) expr(n node, path string) (query.Expr, error) {
	switch n := n.(type) {
	case *logic:
		return l.logic(n, path)
	case *not:
		x, err := l.expr(n.kid, path)
		if err != nil {
			return nil, err
		}
		return &query.Not{X: x}, nil
	case *is:
		return l.is(n, path)
	case *comparison:
		return l.comparison(n, path)
	case *nested:
		return l.nested(n, path)
	default:
		panic(fmt.Sprintf("BUG: kql: unexpected %T", n))
	}
}

func (l lowerer) logic(n *logic, path string) (query.Expr, error) {
	var xs []query.Expr
	for _, kid := range n.kids {
		x, err := l.expr(kid, path)
		if err != nil {
			return nil, err
		}
		xs = append(xs, operands(x, n.or)...)
	}
	if !n.or {
		return &query.And{X: xs}, nil
	}
	xs = mergeAny(xs)
	if len(xs) == 1 {
		return xs[0], nil
	}
	return &query.Or{X: xs}, nil
}

// operands flattens: (a or b) or c has the three operands a, b and c.
func operands(x query.Expr, or bool) []query.Expr {
	switch x := x.(type) {
	case *query.Or:
		if or {
			return x.X
		}
	case *query.And:
		if !or {
			return x.X
		}
	}
	return []query.Expr{x}
}

func (l lowerer) is(n *is, path string) (query.Expr, error) {
	if n.value.lone() && (n.field.lone() || n.field.kind == null && path == "") {
		return &query.Const{Value: true}, nil
	}
	field, err := l.field(n.field, path)
	if err != nil {
		return nil, err
	}
	mode := query.AnyToken
	switch {
	case n.value.lone():
		return &query.Exists{Field: field}, nil
	case n.value.kind == wildcard:
		return &query.Wildcard{Field: field, Patterns: []query.Pattern{n.value.pattern}, Text: mode}, nil
	case n.value.quoted:
		mode = query.Phrase
	}
	value, err := l.value(n.value)
	if err != nil {
		return nil, err
	}
	return &query.Term{Field: field, Values: []query.Literal{value}, Text: mode}, nil
}

func (l lowerer) comparison(n *comparison, path string) (query.Expr, error) {
	if n.field.kind == null {
		return nil, l.t.Unsupported(n.field.span, "null as a field name", "found null, expected a field name")
	}
	field, err := l.field(n.field, path)
	if err != nil {
		return nil, err
	}
	value, err := l.value(n.value)
	if err != nil {
		return nil, err
	}
	return &query.Range{Field: field, Op: n.op, Value: value}, nil
}

// value returns a value as a literal. In a range a '*' is a plain character.
// Elasticsearch answers a null with an error, so there is nothing to reproduce.
func (l lowerer) value(lit *literal) (query.Literal, error) {
	switch lit.kind {
	case null:
		return query.Literal{}, l.t.Unsupported(lit.span, "null value",
			"found null, which Elasticsearch refuses as a value; a missing field is written not field:*")
	case boolean:
		return query.Literal{Kind: query.Bool, Text: lit.text}, nil
	case wildcard:
		return query.Literal{Kind: query.String, Text: starred(lit.pattern)}, nil
	case text:
		return query.Literal{Kind: query.String, Text: lit.text}, nil
	default:
		panic(fmt.Sprintf("BUG: kql: unexpected literal kind %d", lit.kind))
	}
}

func (l lowerer) nested(n *nested, path string) (query.Expr, error) {
	if n.path.kind == null || n.path.kind == wildcard {
		return nil, l.t.Unsupported(n.path.span, "nested path that is no plain name",
			"found %s before {, expected the name of a nested field", n.path)
	}
	full, err := l.fullName(n.path, n.path.text, path)
	if err != nil {
		return nil, err
	}
	x, err := l.expr(n.kid, full)
	if err != nil {
		return nil, err
	}
	return &query.Nested{Path: full, X: x}, nil
}

// field returns the field of a literal. Free text is held against every field.
func (l lowerer) field(lit *literal, path string) (query.Field, error) {
	if lit.kind == null {
		if path != "" {
			return query.Field{}, l.t.Unsupported(lit.span, "free text inside of a nested query",
				"found a value alone inside of %s:{...}, expected field:value", path)
		}
		return query.Field{Name: "*", Glob: true}, nil
	}
	name := lit.text
	if lit.kind == wildcard {
		name = starred(lit.pattern)
	}
	full, err := l.fullName(lit, name, path)
	if err != nil || lit.kind != wildcard {
		return query.Field{Name: full}, err
	}
	if strings.Contains(path, "*") || plainStar(lit.pattern) {
		return query.Field{}, l.t.Unsupported(lit.span, "plain asterisk in a field name with a wildcard",
			"found a plain asterisk beside a wildcard in a field name")
	}
	return query.Field{Name: full, Glob: true}, nil
}

func (l lowerer) fullName(lit *literal, name, path string) (string, error) {
	if path != "" {
		name = path + "." + name
	}
	if len(name) > maxName {
		return "", l.t.Errorf(lit.span, "found a field name of %d bytes, expected at most %d", len(name), maxName)
	}
	return name, nil
}

func starred(p query.Pattern) string {
	var b strings.Builder
	for _, part := range p {
		if part.Kind == query.Any {
			b.WriteByte('*')
		}
		b.WriteString(part.Text)
	}
	return b.String()
}

func plainStar(p query.Pattern) bool {
	for _, part := range p {
		if strings.Contains(part.Text, "*") {
			return true
		}
	}
	return false
}
