package esql

import (
	"slices"
	"strings"

	"coldcase/rules/source"
)

// The grammar of expressions, loosest first (Elasticsearch's Expression.g4):
//
//	expr     = and { "OR" and } .
//	and      = not { "AND" not } .
//	not      = "NOT" not | test .
//	test     = value { "IS" [ "NOT" ] "NULL" | [ "NOT" ] "IN" "(" expr { "," expr } ")"
//	         | [ "NOT" ] ( "LIKE" | "RLIKE" ) ( pattern | "(" pattern { "," pattern } ")" )
//	         | ":" constant } .
//	value    = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum ] .
//	sum      = product { ( "+" | "-" ) product } .
//	product  = unary { ( "*" | "/" | "%" ) unary } .
//	unary    = ( "-" | "+" ) unary | primary .
//	primary  = ( constant | name | call | "(" expr ")" ) { "::" type } .
//	call     = name "(" [ "*" | expr { "," expr } [ "," map ] ] ")" .

func (p *parser) expression() (Expr, error) {
	if err := p.enter(p.cur().span); err != nil {
		return nil, err
	}
	defer p.leave()
	start := p.cur().span
	list, err := p.chain("or", p.conjunction)
	if err != nil || len(list) == 1 {
		return first(list), err
	}
	return &Or{node{p.from(start), Boolean}, list}, nil
}

func (p *parser) conjunction() (Expr, error) {
	start := p.cur().span
	list, err := p.chain("and", p.not)
	if err != nil || len(list) == 1 {
		return first(list), err
	}
	return &And{node{p.from(start), Boolean}, list}, nil
}

