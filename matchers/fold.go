package matchers

import (
	"unicode"
	"unicode/utf8"
)

// appendLower appends b with the ASCII letters in lower case. Others stay: case
// folding on Elasticsearch's index path leaves code points above 127 alone
// (AutomatonQueries.toCaseInsensitiveChar; trap 7).
func appendLower(dst, b []byte) []byte {
	for _, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

// lowerFunc is one of the ways to lower a text; nil leaves it as it is.
type lowerFunc func(dst, b []byte) []byte

func (f lowerFunc) text(b []byte) []byte {
	if f == nil {
		return b
	}
	return f(nil, b)
}

func hasUpper(b []byte) bool {
	for _, c := range b {
		if c >= 'A' && c <= 'Z' {
			return true
		}
	}
	return false
}

// appendLowerUnicode appends b in Unicode lower case, as the lowercase normalizer
// and Java's toLowerCase(ROOT) have it.
func appendLowerUnicode(dst, b []byte) []byte {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		b = b[n:]
	}
	return dst
}

// isLower says whether b is the same in Unicode lower case, as far as a cheap look
// tells.
func isLower(b []byte) bool {
	for _, c := range b {
		if c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
