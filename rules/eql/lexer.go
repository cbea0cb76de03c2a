package eql

import (
	"strings"

	"coldcase/rules/source"
)

// lexer cuts a text into tokens. White space is blank, tab, CR and LF; comments
// are "// to the end of the line" and "/* ... */", which do not nest.
type lexer struct {
	source.Cursor
	out []token
}

func lex(src source.Text) ([]token, error) {
	l := &lexer{Cursor: source.Cursor{Text: src}}
	for {
		if err := l.SkipBlank(commentLength); err != nil {
			return nil, err
		}
		if l.Done() {
			l.emit(tokEOF, "", l.Pos)
			return l.out, nil
		}
		if err := l.next(); err != nil {
			return nil, err
		}
	}
}

func (l *lexer) emit(k kind, text string, start int) {
	l.out = append(l.out, token{k, text, l.Span(start)})
}

// commentLength returns the length of the block comment at the front of s, -1 when it has
// no end.
func commentLength(s string) int {
	n := strings.Index(s[2:], "*/")
	if n < 0 {
		return -1
	}
	return n + 4
}

func (l *lexer) next() error {
	c := l.Rest()[0]
	switch {
	case isLetter(c):
		l.word()
		return nil
	case source.IsDigit(c), c == '.' && len(l.Rest()) > 1 && source.IsDigit(l.Rest()[1]):
		l.number()
		return nil
	case c == '"':
		return l.str()
	case c == '`':
		return l.quotedName()
	}
	return l.punct()
}

// word reads a name, a keyword, or either with a tilde right behind it.
func (l *lexer) word() {
	start := l.Pos
	for !l.Done() && (isLetter(l.Rest()[0]) || source.IsDigit(l.Rest()[0])) {
		l.Pos++
	}
	text := l.Since(start)
	tilde := strings.HasPrefix(l.Rest(), "~")
	switch {
	case tilde && tildeKeywords[text]:
		l.Pos++
		l.emit(tokKeyword, text+"~", start)
	case tilde && !keywords[text]:
		l.Pos++
		l.emit(tokTildeName, text, start)
	case keywords[text]:
		l.emit(tokKeyword, text, start)
	default:
		l.emit(tokName, text, start)
	}
}

func (l *lexer) number() {
	start, k := l.Pos, tokInt
	text, whole := l.Number()
	if !whole {
		k = tokDecimal
	}
	l.emit(k, text, start)
}

func (l *lexer) quotedName() error {
	start := l.Pos
	name, err := l.QuotedName("field name")
	if err == nil {
		l.emit(tokQuotedName, name, start)
	}
	return err
}

// puncts are the operators, longer ones before their beginnings.
var puncts = []string{
	"![", "==", "!=", "<=", ">=", "<", ">", "=", ":", "+", "-", "*", "/", "%",
	".", ",", "[", "]", "(", ")", "|", "?",
}

func (l *lexer) punct() error {
	start := l.Pos
	p, err := l.Operator(puncts, "EQL")
	if err == nil {
		l.emit(tokPunct, p, start)
	}
	return err
}

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '@'
}
