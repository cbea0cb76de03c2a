package eql

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const rawQuote = `"""`

// str reads a string. """raw""" has no escapes, may span lines and may end in up
// to two quotes of its own; "..." has escapes and stays on its line.
func (l *lexer) str() error {
	start := l.Pos
	if strings.HasPrefix(l.Rest(), rawQuote) {
		return l.rawString()
	}
	var b strings.Builder
	for l.Pos++; !l.Done(); {
		switch c := l.Rest()[0]; c {
		case '"':
			l.Pos++
			l.emit(tokString, b.String(), start)
			return nil
		case '\n', '\r':
			return l.Errorf(start, "string is not closed on its line: expected '\"'")
		case '\\':
			if err := l.escape(&b); err != nil {
				return err
			}
		default:
			b.WriteByte(c)
			l.Pos++
		}
	}
	l.Pos = start + 1
	return l.Errorf(start, "string is not closed: expected '\"'")
}

func (l *lexer) rawString() error {
	start := l.Pos
	body := l.Rest()[len(rawQuote):]
	n := strings.Index(body, rawQuote)
	if n < 0 {
		l.Pos += len(rawQuote)
		return l.Errorf(start, "raw string is not closed: expected '\"\"\"'")
	}
	for extra := 0; extra < 2 && strings.HasPrefix(body[n+len(rawQuote):], `"`); extra++ {
		n++
	}
	l.Pos += n + 2*len(rawQuote)
	l.emit(tokString, body[:n], start)
	return nil
}

// escapes are the one-letter escapes. \' is accepted although the documentation
// does not list it (query-semantics 3.3; a rule uses it).
var escapes = map[byte]byte{
	'b': '\b', 't': '\t', 'n': '\n', 'f': '\f', 'r': '\r',
	'"': '"', '\'': '\'', '\\': '\\',
}

// escape reads one escape sequence; l.Pos is at its backslash.
func (l *lexer) escape(b *strings.Builder) error {
	start, rest := l.Pos, l.Rest()
	if strings.HasPrefix(rest, `\u{`) {
		return l.unicodeEscape(b)
	}
	l.Pos = min(start+2, len(l.Text.Body))
	if len(rest) > 1 {
		if c, ok := escapes[rest[1]]; ok {
			b.WriteByte(c)
			return nil
		}
	}
	return l.Errorf(start, `unknown escape in string: expected one of \b \t \n \f \r \" \\ \u{...}`)
}

// unicodeEscape reads \u{h...}, two to eight hexadecimal digits.
func (l *lexer) unicodeEscape(b *strings.Builder) error {
	start, digits := l.Pos, l.Rest()[len(`\u{`):]
	n := strings.IndexByte(digits[:min(len(digits), 9)], '}')
	l.Pos = start + len(`\u{`)
	if n < 2 {
		return l.Errorf(start, `bad unicode escape: expected \u{...} with two to eight hexadecimal digits`)
	}
	v, err := strconv.ParseUint(digits[:n], 16, 32)
	if err != nil || v > utf8.MaxRune || !utf8.ValidRune(rune(v)) {
		return l.Errorf(start, "bad unicode escape: %q is no code point", digits[:n])
	}
	l.Pos += n + 1
	b.WriteRune(rune(v))
	return nil
}

var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`,
	"\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`)

// quote writes s as a string literal that lexes to s.
func quote(s string) string { return `"` + quoter.Replace(s) + `"` }
