package query

import "strings"

// LikePattern reads an EQL wildcard pattern: '*' and '?' are wild and nothing can
// escape them (trap 4).
func LikePattern(s string) Pattern {
	var p Pattern
	start := 0
	for i := 0; i < len(s); i++ {
		kind := wildKind(s[i])
		if kind == Lit {
			continue
		}
		p = p.AppendLit(s[start:i])
		p = append(p, Part{Kind: kind})
		start = i + 1
	}
	return p.AppendLit(s[start:])
}

// EscapedPattern reads a Query DSL or Lucene wildcard pattern: '*' and '?' are
// wild and a backslash makes the next character plain.
func EscapedPattern(s string) Pattern {
	var p Pattern
	var lit strings.Builder
	for i := 0; i < len(s); i++ {
		kind := wildKind(s[i])
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			lit.WriteByte(s[i])
		case kind == Lit:
			lit.WriteByte(s[i])
		default:
			p = append(p.AppendLit(lit.String()), Part{Kind: kind})
			lit.Reset()
		}
	}
	return p.AppendLit(lit.String())
}

func wildKind(c byte) PartKind {
	switch c {
	case '*':
		return Any
	case '?':
		return One
	}
	return Lit
}

// AppendLit adds literal text, joining it to a literal before it.
func (p Pattern) AppendLit(s string) Pattern {
	if s == "" {
		return p
	}
	if n := len(p); n > 0 && p[n-1].Kind == Lit {
		p[n-1].Text += s
		return p
	}
	return append(p, Part{Kind: Lit, Text: s})
}

// Literal returns the pattern's text when nothing in it is wild.
func (p Pattern) Literal() (string, bool) {
	switch {
	case len(p) == 0:
		return "", true
	case len(p) == 1 && p[0].Kind == Lit:
		return p[0].Text, true
	}
	return "", false
}

// String returns the pattern with plain '*', '?' and '\' escaped by a backslash.
func (p Pattern) String() string {
	var b strings.Builder
	for _, part := range p {
		switch part.Kind {
		case Any:
			b.WriteByte('*')
		case One:
			b.WriteByte('?')
		case Lit:
			b.WriteString(escapeWild.Replace(part.Text))
		}
	}
	return b.String()
}

var escapeWild = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`)
