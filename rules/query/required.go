package query

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// longestLiteral walks the parts of an expression that every match contains.
func longestLiteral(t *syntax.Regexp) string {
	switch t.Op {
	case syntax.OpConcat:
		return longestInConcat(t.Sub)
	case syntax.OpCapture, syntax.OpPlus:
		return longestLiteral(t.Sub[0])
	case syntax.OpRepeat:
		if t.Min > 0 {
			return longestLiteral(t.Sub[0])
		}
	}
	s, ok := singleText(t)
	if !ok {
		return ""
	}
	return s
}

// longestInConcat joins neighbouring single texts and keeps the longest run.
func longestInConcat(subs []*syntax.Regexp) string {
	best, run := "", ""
	for _, sub := range subs {
		text, ok := singleText(sub)
		if ok {
			run += text
		} else {
			run = ""
			text = longestLiteral(sub)
			if len(text) > len(best) {
				best = text
			}
		}
		if len(run) > len(best) {
			best = run
		}
	}
	return best
}

// singleText returns the one text, but for ASCII case, that the expression
// matches.
func singleText(t *syntax.Regexp) (string, bool) {
	switch t.Op {
	case syntax.OpLiteral:
		// TranslateRegexp never sets the flag i: a folded literal is what the parser
		// makes of its [Aa], so it is a letter of ASCII.
		// U+FFFD also matches a byte that is no UTF-8, so it promises no text.
		s := lowerASCII(string(t.Rune))
		return s, !strings.ContainsRune(s, utf8.RuneError)
	case syntax.OpCharClass:
		return letterPair(t.Rune)
	case syntax.OpEmptyMatch:
		return "", true
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range t.Sub {
			s, ok := singleText(sub)
			if !ok {
				return "", false
			}
			b.WriteString(s)
		}
		return b.String(), true
	}
	return "", false
}

// letterPair recognises the class [Aa] that folding writes.
func letterPair(r []rune) (string, bool) {
	if len(r) == 4 && r[0] == r[1] && r[2] == r[3] && isLetter(r[0]) && r[0]|0x20 == r[2] {
		return string(r[2]), true
	}
	return "", false
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}
