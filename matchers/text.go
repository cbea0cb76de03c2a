package matchers

import (
	"unicode"
	"unicode/utf8"

	"coldcase/matchers/event"
)

// nextToken returns the bounds of the first word of b at or after i, as
// Elasticsearch's standard tokenizer cuts them: runs of letters, digits, marks and
// connectors; a '.', ':' or apostrophe joins letters on both sides; a '.', ',' or
// ';' joins digits on both sides (Unicode annex 29). ok is false at the end.
func nextToken(b []byte, i int) (start, end int, ok bool) {
	for i < len(b) {
		r, n := utf8.DecodeRune(b[i:])
		if isWord(r) {
			return i, tokenEnd(b, i), true
		}
		i += n
	}
	return 0, 0, false
}

func tokenEnd(b []byte, i int) int {
	var last rune
	for i < len(b) {
		r, n := utf8.DecodeRune(b[i:])
		if !isWord(r) {
			next, _ := utf8.DecodeRune(b[i+n:])
			if i+n >= len(b) || !joins(last, r, next) {
				return i
			}
		}
		last = r
		i += n
	}
	return i
}

func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

func joins(before, r, after rune) bool {
	switch r {
	case '.', '\'', '\u2019':
		return unicode.IsLetter(before) && unicode.IsLetter(after) ||
			unicode.IsDigit(before) && unicode.IsDigit(after)
	case ':', '\u00b7':
		return unicode.IsLetter(before) && unicode.IsLetter(after)
	case ',', ';':
		return unicode.IsDigit(before) && unicode.IsDigit(after)
	}
	return false
}

// tokenize returns the lower-cased words of a query's literal.
func tokenize(s string) [][]byte {
	var out [][]byte
	b := []byte(s)
	for i := 0; ; {
		start, end, ok := nextToken(b, i)
		if !ok {
			return out
		}
		out = append(out, appendLowerUnicode(nil, b[start:end]))
		i = end
	}
}

// tokenEqual compares a word of a value with a lower-cased word of the query.
func tokenEqual(word, lowered []byte) bool {
	for len(word) > 0 && len(lowered) > 0 {
		r, n := utf8.DecodeRune(word)
		q, m := utf8.DecodeRune(lowered)
		if unicode.ToLower(r) != q {
			return false
		}
		word, lowered = word[n:], lowered[m:]
	}
	return len(word) == len(lowered)
}

// anyTokenTest is Elasticsearch's match query: one word in common.
type anyTokenTest struct{ words [][]byte }

func (t *anyTokenTest) match(_ *scratch, v event.Value) bool {
	for i := 0; ; {
		start, end, ok := nextToken(v.Text, i)
		if !ok {
			return false
		}
		for _, w := range t.words {
			if tokenEqual(v.Text[start:end], w) {
				return true
			}
		}
		i = end
	}
}

// phraseTest is match_phrase: the words in sequence.
type phraseTest struct{ phrases [][][]byte }

func (t *phraseTest) match(_ *scratch, v event.Value) bool {
	for _, words := range t.phrases {
		if len(words) > 0 && hasPhrase(v.Text, words) {
			return true
		}
	}
	return false
}

func hasPhrase(b []byte, words [][]byte) bool {
	for i := 0; ; {
		start, end, ok := nextToken(b, i)
		if !ok {
			return false
		}
		if phraseAt(b, start, words) {
			return true
		}
		i = end
	}
}

func phraseAt(b []byte, i int, words [][]byte) bool {
	for _, w := range words {
		start, end, ok := nextToken(b, i)
		if !ok || !tokenEqual(b[start:end], w) {
			return false
		}
		i = end
	}
	return true
}

// tokenGlobTest holds a wildcard pattern against single lower-cased words.
type tokenGlobTest struct{ globs []*glob }

func (t *tokenGlobTest) match(s *scratch, v event.Value) bool {
	for i := 0; ; {
		start, end, ok := nextToken(v.Text, i)
		if !ok {
			return false
		}
		s.word = appendLowerUnicode(s.word[:0], v.Text[start:end])
		for _, g := range t.globs {
			if g.match(s.word) {
				return true
			}
		}
		i = end
	}
}
