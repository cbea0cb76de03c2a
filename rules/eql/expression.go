package eql

import (
	"math"
	"strconv"
	"strings"

	"coldcase/rules/source"
)

// The grammar of an expression, loosest first:
//
//	expression = conjunct { "or" conjunct } .
//	conjunct   = negation { "and" negation } .
//	negation   = "not" negation | comparison .
//	comparison = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum ] .
//	sum        = product { ( "+" | "-" ) product } .
//	product    = unary { ( "*" | "/" | "%" ) unary } .
//	unary      = ( "-" | "+" ) unary | primary [ predicate ] .
//	predicate  = [ "not" ] ( "in" | "in~" ) "(" expression { "," expression } ")"
//	           | ( ":" | "like" | "like~" | "regex" | "regex~" )
//	             ( constant | "(" constant { "," constant } ")" ) .
//	primary    = constant | call | field | "(" expression ")" .
//	call       = ( name | name~ ) "(" [ expression { "," expression } ] ")" .
//	field      = [ "?" ] segment { "." segment } .

// enter counts one level of nesting; the caller leaves it with p.depth--.
func (p *parser) enter() error {
	if p.depth++; p.depth > maxDepth {
		return p.errorf(p.cur().span, "expression is nested deeper than %d levels", maxDepth)
	}
	return nil
}

func (p *parser) expression() (node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	start := p.cur().span
	list, err := p.chain("or", p.conjunct)
	if err != nil || len(list) == 1 {
		return first(list), err
	}
	return &or{p.from(start), list}, nil
}

func (p *parser) conjunct() (node, error) {
	start := p.cur().span
	list, err := p.chain("and", p.negation)
	if err != nil || len(list) == 1 {
		return first(list), err
	}
	return &and{p.from(start), list}, nil
}

