package eql

import (
	"strconv"
	"time"

	"coldcase/rules/source"
)

// The grammar of a query, after Elasticsearch's EqlBase.g4:
//
//	statement = ( event | sequence | sample ) { "|" ( "head" | "tail" ) expression } .
//	event     = ( "any" | name | string ) "where" expression .
//	sequence  = "sequence" [ by ] [ "with" "maxspan" "=" int unit ] term { term }
//	            [ "until" term ] .
//	sample    = "sample" [ by ] term term { term } .
//	term      = ( "[" | "![" ) event "]" [ by ] [ "with" "runs" "=" int ] .
//	by        = "by" field { "," field } .
//
// Expressions are in expression.go.

// Limits of one query. Elasticsearch gives up at similar sizes; no rule comes near.
const (
	maxDepth = 200       // nested parentheses, calls, "not" and unary minus
	maxArith = 1000      // binary arithmetic operators: each deepens the tree by one
	maxText  = 256 << 10 // bytes
	maxSteps = 1000      // terms of a sequence, runs unrolled
	maxRuns  = 100       // query-semantics 4.1
	// maxAlternatives is the length of a list behind : , like or in~ over a computed
	// value, which is then computed for each: their product must stay small.
	maxAlternatives = 64
)

// parser reads tokens; its methods are named for the rules of the grammar. It
// never looks further back than the current token and two ahead.
type parser struct {
	src    source.Text
	tokens []token // ends in tokEOF
	pos    int
	depth  int
	ariths int
}

func parse(src source.Text) (*statement, error) {
	if len(src.Body) > maxText {
		return nil, src.Errorf(source.Span{}, "query of %d bytes: the limit is %d", len(src.Body), maxText)
	}
	tokens, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{src: src, tokens: tokens}
	return p.statement()
}

func (p *parser) cur() token { return p.tokens[p.pos] }

func (p *parser) ahead() token { return p.tokens[min(p.pos+1, len(p.tokens)-1)] }

func (p *parser) take() token {
	t := p.cur()
	if t.kind != tokEOF {
		p.pos++
	}
	return t
}

// accept takes the current token when it is the keyword or operator s.
func (p *parser) accept(s string) bool {
	if p.cur().is(s) {
		p.pos++
		return true
	}
	return false
}

func (p *parser) expect(s, where string) error {
	if !p.accept(s) {
		return p.unexpected("\"" + s + "\" " + where)
	}
	return nil
}

func (p *parser) errorf(s source.Span, format string, args ...any) error {
	return p.src.Errorf(s, format, args...)
}

func (p *parser) unexpected(want string) error {
	t := p.cur()
	return p.errorf(t.span, "found %s, expected %s", t.found(), want)
}

// from is the span from start to the last token taken.
func (p *parser) from(start source.Span) at {
	return at{source.Span{Start: start.Start, End: p.tokens[max(p.pos-1, 0)].span.End}}
}

func (p *parser) statement() (*statement, error) {
	var err error
	s := &statement{}
	switch t := p.cur(); {
	case p.accept("sequence"):
		s.form, err = sequenceForm, p.sequence(s, t.span)
	case p.accept("sample"):
		s.form, err = sampleForm, p.sample(s, t.span)
	case t.is("join"):
		return nil, p.errorf(t.span, "join is not supported in EQL")
	default:
		s.event, err = p.event()
	}
	if err != nil {
		return nil, err
	}
	for p.cur().is("|") {
		if err := p.pipe(s); err != nil {
			return nil, err
		}
	}
	if p.cur().kind != tokEOF {
		return nil, p.unexpected("\"|\" or the end of the query")
	}
	return s, nil
}

func (p *parser) event() (eventFilter, error) {
	var e eventFilter
	switch t := p.cur(); {
	case p.accept("any"):
	case t.kind == tokName, t.kind == tokString && t.text != "":
		e.category = p.take().text
	default:
		return e, p.unexpected("an event category, \"any\", \"sequence\" or \"sample\"")
	}
	if err := p.expect("where", "after the event category"); err != nil {
		return e, err
	}
	x, err := p.expression()
	e.x = x
	return e, err
}

func (p *parser) sequence(s *statement, start source.Span) (err error) {
	if s.by, err = p.by(); err != nil {
		return err
	}
	if p.accept("with") {
		if s.maxspan, err = p.maxspan(); err != nil {
			return err
		}
	}
	if p.cur().is("by") {
		return p.errorf(p.cur().span, "\"by\" must come before \"with\"")
	}
	for p.cur().is("[") || p.cur().is("![") {
		t, err := p.term(len(s.by))
		if err != nil {
			return err
		}
		s.terms = append(s.terms, t)
	}
	if t := p.cur(); p.accept("until") {
		u, err := p.term(len(s.by))
		if err != nil {
			return err
		}
		if u.missing || u.runs > 0 {
			return p.errorf(t.span, "\"until\" takes a plain [ ... ]")
		}
		s.until = &u
	}
	return p.checkSequence(s, start)
}

// checkSequence holds the terms against each other: query-semantics 4.1 and 4.5.
func (p *parser) checkSequence(s *statement, start source.Span) error {
	steps, positive := 0, 0
	for _, t := range s.terms {
		steps += max(t.runs, 1)
		if !t.missing {
			positive++
		} else if s.maxspan == 0 {
			return p.errorf(t.Span, "![ ] needs \"with maxspan\"")
		}
	}
	switch {
	case len(s.terms) == 0:
		return p.unexpected("\"[\"")
	case steps < 2:
		return p.errorf(start, "a sequence needs two terms or more")
	case positive == 0:
		return p.errorf(start, "a sequence needs a term that is not ![ ]")
	case steps > maxSteps:
		return p.errorf(start, "sequence of %d steps: the limit is %d", steps, maxSteps)
	}
	return p.checkKeys(s)
}

