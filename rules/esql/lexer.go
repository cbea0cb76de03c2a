package esql

import (
	"strings"
	"unicode/utf8"

	"coldcase/rules/source"
)

// lexer cuts a text into tokens. Behind FROM, up to the next '|', bare words are index
// patterns; everywhere else the rules are those of expressions.
type lexer struct {
	src source.Text
	pos int
	out []token
	// patterns is set behind FROM.
	patterns bool
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
			n := commentLength(rest)
			if n < 0 {
				return l.errorf(l.pos, "comment is not closed: expected \"*/\"")
			}
			l.pos += n
		default:
			return nil
		}
	}
	return nil
}

// commentLength returns the length of the block comment at the front of s, -1 when it has
// no end. Comments nest; one whose inner comments do not all end, ends at its first "*/"
// (the grammar's shortest match).
func commentLength(s string) int {
	first, depth := -1, 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if first < 0 {
				first = i + 1
			}
			if depth == 0 {
				return i + 1
			}
		}
	}
	return first
}

func (l *lexer) next() error {
	c := l.rest()[0]
	switch {
	case c == '"':
		return l.str()
	case c == '`':
		return l.quotedName()
	case l.patterns && strings.IndexByte("|,()[]=", c) < 0:
		l.pattern()
		return nil
	case isLetter(c), c == '_', c == '@' && len(l.rest()) > 1 && isBody(l.rest()[1]):
		l.word()
		return nil
	case isDigit(c), c == '.' && len(l.rest()) > 1 && isDigit(l.rest()[1]) && !l.afterName():
		l.number()
		return nil
	}
	return l.punct()
}

// afterName reports whether a name stands right before: then ".5" is no number but a part
// of the name.
func (l *lexer) afterName() bool {
	if len(l.out) == 0 {
		return false
	}
	t := l.out[len(l.out)-1]
	return t.span.End == l.pos && (t.kind == tokName || t.kind == tokQuoted)
}

// word reads a name or a keyword. At the front of a command, FROM changes how its
// arguments are read.
func (l *lexer) word() {
	start := l.pos
	for l.pos++; l.pos < len(l.src.Body) && isBody(l.rest()[0]); l.pos++ {
	}
	text := l.src.Body[start:l.pos]
	l.patterns = equalFold(text, "from") && l.atCommand()
	l.emit(tokName, text, start)
}

func (l *lexer) atCommand() bool {
	if len(l.out) == 0 {
		return true
	}
	t := l.out[len(l.out)-1]
	return t.is("|") || t.is(";")
}

// pattern reads a bare index pattern, or the word METADATA, after which names follow.
func (l *lexer) pattern() {
	start := l.pos
	for l.pos < len(l.src.Body) && strings.IndexByte("\"|,()[]=` \t\r\n", l.rest()[0]) < 0 &&
		!strings.HasPrefix(l.rest(), "//") && !strings.HasPrefix(l.rest(), "/*") {
		l.pos++
	}
	text := l.src.Body[start:l.pos]
	if equalFold(text, "metadata") {
		l.patterns = false
		l.emit(tokName, text, start)
		return
	}
	l.emit(tokSource, text, start)
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

// exponent returns the length of an exponent's head ("e", "e+", "e-"), 0 when s does not
// begin with an exponent.
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
				return l.errorf(start, "empty name between backticks")
			}
			l.emit(tokQuoted, b.String(), start)
			return nil
		}
		b.WriteByte('`')
	}
	l.pos = start + 1
	return l.errorf(start, "quoted name is not closed: expected a backtick")
}

// puncts are the operators, longer ones before their beginnings.
var puncts = []string{
	"::", "==", "!=", "<=", ">=", "<", ">", "=", ":", "+", "-", "*", "/", "%",
	".", ",", "[", "]", "(", ")", "{", "}", "|", ";", "?",
}

func (l *lexer) punct() error {
	start := l.pos
	for _, p := range puncts {
		if !strings.HasPrefix(l.rest(), p) {
			continue
		}
		l.pos += len(p)
		if p == "|" {
			l.patterns = false
		}
		l.emit(tokPunct, p, start)
		return nil
	}
	r, _ := utf8.DecodeRuneInString(l.rest())
	if r == '\'' {
		return l.errorf(start, "single-quoted strings are not part of ES|QL: use double quotes")
	}
	return l.errorf(start, "unexpected character %q", r)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isBody(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }
