package lucene

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// The grammar; white space may stand between all tokens.
//
//	query  = [ mod ] clause { [ "AND" | "&&" | "OR" | "||" ] [ mod ] clause }
//	mod    = "+" | "-" | "!" | "NOT"
//	clause = [ ( word | "*" ) ":" ] value
//	value  = ( "(" query ")" | word | quoted | regexp | range ) [ "^" number ]
//	range  = ( "[" | "{" ) end "TO" end ( "]" | "}" )

// existsField is the name before a field that shall exist.
const existsField = "_exists_"

// parser reads one query. pos <= len(s).
type parser struct {
	t     source.Text
	s     string // t.Body
	pos   int
	depth int
}

func parse(t source.Text) (node, error) {
	if len(t.Body) > maxLength {
		return nil, t.Errorf(source.Span{}, "found a query of %d bytes, expected at most %d", len(t.Body), maxLength)
	}
	p := &parser{t: t, s: t.Body}
	if p.spaces(); p.pos == len(p.s) {
		return &all{}, nil
	}
	n, err := p.query(anyField)
	if err != nil {
		return nil, err
	}
	if p.pos < len(p.s) {
		return nil, p.expected("the end of the query")
	}
	return n, nil
}

// query reads clauses up to a ')' or the end. How a conjunction and a modifier make
// a clause count is Lucene's QueryParserBase.addClause with default operator OR.
func (p *parser) query(field string) (node, error) {
	var clauses []clause
	for {
		and := p.conjunction(len(clauses) > 0)
		occurs := p.modifier()
		if and && occurs == should {
			occurs = must
		}
		if last := len(clauses) - 1; and && clauses[last].occur == should {
			clauses[last].occur = must
		}
		n, err := p.clause(field)
		if err != nil {
			return nil, err
		}
		clauses = append(clauses, clause{occurs, n})
		if p.spaces(); p.pos == len(p.s) || p.at(')') || p.at(':') {
			break
		}
	}
	if len(clauses) == 1 && clauses[0].occur != mustNot {
		return clauses[0].n, nil
	}
	return &boolean{clauses}, nil
}

// conjunction skips an AND or OR, which may stand after a clause only, and reports
// whether it was an AND.
func (p *parser) conjunction(allowed bool) (and bool) {
	if !allowed {
		return false
	}
	p.spaces()
	w := p.peekWord().image
	if w == "" || !isOperator(w) || w == "NOT" {
		return false
	}
	p.pos += len(w)
	return w == "AND" || w == "&&"
}

func (p *parser) modifier() occur {
	p.spaces()
	w := p.peekWord().image
	switch {
	case w == "NOT":
		p.pos += len(w)
		return mustNot
	case w != "":
		return should
	case p.at('+'):
		p.pos++
		return must
	case p.at('-') || p.at('!'):
		p.pos++
		return mustNot
	}
	return should
}

// clause reads a value with or without a field of its own.
func (p *parser) clause(field string) (node, error) {
	p.spaces()
	w := p.peekWord()
	if !w.mayBeField() {
		return p.value(field)
	}
	start := p.pos
	p.pos = w.span.End
	if !p.next(':') {
		p.pos = start
		return p.value(field)
	}
	p.pos++
	name, err := p.unescape(w.image, w.span)
	if err != nil {
		return nil, err
	}
	p.spaces()
	return p.value(name)
}

func (p *parser) value(field string) (node, error) {
	n, err := p.bareValue(field)
	if err != nil {
		return nil, err
	}
	if err := p.boost(); err != nil {
		return nil, err
	}
	return n, p.noTilde(n)
}

func (p *parser) bareValue(field string) (node, error) {
	switch {
	case p.at('('):
		return p.group(field)
	case p.at('"'):
		return p.phrase(field)
	case p.at('/'):
		return p.regexp(field)
	case p.at('[') || p.at('{'):
		return p.bounds(field)
	}
	w := p.peekWord()
	if w.image == "" || isOperator(w.image) {
		return nil, p.expected(`a word, a quoted text, a range or "("`)
	}
	p.pos = w.span.End
	if w.wilds > 0 {
		return p.wild(field, w)
	}
	return p.term(field, w)
}

func (p *parser) group(field string) (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.t.Errorf(source.Span{Start: p.pos, End: p.pos + 1},
			"found more than %d groups inside one another", maxDepth)
	}
	p.pos++
	n, err := p.query(field)
	if err != nil {
		return nil, err
	}
	if !p.next(')') {
		return nil, p.expected(`")"`)
	}
	p.pos++
	p.depth--
	return n, nil
}

func (p *parser) phrase(field string) (node, error) {
	body, span, err := p.delimited("a quoted text")
	if err != nil {
		return nil, err
	}
	text, err := p.unescape(body, span)
	if err != nil {
		return nil, err
	}
	if field == existsField {
		return &exists{text}, nil
	}
	return &term{field: field, text: text, quoted: true}, nil
}

func (p *parser) regexp(field string) (node, error) {
	body, span, err := p.delimited("a regular expression")
	if err != nil {
		return nil, err
	}
	return &regex{field, body, span}, p.noPattern(field, span)
}