// checkKeys wants the same number of keys everywhere.
func (p *parser) checkKeys(s *statement) error {
	terms := s.terms
	if s.until != nil {
		terms = append(terms[:len(terms):len(terms)], *s.until)
	}
	for _, t := range terms {
		if want := len(s.terms[0].by); len(t.by) != want {
			return p.errorf(t.Span, "found %d join keys, expected %d as in the first term", len(t.by), want)
		}
	}
	return nil
}

// maxSampleTerms is Elasticsearch's limit of terms in a sample.
const maxSampleTerms = 5

func (p *parser) sample(s *statement, start source.Span) (err error) {
	if s.by, err = p.by(); err != nil {
		return err
	}
	for p.cur().is("[") || p.cur().is("![") {
		t, err := p.term(len(s.by))
		if err != nil {
			return err
		}
		if t.missing || t.runs > 0 {
			return p.errorf(t.Span, "![ ] and \"with runs\" do not belong in a sample")
		}
		s.terms = append(s.terms, t)
	}
	switch n := len(s.terms); {
	case n < 2:
		return p.errorf(start, "a sample needs two terms or more")
	case n > maxSampleTerms:
		return p.errorf(start, "sample of %d terms: the limit is %d", n, maxSampleTerms)
	case len(s.by)+len(s.terms[0].by) == 0:
		return p.errorf(start, "a sample needs a join key: \"by\" and a field")
	case p.cur().is("|"):
		return p.errorf(p.cur().span, "a sample takes no pipes")
	}
	return p.checkKeys(s)
}

func (p *parser) term(globalKeys int) (t term, err error) {
	start := p.cur().span
	t.missing = p.cur().is("![")
	if !t.missing && !p.cur().is("[") {
		return t, p.unexpected("\"[\"")
	}
	p.take()
	if t.event, err = p.event(); err != nil {
		return t, err
	}
	if err := p.expect("]", "after the term's condition"); err != nil {
		return t, err
	}
	if c := p.cur(); c.kind == tokName && c.text == "fork" {
		return t, p.errorf(c.span, "sequence fork is not supported in EQL")
	}
	if t.by, err = p.by(); err != nil {
		return t, err
	}
	if p.accept("with") {
		if t.runs, err = p.runs(); err != nil {
			return t, err
		}
	}
	t.at = p.from(start)
	return t, nil
}

// by reads join keys, none when the current token is not "by".
func (p *parser) by() ([]*field, error) {
	if !p.accept("by") {
		return nil, nil
	}
	var fields []*field
	for {
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		f, ok := x.(*field)
		if !ok {
			return nil, p.errorf(x.span(), "a join key is a field, found an expression")
		}
		fields = append(fields, f)
		if !p.accept(",") {
			return fields, nil
		}
	}
}

func (p *parser) maxspan() (time.Duration, error) {
	if err := p.expect("maxspan", "after \"with\""); err != nil {
		return 0, err
	}
	if err := p.expect("=", "after \"maxspan\""); err != nil {
		return 0, err
	}
	t := p.cur()
	if t.kind != tokInt {
		return 0, p.unexpected("a whole number and a unit, as in 30s")
	}
	p.take()
	for _, u := range units {
		if c := p.cur(); c.kind == tokName && c.text == u.name {
			p.take()
			n, err := strconv.ParseInt(t.text, 10, 64)
			if err != nil || n < 1 || n > int64(maxSpan/u.d) {
				return 0, p.errorf(t.span, "maxspan of %s%s is out of range", t.text, u.name)
			}
			return time.Duration(n) * u.d, nil
		}
	}
	return 0, p.unexpected("a unit of time: ms, s, m, h or d")
}

// maxSpan is what a time.Duration can hold, nearly 300 years.
const maxSpan = time.Duration(1<<63 - 1)

func (p *parser) runs() (int, error) {
	if c := p.cur(); c.kind != tokName || c.text != "runs" {
		return 0, p.unexpected("\"runs\" after \"with\"")
	}
	p.take()
	if err := p.expect("=", "after \"runs\""); err != nil {
		return 0, err
	}
	t := p.cur()
	n, err := strconv.Atoi(t.text)
	if t.kind != tokInt || err != nil || n < 1 || n > maxRuns {
		return 0, p.unexpected("a whole number from 1 to " + strconv.Itoa(maxRuns))
	}
	p.take()
	return n, nil
}

func (p *parser) pipe(s *statement) error {
	p.take()
	t := p.cur()
	if t.kind != tokName {
		return p.unexpected("a pipe: head or tail")
	}
	if t.text != "head" && t.text != "tail" {
		return p.errorf(t.span, "pipe %s is not supported in EQL, only head and tail are", t.text)
	}
	p.take()
	x, err := p.expression()
	if err != nil {
		return err
	}
	n, err := p.count(x)
	if err != nil {
		return err
	}
	s.pipes = append(s.pipes, pipe{t.text == "tail", n})
	return nil
}

// count wants a constant whole number of an int's range in Java, as Elasticsearch
// does; "head 2 + 3" is one.
func (p *parser) count(x node) (int, error) {
	folder := &folder{src: p.src}
	if folded, err := folder.fold(x); err != nil {
		return 0, err
	} else if l, ok := folded.(*literal); ok && l.kind == typeNumber {
		if n, err := strconv.ParseInt(l.text, 10, 32); err == nil && n >= 0 {
			return int(n), nil
		}
	}
	return 0, p.errorf(x.span(), "a pipe takes one whole number that is not negative")
}
