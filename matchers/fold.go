package matchers

import "unicode"

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
	for _, r := range string(b) {
		dst = appendRune(dst, unicode.ToLower(r))
	}
	return dst
}
