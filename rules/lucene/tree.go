package lucene

import (
	"strings"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// Short names in this package: n a node, t the text.

// node is a node of the tree: *boolean, *term, *wild, *regex, *bounds, *exists or
// *all. String returns query_string text that parses to the same tree.
type node interface {
	String() string
	node()
}

// occur says how a clause counts.
type occur uint8

const (
	should  occur = iota
	must          // +n
	mustNot       // -n
)

type clause struct {
	occur occur
	n     node
}

// boolean is a group of clauses; one alone is mustNot.
type boolean struct{ clauses []clause }

// anyField is the field of words that name none.
const anyField = "*"

// term is "field:text" or `field:"text"`.
type term struct {
	field, text string
	quoted      bool
}

// wild is "field:te?t*".
type wild struct {
	field   string
	pattern query.Pattern
}

// regex is "field:/body/". The body is as written.
type regex struct {
	field, body string
	span        source.Span
}

// bound is one end of a range; nil is open.
type bound struct {
	text      string
	inclusive bool
}

// bounds is "field:[lo TO hi}" or "field:>=lo". One end at least is not open.
type bounds struct {
	field  string
	lo, hi *bound
}

// exists is "field:*" or "_exists_:field".
type exists struct{ field string }

// all is "*:*".
type all struct{}

func (*boolean) node() {}
func (*term) node()    {}
func (*wild) node()    {}
func (*regex) node()   {}
func (*bounds) node()  {}
func (*exists) node()  {}
func (*all) node()     {}

func (n *boolean) String() string {
	parts := make([]string, len(n.clauses))
	for i, c := range n.clauses {
		parts[i] = [...]string{should: "", must: "+", mustNot: "-"}[c.occur]
		if _, ok := c.n.(*boolean); ok {
			parts[i] += "(" + c.n.String() + ")"
		} else {
			parts[i] += c.n.String()
		}
	}
	return strings.Join(parts, " ")
}

func (n *term) String() string {
	if n.quoted {
		return prefix(n.field) + quote(n.text)
	}
	return prefix(n.field) + escapeWord(n.text)
}

func (n *wild) String() string {
	var b strings.Builder
	for _, part := range n.pattern {
		switch part.Kind {
		case query.Any:
			b.WriteByte('*')
		case query.One:
			b.WriteByte('?')
		case query.Lit:
			b.WriteString(escapes.Replace(part.Text))
		}
	}
	return prefix(n.field) + b.String()
}

func (n *regex) String() string { return prefix(n.field) + "/" + n.body + "/" }

func (n *bounds) String() string {
	open, end := "[", "]"
	if n.lo != nil && !n.lo.inclusive {
		open = "{"
	}
	if n.hi != nil && !n.hi.inclusive {
		end = "}"
	}
	return prefix(n.field) + open + n.lo.String() + " TO " + n.hi.String() + end
}

func (b *bound) String() string {
	if b == nil {
		return "*"
	}
	return quote(b.text)
}

func (n *exists) String() string { return existsField + ":" + quote(n.field) }

func (*all) String() string { return "*:*" }

func prefix(field string) string {
	if field == anyField {
		return ""
	}
	return escapeWord(field) + ":"
}

func quote(s string) string { return `"` + quoteEscapes.Replace(s) + `"` }

// escapeWord escapes a word so that it is one, and no operator.
func escapeWord(s string) string {
	if isOperator(s) {
		return `\` + s
	}
	return escapes.Replace(s)
}

var (
	quoteEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	escapes      = strings.NewReplacer(`\`, `\\`, `+`, `\+`, `-`, `\-`, `!`, `\!`, `(`, `\(`, `)`, `\)`,
		`:`, `\:`, `^`, `\^`, `[`, `\[`, `]`, `\]`, `"`, `\"`, `{`, `\{`, `}`, `\}`, `~`, `\~`,
		`*`, `\*`, `?`, `\?`, `/`, `\/`, " ", `\ `, "\t", "\\\t", "\n", "\\\n", "\r", "\\\r", "\u3000", "\\\u3000")
)
