package rows

import (
	"strings"
	"unicode/utf8"

	"coldcase/rules/query"
)

// Bounds of what functions make.
const (
	maxText = 1 << 20 // bytes of a string
	maxList = 1 << 16 // values of a list
)

// step holds one part of a pattern against the front of s.
func step(p query.Pattern, i int, s string) (n int, ok bool) {
	if i == len(p) {
		return 0, false
	}
	if p[i].Kind == query.One {
		return runeLength(s), s != ""
	}
	return len(p[i].Text), strings.HasPrefix(s, p[i].Text)
}

// runeLength is the length of the first character of s.
func runeLength(s string) int {
	if s == "" || s[0] < utf8.RuneSelf {
		return min(1, len(s))
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// firstPlace returns where part i of the pattern may stand at the earliest, from at on; -1
// when it stands nowhere.
func firstPlace(p query.Pattern, i int, s string, at int) int {
	if i == len(p) || p[i].Kind != query.Lit {
		return at
	}
	n := strings.Index(s[at:], p[i].Text)
	if n < 0 {
		return -1
	}
	return at + n
}
