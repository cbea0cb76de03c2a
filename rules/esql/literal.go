package esql

import (
	"math"
	"strconv"
)

// atConstant reports whether a constant begins here.
func (p *parser) atConstant() bool {
	t := p.cur()
	switch {
	case t.kind == tokString, t.kind == tokInt, t.kind == tokDecimal, t.is("["), t.is("-"), t.is("+"):
		return true
	}
	return t.word("true") || t.word("false") || t.word("null")
}

// constant reads a constant: a string, a number, true, false, null, a time span, or a list
// of constants of one kind.
func (p *parser) constant() (*Literal, error) {
	start := p.cur().span
	if !p.accept("[") {
		return p.scalar()
	}
	list := &Literal{}
	for {
		v, err := p.scalar()
		if err != nil {
			return nil, err
		}
		if v.typ == Null || spans>>v.typ&1 == 1 {
			return nil, p.errorf(v.at, "a list holds strings, numbers or booleans")
		}
		if !list.add(v) {
			return nil, p.errorf(v.at, "a list holds values of one kind: found a %s behind a %s", v.typ, list.typ)
		}
		if !p.accept(",") {
			break
		}
	}
	if err := p.expect("]", "after the list"); err != nil {
		return nil, err
	}
	list.place = p.from(start)
	return list, nil
}

// add appends the value of v to a list. Numbers are widened to what holds them all.
func (list *Literal) add(v *Literal) bool {
	if len(list.Values) == 0 {
		list.typ = v.typ
	}
	if list.typ != v.typ {
		if numbers>>list.typ&1 == 0 || numbers>>v.typ&1 == 0 {
			return false
		}
		t := max(list.typ, v.typ)
		if (list.typ == UnsignedLong || v.typ == UnsignedLong) && t != Double {
			t = UnsignedLong
		}
		for i := range list.Values {
			list.Values[i] = widen(list.Values[i], list.typ, t)
		}
		list.Values = append(list.Values, widen(v.Values[0], v.typ, t))
		list.typ = t
		return true
	}
	list.Values = append(list.Values, v.Values[0])
	return true
}

// widen turns a number of one type into a wider one.
func widen(c Constant, from, to Type) Constant {
	switch {
	case from == to:
		return c
	case to == Double && from == UnsignedLong:
		return Constant{Float: float64(c.Uint)}
	case to == Double:
		return Constant{Float: float64(c.Int)}
	case to == UnsignedLong:
		return Constant{Uint: uint64(max(c.Int, 0))}
	}
	return c // integer as long
}

// scalar reads a constant that is no list.
func (p *parser) scalar() (*Literal, error) {
	t := p.cur()
	switch {
	case t.kind == tokString:
		p.take()
		return p.literal(t, Keyword, Constant{Text: t.text}), nil
	case t.word("true"), t.word("false"):
		p.take()
		return p.literal(t, Boolean, Constant{Bool: t.word("true")}), nil
	case t.word("null"):
		p.take()
		return &Literal{node: node{place{t.span}, Null}}, nil
	}
	return p.number()
}

func (p *parser) literal(start token, t Type, c Constant) *Literal {
	return &Literal{node{p.from(start.span), t}, []Constant{c}}
}

// number reads a number with its sign, or a time span.
func (p *parser) number() (*Literal, error) {
	start := p.cur()
	sign := ""
	if p.cur().is("-") || p.cur().is("+") {
		if p.take().text == "-" {
			sign = "-"
		}
	}
	t := p.cur()
	switch {
	case t.kind == tokDecimal:
		p.take()
		return p.double(start, sign+t.text)
	case t.kind != tokInt:
		return nil, p.unexpected("a constant")
	}
	p.take()
	if u := p.cur(); u.kind == tokName && !reserved[lowerASCII(u.text)] {
		return p.span(start, sign+t.text, u)
	}
	return p.whole(start, sign+t.text)
}

func (p *parser) double(start token, text string) (*Literal, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, p.errorf(start.span, "number %s is out of range", text)
	}
	return p.literal(start, Double, Constant{Float: f}), nil
}

// whole types a whole number: integer, else long, else unsigned_long, else double.
func (p *parser) whole(start token, text string) (*Literal, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n == int64(int32(n)) {
			return p.literal(start, Integer, Constant{Int: n}), nil
		}
		return p.literal(start, Long, Constant{Int: n}), nil
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return p.literal(start, UnsignedLong, Constant{Uint: n}), nil
	}
	return p.double(start, text)
}

func (p *parser) span(start token, number string, u token) (*Literal, error) {
	if !isUnit(u.text) {
		return nil, p.errorf(u.span, "found %s, expected a unit of time (seconds, minutes, hours, days, ...)", u.found())
	}
	p.take()
	n, err := strconv.ParseInt(number, 10, 64)
	s, t, ok := makeSpan(n, u.text)
	if err != nil || !ok {
		return nil, p.errorf(start.span, "time span of %s %s is out of range", number, u.text)
	}
	return p.literal(start, t, Constant{Span: s}), nil
}

// formatDouble writes a double as the lexer reads it: never as a whole number.
func formatDouble(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if f == math.Trunc(f) && !hasExponent(s) {
		s += ".0"
	}
	return s
}

func hasExponent(s string) bool {
	for i := range len(s) {
		if s[i] == 'e' {
			return true
		}
	}
	return false
}
