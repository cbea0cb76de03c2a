package eql

import "coldcase/rules/source"

// kind is the kind of a token.
type kind uint8

const (
	tokEOF kind = iota
	tokName
	tokQuotedName // `...`: never a keyword
	tokTildeName  // name~, a case-insensitive function
	tokString
	tokInt
	tokDecimal
	tokKeyword // text is the keyword, with its ~ for in~, like~ and regex~
	tokPunct   // text is the operator
)

// token is one word of the text. Its text is decoded: strings and quoted names
// without their quotes and escapes.
type token struct {
	kind kind
	text string
	span source.Span
}

// keywords are lower case only; as a field segment or a category they need quotes
// (EqlBase.g4). "runs", "head" and "tail" are ordinary names.
var keywords = map[string]bool{
	"and": true, "any": true, "by": true, "false": true, "in": true, "join": true,
	"like": true, "maxspan": true, "not": true, "null": true, "of": true, "or": true,
	"regex": true, "sample": true, "sequence": true, "true": true, "until": true,
	"where": true, "with": true,
}

// tildeKeywords are the keywords that have a case-insensitive form.
var tildeKeywords = map[string]bool{"in": true, "like": true, "regex": true}

// is says whether the token is the keyword or operator s.
func (t token) is(s string) bool {
	return (t.kind == tokKeyword || t.kind == tokPunct) && t.text == s
}

// found names the token for an error message.
func (t token) found() string {
	switch t.kind {
	case tokEOF:
		return "end of query"
	case tokString:
		return "string " + quote(t.text)
	case tokQuotedName:
		return "`" + t.text + "`"
	}
	return "\"" + t.text + "\""
}
