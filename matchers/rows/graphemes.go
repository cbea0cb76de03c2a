package rows

import (
	"unicode"
	"unicode/utf8"
)

// reversed turns a string around, character by character as people see them: marks and
// joiners stay behind the letter that they belong to, and the two letters of a flag together
// (J:Reverse).
func reversed(s string) string {
	out := make([]byte, len(s))
	at := len(s)
	for len(s) > 0 {
		n := graphemeLength(s)
		at -= n
		copy(out[at:], s[:n])
		s = s[n:]
	}
	return string(out)
}

// graphemeLength is the length of the first character that people see, in bytes.
func graphemeLength(s string) int {
	first, n := utf8.DecodeRuneInString(s)
	if first == '\r' && len(s) > n && s[n] == '\n' {
		return n + 1
	}
	flag, joined := isFlag(first), false
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		switch {
		case flag && isFlag(r):
			flag = false
		case isExtending(r):
			joined = r == zeroWidthJoiner && isPicture(first)
			n, flag = n+size, false
			continue
		case joined && isPicture(r):
			joined = false
		default:
			return n
		}
		n += size
	}
	return n
}

const zeroWidthJoiner = '\u200d'

// isExtending says whether r belongs to the character in front of it: a mark, a joiner, a
// variation or a colour of skin.
func isExtending(r rune) bool {
	return r >= 0x300 && unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc) || r == zeroWidthJoiner ||
		r == '\u200c' || r >= 0x1f3fb && r <= 0x1f3ff || r >= 0xe0020 && r <= 0xe007f
}

// isFlag says whether r is one of the letters that two by two make a flag.
func isFlag(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// isPicture says whether r is, roughly, an emoji: what joiners make pictures of.
func isPicture(r rune) bool {
	return r >= 0x1f000 && r <= 0x1faff && !isFlag(r) || r >= 0x2190 && r <= 0x2bff || r == 0xa9 || r == 0xae
}
