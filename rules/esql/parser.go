package esql

import (
	"strings"

	"coldcase/rules/source"
)

// The grammar of a query, after Elasticsearch's EsqlBaseParser.g4:
//
//	query   = { "SET" name "=" constant ";" } command { "|" command } .
//	command = "FROM" pattern { "," pattern } [ "METADATA" name { "," name } ]
//	        | "ROW" fields | "EVAL" fields | "WHERE" expr | "LIMIT" int | "MV_EXPAND" name
//	        | ( "STATS" | "INLINE" "STATS" | "INLINESTATS" ) [ aggs ] [ "BY" fields ]
//	        | ( "KEEP" | "DROP" ) names | "RENAME" renaming { "," renaming }
//	        | "SORT" key { "," key }
//	        | "GROK" primary string { "," string }
//	        | "DISSECT" primary string [ "APPEND_SEPARATOR" "=" string ]
//	        | "COMPLETION" [ name "=" ] primary "WITH" ( map | name ) .
//	fields  = [ name "=" ] expr { "," [ name "=" ] expr } .
//	aggs    = [ name "=" ] expr [ "WHERE" expr ] { "," ... } .
//
// Commands are in commands.go, expressions in expression.go.

// Limits of one query. No rule comes near.
const (
	maxText     = 256 << 10 // bytes
	maxDepth    = 200       // nested parentheses, calls, "not" and unary minus
	maxArith    = 1000      // binary operators and casts: each deepens the tree by one
	maxCommands = 500
	maxNames    = 2000 // columns that a query makes or names
	// maxColumns bounds the columns behind all commands: every command copies them.
	maxColumns = 400_000
)

// parser reads tokens. It looks back at most at the beginning of a field.
type parser struct {
	src     source.Text
	tokens  []token // ends in tokEOF
	pos     int
	depth   int
	ariths  int
	names   int
	grokked int // bytes of the expressions that GROK patterns stand for
}

// Parse reads a query and checks it against a mapping. An error is a *source.Error; its
// Unsupported names a construct that is valid but cannot be run. The result is new and
// belongs to the caller.
func Parse(src source.Text, m Mapping) (*Query, error) {
	q, err := parse(src)
	if err != nil {
		return nil, err
	}
	if err := check(q, m); err != nil {
		return nil, err
	}
	return q, nil
}

// parse reads a query without looking at what its columns are.
func parse(src source.Text) (*Query, error) {
	if len(src.Body) > maxText {
		return nil, src.Errorf(source.Span{}, "query of %d bytes: the limit is %d", len(src.Body), maxText)
	}
	tokens, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{src: src, tokens: tokens}
	return p.query()
}

func (p *parser) cur() token { return p.tokens[p.pos] }

func (p *parser) ahead(n int) token { return p.tokens[min(p.pos+n, len(p.tokens)-1)] }

func (p *parser) take() token {
	t := p.cur()
	if t.kind != tokEOF {
		p.pos++
	}
	return t
}

// accept takes the current token when it is the operator s.
func (p *parser) accept(s string) bool {
	if p.cur().is(s) {
		p.pos++
		return true
	}
	return false
}

