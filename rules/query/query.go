package query

// Short names in this package: x an Expr, v a Value, f a Field.

// Expr is a two-valued predicate on one event. The set of implementations is
// closed: *And, *Or, *Not, *Const, *Exists, *Term, *Wildcard, *Regexp, *Range,
// *CIDR, *Nested and *Script. Trees are immutable once built and may be shared.
type Expr interface {
	// String returns a canonical, human-readable form (not any one rule language).
	String() string
	expr()
}

// Field names a field of an event.
type Field struct {
	// Name is the dotted name. With Glob set, '*' in it stands for any run of
	// characters, dots included, and the predicate holds when it holds for any
	// field of the event whose whole name matches (KQL "process.*:x"). The glob
	// "*" is every field: KQL free text lowers to it.
	Name string
	Glob bool
	// Optional records EQL's ?field. It changes nothing in evaluation (Decision 3).
	Optional bool
}

// LiteralKind is the syntactic kind of a literal.
type LiteralKind uint8

// The kinds of literal. KQL and Lucene literals are strings except true and
// false; the field's type decides whether "4" is a number.
const (
	String LiteralKind = iota
	Number             // Text is a decimal number as written: 4, -1, 4.5, 1e3
	Bool               // Text is "true" or "false"
)

// Literal is a constant in a query.
type Literal struct {
	Kind LiteralKind
	Text string // unescaped
}

// And holds when all of X hold; an empty And is true.
type And struct{ X []Expr }

// Or holds when one of X holds; an empty Or is false.
type Or struct{ X []Expr }

// Not holds when X does not: two-valued.
type Not struct{ X Expr }

// Const is always Value.
type Const struct{ Value bool }

// Exists holds when the field has a value that is not null. An object has one
// when any field inside it has.
type Exists struct{ Field Field }

// TextMode says how a Term or Wildcard treats a field of type text. Fields of
// other types ignore it.
type TextMode uint8

const (
	// Whole compares the whole original string, as for a keyword (EQL).
	Whole TextMode = iota
	// AnyToken analyses value and literal and wants one token in common (KQL and
	// Lucene, unquoted: match). A wildcard is held against single tokens.
	AnyToken
	// Phrase wants the literal's tokens in sequence (KQL and Lucene, quoted:
	// match_phrase).
	Phrase
)

// Term holds when a value of the field equals one of Values, by the field's type:
//
//	process.pid == 4        field:value        field:("a" or "b")        f in ("a", "b")
//
// On ip fields a literal may be a network; on date fields a rounded literal is
// its whole period and may use date math. '*' and '?' are plain characters.
type Term struct {
	Field  Field
	Values []Literal
	Fold   bool // ASCII case-insensitive: EQL ":" and "in~"
	Text   TextMode
}

// PartKind is the kind of one part of a wildcard pattern.
type PartKind uint8

// The parts of a wildcard pattern.
const (
	Lit PartKind = iota // the text itself
	Any                 // '*': any run of characters, none and newlines included
	One                 // '?': exactly one Unicode code point
)

// Part is one part of a wildcard pattern. Text is set for Lit only.
type Part struct {
	Kind PartKind
	Text string
}

// Pattern is a wildcard pattern, already unescaped by its front end.
type Pattern []Part

// Wildcard holds when a value of the field matches one of Patterns as a whole:
//
//	process.name : "cmd*"        process.name like "?:\\*"        process.name:*kat*
type Wildcard struct {
	Field    Field
	Patterns []Pattern
	Fold     bool     // ASCII case-insensitive
	Text     TextMode // Whole or AnyToken
}

// Regexp holds when a value of the field matches one of Patterns as a whole.
// The patterns are in Go's RE2 syntax, made from Lucene's by [TranslateRegexp],
// which takes care of folding and anchoring.
type Regexp struct {
	Field    Field
	Patterns []string
}

// RangeOp is the operator of a Range.
type RangeOp uint8

// The operators of a range.
const (
	Lt RangeOp = iota
	Le
	Gt
	Ge
)

// Range holds when a value of the field compares so with Value: numbers as
// numbers, dates with rounding and date math, ips, versions; keywords by bytes,
// unless Value is a Number and so is the value (Decision 4). With Also set one and
// the same value must satisfy both bounds, as in Lucene's [a TO b].
type Range struct {
	Field Field
	Op    RangeOp
	Value Literal
	Also  *Bound
}

// Bound is the other bound of a Range.
type Bound struct {
	Op    RangeOp
	Value Literal
}

// CIDR holds when a value of the field is an address in one of Nets. Nets are
// texts as written ("10.0.0.0/8", host bits allowed, or a bare address).
type CIDR struct {
	Field Field
	Nets  []string
}

// Nested holds when one element of the array of objects at Path satisfies X
// whose field names are full names below Path. KQL: path:{ a:1 and b:2 }.
// When Path is not mapped as nested the node never holds, unless Always is set: an
// exception item says by itself that it is.
type Nested struct {
	Path   string
	X      Expr
	Always bool
}

// Script holds when the three-valued X is true for some combination of the values
// of its fields. Each mention of a field iterates over that field's sorted,
// distinct values; a missing field is null.
type Script struct{ X Value }

func (*And) expr()      {}
func (*Or) expr()       {}
func (*Not) expr()      {}
func (*Const) expr()    {}
func (*Exists) expr()   {}
func (*Term) expr()     {}
func (*Wildcard) expr() {}
func (*Regexp) expr()   {}
func (*Range) expr()    {}
func (*CIDR) expr()     {}
func (*Nested) expr()   {}
func (*Script) expr()   {}
