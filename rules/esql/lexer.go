package esql

import (
	"strings"

	"coldcase/rules/source"
)

// lexer cuts a text into tokens. Behind FROM, up to the next '|', bare words are index
// patterns; everywhere else the rules are those of expressions.
type lexer struct {
	source.Cursor
	out []token
	// patterns is set behind FROM.
	patterns bool
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
	c := l.Rest()[0]
	switch {
	case c == '"':
		return l.str()
	case c == '`':
		return l.quotedName()
	case l.patterns && strings.IndexByte("|,()[]=;", c) < 0:
		l.pattern()
		return nil
	case isLetter(c), c == '_', c == '@' && len(l.Rest()) > 1 && isBody(l.Rest()[1]):
		l.word()
		return nil
	case source.IsDigit(c), c == '.' && len(l.Rest()) > 1 && source.IsDigit(l.Rest()[1]) && !l.afterName():
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
	return t.span.End == l.Pos && (t.kind == tokName || t.kind == tokQuoted)
}

// word reads a name or a keyword. At the front of a command, FROM changes how its
// arguments are read.
func (l *lexer) word() {
	start := l.Pos
	for l.Pos++; !l.Done() && isBody(l.Rest()[0]); l.Pos++ {
	}
	text := l.Since(start)
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
	start := l.Pos
	for !l.Done() && strings.IndexByte("\"|,()[]=;` \t\r\n", l.Rest()[0]) < 0 &&
		!strings.HasPrefix(l.Rest(), "//") && !strings.HasPrefix(l.Rest(), "/*") {
		l.Pos++
	}
	text := l.Since(start)
	if equalFold(text, "metadata") {
		l.patterns = false
		l.emit(tokName, text, start)
		return
	}
	l.emit(tokSource, text, start)
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
	name, err := l.QuotedName("name")
	if err == nil {
		l.emit(tokQuoted, name, start)
	}
	return err
}

// puncts are the operators, longer ones before their beginnings.
var puncts = []string{
	"::", "==", "!=", "<=", ">=", "<", ">", "=", ":", "+", "-", "*", "/", "%",
	".", ",", "[", "]", "(", ")", "{", "}", "|", ";", "?",
}

// foreign are operators of other languages, and what is written here.
var foreign = [][2]string{{"&&", "AND"}, {"||", "OR"}, {"<>", "!="}, {"!", "NOT"}}

func (l *lexer) punct() error {
	start := l.Pos
	for _, f := range foreign {
		if strings.HasPrefix(l.Rest(), f[0]) && !strings.HasPrefix(l.Rest(), "!=") {
			return l.Errorf(start, "%q is not part of ES|QL: %s is", f[0], f[1])
		}
	}
	p, err := l.Operator(puncts, "ES|QL")
	if err != nil {
		return err
	}
	if p == "|" {
		l.patterns = false
	}
	l.emit(tokPunct, p, start)
	return nil
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isBody(c byte) bool { return isLetter(c) || source.IsDigit(c) || c == '_' }
