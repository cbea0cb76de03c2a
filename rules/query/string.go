package query

import (
	"fmt"
	"strconv"
	"strings"
)

func (f Field) String() string {
	s := f.Name
	if f.Optional {
		s = "?" + s
	}
	if f.Glob {
		s = "glob(" + s + ")"
	}
	return s
}

func (l Literal) String() string {
	if l.Kind == String {
		return strconv.Quote(l.Text)
	}
	return l.Text
}

func (m TextMode) String() string { return [...]string{"whole", "any", "phrase"}[m] }

func (op RangeOp) String() string { return [...]string{"<", "<=", ">", ">="}[op] }

func (op CompareOp) String() string { return [...]string{"==", "<", "<=", ">", ">="}[op] }

func join[T any](xs []T, sep string, str func(T) string) string {
	out := make([]string, len(xs))
	for i, x := range xs {
		out[i] = str(x)
	}
	return strings.Join(out, sep)
}

func exprString(x Expr) string        { return x.String() }
func valueString(v Value) string      { return v.String() }
func literalString(l Literal) string  { return l.String() }
func patternQuoted(p Pattern) string  { return strconv.Quote(p.String()) }
func suffix(on bool, s string) string { return map[bool]string{true: s}[on] }

func (x *And) String() string { return "(" + join(x.X, " and ", exprString) + ")" }
func (x *Or) String() string  { return "(" + join(x.X, " or ", exprString) + ")" }
func (x *Not) String() string { return "not " + x.X.String() }

func (x *Const) String() string { return strconv.FormatBool(x.Value) }

func (x *Exists) String() string { return "exists " + x.Field.String() }

func (x *Term) String() string {
	return fmt.Sprintf("%s =%s%s (%s)", x.Field, suffix(x.Fold, "~"),
		suffix(x.Text != Whole, "["+x.Text.String()+"]"), join(x.Values, ", ", literalString))
}

func (x *Wildcard) String() string {
	return fmt.Sprintf("%s like%s%s (%s)", x.Field, suffix(x.Fold, "~"),
		suffix(x.Text != Whole, "["+x.Text.String()+"]"), join(x.Patterns, ", ", patternQuoted))
}

func (x *Regexp) String() string {
	return fmt.Sprintf("%s regex (%s)", x.Field, join(x.Patterns, ", ", strconv.Quote))
}

func (x *Range) String() string {
	if x.Also != nil {
		return fmt.Sprintf("%s %s %s and %s %s", x.Field, x.Op, x.Value, x.Also.Op, x.Also.Value)
	}
	return fmt.Sprintf("%s %s %s", x.Field, x.Op, x.Value)
}

func (x *CIDR) String() string {
	return fmt.Sprintf("%s cidr (%s)", x.Field, join(x.Nets, ", ", strconv.Quote))
}

func (x *Nested) String() string { return "nested " + x.Path + " {" + x.X.String() + "}" }
func (x *Script) String() string { return "script{" + x.X.String() + "}" }

func (*Null) String() string         { return "null" }
func (v *Constant) String() string   { return v.Literal.String() }
func (v *FieldValue) String() string { return v.Field.String() }

func (v *Call) String() string {
	return v.Func + suffix(v.Fold, "~") + "(" + join(v.Args, ", ", valueString) + ")"
}

func (v *Arith) String() string {
	return "(" + v.L.String() + " " + string(rune(v.Op)) + " " + v.R.String() + ")"
}

func (v *Compare) String() string {
	return "(" + v.L.String() + " " + v.Op.String() + " " + v.R.String() + ")"
}

func (v *OneOf) String() string {
	return v.X.String() + " in" + suffix(v.Fold, "~") + " (" + join(v.Values, ", ", literalString) + ")"
}

func (v *Like) String() string {
	return v.X.String() + " like" + suffix(v.Fold, "~") + " (" + join(v.Patterns, ", ", patternQuoted) + ")"
}

func (v *Match) String() string {
	return v.X.String() + " regex (" + join(v.Patterns, ", ", strconv.Quote) + ")"
}

func (v *IsNull) String() string   { return "isNull(" + v.X.String() + ")" }
func (v *LogicAnd) String() string { return "(" + join(v.X, " and ", valueString) + ")" }
func (v *LogicOr) String() string  { return "(" + join(v.X, " or ", valueString) + ")" }
func (v *LogicNot) String() string { return "not " + v.X.String() }
