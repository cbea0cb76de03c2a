package event

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// appendUnescaped appends the text of a well-formed JSON string. A surrogate
// without its partner becomes U+FFFD, as it does when Lucene indexes it; bytes
// that are not UTF-8 stay.
func appendUnescaped(dst, s []byte) []byte {
	// Whole words are copied, also when only the beginning of one is wanted.
	dst = slices.Grow(dst, len(s)+8)
	for {
		n := copyPlain(dst[len(dst):cap(dst)], s)
		dst, s = dst[:len(dst)+n], s[n:]
		if len(s) == 0 {
			return dst
		}
		if s[1] == 'u' {
			r, size := escapedRune(s)
			dst = utf8.AppendRune(dst, r)
			s = s[size:]
			continue
		}
		dst = append(dst, plainEscape(s[1]))
		s = s[2:]
	}
}

// copyPlain copies what stands before the next backslash, and maybe more, and returns
// its length. dst has room for eight bytes more than s has.
func copyPlain(dst, s []byte) (n int) {
	for n+8 <= len(s) {
		w := word(s, n)
		binary.LittleEndian.PutUint64(dst[n:], w)
		if found := backslashes(w); found != 0 {
			return n + firstByte(found)
		}
		n += 8
	}
	for n < len(s) && s[n] != '\\' {
		dst[n] = s[n]
		n++
	}
	return n
}

func plainEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// escapedRune reads \uXXXX, or a pair of them that is one character, and returns
// the length read.
func escapedRune(s []byte) (r rune, size int) {
	r = hex4(s[2:])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if pair := utf16.DecodeRune(r, hex4(s[8:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(s []byte) rune {
	return hexDigit(s[0])<<12 | hexDigit(s[1])<<8 | hexDigit(s[2])<<4 | hexDigit(s[3])
}

// hasSurrogate says whether there may be an escaped surrogate in b.
func hasSurrogate(b []byte) bool {
	return bytes.Contains(b, []byte(`\ud`)) || bytes.Contains(b, []byte(`\uD`))
}

// mendSurrogates replaces, in place, every escaped surrogate without a partner by
// the escape of U+FFFD, which is as long. fastjson would keep the six letters of
// the escape as text. b is well-formed JSON, so a backslash is inside a string.
func mendSurrogates(b []byte) {
	for {
		n := bytes.IndexByte(b, '\\')
		if n < 0 {
			return
		}
		b = b[n:]
		if b[1] != 'u' {
			b = b[2:]
			continue
		}
		r, size := escapedRune(b)
		if r == utf8.RuneError {
			copy(b, `\ufffd`)
		}
		b = b[size:]
	}
}
