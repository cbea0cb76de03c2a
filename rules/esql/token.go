package esql

import (
	"strings"

	"coldcase/rules/source"
)

// kind is the kind of a token.
type kind uint8

const (
	tokEOF    kind = iota
	tokName        // also keywords: what they are depends on where they stand
	tokQuoted      // `...`: never a keyword
	tokString
	tokInt
	tokDecimal
	tokSource // a bare index pattern behind FROM
	tokPunct
)

// token is one word of the text. Its text is decoded: strings and quoted names without
// their quotes and escapes.
type token struct {
	kind kind
	text string
	span source.Span
}

// reserved are the words that are no column names in expressions, in any case. FIRST and
// LAST are functions, too.
var reserved = map[string]bool{
	"and": true, "asc": true, "by": true, "desc": true, "false": true, "in": true, "is": true,
	"like": true, "not": true, "null": true, "nulls": true, "or": true, "rlike": true,
	"true": true, "where": true, "with": true,
}

// is says whether the token is the operator s.
func (t token) is(s string) bool { return t.kind == tokPunct && t.text == s }

// word says whether the token is the keyword s, in any case.
func (t token) word(s string) bool { return t.kind == tokName && equalFold(t.text, s) }

// name says whether the token can begin a column name.
func (t token) name() bool {
	return t.kind == tokQuoted || t.kind == tokName && !reserved[strings.ToLower(t.text)]
}

// found names the token for an error message.
func (t token) found() string {
	switch t.kind {
	case tokEOF:
		return "end of query"
	case tokString:
		return "string " + quote(t.text)
	case tokQuoted:
		return "`" + t.text + "`"
	}
	return "\"" + t.text + "\""
}

// equalFold compares ASCII words without regard to case. strings.EqualFold would take the
// Kelvin sign for a k.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z') {
			return false
		}
	}
	return true
}
