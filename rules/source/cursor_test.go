package source

import (
	"errors"
	"strings"
	"testing"
)

// ends is the length of a block comment that ends at its first "*/".
func ends(s string) int {
	n := strings.Index(s[2:], "*/")
	if n < 0 {
		return -1
	}
	return n + 4
}

func cursor(s string) *Cursor { return &Cursor{Text: Text{Body: s, Line: 1, Col: 1}} }

// at says where and what an error is, "" for none.
func at(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return ""
	}
	msg, _, _ := strings.Cut(e.Error(), "\n")
	return msg
}

func TestSkipBlank(t *testing.T) {
	f := func(in, rest, mistake string) {
		t.Helper()
		c := cursor(in)
		if got := at(c.SkipBlank(ends)); got != mistake || c.Rest() != rest {
			t.Errorf("%q: rest %q, error %q, want %q, %q", in, c.Rest(), got, rest, mistake)
		}
	}
	f("", "", "")
	f(" \t\r\n a ", "a ", "")
	f("// one\n// two", "", "")
	f("//\n/* a\nb */ /**/c", "c", "")
	f("/ a", "/ a", "")
	f("\u00a0a", "\u00a0a", "")
	f("a", "a", "")
	f("x /* y", "x /* y", "")
	f("\n /* y", "/* y", "2:2: comment is not closed: expected \"*/\"")
	f("/*/", "/*/", "1:1: comment is not closed: expected \"*/\"")
}

func TestNumber(t *testing.T) {
	f := func(in, text string, whole bool) {
		t.Helper()
		c := cursor(in)
		if got, isWhole := c.Number(); got != text || isWhole != whole || c.Since(0) != text {
			t.Errorf("%q: %q, whole %v, want %q, %v", in, got, isWhole, text, whole)
		}
	}
	f("1", "1", true)
	f("0123 ", "0123", true)
	f("1.5x", "1.5", false)
	f("1.", "1.", false)
	f(".5", ".5", false)
	f("1.2.3", "1.2", false)
	f("1e9", "1e9", false)
	f("1E+9", "1E+9", false)
	f("1.5e-3-", "1.5e-3", false)
	f("1e", "1", true)
	f("1e+", "1", true)
	f("1em", "1", true)
}

func TestQuotedName(t *testing.T) {
	f := func(in, name, rest, mistake string) {
		t.Helper()
		c := cursor(in)
		got, err := c.QuotedName("name")
		if got != name || at(err) != mistake || err == nil && c.Rest() != rest {
			t.Errorf("%q: %q, rest %q, error %q, want %q, %q, %q", in, got, c.Rest(), at(err), name, rest, mistake)
		}
	}
	f("`a b`c", "a b", "c", "")
	f("`a``b`", "a`b", "", "")
	f("````", "`", "", "")
	f("`a\n\u00e9`", "a\n\u00e9", "", "")
	f("``", "", "", "1:1: empty name between backticks")
	f("`a", "", "", "1:1: quoted name is not closed: expected a backtick")
	f("`a``", "", "", "1:1: quoted name is not closed: expected a backtick")
	f("`", "", "", "1:1: quoted name is not closed: expected a backtick")
}

func TestOperator(t *testing.T) {
	f := func(in, op, mistake string) {
		t.Helper()
		c := cursor(in)
		got, err := c.Operator([]string{"<=", "<", "|"}, "a language")
		if got != op || at(err) != mistake || c.Since(0) != op {
			t.Errorf("%q: %q, error %q, want %q, %q", in, got, at(err), op, mistake)
		}
	}
	f("<= 1", "<=", "")
	f("< =", "<", "")
	f("|", "|", "")
	f("!", "", "1:1: unexpected character '!'")
	f("\u2264", "", "1:1: unexpected character '\u2264'")
	f("\xff", "", "1:1: unexpected character '\ufffd'")
	f("'a'", "", "1:1: single-quoted strings are not part of a language: use double quotes")
}

// Whatever the text, reading goes on to its end and nothing is read twice.
func FuzzCursor(f *testing.F) {
	for _, s := range []string{"1 `a` <= // x\n 2.5e3", "/* /* */", "`", "\xff\xfe", "1e+", "/*", "'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := cursor(s)
		for !c.Done() {
			before := c.Pos
			if c.SkipBlank(ends) != nil || c.Done() {
				return
			}
			var err error
			switch b := c.Rest()[0]; {
			case IsDigit(b):
				c.Number()
			case b == '`':
				_, err = c.QuotedName("name")
			default:
				_, err = c.Operator([]string{"<=", "<", ".", "e"}, "a language")
			}
			if err != nil {
				return
			}
			if c.Pos <= before || c.Pos > len(s) {
				t.Fatalf("%q: from %d to %d", s, before, c.Pos)
			}
		}
	})
}