// term makes the node of a word without wildcards. Elasticsearch reads the signs of
// a one-sided range off the word's text.
func (p *parser) term(field string, w word) (node, error) {
	text, err := p.unescape(w.image, w.span)
	if err != nil {
		return nil, err
	}
	if len(text) > 1 && (text[0] == '<' || text[0] == '>') {
		return p.oneSided(field, text, w.span)
	}
	if field == existsField {
		return &exists{text}, nil
	}
	return &term{field: field, text: text}, nil
}

func (p *parser) oneSided(field, text string, span source.Span) (node, error) {
	value, inclusive := strings.CutPrefix(text[1:], "=")
	if value == "" {
		return nil, p.t.Unsupported(span, "range without a value",
			"found %q alone, expected a value after it without a space", text)
	}
	b := &bound{value, inclusive}
	if text[0] == '<' {
		return &bounds{field: field, hi: b}, p.noPattern(field, span)
	}
	return &bounds{field: field, lo: b}, p.noPattern(field, span)
}

// wild makes the node of a word with wildcards. In one with no wildcard but a '*'
// at its end, \uXXXX is a character; in others, Lucene's wildcard query reads the
// word and knows a backslash only.
func (p *parser) wild(field string, w word) (node, error) {
	switch {
	case w.image == "*" && field == anyField:
		return &all{}, nil
	case w.image == "*" && field != existsField:
		return &exists{field}, nil
	case !w.isPrefix():
		return &wild{field, query.EscapedPattern(w.image)}, p.noPattern(field, w.span)
	}
	text, err := p.unescape(w.image[:len(w.image)-1], w.span)
	if err != nil {
		return nil, err
	}
	pattern := query.Pattern(nil).AppendLit(text)
	return &wild{field, append(pattern, query.Part{Kind: query.Any})}, p.noPattern(field, w.span)
}

// noPattern refuses anything but a name after _exists_.
func (p *parser) noPattern(field string, span source.Span) error {
	if field != existsField {
		return nil
	}
	return p.t.Unsupported(span, "pattern after _exists_", "found %q, expected the name of a field", p.s[span.Start:span.End])
}

// bounds reads a range in brackets.
func (p *parser) bounds(field string) (node, error) {
	start := p.pos
	loIn := p.at('[')
	p.pos++
	lo, err := p.bound(loIn)
	if err != nil {
		return nil, err
	}
	p.spaces()
	if p.goop() != "TO" {
		return nil, p.expected("TO")
	}
	p.pos += len("TO")
	hi, err := p.bound(true)
	if err != nil {
		return nil, err
	}
	if !p.next(']') && !p.at('}') {
		return nil, p.expected(`"]" or "}"`)
	}
	if hi != nil {
		hi.inclusive = p.at(']')
	}
	p.pos++
	span := source.Span{Start: start, End: p.pos}
	if lo == nil && hi == nil && field != existsField {
		return &exists{field}, nil
	}
	return &bounds{field, lo, hi}, p.noPattern(field, span)
}

// bound reads one end of a range: a quoted text, or anything up to white space or
// the closing bracket. '*' is an open end.
func (p *parser) bound(inclusive bool) (*bound, error) {
	p.spaces()
	body, span := p.goop(), source.Span{Start: p.pos, End: p.pos}
	switch {
	case p.at('"'):
		var err error
		if body, span, err = p.delimited("a quoted text"); err != nil {
			return nil, err
		}
	case body == "":
		return nil, p.expected("a value or *")
	default:
		p.pos += len(body)
		span.End = p.pos
		if body == "*" {
			return nil, nil
		}
	}
	text, err := p.unescape(body, span)
	if err != nil {
		return nil, err
	}
	return &bound{text, inclusive}, nil
}

// goop returns the unquoted end of a range at pos, without skipping it.
func (p *parser) goop() string {
	i := p.pos
	for i < len(p.s) && p.s[i] != ']' && p.s[i] != '}' && spaceAt(p.s, i) == 0 {
		i++
	}
	return p.s[p.pos:i]
}

// boost skips "^2.5": it weighs scores, which a rule does not see.
func (p *parser) boost() error {
	if !p.next('^') {
		return nil
	}
	p.pos++
	p.spaces()
	if p.digits() == 0 {
		return p.expected("a number")
	}
	if p.at('.') {
		p.pos++
		if p.digits() == 0 {
			return p.expected("a digit")
		}
	}
	return nil
}

func (p *parser) digits() int {
	start := p.pos
	for p.pos < len(p.s) && p.s[p.pos] >= '0' && p.s[p.pos] <= '9' {
		p.pos++
	}
	return p.pos - start
}

func (p *parser) noTilde(n node) error {
	if !p.next('~') {
		return nil
	}
	span := source.Span{Start: p.pos, End: p.pos + 1}
	if t, ok := n.(*term); ok && t.quoted {
		return p.t.Unsupported(span, "proximity search", "found %q after a quoted text", "~")
	}
	return p.t.Unsupported(span, "fuzzy search", "found %q", "~")
}

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
	if w := p.peekWord().image; len(w) > n && len(w) <= longest {
		n = len(w)
	}
	return strconv.Quote(rest[:n])
}
