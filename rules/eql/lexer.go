package eql

import (
	"strings"

	"coldcase/rules/source"
)

// lexer cuts a text into tokens. White space is blank, tab, CR and LF; comments
// are "// to the end of the line" and "/* ... */", which do not nest.
type lexer struct {
	src source.Text
	pos int
	out []token
}

func lex(src source.Text) ([]token, error) {
	l := &lexer{src: src}
	for {
		if err := l.skipBlank(); err != nil {
			return nil, err
		}
		if l.pos >= len(src.Body) {
			l.emit(tokEOF, "", l.pos)
			return l.out, nil
		}
		if err := l.next(); err != nil {
			return nil, err
		}
	}
}

func (l *lexer) emit(k kind, text string, start int) {
	l.out = append(l.out, token{k, text, source.Span{Start: start, End: l.pos}})
}

func (l *lexer) errorf(start int, format string, args ...any) error {
	return l.src.Errorf(source.Span{Start: start, End: max(l.pos, start+1)}, format, args...)
}

// rest is what has not been read.
func (l *lexer) rest() string { return l.src.Body[l.pos:] }

func (l *lexer) skipBlank() error {
	for l.pos < len(l.src.Body) {
		switch rest := l.rest(); {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			l.pos++
		case strings.HasPrefix(rest, "//"):
			if n := strings.IndexByte(rest, '\n'); n >= 0 {
				l.pos += n + 1
			} else {
				l.pos = len(l.src.Body)
			}
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return l.errorf(l.pos, "comment is not closed: expected \"*/\"")
			}
			l.pos += n + 4
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) next() error {
	c := l.rest()[0]
	switch {
	case isLetter(c):
		l.word()
		return nil
	case isDigit(c), c == '.' && len(l.rest()) > 1 && isDigit(l.rest()[1]):
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
	start := l.pos
	for l.pos < len(l.src.Body) && (isLetter(l.rest()[0]) || isDigit(l.rest()[0])) {
		l.pos++
	}
	text := l.src.Body[start:l.pos]
	tilde := strings.HasPrefix(l.rest(), "~")
	switch {
	case tilde && tildeKeywords[text]:
		l.pos++
		l.emit(tokKeyword, text+"~", start)
	case tilde && !keywords[text]:
		l.pos++
		l.emit(tokTildeName, text, start)
	case keywords[text]:
		l.emit(tokKeyword, text, start)
	default:
		l.emit(tokName, text, start)
	}
}

// number reads 1, 1.5, 1., .5, each perhaps with an exponent.
func (l *lexer) number() {
	start, k := l.pos, tokInt
	l.digits()
	if strings.HasPrefix(l.rest(), ".") {
		k = tokDecimal
		l.pos++
		l.digits()
	}
	if n := exponent(l.rest()); n > 0 {
		k = tokDecimal
		l.pos += n
		l.digits()
	}
	l.emit(k, l.src.Body[start:l.pos], start)
}

func (l *lexer) digits() {
	for l.pos < len(l.src.Body) && isDigit(l.rest()[0]) {
		l.pos++
	}
}

// exponent returns the length of an exponent's head ("e", "e+", "e-"), 0 when s
// does not begin with an exponent.
func exponent(s string) int {
	if s == "" || s[0] != 'e' && s[0] != 'E' {
		return 0
	}
	n := 1
	if n < len(s) && (s[n] == '+' || s[n] == '-') {
		n++
	}
	if n < len(s) && isDigit(s[n]) {
		return n
	}
	return 0
}

// quotedName reads a `name`; a doubled backtick stands for one.
func (l *lexer) quotedName() error {
	start := l.pos
	var b strings.Builder
	for l.pos++; l.pos < len(l.src.Body); l.pos++ {
		if l.rest()[0] != '`' {
			b.WriteByte(l.rest()[0])
			continue
		}
		l.pos++
		if !strings.HasPrefix(l.rest(), "`") {
			if b.Len() == 0 {
				return l.errorf(start, "empty field name between backticks")
			}
			l.emit(tokQuotedName, b.String(), start)
			return nil
		}
		b.WriteByte('`')
	}
	l.pos = start + 1
	return l.errorf(start, "quoted field name is not closed: expected a backtick")
}

// puncts are the operators, longer ones before their beginnings.
var puncts = []string{
	"![", "==", "!=", "<=", ">=", "<", ">", "=", ":", "+", "-", "*", "/", "%",
	".", ",", "[", "]", "(", ")", "|", "?",
}

func (l *lexer) punct() error {
	start := l.pos
	for _, p := range puncts {
		if strings.HasPrefix(l.rest(), p) {
			l.pos += len(p)
			l.emit(tokPunct, p, start)
			return nil
		}
	}
	if l.rest()[0] == '\'' {
		return l.errorf(start, "single-quoted strings are not part of EQL: use double quotes")
	}
	r := []rune(l.rest()[:min(4, len(l.rest()))])[0]
	return l.errorf(start, "unexpected character %q", r)
}

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '@'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