func first(list []node) node {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// chain reads item { op item } into one flat list, so that a long chain is not a
// deep tree.
func (p *parser) chain(op string, item func() (node, error)) ([]node, error) {
	var list []node
	for {
		x, err := item()
		if err != nil {
			return nil, err
		}
		list = append(list, x)
		if !p.accept(op) {
			return list, nil
		}
	}
}

func (p *parser) negation() (node, error) {
	start := p.cur().span
	if !p.accept("not") {
		return p.comparison()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	x, err := p.negation()
	if err != nil {
		return nil, err
	}
	return &not{p.from(start), x}, nil
}

var comparisons = []string{"==", "!=", "<=", ">=", "<", ">"}

func (p *parser) comparison() (node, error) {
	start := p.cur().span
	l, err := p.sum()
	if err != nil {
		return nil, err
	}
	if p.cur().is("=") {
		return nil, p.errorf(p.cur().span, "\"=\" is not an operator of EQL: use \"==\" or \":\"")
	}
	for _, op := range comparisons {
		if p.accept(op) {
			r, err := p.sum()
			if err != nil {
				return nil, err
			}
			return &compare{p.from(start), op, l, r}, nil
		}
	}
	return l, nil
}

func (p *parser) sum() (node, error) { return p.arith("+-", p.product) }

func (p *parser) product() (node, error) { return p.arith("*/%", p.unary) }

// arith reads item { op item } with op one of the characters of ops.
func (p *parser) arith(ops string, item func() (node, error)) (node, error) {
	start := p.cur().span
	x, err := item()
	for err == nil {
		op := p.cur()
		if op.kind != tokPunct || !strings.Contains(ops, op.text) {
			return x, nil
		}
		p.take()
		if p.ariths++; p.ariths > maxArith {
			return nil, p.errorf(op.span, "more than %d arithmetic operators", maxArith)
		}
		var r node
		if r, err = item(); err == nil {
			x = &arith{p.from(start), op.text[0], x, r}
		}
	}
	return nil, err
}

func (p *parser) unary() (node, error) {
	t := p.cur()
	if !t.is("-") && !t.is("+") {
		return p.predicate()
	}
	p.take()
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	x, err := p.unary()
	if err != nil || t.is("+") {
		return x, err
	}
	return &negate{p.from(t.span), x}, nil
}

func (p *parser) predicate() (node, error) {
	start := p.cur().span
	x, err := p.primary()
	if err != nil {
		return nil, err
	}
	m := &member{x: x}
	if p.cur().is("not") && (p.ahead().is("in") || p.ahead().is("in~")) {
		p.take()
		m.negated = true
	}
	switch t := p.cur(); {
	case t.is("in"), t.is("in~"):
		m.op = p.take().text
		m.list, err = p.parenthesised(p.expression)
	case t.is(":"), t.is("like"), t.is("like~"), t.is("regex"), t.is("regex~"):
		m.op = p.take().text
		m.list, err = p.patterns()
	default:
		return x, nil
	}
	if err != nil {
		return nil, err
	}
	m.at = p.from(start)
	return m, nil
}

// patterns reads the right side of : like and regex.
func (p *parser) patterns() ([]node, error) {
	if p.cur().is("(") {
		return p.parenthesised(p.constant)
	}
	x, err := p.constant()
	return []node{x}, err
}

// parenthesised reads "(" item { "," item } ")".
func (p *parser) parenthesised(item func() (node, error)) ([]node, error) {
	if err := p.expect("(", "before the list"); err != nil {
		return nil, err
	}
	list, err := p.chain(",", item)
	if err != nil {
		return nil, err
	}
	return list, p.expect(")", "or \",\" in the list")
}

func (p *parser) constant() (node, error) {
	if x, err := p.maybeConstant(); x != nil || err != nil {
		return x, err
	}
	return nil, p.unexpected("a constant")
}

// maybeConstant returns nil when the current token is no constant.
func (p *parser) maybeConstant() (node, error) {
	t := p.cur()
	x := &literal{at: at{t.span}, text: t.text}
	switch {
	case t.is("null"):
		x.kind = typeNull
	case t.is("true"), t.is("false"):
		x.kind = typeBool
	case t.kind == tokString:
		x.kind = typeString
	case t.kind == tokInt, t.kind == tokDecimal:
		// An integer that is too long for 64 bits is a double (visitIntegerLiteral).
		if v, err := strconv.ParseFloat(t.text, 64); err != nil || math.IsInf(v, 0) {
			return nil, p.errorf(t.span, "number is out of range")
		}
		x.kind = typeNumber
	default:
		return nil, nil
	}
	p.take()
	return x, nil
}

func (p *parser) primary() (node, error) {
	if x, err := p.maybeConstant(); x != nil || err != nil {
		return x, err
	}
	switch t := p.cur(); {
	case p.accept("("):
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		return x, p.expect(")", "to close the parenthesis")
	case t.is("?"):
		return p.optionalField()
	case t.kind == tokTildeName, t.kind == tokName && p.ahead().is("("):
		return p.call()
	case t.kind == tokName && p.ahead().is("of"):
		return nil, p.errorf(t.span, "process relationships (%s of) are not supported in EQL", t.text)
	case t.kind == tokName, t.kind == tokQuotedName:
		return p.field(t.span, false)
	case t.kind == tokKeyword && (p.ahead().is(".") || p.ahead().is("==")):
		return nil, p.errorf(t.span, "%s is a keyword: write it between backticks to name a field", t.text)
	}
	return nil, p.unexpected("a field, a constant, a function or \"(\"")
}

func (p *parser) optionalField() (node, error) {
	t := p.take()
	if p.cur().kind == tokString {
		return nil, p.errorf(t.span, "?\"...\" is not part of EQL: use \"\"\"...\"\"\" for a raw string")
	}
	return p.field(t.span, true)
}

func (p *parser) field(start source.Span, optional bool) (node, error) {
	var segments []string
	for {
		t := p.cur()
		if t.kind != tokName && t.kind != tokQuotedName {
			return nil, p.unexpected("a field name (keywords need backticks)")
		}
		segments = append(segments, p.take().text)
		if p.cur().is("[") && p.ahead().kind == tokInt {
			return nil, p.errorf(p.cur().span, "array indexes are not supported in EQL")
		}
		if !p.accept(".") {
			return &field{p.from(start), strings.Join(segments, "."), optional}, nil
		}
	}
}

func (p *parser) call() (node, error) {
	t := p.take()
	x := &call{fn: lookup(t.text), fold: t.kind == tokTildeName}
	switch {
	case x.fn == nil:
		return nil, p.errorf(t.span, "unknown function %s", t.text)
	case x.fold && !x.fn.tilde:
		return nil, p.errorf(t.span, "function %s has no case-insensitive form", x.fn.name)
	}
	if err := p.expect("(", "after the function's name"); err != nil {
		return nil, err
	}
	if !p.cur().is(")") {
		list, err := p.chain(",", p.expression)
		if err != nil {
			return nil, err
		}
		x.args = list
	}
	if err := p.expect(")", "or \",\" in the arguments"); err != nil {
		return nil, err
	}
	x.at = p.from(t.span)
	least, most := x.fn.arity()
	if n := len(x.args); n < least || most >= 0 && n > most {
		return nil, p.errorf(x.Span, "function %s takes %s, found %d", x.fn.name, arguments(least, most), n)
	}
	return x, nil
}

func arguments(least, most int) string {
	s := strconv.Itoa(least)
	switch {
	case most < 0:
		s += " arguments or more"
	case most > least:
		s += " to " + strconv.Itoa(most) + " arguments"
	case least == 1:
		s += " argument"
	default:
		s += " arguments"
	}
	return s
}
