package lint

import (
	"fmt"
	"net/netip"
	"strconv"

	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// never says why an expression holds for no event whatever its fields hold, "" when it
// may. It is not complete: "" promises nothing. What it says is certain: it goes by the
// semantics of package query alone, under which a field may have several values, so
// that two terms of one field do not exclude each other.
func (c *context) never(x query.Expr) string {
	why, ok := c.nevers[x]
	if !ok {
		why = c.whyNever(x)
		c.nevers[x] = why
	}
	return why
}

func (c *context) whyNever(x query.Expr) string {
	switch x := x.(type) {
	case *query.Const:
		if !x.Value {
			return "it is always false"
		}
	case *query.And:
		return c.neverAll(flatten(x))
	case *query.Or:
		for _, part := range x.X {
			if c.never(part) == "" {
				return ""
			}
		}
		return "none of its alternatives can hold"
	case *query.Not:
		if k, ok := x.X.(*query.Const); ok && k.Value {
			return "it is always false"
		}
	case *query.Nested:
		if !x.Always && !c.schema.NestedPath(x.Path) {
			return x.Path + " is not mapped as nested"
		}
		return c.never(x.X)
	case *query.Term:
		return c.neverEqual(x)
	case *query.Range:
		return neverBetween(x)
	}
	return ""
}

// flatten returns the parts of an and, those of ands below it among them.
func flatten(x *query.And) []query.Expr {
	var out []query.Expr
	for _, part := range x.X {
		if and, ok := part.(*query.And); ok {
			out = append(out, flatten(and)...)
		} else {
			out = append(out, part)
		}
	}
	return out
}

// neverAll looks for a part that never holds, or two that exclude each other.
func (c *context) neverAll(parts []query.Expr) string {
	denied, absent := map[string]bool{}, map[string]bool{}
	for _, x := range parts {
		if why := c.never(x); why != "" {
			return why
		}
		not, ok := x.(*query.Not)
		if !ok {
			continue
		}
		denied[not.X.String()] = true
		if e, ok := not.X.(*query.Exists); ok && !e.Field.Glob {
			absent[e.Field.Name] = true
		}
	}
	if len(denied) == 0 {
		return ""
	}
	for _, x := range parts {
		if denied[x.String()] {
			return fmt.Sprintf("%s is both wanted and excluded", short(x))
		}
		if f, ok := query.LeafField(x); ok && absent[f.Name] {
			return fmt.Sprintf("%s must have a value, and must have none", f.Name)
		}
	}
	return ""
}

// neverEqual looks at literals that no value of the field's type can equal.
func (c *context) neverEqual(x *query.Term) string {
	if x.Field.Glob || len(x.Values) == 0 {
		return ""
	}
	t := c.schema.Lookup(x.Field.Name).Type
	for _, l := range x.Values {
		if possible(t, l) {
			return ""
		}
	}
	return fmt.Sprintf("%s is %s, and %q is none", x.Field.Name, typeNames[t], x.Values[0].Text)
}

var typeNames = map[schema.Type]string{
	schema.Long: "a number", schema.Double: "a number", schema.IP: "an address", schema.Boolean: "true or false",
}

func possible(t schema.Type, l query.Literal) bool {
	switch t {
	case schema.Long, schema.Double:
		_, err := strconv.ParseFloat(l.Text, 64)
		return err == nil
	case schema.Boolean:
		return l.Text == "true" || l.Text == "false" || l.Text == ""
	case schema.IP:
		_, noAddr := netip.ParseAddr(l.Text)
		_, noNet := netip.ParsePrefix(l.Text)
		return noAddr == nil || noNet == nil
	}
	return true
}

// neverBetween looks at two bounds between which no number lies.
func neverBetween(x *query.Range) string {
	if x.Also == nil || x.Op/2 == x.Also.Op/2 { // both from below, or both from above
		return ""
	}
	low, high := query.Bound{Op: x.Op, Value: x.Value}, *x.Also
	if low.Op == query.Lt || low.Op == query.Le {
		low, high = high, low
	}
	a, aerr := strconv.ParseFloat(low.Value.Text, 64)
	b, berr := strconv.ParseFloat(high.Value.Text, 64)
	if aerr != nil || berr != nil || a < b || a == b && low.Op == query.Ge && high.Op == query.Le {
		return ""
	}
	return fmt.Sprintf("no value of %s lies between %s and %s", x.Field.Name, low.Value.Text, high.Value.Text)
}

// neverMatches reports a rule of which no event, or no whole sequence, can be found.
func neverMatches(c *context) {
	p := c.rule.Program
	switch {
	case p == nil:
	case p.Event != nil:
		c.neverWhole(p.Event, "the rule never matches: ")
	case p.Sequence != nil:
		for i, s := range p.Sequence.Steps {
			if !s.Missing {
				c.neverWhole(s.X, fmt.Sprintf("the rule never matches: step %d: ", i+1))
			}
		}
	case p.Sample != nil:
		for i, s := range p.Sample.Steps {
			c.neverWhole(s.X, fmt.Sprintf("the rule never matches: filter %d: ", i+1))
		}
	}
}

func (c *context) neverWhole(x query.Expr, head string) {
	if why := c.never(x); why != "" {
		c.say("query", fieldIn(x, c), head+why)
	}
}

// neverTrue reports the clauses of a rule that may match by others.
func neverTrue(c *context) {
	for _, x := range steps(c.rule.Program) {
		if c.never(x) == "" {
			c.neverParts(x)
		}
	}
}

// neverParts reports the largest clauses below x that never hold.
func (c *context) neverParts(x query.Expr) {
	part := func(x query.Expr) {
		if why := c.never(x); why != "" {
			if _, literal := x.(*query.Const); !literal {
				c.say("query", fieldIn(x, c), fmt.Sprintf("the clause %s is never true: %s", short(x), why))
			}
			return
		}
		c.neverParts(x)
	}
	switch x := x.(type) {
	case *query.And:
		for _, p := range x.X {
			part(p)
		}
	case *query.Or:
		for _, p := range x.X {
			part(p)
		}
	case *query.Not:
		part(x.X)
	case *query.Nested:
		c.neverParts(x.X)
	}
}

// fieldIn returns the first field of the smallest part of x that never holds.
func fieldIn(x query.Expr, c *context) string {
	name := ""
	query.Walk(x, func(x query.Expr) {
		if f, ok := query.LeafField(x); ok && name == "" && c.never(x) != "" {
			name = f.Name
		}
	})
	if name == "" {
		query.Fields(x, func(f query.Field) {
			if name == "" {
				name = f.Name
			}
		})
	}
	return name
}

// maxShown bounds what is shown of a clause, in bytes.
const maxShown = 100

func short(x query.Expr) string {
	s := x.String()
	if len(s) > maxShown {
		s = s[:maxShown] + "..."
	}
	return s
}
