package rows

import (
	"fmt"
	"regexp"

	"coldcase/matchers/event"
	"coldcase/rules/esql"
	"coldcase/rules/query"
)

// value is a compiled expression.
type value func(e *Env) Value

// Env is what expressions are evaluated in. It is the scratch of one goroutine.
type Env struct {
	Row Row
	// Now is NOW(), in milliseconds since 1970.
	Now int64

	doc        Document
	texts      map[string]Value // of fields, see text
	keys, held []Value          // scratch of Group.Keys, and key
	key        []byte
	picks      int     // values that MV_EXPAND went through for the row at hand
	aggregates []Value // results, while a group is finished
	patterns   patternCache
	shown      []byte // scratch of Need.Shown
}

// Evidence repeats the names of its hosts, users and indices: the values of short texts are
// kept, up to a number of them.
const (
	maxKeptTexts = 4096
	maxKeptText  = 128 // bytes
)

// text returns a keyword, the same for the same text where it is short.
func (e *Env) text(b []byte) Value {
	if len(b) > maxKeptText {
		return textValue(string(b))
	}
	v, ok := e.texts[string(b)]
	if ok {
		return v
	}
	if e.texts == nil || len(e.texts) >= maxKeptTexts {
		e.texts = map[string]Value{}
	}
	s := string(b)
	v = textValue(s)
	e.texts[s] = v
	return v
}

// Document is the event that a row is of as a whole.
type Document interface {
	// Holds reports whether the i-th of [Program.Predicates] holds.
	Holds(i int) bool
	// Leaves calls yield for each scalar of the event until yield returns false, as
	// event.Parser has it.
	Leaves(yield func(event.Leaf) bool)
}

// compiler compiles the expressions of a query.
type compiler struct {
	p *Program
	// aggregates collects the aggregate functions of an expression, each replaced by its
	// result; nil where none may stand.
	aggregates *[]aggregate
	where      cond
}

func (c *compiler) values(xs []esql.Expr) ([]value, error) {
	out := make([]value, len(xs))
	for i, x := range xs {
		v, err := c.value(x)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// value compiles an expression. The error names what cannot be run.
func (c *compiler) value(x esql.Expr) (value, error) {
	switch x := x.(type) {
	case *esql.Ref:
		slot := c.p.slot(x.Name)
		return func(e *Env) Value { return e.Row[slot] }, nil
	case *esql.Literal:
		v := literal(x)
		return func(*Env) Value { return v }, nil
	case *esql.Neg:
		v, err := c.value(x.X)
		return func(e *Env) Value { return negative(v(e)) }, err
	case *esql.Arith:
		return c.arith(x)
	case *esql.Call:
		return c.call(x)
	}
	t, err := c.cond(x)
	if err != nil {
		return nil, err
	}
	return func(e *Env) Value { return t(e).value() }, nil
}

func (c *compiler) conds(xs []esql.Expr) ([]cond, error) {
	out := make([]cond, len(xs))
	for i, x := range xs {
		t, err := c.cond(x)
		if err != nil {
			return nil, err
		}
		out[i] = t
	}
	return out, nil
}

// cond compiles a condition.
func (c *compiler) cond(x esql.Expr) (cond, error) {
	switch x := x.(type) {
	case *esql.And:
		xs, err := c.conds(x.X)
		return and(xs), err
	case *esql.Or:
		xs, err := c.conds(x.X)
		return or(xs), err
	case *esql.Not:
		t, err := c.cond(x.X)
		return not(t), err
	case *esql.Compare:
		sides, err := c.values([]esql.Expr{x.L, x.R})
		if err != nil {
			return nil, err
		}
		return comparison(x.Op, sides[0], sides[1]), nil
	case *esql.In:
		return c.in(x)
	case *esql.Like:
		return c.like(x)
	case *esql.IsNull:
		v, err := c.value(x.X)
		return func(e *Env) truth { return truthOf(len(v(e)) == 0) }, err
	case *esql.KQL, *esql.Match:
		return c.predicate(x), nil
	case *esql.Ref, *esql.Literal, *esql.Call, *esql.Neg, *esql.Arith:
		v, err := c.value(x)
		return func(e *Env) truth { return truthOfValue(v(e)) }, err
	}
	panic(fmt.Sprintf("BUG: rows.cond: unexpected %T", x))
}

func (c *compiler) in(x *esql.In) (cond, error) {
	v, err := c.value(x.X)
	if err != nil {
		return nil, err
	}
	if x.X.Type() == esql.Keyword || x.X.Type() == esql.Text {
		if set := constantTexts(x.List); set != nil {
			return constants(v, set), nil
		}
	}
	list, err := c.values(x.List)
	return membership(v, list), err
}

// constantTexts returns the strings of a list of constants, nil when it is another list.
func constantTexts(list []esql.Expr) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, x := range list {
		lit, ok := x.(*esql.Literal)
		if !ok || lit.Type() != esql.Keyword || len(lit.Values) != 1 {
			return nil
		}
		set[lit.Values[0].Text] = true
	}
	return set
}

func (c *compiler) like(x *esql.Like) (cond, error) {
	v, err := c.value(x.X)
	if err != nil {
		return nil, err
	}
	var tests []func(s string) bool
	for _, p := range x.Patterns {
		tests = append(tests, func(s string) bool { return matches(p, s) })
	}
	for _, program := range x.Programs {
		re, err := regexp.Compile(program)
		if err != nil {
			return nil, fmt.Errorf("RLIKE: %w", err)
		}
		tests = append(tests, re.MatchString)
	}
	return func(e *Env) truth {
		s, ok := v(e).text()
		if !ok {
			return unknown
		}
		for _, test := range tests {
			if test(s) {
				return isTrue
			}
		}
		return isFalse
	}, nil
}

// matches holds a whole string against a pattern: time is at most the product of their
// lengths, since only the last star is ever tried again.
func matches(p query.Pattern, s string) bool {
	i, at, star, mark := 0, 0, -1, 0
	for {
		if i < len(p) && p[i].Kind == query.Any {
			i++
			star, mark = i, at
			if mark = firstPlace(p, i, s, at); mark < 0 {
				return false
			}
			at = mark
			continue
		}
		if i == len(p) && at == len(s) {
			return true
		}
		if n, ok := step(p, i, s[at:]); ok {
			i, at = i+1, at+n
			continue
		}
		if star < 0 || mark >= len(s) {
			return false
		}
		if mark = firstPlace(p, star, s, mark+runeLength(s[mark:])); mark < 0 {
			return false
		}
		i, at = star, mark
	}
}

// predicate asks the document, or, behind the commands that have it, the column that its
// answer was carried in.
func (c *compiler) predicate(x esql.Expr) cond {
	i, slot := c.p.predicate(x)
	return func(e *Env) truth {
		if e.doc != nil {
			return truthOf(e.doc.Holds(i))
		}
		return truthOfValue(e.Row[slot])
	}
}
