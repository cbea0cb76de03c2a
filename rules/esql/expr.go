package esql

import (
	"coldcase/rules/query"
	"coldcase/rules/source"
)

// Expr is an expression over the columns of a row. The set of implementations is closed:
// *Ref, *Literal, *Neg, *Arith, *Compare, *And, *Or, *Not, *In, *Like, *IsNull, *Call,
// *KQL and *Match.
//
// Logic is three-valued. An operand with several values makes Neg, Arith, Compare, In and
// Like null, and functions whose [Function] says so.
type Expr interface {
	// Span is where the expression stands in the text.
	Span() source.Span
	// Type is the type of the result.
	Type() Type
	// String returns the canonical text.
	String() string

	expr()
}

// node is what all expressions have.
type node struct {
	place
	typ Type
}

// Type returns the type of the expression's result.
func (n *node) Type() Type { return n.typ }

func (n *node) expr() {}

// Ref is a column. Field and Expanded are those of its [Column].
type Ref struct {
	node
	Name     string
	Field    string
	Expanded bool

	plain bool // see Mapping
}

// Literal is a constant: no Values is null, several are a list.
type Literal struct {
	node
	Values []Constant
}

// Neg is -X; null when it overflows.
type Neg struct {
	node
	X Expr
}

// Arith is L Op R, Op one of + - * / %. Numbers are widened to the common type of both,
// whole numbers divide truncating; overflow and division by zero are null. A Date may have
// a span added or taken away, see [FoldSpan].
type Arith struct {
	node
	Op   byte
	L, R Expr
}

// Compare is L Op R, Op one of == < <= > >=. "!=" is Not of "==".
type Compare struct {
	node
	Op   string
	L, R Expr
}

// And is true when all of X are, false when one is false, else null.
type And struct {
	node
	X []Expr
}

// Or is true when one of X is, false when all are false, else null.
type Or struct {
	node
	X []Expr
}

// Not of null is null.
type Not struct {
	node
	X Expr
}

// In is true when X equals one of List, else null when X or one of List is null, else
// false.
type In struct {
	node
	X    Expr
	List []Expr
}

// Like holds X, as a whole, against patterns: of LIKE, or, with Regexp set, of RLIKE.
//
//	x LIKE "a*"      x RLIKE ("a.*", "b.*")
type Like struct {
	node
	X      Expr
	Regexp bool
	// Texts are the patterns as written, unescaped by the lexer.
	Texts []string
	// Patterns are those of LIKE, Programs those of RLIKE in Go's syntax, anchored.
	Patterns []query.Pattern
	Programs []string
}

// IsNull is never null itself; a list is not null.
type IsNull struct {
	node
	X Expr
}

// Call is a function call. A cast x::type is the call of TO_TYPE.
type Call struct {
	node
	Func *Function
	// Args are the arguments; none for COUNT(*).
	Args []Expr
}

// Option is one entry of a map {"name": value} behind the arguments of a call.
type Option struct {
	Name  string
	Value Constant
	Type  Type // of Value
}

// KQL is KQL("..."), a predicate on the source document.
type KQL struct {
	node
	Text  string
	Query query.Expr
}

// Match is field : "text" or MATCH(field, "text", {...}), a predicate on the source
// document: any value of the field will do.
type Match struct {
	node
	Field   *Ref
	Text    *Literal
	Options []Option
	// Query is what Elasticsearch asks its index; an analysed field is cut into words by
	// its own analyser. nil when an option (fuzziness) has no counterpart there.
	Query query.Expr
}

// Walk calls f for x and every expression below it, parents first, until f returns false
// for a branch.
func Walk(x Expr, f func(Expr) bool) {
	if !f(x) {
		return
	}
	for _, sub := range children(x) {
		Walk(sub, f)
	}
}
