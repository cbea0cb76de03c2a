package load

import (
	"errors"
	"strings"
	"unicode/utf8"

	"coldcase/rules/source"
)

// located is a query with its place in the file that holds it. Most containers
// change a text when they store it (escapes, a stripped newline), so the query is
// parsed as a text of its own, and only the place of a mistake is carried back.
type located struct {
	// Text is the query. Its position is the true one when in is the zero value.
	source.Text
	// in is the stored text of the rule, start the offset of the quote that opens the
	// query in it. A negative start is unknown.
	in    source.Text
	start int
}

// inFile returns err, which came from parsing the query, pointing into the file.
func (q located) inFile(err error) error {
	var e *source.Error
	if q.in.Body == "" || !errors.As(err, &e) {
		return err
	}
	at := max(0, q.start)
	if q.start >= 0 {
		at = storedOffset(q.in.Body, q.start, bodyOffset(q.Body, e.Line, e.Col))
	}
	out := q.in.Errorf(source.Span{Start: at, End: at}, "%s", e.Msg)
	out.Unsupported = e.Unsupported
	return out
}

// bodyOffset returns the byte offset of a 1-based line and column of text.
func bodyOffset(text string, line, col int) int {
	at := 0
	for ; line > 1; line-- {
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			break
		}
		at += n + 1
	}
	for ; col > 1 && at < len(text); col-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}

// storedOffset returns where the byte at offset of a decoded string stands in text,
// in which the string is stored from the quote at start on.
func storedOffset(text string, start, offset int) int {
	i := start
	if i >= len(text) || (text[i] != '"' && text[i] != '\'') {
		return i
	}
	quote := text[i]
	i++
	if strings.HasPrefix(text[i:], string([]byte{quote, quote})) {
		i += 2
		i += newline(text[i:]) // TOML drops a newline right after the opening quotes
	}
	for offset > 0 && i < len(text) {
		if text[i] != '\\' || quote == '\'' {
			i++
			offset--
			continue
		}
		stored, decoded := escape(text[i:])
		i += stored
		offset -= decoded
	}
	return min(i, len(text))
}

func newline(s string) int {
	switch {
	case strings.HasPrefix(s, "\n"):
		return 1
	case strings.HasPrefix(s, "\r\n"):
		return 2
	}
	return 0
}

// escape returns how many bytes the escape at the front of s takes as stored, and how
// many the character it stands for takes in UTF-8. TOML's and JSON's escapes do not
// contradict each other.
func escape(s string) (stored, decoded int) {
	if len(s) < 2 {
		return len(s), 1
	}
	switch s[1] {
	case 'u':
		return unicodeEscape(s)
	case 'U':
		return hexEscape(s, 8)
	case 'x':
		return hexEscape(s, 2)
	case '\n', '\r', ' ', '\t': // a line's end that TOML joins with the next line
		return len(s) - len(strings.TrimLeft(s[1:], " \t\r\n")), 0
	}
	return 2, 1
}

// unicodeEscape reads \uXXXX, or two of them for a character beyond the first plane.
func unicodeEscape(s string) (stored, decoded int) {
	stored, decoded = hexEscape(s, 4)
	high := len(s) >= 6 && (s[2] == 'd' || s[2] == 'D') && strings.IndexByte("89abAB", s[3]) >= 0
	if high && strings.HasPrefix(s[stored:], `\u`) {
		return min(12, len(s)), 4
	}
	return stored, decoded
}

func hexEscape(s string, digits int) (stored, decoded int) {
	end := min(2+digits, len(s))
	r := rune(0)
	for _, c := range []byte(s[2:end]) {
		r = r<<4 | hexDigit(c)
	}
	if n := utf8.RuneLen(r); n > 0 {
		return end, n
	}
	return end, utf8.RuneLen(utf8.RuneError)
}

func hexDigit(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c - 'a' + 10)
	case c >= 'A' && c <= 'F':
		return rune(c - 'A' + 10)
	}
	return 0
}
