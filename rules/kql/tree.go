package kql

import (
	"fmt"
	"strings"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// Short names in this package: n a node, lit a literal, t the text.

// node is a node of the tree as Kibana's parser builds it: *logic, *not, *is,
// *cmp or *nested. String returns KQL that parses to the same tree.
type node interface {
	String() string
	node()
}

// logic is kids joined by and, or by or: two or more.
type logic struct {
	or   bool
	kids []node
}

// not is "not kid".
type not struct{ kid node }

// is is "field:value", or "value" alone with a field that is null.
type is struct{ field, value *literal }

// comparison is "field > value".
type comparison struct {
	field, value *literal
	op           query.RangeOp
}

// nested is "path:{ kid }".
type nested struct {
	path *literal
	kid  node
}

func (*logic) node()      {}
func (*not) node()        {}
func (*is) node()         {}
func (*comparison) node() {}
func (*nested) node()     {}

// litKind is the kind of a literal.
type litKind uint8

const (
	null litKind = iota // also: no field at all
	boolean
	text
	wildcard
)

// literal is a field name or a value. Text is set for boolean and text, pattern
// for wildcard, quoted for text only.
type literal struct {
	kind    litKind
	quoted  bool
	text    string
	pattern query.Pattern
	span    source.Span
}

// lone reports whether the literal is "*" alone.
func (lit *literal) lone() bool {
	return lit.kind == wildcard && len(lit.pattern) == 1 && lit.pattern[0].Kind == query.Any
}

func (n *logic) String() string {
	word := " and "
	if n.or {
		word = " or "
	}
	parts := make([]string, len(n.kids))
	for i, kid := range n.kids {
		parts[i] = n.operand(kid)
	}
	return strings.Join(parts, word)
}

// operand adds parentheses to an "or" anywhere and to an "and" inside an "and":
// without them the parser would make one flat list of the two.
func (n *logic) operand(kid node) string {
	if l, ok := kid.(*logic); ok && (l.or || !n.or) {
		return "(" + kid.String() + ")"
	}
	return kid.String()
}

func (n *not) String() string {
	switch n.kid.(type) {
	case *logic, *not:
		return "not (" + n.kid.String() + ")"
	}
	return "not " + n.kid.String()
}

func (n *is) String() string {
	if n.field.kind == null {
		return n.value.String()
	}
	return n.field.String() + ":" + n.value.String()
}

func (n *comparison) String() string {
	return n.field.String() + " " + n.op.String() + " " + n.value.String()
}

func (n *nested) String() string {
	return n.path.String() + ":{ " + n.kid.String() + " }"
}

func (lit *literal) String() string {
	switch {
	case lit.kind == null:
		return "null"
	case lit.kind == boolean:
		return lit.text
	case lit.kind == wildcard:
		return unquotedString(lit.pattern)
	case lit.quoted:
		return `"` + escapeQuoted.Replace(lit.text) + `"`
	case lit.text == "":
		return `\t` // the empty value unquoted: white space, which is trimmed
	}
	return unquotedString(query.Pattern{{Kind: query.Lit, Text: lit.text}})
}

var (
	escapeQuoted   = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`, "\r", `\r`, "\n", `\n`)
	escapeUnquoted = strings.NewReplacer("\t", `\t`, "\r", `\r`, "\n", `\n`, "\u00a0", `\u00a0`,
		`\`, `\\`, `(`, `\(`, `)`, `\)`, `:`, `\:`, `<`, `\<`, `>`, `\>`, `"`, `\"`, `*`, `\*`, `{`, `\{`, `}`, `\}`)
)

func unquotedString(p query.Pattern) string {
	var b strings.Builder
	for _, part := range p {
		switch part.Kind {
		case query.Any:
			b.WriteByte('*')
		case query.Lit:
			b.WriteString(escapeUnquoted.Replace(part.Text))
		default:
			panic(fmt.Sprintf("BUG: kql: unexpected pattern part %d", part.Kind))
		}
	}
	return escapeKeywords(b.String())
}

// escapeKeywords escapes the first letter of each word that would end the value, in
// text whose special characters are escaped already; at the end too, since a space
// may follow there. It does so by code point: "\not" is a line break and "ot" (see
// escape).
func escapeKeywords(s string) string {
	var b strings.Builder
	followed := s + " "
	for i := 0; i < len(s); i++ {
		switch kw := keywordAt(followed, i); {
		case s[i] == '\\': // the letter of an escape begins no word
			b.WriteString(s[i : i+2])
			i++
		case kw == "":
			b.WriteByte(s[i])
		case s[i] == ' ':
			i++
			fmt.Fprintf(&b, ` \u%04x`, s[i])
		default:
			fmt.Fprintf(&b, `\u%04x`, s[i])
		}
	}
	return b.String()
}
