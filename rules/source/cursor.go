package source

import (
	"strings"
	"unicode/utf8"
)

// Cursor reads a text from its front: blanks, comments, numbers, quoted names and
// operators, which EQL and ES|QL spell alike (both grammars are Elasticsearch's). The zero
// Pos is the front. It is for one goroutine.
type Cursor struct {
	Text Text
	Pos  int // byte offset into Text.Body of what has not been read
}

// Done says whether everything has been read.
func (c *Cursor) Done() bool { return c.Pos >= len(c.Text.Body) }

// Rest is what has not been read.
func (c *Cursor) Rest() string { return c.Text.Body[c.Pos:] }

// Since is what has been read since an offset.
func (c *Cursor) Since(start int) string { return c.Text.Body[start:c.Pos] }

// Span is the place of what has been read since an offset.
func (c *Cursor) Span(start int) Span { return Span{Start: start, End: c.Pos} }

// Errorf is [Text.Errorf] for what has been read since an offset, one byte at least.
func (c *Cursor) Errorf(start int, format string, args ...any) error {
	return c.Text.Errorf(Span{Start: start, End: max(c.Pos, start+1)}, format, args...)
}

// SkipBlank reads blanks, tabs, line ends and comments: "// to the end of the line", and
// block comments, of which block returns the length of the one at the front of a text that
// begins with "/*", negative when it has no end. The error is that of a comment without one.
func (c *Cursor) SkipBlank(block func(s string) int) error {
	for !c.Done() {
		switch rest := c.Rest(); {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			c.Pos++
		case strings.HasPrefix(rest, "//"):
			if n := strings.IndexByte(rest, '\n'); n >= 0 {
				c.Pos += n + 1
			} else {
				c.Pos = len(c.Text.Body)
			}
		case strings.HasPrefix(rest, "/*"):
			n := block(rest)
			if n < 0 {
				return c.Errorf(c.Pos, "comment is not closed: expected \"*/\"")
			}
			c.Pos += n
		default:
			return nil
		}
	}
	return nil
}

// Number reads 1, 1.5, 1., .5, each perhaps with an exponent. whole says that there is
// neither point nor exponent.
func (c *Cursor) Number() (text string, whole bool) {
	start := c.Pos
	whole = true
	c.digits()
	if strings.HasPrefix(c.Rest(), ".") {
		whole = false
		c.Pos++
		c.digits()
	}
	if n := exponent(c.Rest()); n > 0 {
		whole = false
		c.Pos += n
		c.digits()
	}
	return c.Since(start), whole
}

func (c *Cursor) digits() {
	for !c.Done() && IsDigit(c.Rest()[0]) {
		c.Pos++
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
	if n < len(s) && IsDigit(s[n]) {
		return n
	}
	return 0
}

// QuotedName reads a name between backticks, of which a doubled one stands for one. what is
// the name's word in errors, which are those of an empty name and of one without an end.
func (c *Cursor) QuotedName(what string) (name string, err error) {
	start := c.Pos
	var b strings.Builder
	for c.Pos++; !c.Done(); c.Pos++ {
		if c.Rest()[0] != '`' {
			b.WriteByte(c.Rest()[0])
			continue
		}
		c.Pos++
		if !strings.HasPrefix(c.Rest(), "`") {
			if b.Len() == 0 {
				return "", c.Errorf(start, "empty %s between backticks", what)
			}
			return b.String(), nil
		}
		b.WriteByte('`')
	}
	c.Pos = start + 1
	return "", c.Errorf(start, "quoted %s is not closed: expected a backtick", what)
}

// Operator reads the first of the operators that stands at the front; longer ones are
// listed before their beginnings. The error, for text of the named language, is that of a
// character that begins none.
func (c *Cursor) Operator(operators []string, language string) (string, error) {
	start, rest := c.Pos, c.Rest()
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			c.Pos += len(op)
			return op, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(rest)
	if r == '\'' {
		return "", c.Errorf(start, "single-quoted strings are not part of %s: use double quotes", language)
	}
	return "", c.Errorf(start, "unexpected character %q", r)
}

// IsDigit reports whether c is an ASCII digit.
func IsDigit(c byte) bool { return '0' <= c && c <= '9' }
