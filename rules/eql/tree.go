package eql

import (
	"time"

	"coldcase/rules/source"
)

// Short names in this package: x a node, s a span, t a token, f a field.

// node is an expression. The set of implementations is closed: *literal, *field,
// *call, *negate, *arith, *compare, *member, *not, *and and *or. Trees are
// immutable once parsed. String returns text that parses to the same tree.
type node interface {
	String() string
	span() source.Span
}

// at is embedded for a node's place in the text.
type at struct{ source.Span }

func (a at) span() source.Span { return a.Span }

// litKind is the kind of a literal, and the static type of an expression.
type litKind uint8

const (
	typeAny litKind = iota // not known before the schema is: a field
	typeNull
	typeBool
	typeNumber
	typeString
)

// literal is a constant; text is "null", "true", a number as written or a string.
type literal struct {
	at
	kind litKind
	text string
}

// field is a field name with its segments joined by dots; ?name when optional.
type field struct {
	at
	name     string
	optional bool
}

// call is name(args) or name~(args).
type call struct {
	at
	fn   *function
	fold bool
	args []node
}

// negate is unary minus. (Unary plus leaves no trace.)
type negate struct {
	at
	x node
}

// arith is l op r with op one of + - * / %.
type arith struct {
	at
	op   byte
	l, r node
}

// compare is l op r with op one of == != < <= > >=.
type compare struct {
	at
	op   string
	l, r node
}

// member is x op list: op is one of : in in~ like like~ regex regex~. Negated is
// the infix "x not in (...)". For : like and regex the list holds constants only,
// and one constant needs no parentheses.
type member struct {
	at
	op      string
	negated bool
	x       node
	list    []node
}

// not is not x.
type not struct {
	at
	x node
}

// and is a and b and ...: at least two.
type and struct {
	at
	list []node
}

// or is a or b or ...: at least two.
type or struct {
	at
	list []node
}

// eventFilter is "category where x"; an empty category is "any".
type eventFilter struct {
	category string
	x        node
}

// term is one [ ... ] of a sequence or sample.
type term struct {
	at
	event   eventFilter
	missing bool // ![ ... ]
	by      []*field
	runs    int // 0 when not written
}

// statement is a whole query: an event, a sequence or a sample.
type statement struct {
	form    form
	event   eventFilter // of an event query
	by      []*field
	maxspan time.Duration // 0 when absent
	terms   []term
	until   *term
	pipes   []pipe
}

// form is the form of a query.
type form uint8

const (
	eventForm form = iota
	sequenceForm
	sampleForm
)

// pipe is "| head x" or "| tail x".
type pipe struct {
	tail bool
	n    int
}
