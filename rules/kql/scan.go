package kql

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// The grammar's terminals. Kibana's grammar has no token stream: whether "not" is
// a keyword depends on where a value began, so scanning is done by the parser.
//
//	literal  = quoted | unquoted
//	quoted   = '"' { '\t' | '\r' | '\n' | '\uXXXX' | '\\' | '\"' | any but '"' } '"'
//	unquoted = char { char }, trimmed
//	char     = '\t' | '\r' | '\n' | '\' special | '\uXXXX' | '\and' | '\or' | '*'
//	         | any that is not special and begins no keyword
//	special  = \ ( ) : < > " * { }
//	keyword  = space "or" space | space "and" space | "not" space
//	space    = ' ' | TAB | CR | LF | U+00A0

const special = `\():<>"*{}`

// spaceAt returns the length in bytes of the space at i, 0 when there is none.
func spaceAt(s string, i int) int {
	switch {
	case i >= len(s):
		return 0
	case s[i] == ' ' || s[i] == '\t' || s[i] == '\r' || s[i] == '\n':
		return 1
	case strings.HasPrefix(s[i:], "\u00a0"):
		return len("\u00a0")
	}
	return 0
}

// wordAt reports whether the word, in either case, and a space stand at i.
func wordAt(s string, i int, word string) bool {
	end := i + len(word)
	return end <= len(s) && strings.EqualFold(s[i:end], word) && spaceAt(s, end) > 0
}

// keywordAt returns the keyword that ends an unquoted literal at i, or "".
func keywordAt(s string, i int) string {
	if wordAt(s, i, "not") {
		return "not"
	}
	if n := spaceAt(s, i); n > 0 {
		for _, word := range []string{"and", "or"} {
			if wordAt(s, i+n, word) {
				return word
			}
		}
	}
	return ""
}

// spaces skips spaces and returns how many bytes they were.
func (p *parser) spaces() int {
	start := p.pos
	for n := 1; n > 0; p.pos += n {
		n = spaceAt(p.s, p.pos)
	}
	return p.pos - start
}

// literal reads a field name or a value; what says which, for the error.
func (p *parser) literal(what string) (*literal, error) {
	if p.at('"') {
		return p.quoted()
	}
	start := p.pos
	pattern, err := p.unquoted()
	if err != nil {
		return nil, err
	}
	if p.pos == start {
		return nil, p.expected(what)
	}
	return newUnquoted(trim(pattern), source.Span{Start: start, End: p.pos}), nil
}

func (p *parser) quoted() (*literal, error) {
	start := p.pos
	p.pos++
	var b strings.Builder
	for p.pos < len(p.s) && p.s[p.pos] != '"' {
		text, n := quotedChar(p.s[p.pos:])
		b.WriteString(text)
		p.pos += n
	}
	if p.pos >= len(p.s) {
		return nil, p.t.Errorf(source.Span{Start: start, End: p.pos},
			"found a quoted value without end, expected a closing %q", `"`)
	}
	p.pos++
	return &literal{kind: text, quoted: true, text: b.String(), span: source.Span{Start: start, End: p.pos}}, nil
}

// quotedChar reads one character between quotes. A backslash that begins no escape
// is a plain character there.
func quotedChar(s string) (string, int) {
	if s[0] != '\\' || len(s) == 1 {
		return s[:1], 1
	}
	if s[1] == '\\' || s[1] == '"' {
		return s[1:2], 2
	}
	if text, n := commonEscape(s); n > 0 {
		return text, n
	}
	return s[:1], 1
}

func (p *parser) unquoted() (query.Pattern, error) {
	var pattern query.Pattern
	var b strings.Builder
	for p.pos < len(p.s) && keywordAt(p.s, p.pos) == "" {
		c := p.s[p.pos]
		switch {
		case c == '\\':
			text, n := escape(p.s[p.pos:])
			if n == 0 {
				return nil, p.badEscape()
			}
			b.WriteString(text)
			p.pos += n
			continue
		case c == '*':
			pattern = append(pattern.AppendLit(b.String()), query.Part{Kind: query.Any})
			b.Reset()
		case strings.IndexByte(special, c) >= 0:
			return pattern.AppendLit(b.String()), nil
		default:
			b.WriteByte(c)
		}
		p.pos++
	}
	return pattern.AppendLit(b.String()), nil
}

func (p *parser) badEscape() error {
	return p.t.Errorf(source.Span{Start: p.pos, End: p.pos + 1},
		`found %s, expected an escape: a backslash itself is written \\`, p.found())
}

// escape reads the escape at the start of s and returns its text and length, 0
// when it is none. Kibana tries "\n" before the keywords, so that "\not" is a line
// break and "ot".
func escape(s string) (string, int) {
	if text, n := commonEscape(s); n > 0 {
		return text, n
	}
	if len(s) > 1 && strings.IndexByte(special, s[1]) >= 0 {
		return s[1:2], 2
	}
	for _, word := range []string{"and", "or"} {
		if end := 1 + len(word); len(s) >= end && strings.EqualFold(s[1:end], word) {
			return s[1:end], end
		}
	}
	return "", 0
}

// commonEscape reads the escapes that mean the same quoted and unquoted.
func commonEscape(s string) (string, int) {
	if len(s) < 2 {
		return "", 0
	}
	switch s[1] {
	case 't':
		return "\t", 2
	case 'r':
		return "\r", 2
	case 'n':
		return "\n", 2
	}
	r, ok := codeUnit(s)
	if !ok {
		return "", 0
	}
	if low, ok := codeUnit(s[6:]); ok && utf16.IsSurrogate(r) {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return string(pair), 12
		}
	}
	return string(r), 6 // half a pair becomes U+FFFD: UTF-8 cannot hold it
}

// codeUnit reads "\uXXXX" at the start of s.
func codeUnit(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(v), err == nil
}

// trim removes what JavaScript's trim does from both ends, escaped characters too.
func trim(p query.Pattern) query.Pattern {
	if n := len(p); n > 0 && p[n-1].Kind == query.Lit {
		p[n-1].Text = strings.TrimRightFunc(p[n-1].Text, isJSSpace)
		if p[n-1].Text == "" {
			p = p[:n-1]
		}
	}
	if len(p) > 0 && p[0].Kind == query.Lit {
		p[0].Text = strings.TrimLeftFunc(p[0].Text, isJSSpace)
		if p[0].Text == "" {
			p = p[1:]
		}
	}
	return p
}

func isJSSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', '\ufeff', '\u2028', '\u2029':
		return true
	}
	return unicode.Is(unicode.Zs, r)
}

// newUnquoted sorts out what an unquoted literal is; true, false and null are
// taken in lower case only, and also when written with escapes.
func newUnquoted(p query.Pattern, span source.Span) *literal {
	s, plain := p.Literal()
	switch {
	case !plain:
		return &literal{kind: wildcard, pattern: p, span: span}
	case s == "null":
		return &literal{kind: null, span: span}
	case s == "true" || s == "false":
		return &literal{kind: boolean, text: s, span: span}
	}
	return &literal{kind: text, text: s, span: span}
}
