package esql

import (
	"strings"

	"coldcase/rules/kql"
	"coldcase/rules/query"
	"coldcase/rules/source"
)

// call reads a function call. KQL and MATCH are predicates on the document and have nodes
// of their own; TRANGE is short for two comparisons.
func (p *parser) call() (Expr, error) {
	t := p.take()
	f, known := lookup(t.text)
	p.take() // "("
	name := strings.ToUpper(t.text)
	if !known && name != "KQL" && name != "MATCH" && name != "TRANGE" {
		return nil, p.src.Unsupported(t.span, "function "+name, "esql: function %s is not supported%s", name, meant(name, functionNames))
	}
	args, options, err := p.parameters(known && f.Name == "COUNT")
	if err != nil {
		return nil, err
	}
	at := p.from(t.span)
	switch {
	case name == "KQL":
		return p.newKQL(at, args, options)
	case name == "MATCH":
		if len(args) != 2 {
			return nil, p.errorf(at.at, "MATCH takes a field and a text")
		}
		v, ok := args[1].(*Literal)
		if !ok {
			return nil, p.unsupported(args[1].Span(), "computed text in MATCH")
		}
		return p.newMatch(at, args[0], v, options)
	case len(options) > 0:
		return nil, p.unsupported(at.at, "options of "+name)
	}
	return p.timed(name, f, at, args)
}

// parameters reads what stands between the parentheses of a call.
func (p *parser) parameters(star bool) ([]Expr, []Option, error) {
	if p.accept(")") {
		return nil, nil, nil
	}
	if star && p.cur().is("*") {
		p.take()
		return nil, nil, p.expect(")", "after COUNT(*")
	}
	var args []Expr
	for {
		x, err := p.expression()
		if err != nil {
			return nil, nil, err
		}
		args = append(args, x)
		if !p.accept(",") {
			return args, nil, p.expect(")", "or \",\"")
		}
		if p.cur().is("{") {
			options, err := p.options()
			if err != nil {
				return nil, nil, err
			}
			return args, options, p.expect(")", "after the options")
		}
	}
}

// options reads {"name": constant, ...}.
func (p *parser) options() ([]Option, error) {
	var out []Option
	if err := p.expect("{", "before the options"); err != nil {
		return nil, err
	}
	for !p.accept("}") {
		if len(out) > 0 {
			if err := p.expect(",", "or \"}\""); err != nil {
				return nil, err
			}
		}
		name := p.cur()
		if name.kind != tokString {
			return nil, p.unexpected("the name of an option, in double quotes")
		}
		p.take()
		if err := p.expect(":", "after the option's name"); err != nil {
			return nil, err
		}
		v, err := p.scalar()
		if err != nil {
			return nil, err
		}
		if len(v.Values) != 1 || spans>>v.typ&1 == 1 {
			return nil, p.errorf(v.at, "an option is a string, a number or a boolean")
		}
		out = append(out, Option{name.text, v.Values[0], v.typ})
	}
	return out, nil
}

// newKQL reads the text of KQL("...") with the KQL engine. An error in it is placed at the
// string, since escapes make its own columns useless.
func (p *parser) newKQL(at place, args []Expr, options []Option) (Expr, error) {
	text, ok := constantText(first(args))
	switch {
	case len(options) > 0:
		return nil, p.unsupported(at.at, "options of KQL")
	case len(args) != 1 || !ok:
		return nil, p.errorf(at.at, "KQL takes one constant string")
	}
	x, err := kql.Parse(source.Text{Body: text})
	if err != nil {
		e := p.src.Errorf(args[0].Span(), "KQL: %s", err.Error())
		if bad, ok := err.(*source.Error); ok {
			e = p.src.Errorf(args[0].Span(), "KQL: %s", bad.Msg)
			e.Unsupported = bad.Unsupported
		}
		return nil, e
	}
	return &KQL{node{at, Boolean}, text, x}, nil
}

// constantText returns the value of a constant string: a literal, or CONCAT of such.
func constantText(x Expr) (string, bool) {
	switch x := x.(type) {
	case *Literal:
		if x.typ == Keyword && len(x.Values) == 1 {
			return x.Values[0].Text, true
		}
	case *Call:
		if x.Func.Name != "CONCAT" {
			return "", false
		}
		var b strings.Builder
		for _, a := range x.Args {
			s, ok := constantText(a)
			if !ok {
				return "", false
			}
			b.WriteString(s)
		}
		return b.String(), true
	}
	return "", false
}

// newMatch makes a MATCH. A cast of the field changes nothing: the index is asked.
func (p *parser) newMatch(at place, x Expr, v *Literal, options []Option) (Expr, error) {
	for {
		c, ok := x.(*Call)
		if !ok || !strings.HasPrefix(c.Func.Name, "TO_") || len(c.Args) != 1 {
			break
		}
		x = c.Args[0]
	}
	ref, ok := x.(*Ref)
	if !ok {
		return nil, p.errorf(x.Span(), "the left side of MATCH and \":\" is a field")
	}
	if len(v.Values) != 1 || spans>>v.typ&1 == 1 {
		return nil, p.errorf(v.at, "the right side of MATCH and \":\" is a single constant")
	}
	m := &Match{node: node{at, Boolean}, Field: ref, Text: v, Options: options}
	for _, o := range options {
		switch o.Name {
		case "fuzziness", "max_expansions", "prefix_length", "boost", "lenient":
		default:
			return nil, p.unsupported(at.at, "option "+o.Name+" of MATCH")
		}
	}
	if !m.fuzzy() {
		m.Query = &query.Term{Field: query.Field{Name: ref.Name}, Values: []query.Literal{queryLiteral(v)}, Text: query.AnyToken}
	}
	return m, nil
}

// fuzzy reports whether words may differ in some letters.
func (m *Match) fuzzy() bool {
	for _, o := range m.Options {
		if o.Name == "fuzziness" {
			return true
		}
	}
	return false
}
