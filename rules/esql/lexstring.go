package esql

import "strings"

// str reads "..." with its escapes \t \n \r \" \\, or """...""" as it is.
func (l *lexer) str() error {
	if strings.HasPrefix(l.Rest(), `"""`) {
		return l.rawString()
	}
	start := l.Pos
	var b strings.Builder
	for l.Pos++; !l.Done(); l.Pos++ {
		switch c := l.Rest()[0]; c {
		case '"':
			l.Pos++
			l.emit(tokString, b.String(), start)
			return nil
		case '\\':
			if err := l.escape(&b); err != nil {
				return err
			}
		case '\n', '\r':
			l.Pos = start + 1
			return l.Errorf(start, "string is not closed on its line")
		default:
			b.WriteByte(c)
		}
	}
	l.Pos = start + 1
	return l.Errorf(start, "string is not closed: expected a double quote")
}

var escapes = map[byte]byte{'t': '\t', 'n': '\n', 'r': '\r', '"': '"', '\\': '\\'}

// escape reads the character after a backslash.
func (l *lexer) escape(b *strings.Builder) error {
	if len(l.Rest()) > 1 {
		if c, ok := escapes[l.Rest()[1]]; ok {
			b.WriteByte(c)
			l.Pos++
			return nil
		}
	}
	return l.Errorf(l.Pos, "a string has no such escape: only \\t \\n \\r \\\" and \\\\ are known")
}

// rawString reads """...""": the shortest text, but for up to two more quotes at its end,
// which belong to it. It ends on its line.
func (l *lexer) rawString() error {
	start := l.Pos
	body := l.Rest()[3:]
	end := strings.Index(body, `"""`)
	if end < 0 {
		return l.Errorf(start, "string is not closed: expected three double quotes")
	}
	for n := 0; n < 2 && strings.HasPrefix(body[end+3:], `"`); n++ {
		end++
	}
	if i := strings.IndexAny(body[:end], "\r\n"); i >= 0 {
		return l.Errorf(start, "string is not closed on its line")
	}
	l.Pos += 3 + end + 3
	l.emit(tokString, body[:end], start)
	return nil
}

// quote writes a string as the lexer reads it, for canonical text and messages. Control
// characters other than tab, CR and LF stand in it as they are, as they do in the source.
func quote(s string) string {
	return `"` + quoter.Replace(s) + `"`
}

var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`, "\n", `\n`, "\r", `\r`)
