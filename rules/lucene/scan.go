package lucene

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"coldcase/rules/source"
)

// The words of Lucene's classic grammar (QueryParser.jj). The longest match wins,
// so that "a&&b" and "ANDroid" are words:
//
//	word   = start { start | "+" | "-" | "*" | "?" }     start may be "*" or "?"
//	start  = any but white space and + - ! ( ) : ^ [ ] " { } ~ * ? \ /
//	       | "\" any
//	quoted = '"' { any but '"' and '\' | "\" any } '"'
//	regexp = "/" { any but '/' | "\" any } "/"
//
// Lucene lets a backslash before a closing '/' or, in a range, '"' end the token or
// not, whichever makes it longer; here a backslash always takes the next character
// with it, which differs only where Lucene joins two tokens into one.

const notStart = "+-!():^[]\"{}~*?\\/"

func spaceAt(s string, i int) int {
	switch {
	case i >= len(s):
		return 0
	case strings.IndexByte(" \t\n\r", s[i]) >= 0:
		return 1
	case strings.HasPrefix(s[i:], "\u3000"):
		return len("\u3000")
	}
	return 0
}

func (p *parser) spaces() {
	for n := spaceAt(p.s, p.pos); n > 0; n = spaceAt(p.s, p.pos) {
		p.pos += n
	}
}

// next skips white space and reports whether c stands there.
func (p *parser) next(c byte) bool {
	p.spaces()
	return p.at(c)
}

func (p *parser) at(c byte) bool { return p.pos < len(p.s) && p.s[p.pos] == c }

// word is a word as written.
type word struct {
	image string
	wilds int // how many '*' and '?' are not escaped
	wild  int // where in image the last of them is
	span  source.Span
}

// isPrefix reports whether the only wildcard is a '*' at the end.
func (w word) isPrefix() bool {
	last := len(w.image) - 1
	return w.wilds == 1 && w.wild == last && w.image[last] == '*'
}

// mayBeField reports whether a ':' after the word makes it a field name.
func (w word) mayBeField() bool {
	switch {
	case w.image == "*":
		return true
	case w.image == "" || w.image == "+" || w.image == "-" || w.image == "!" || isOperator(w.image):
		return false
	}
	return w.wilds == 0
}

// peekWord reads the word at pos, without skipping it. It is empty when there is
// none. An operator sign before white space is a word of its own.
func (p *parser) peekWord() word {
	if p.pos < len(p.s) && strings.IndexByte("+-!", p.s[p.pos]) >= 0 {
		if spaceAt(p.s, p.pos+1) > 0 {
			return p.wordTo(word{}, p.pos+1)
		}
		return word{}
	}
	var w word
	i := p.pos
	for i < len(p.s) {
		c := p.s[i]
		switch {
		case c == '\\' && i+1 < len(p.s):
			_, n := utf8.DecodeRuneInString(p.s[i+1:])
			i += n
		case c == '*' || c == '?':
			w.wilds++
			w.wild = i - p.pos
		case (c == '+' || c == '-') && i > p.pos:
		case strings.IndexByte(notStart, c) >= 0 || spaceAt(p.s, i) > 0:
			return p.wordTo(w, i)
		}
		i++
	}
	return p.wordTo(w, i)
}

// wordTo makes w the word from pos to end.
func (p *parser) wordTo(w word, end int) word {
	w.image, w.span = p.s[p.pos:end], source.Span{Start: p.pos, End: end}
	return w
}

func isOperator(s string) bool {
	switch s {
	case "AND", "&&", "OR", "||", "NOT":
		return true
	}
	return false
}

// delimited reads what stands between the delimiter at pos and the next like it.
func (p *parser) delimited(what string) (string, source.Span, error) {
	start, end := p.pos, p.s[p.pos]
	for i := start + 1; i < len(p.s); i++ {
		switch p.s[i] {
		case '\\':
			i++
		case end:
			p.pos = i + 1
			return p.s[start+1 : i], source.Span{Start: start, End: p.pos}, nil
		}
	}
	span := source.Span{Start: start, End: len(p.s)}
	return "", span, p.t.Errorf(span, "found %s without end, expected a closing %q", what, string(end))
}

// unescape removes the backslashes of a word or a quoted text; \uXXXX is a UTF-16
// code unit.
func (p *parser) unescape(s string, span source.Span) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			b.WriteByte(s[i])
		case i+1 == len(s):
			return "", p.t.Errorf(span, `found a backslash at the end, expected a character after it`)
		case s[i+1] == 'u':
			r, n := codePoint(s[i:])
			if n == 0 {
				return "", p.t.Errorf(span, `found \u in %q, expected four hexadecimal digits after it`, s)
			}
			b.WriteRune(r)
			i += n - 1
		default:
			i++
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

// codePoint reads the code point that one or two \uXXXX at the start of s make, and
// its length, 0 when there is none. Half a pair is U+FFFD: UTF-8 cannot hold it.
func codePoint(s string) (rune, int) {
	r, ok := codeUnit(s)
	if !ok {
		return 0, 0
	}
	if low, ok := codeUnit(s[6:]); ok && utf16.IsSurrogate(r) {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return r, 6
}

func codeUnit(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(v), err == nil
}