func first(list []Expr) Expr {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// chain reads operands with a keyword between them.
func (p *parser) chain(word string, operand func() (Expr, error)) ([]Expr, error) {
	var list []Expr
	for {
		x, err := operand()
		if err != nil {
			return nil, err
		}
		list = append(list, x)
		if !p.acceptWord(word) {
			return list, nil
		}
	}
}

func (p *parser) not() (Expr, error) {
	start := p.cur().span
	if !p.acceptWord("not") {
		return p.test()
	}
	if err := p.enter(start); err != nil {
		return nil, err
	}
	defer p.leave()
	x, err := p.not()
	if err != nil {
		return nil, err
	}
	return p.negated(start, x), nil
}

func (p *parser) negated(start source.Span, x Expr) Expr {
	return &Not{node{p.from(start), Boolean}, x}
}

// test reads a value and what is asked of it.
func (p *parser) test() (Expr, error) {
	start := p.cur().span
	x, err := p.value()
	for err == nil {
		not := p.cur().word("not")
		t := p.cur()
		if not {
			t = p.ahead(1)
		}
		read, ok := p.testOf(t, not)
		if !ok {
			return x, nil
		}
		if err := p.deepen(t.span); err != nil {
			return nil, err
		}
		if not {
			p.take()
		}
		p.take()
		if x, err = read(start, x); err == nil && not {
			x = p.negated(start, x)
		}
	}
	return nil, err
}

// testOf returns what reads the test that token t begins.
func (p *parser) testOf(t token, not bool) (func(source.Span, Expr) (Expr, error), bool) {
	switch {
	case t.word("in"):
		return p.in, true
	case t.word("like"), t.word("rlike"):
		return func(start source.Span, x Expr) (Expr, error) { return p.like(start, x, t.word("rlike")) }, true
	case t.word("is") && !not:
		return p.isNull, true
	case t.is(":") && !not:
		return p.matchOperator, true
	}
	return nil, false
}

func (p *parser) in(start source.Span, x Expr) (Expr, error) {
	if err := p.expect("(", "after IN"); err != nil {
		return nil, err
	}
	list, err := p.arguments()
	if err != nil {
		return nil, err
	}
	return &In{node{p.from(start), Boolean}, x, list}, nil
}

// arguments reads expressions up to and with the closing parenthesis.
func (p *parser) arguments() ([]Expr, error) {
	var list []Expr
	for {
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		list = append(list, x)
		if !p.accept(",") {
			return list, p.expect(")", "or \",\"")
		}
	}
}

func (p *parser) isNull(start source.Span, x Expr) (Expr, error) {
	not := p.acceptWord("not")
	if !p.acceptWord("null") {
		return nil, p.unexpected("NULL after IS")
	}
	var out Expr = &IsNull{node{p.from(start), Boolean}, x}
	if not {
		out = p.negated(start, out)
	}
	return out, nil
}

// matchOperator reads field : constant.
func (p *parser) matchOperator(start source.Span, x Expr) (Expr, error) {
	v, err := p.constant()
	if err != nil {
		return nil, err
	}
	return p.newMatch(p.from(start), x, v, nil)
}

var comparisons = []string{"==", "!=", "<=", ">=", "<", ">"}

func (p *parser) value() (Expr, error) {
	start := p.cur().span
	l, err := p.sum()
	if err != nil {
		return nil, err
	}
	op := p.cur()
	if op.kind != tokPunct || !slices.Contains(comparisons, op.text) {
		return l, nil
	}
	p.take()
	r, err := p.sum()
	if err != nil {
		return nil, err
	}
	if op.text == "!=" {
		eq := &Compare{node{p.from(start), Boolean}, "==", l, r}
		return p.negated(start, eq), nil
	}
	return &Compare{node{p.from(start), Boolean}, op.text, l, r}, nil
}

func (p *parser) sum() (Expr, error) { return p.arith("+-", p.product) }

func (p *parser) product() (Expr, error) { return p.arith("*/%", p.unary) }

// arith reads operands with one of the operators between them; they group to the left.
func (p *parser) arith(ops string, operand func() (Expr, error)) (Expr, error) {
	start := p.cur().span
	l, err := operand()
	for err == nil {
		op := p.cur()
		if op.kind != tokPunct || len(op.text) != 1 || !strings.Contains(ops, op.text) {
			return l, nil
		}
		if err := p.deepen(op.span); err != nil {
			return nil, err
		}
		p.take()
		var r Expr
		if r, err = operand(); err == nil {
			l = &Arith{node{p.from(start), Dynamic}, op.text[0], l, r}
		}
	}
	return nil, err
}

// unary reads signs. The sign right before a number belongs to it: -2147483648 is a number
// of 32 bits.
func (p *parser) unary() (Expr, error) {
	start := p.cur().span
	minus := p.cur().is("-")
	if !minus && !p.cur().is("+") || p.ahead(1).kind == tokInt || p.ahead(1).kind == tokDecimal {
		return p.primary()
	}
	p.take()
	if err := p.enter(start); err != nil {
		return nil, err
	}
	defer p.leave()
	x, err := p.unary()
	if err != nil || !minus {
		return x, err
	}
	return &Neg{node{p.from(start), Dynamic}, x}, nil
}

func (p *parser) primary() (Expr, error) {
	start := p.cur().span
	x, err := p.operand()
	for err == nil && p.accept("::") {
		if err := p.deepen(start); err != nil {
			return nil, err
		}
		t := p.take()
		f, ok := castTo(t.text)
		if t.kind != tokName || !ok {
			return nil, p.unsupported(t.span, "cast to "+strings.ToLower(t.text))
		}
		x = &Call{node{p.from(start), Dynamic}, f, []Expr{x}}
	}
	return x, err
}

func (p *parser) operand() (Expr, error) {
	t := p.cur()
	switch {
	case t.is("("):
		p.take()
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		return x, p.expect(")", "after the expression")
	case p.atConstant():
		v, err := p.constant()
		return v, err
	case t.kind == tokName && p.ahead(1).is("(") && (!reserved[strings.ToLower(t.text)]):
		return p.call()
	case t.name():
		n, err := p.name()
		return &Ref{node: node{place{n.at}, Dynamic}, Name: n.Text}, err
	}
	return nil, p.unexpected("an expression")
}
