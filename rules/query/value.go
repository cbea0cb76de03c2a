package query

// Value is a node of a computed expression: it yields null, a string, a number or
// a boolean. The set of implementations is closed: *Null, *Constant, *FieldValue,
// *Call, *Arith, *Compare, *OneOf, *Like, *Match, *IsNull, *LogicAnd, *LogicOr
// and *LogicNot.
type Value interface {
	String() string
	value()
}

// Null is the literal null.
type Null struct{}

// Constant is a literal.
type Constant struct{ Literal Literal }

// FieldValue is one value of a field, null when it is missing.
type FieldValue struct{ Field Field }

// Call is a function call. Func is the canonical EQL name (as in the function
// reference: "startsWith", "cidrMatch", ...); Fold is the ~ variant.
type Call struct {
	Func string
	Fold bool
	Args []Value
}

// ArithOp is an arithmetic operator: one of + - * / %.
type ArithOp byte

// Arith is L Op R; a unary minus is Constant 0 minus X. Integers divide
// truncating; % keeps the sign of the dividend; null in, null out.
type Arith struct {
	Op   ArithOp
	L, R Value
}

// CompareOp is the operator of a Compare.
type CompareOp uint8

// The comparison operators. "!=" is LogicNot of Eq.
const (
	CmpEq CompareOp = iota
	CmpLt
	CmpLe
	CmpGt
	CmpGe
)

// Compare compares two values; null on either side gives null.
type Compare struct {
	Op   CompareOp
	L, R Value
}

// OneOf is X in (...): equality with one of Values.
type OneOf struct {
	X      Value
	Values []Literal
	Fold   bool
}

// Like is X like (...) or X : (...) on a computed value.
type Like struct {
	X        Value
	Patterns []Pattern
	Fold     bool
}

// Match is X regex (...) on a computed value; patterns as in Regexp.
type Match struct {
	X        Value
	Patterns []string
}

// IsNull is X == null: never null itself.
type IsNull struct{ X Value }

// LogicAnd, LogicOr and LogicNot are three-valued: false and null is false, true
// or null is true, not null is null.
type LogicAnd struct{ X []Value }

// LogicOr is the three-valued or.
type LogicOr struct{ X []Value }

// LogicNot is the three-valued not.
type LogicNot struct{ X Value }

func (*Null) value()       {}
func (*Constant) value()   {}
func (*FieldValue) value() {}
func (*Call) value()       {}
func (*Arith) value()      {}
func (*Compare) value()    {}
func (*OneOf) value()      {}
func (*Like) value()       {}
func (*Match) value()      {}
func (*IsNull) value()     {}
func (*LogicAnd) value()   {}
func (*LogicOr) value()    {}
func (*LogicNot) value()   {}