// acceptWord takes the current token when it is the keyword s.
func (p *parser) acceptWord(s string) bool {
	if p.cur().word(s) {
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
	if t.is("?") {
		return p.unsupported(t.span, "query parameter")
	}
	return p.errorf(t.span, "found %s, expected %s", t.found(), want)
}

// unsupported refuses a construct by its name.
func (p *parser) unsupported(s source.Span, construct string) error {
	return unsupported(p.src, s, construct)
}

func unsupported(src source.Text, s source.Span, construct string) error {
	return src.Unsupported(s, construct, "esql: %s is not supported", construct)
}

// from is the span from start to the last token taken.
func (p *parser) from(start source.Span) place {
	return place{source.Span{Start: start.Start, End: p.tokens[max(p.pos-1, 0)].span.End}}
}

// text is the source text of a span.
func (p *parser) text(s source.Span) string { return p.src.Body[s.Start:s.End] }

func (p *parser) query() (*Query, error) {
	q := &Query{src: p.src}
	for p.cur().word("set") {
		if err := p.setting(q); err != nil {
			return nil, err
		}
	}
	for {
		c, err := p.command(len(q.Commands)+len(q.Skipped) == 0)
		if err != nil {
			return nil, err
		}
		for _, x := range expressions(c) {
			if nesting(x) >= maxDepth {
				return nil, p.errorf(x.Span(), "nested deeper than %d", maxDepth)
			}
		}
		if _, ok := c.(*Completion); ok || len(q.Skipped) > 0 {
			q.Skipped = append(q.Skipped, c)
		} else {
			q.Commands = append(q.Commands, c)
		}
		if n := len(q.Commands) + len(q.Skipped); n > maxCommands {
			return nil, p.errorf(c.Span(), "more than %d commands", maxCommands)
		}
		if p.cur().kind == tokEOF {
			return q, nil
		}
		if p.cur().is("=") {
			return nil, p.errorf(p.cur().span, "found \"=\", expected \"|\" or the end of the query: \"==\" asks whether two values are equal")
		}
		if err := p.expect("|", "or the end of the query"); err != nil {
			return nil, err
		}
	}
}

// setting reads SET name = constant; only unmapped_fields changes what a query means here.
func (p *parser) setting(q *Query) error {
	start := p.take().span
	name := p.take()
	if err := p.expect("=", "after the setting's name"); err != nil {
		return err
	}
	v, err := p.constant()
	if err != nil {
		return err
	}
	if err := p.expect(";", "after the setting"); err != nil {
		return err
	}
	if !equalFold(name.text, "unmapped_fields") {
		return p.unsupported(start, "setting "+strings.ToLower(name.text))
	}
	if v.typ != Keyword || len(v.Values) != 1 || !equalFold(v.Values[0].Text, "nullify") && !equalFold(v.Values[0].Text, "fail") {
		return p.unsupported(v.at, "this value of unmapped_fields")
	}
	q.Nullify = equalFold(v.Values[0].Text, "nullify")
	return nil
}

// command reads one command. The first one makes rows, the others take them.
func (p *parser) command(first bool) (Command, error) {
	t := p.cur()
	if t.kind != tokName {
		return nil, p.unexpected("a command")
	}
	word := strings.ToUpper(t.text)
	for _, c := range commands {
		if c.word != word || c.second != "" && !p.ahead(1).word(c.second) {
			continue
		}
		if c.first != first {
			return nil, p.errorf(t.span, "%s %s", word, map[bool]string{
				true: "must be the first command", false: "cannot be the first command"}[c.first])
		}
		p.take()
		if c.second != "" {
			p.take()
		}
		return c.read(p, t.span)
	}
	if isKnownCommand(word) {
		if word == "LOOKUP" && p.ahead(1).word("join") {
			word = "LOOKUP JOIN"
		}
		return nil, p.unsupported(t.span, "command "+word)
	}
	if near := meant(word, commandWords(first)); near != "" || !first {
		return nil, p.errorf(t.span, "unknown command %q%s", t.text, near)
	}
	return nil, p.errorf(t.span, "unknown command %q: a query begins with FROM", t.text)
}

// enter and leave bound the recursion of the parser.
func (p *parser) enter(s source.Span) error {
	if p.depth++; p.depth > maxDepth {
		return p.errorf(s, "nested deeper than %d", maxDepth)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// count counts names that a command makes or moves.
func (p *parser) count(n int) error {
	if p.names += n; p.names > maxNames {
		return p.errorf(p.cur().span, "more than %d columns", maxNames)
	}
	return nil
}

// deepen counts an operator that makes the tree one deeper without recursion.
func (p *parser) deepen(s source.Span) error {
	if p.ariths++; p.ariths > maxArith {
		return p.errorf(s, "more than %d operators", maxArith)
	}
	return nil
}
