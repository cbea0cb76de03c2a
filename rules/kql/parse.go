package kql

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// The grammar, with ws for one or more spaces and _ for any number of them:
//
//	start  = _ [ or ] _
//	or     = and { ws "or" ws and }
//	and    = not { ws "and" ws not }
//	not    = [ "not" ws ] sub
//	sub    = "(" _ or _ ")" | field _ ":" _ "{" _ or _ "}" | expr
//	expr   = field _ ( "<=" | ">=" | "<" | ">" ) _ literal
//	       | field _ ":" _ list
//	       | value
//	list   = "(" _ orlist _ ")" | value
//	orlist, andlist and notlist are as or, and and not, over lists.
//
// A field is a literal, and what follows a literal decides which of the
// alternatives it began; so one pass without backtracking suffices.

// parser reads one query. pos <= len(s).
type parser struct {
	t     source.Text
	s     string // t.Body
	pos   int
	depth int
}

// parse returns the tree of a query. The empty query is *:*.
func parse(t source.Text) (node, error) {
	if len(t.Body) > maxLength {
		return nil, t.Errorf(source.Span{}, "found a query of %d bytes, expected at most %d", len(t.Body), maxLength)
	}
	p := &parser{t: t, s: t.Body}
	p.spaces()
	if p.pos == len(p.s) {
		return matchAll(p.pos), nil
	}
	n, err := p.or(p.notQuery)
	if err != nil {
		return nil, err
	}
	p.spaces()
	if p.pos < len(p.s) {
		return nil, p.expected(`"and", "or" or the end of the query`)
	}
	return n, nil
}

func matchAll(pos int) node {
	star := &literal{kind: wildcard, pattern: query.Pattern{{Kind: query.Any}}, span: source.Span{Start: pos, End: pos}}
	return &is{star, star}
}

// item reads an operand: of a query, or of a list of values.
type item func() (node, error)

func (p *parser) or(x item) (node, error) {
	return p.chain("or", func() (node, error) { return p.chain("and", x) })
}

func (p *parser) chain(word string, x item) (node, error) {
	first, err := x()
	if err != nil {
		return nil, err
	}
	kids := []node{first}
	for p.conjunction(word) {
		kid, err := x()
		if err != nil {
			return nil, err
		}
		kids = append(kids, kid)
	}
	if len(kids) == 1 {
		return first, nil
	}
	return &logic{or: word == "or", kids: kids}, nil
}

// conjunction skips ws word ws, or nothing. An unquoted literal has stopped before
// the last of the spaces at the latest.
func (p *parser) conjunction(word string) bool {
	start := p.pos
	if p.spaces() == 0 || !wordAt(p.s, p.pos, word) {
		p.pos = start
		return false
	}
	p.pos += len(word)
	p.spaces()
	return true
}

// negation skips "not" ws.
func (p *parser) negation() bool {
	if !wordAt(p.s, p.pos, "not") {
		return false
	}
	p.pos += len("not")
	p.spaces()
	return true
}

func (p *parser) notQuery() (node, error) {
	if !p.negation() {
		return p.subQuery()
	}
	n, err := p.subQuery()
	if err != nil {
		return nil, err
	}
	return &not{n}, nil
}

func (p *parser) subQuery() (node, error) {
	if p.at('(') {
		return p.group(')', p.notQuery)
	}
	return p.expression()
}

// group reads what stands between the bracket at pos and its end.
func (p *parser) group(end byte, x item) (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.t.Errorf(source.Span{Start: p.pos, End: p.pos + 1},
			"found more than %d groups inside one another", maxDepth)
	}
	p.pos++
	p.spaces()
	n, err := p.or(x)
	if err != nil {
		return nil, err
	}
	p.spaces()
	if !p.at(end) {
		return nil, p.expected(`"and", "or" or ` + strconv.Quote(string(end)))
	}
	p.pos++
	p.depth--
	return n, nil
}

func (p *parser) expression() (node, error) {
	lit, err := p.literal(`a field, a value or "("`)
	if err != nil {
		return nil, err
	}
	end := p.pos
	p.spaces()
	if op, ok := p.rangeOp(); ok {
		return p.comparison(lit, op)
	}
	if !p.at(':') {
		p.pos = end // the spaces may belong to a conjunction
		return &is{&literal{kind: null, span: lit.span}, lit}, nil
	}
	p.pos++
	p.spaces()
	if p.at('{') {
		kid, err := p.group('}', p.notQuery)
		if err != nil {
			return nil, err
		}
		return &nested{lit, kid}, nil
	}
	return p.list(lit)
}

func (p *parser) rangeOp() (query.RangeOp, bool) {
	var op query.RangeOp
	switch {
	case p.at('<'):
		op = query.Lt
	case p.at('>'):
		op = query.Gt
	default:
		return 0, false
	}
	p.pos++
	if p.at('=') {
		p.pos++
		op++ // Lt, Le and Gt, Ge stand in this order
	}
	return op, true
}

func (p *parser) comparison(field *literal, op query.RangeOp) (node, error) {
	p.spaces()
	value, err := p.literal("a value")
	if err != nil {
		return nil, err
	}
	return &comparison{field, value, op}, nil
}

// list reads a value or a list of values and puts the field before each.
func (p *parser) list(field *literal) (node, error) {
	if p.at('(') {
		return p.group(')', func() (node, error) { return p.notList(field) })
	}
	value, err := p.literal(`a value or "("`)
	if err != nil {
		return nil, err
	}
	return &is{field, value}, nil
}

func (p *parser) notList(field *literal) (node, error) {
	if !p.negation() {
		return p.list(field)
	}
	n, err := p.list(field)
	if err != nil {
		return nil, err
	}
	return &not{n}, nil
}

func (p *parser) at(c byte) bool { return p.pos < len(p.s) && p.s[p.pos] == c }

func (p *parser) expected(what string) error {
	return p.t.Errorf(source.Span{Start: p.pos, End: p.pos}, "found %s, expected %s", p.found(), what)
}

// found names what stands at pos: a word or a character, quoted.
func (p *parser) found() string {
	rest := p.s[p.pos:]
	if rest == "" {
		return "the end of the query"
	}
	_, n := utf8.DecodeRuneInString(rest)
	const longest = 20
	end := strings.IndexAny(rest, " \t\r\n\u00a0"+special)
	if end < 0 {
		end = len(rest)
	}
	if end > n && end <= longest {
		n = end
	}
	return strconv.Quote(rest[:n])
}
