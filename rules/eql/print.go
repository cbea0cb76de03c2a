package eql

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"coldcase/rules/source"
)

// Precedence, loosest first; a node prints in parentheses where its level is below
// what the place wants.
const (
	levelOr = iota
	levelAnd
	levelNot
	levelCompare
	levelAdd
	levelMul
	levelUnary // and x in (...): it binds to the primary to its left
	levelPrimary
)

func level(x node) int {
	switch x := x.(type) {
	case *or:
		return levelOr
	case *and:
		return levelAnd
	case *not:
		return levelNot
	case *compare:
		return levelCompare
	case *arith:
		if x.op == '+' || x.op == '-' {
			return levelAdd
		}
		return levelMul
	case *negate, *member:
		return levelUnary
	case *literal, *field, *call:
		return levelPrimary
	}
	panic(fmt.Sprintf("BUG: eql.level: unexpected %T", x))
}

// paren prints x for a place that wants at least the level want.
func paren(x node, want int) string {
	if level(x) < want {
		return "(" + x.String() + ")"
	}
	return x.String()
}

func join(list []node, sep string, want int) string {
	parts := make([]string, len(list))
	for i, x := range list {
		parts[i] = paren(x, want)
	}
	return strings.Join(parts, sep)
}

func (x *literal) String() string {
	if x.kind == typeString {
		return quote(x.text)
	}
	return x.text
}

func (x *field) String() string {
	if x.optional {
		return "?" + quoteName(x.name)
	}
	return quoteName(x.name)
}

// quoteName writes a field name with backticks where a segment needs them.
func quoteName(name string) string {
	segments := strings.Split(name, ".")
	for i, s := range segments {
		if s == "" {
			return backtick(name)
		}
		if !plainName(s) {
			segments[i] = backtick(s)
		}
	}
	return strings.Join(segments, ".")
}

func backtick(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }

func plainName(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) && (i == 0 || !source.IsDigit(s[i])) {
			return false
		}
	}
	return s != "" && !keywords[s]
}

func (x *call) String() string {
	tilde := ""
	if x.fold {
		tilde = "~"
	}
	return x.fn.name + tilde + "(" + join(x.args, ", ", levelOr) + ")"
}

func (x *negate) String() string { return "-" + paren(x.x, levelUnary) }

func (x *arith) String() string {
	// Left-associative: the right side needs the next tighter level.
	own := level(x)
	return paren(x.l, own) + " " + string(x.op) + " " + paren(x.r, own+1)
}

func (x *compare) String() string {
	return paren(x.l, levelAdd) + " " + x.op + " " + paren(x.r, levelAdd)
}

func (x *member) String() string {
	s := paren(x.x, levelPrimary)
	if x.negated {
		s += " not"
	}
	s += " " + x.op + " "
	if len(x.list) == 1 && !isIn(x.op) {
		return s + x.list[0].String()
	}
	return s + "(" + join(x.list, ", ", levelOr) + ")"
}

func isIn(op string) bool { return op == "in" || op == "in~" }

func (x *not) String() string { return "not " + paren(x.x, levelNot) }
func (x *and) String() string { return join(x.list, " and ", levelNot) }
func (x *or) String() string  { return join(x.list, " or ", levelAnd) }

func (e eventFilter) String() string {
	switch {
	case e.category == "":
		return "any where " + e.x.String()
	case plainName(e.category):
		return e.category + " where " + e.x.String()
	}
	return quote(e.category) + " where " + e.x.String()
}

func (t term) String() string {
	s := "[" + t.event.String() + "]"
	if t.missing {
		s = "!" + s
	}
	s += keys(t.by)
	if t.runs > 0 {
		s += " with runs=" + strconv.Itoa(t.runs)
	}
	return s
}

func keys(by []*field) string {
	names := make([]string, len(by))
	for i, f := range by {
		names[i] = f.String()
	}
	if len(names) == 0 {
		return ""
	}
	return " by " + strings.Join(names, ", ")
}

// units are the units of maxspan, shortest first.
var units = []struct {
	name string
	d    time.Duration
}{
	{"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute},
	{"h", time.Hour}, {"d", 24 * time.Hour},
}

// String returns the canonical text of the whole query.
func (s *statement) String() string {
	var b strings.Builder
	switch s.form {
	case eventForm:
		b.WriteString(s.event.String())
	case sequenceForm:
		b.WriteString("sequence" + keys(s.by))
		if s.maxspan > 0 {
			fmt.Fprintf(&b, " with maxspan=%dms", s.maxspan.Milliseconds())
		}
	case sampleForm:
		b.WriteString("sample" + keys(s.by))
	}
	for _, t := range s.terms {
		b.WriteString("\n  " + t.String())
	}
	if s.until != nil {
		b.WriteString("\nuntil " + s.until.String())
	}
	for _, p := range s.pipes {
		if p.tail {
			fmt.Fprintf(&b, "\n| tail %d", p.n)
		} else {
			fmt.Fprintf(&b, "\n| head %d", p.n)
		}
	}
	return b.String()
}
