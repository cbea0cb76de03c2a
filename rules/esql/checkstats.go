package esql

import "slices"

// stats checks STATS and INLINE STATS and makes the table that they yield.
func (c *checker) stats(cmd *Stats) error {
	if err := c.groups(cmd); err != nil {
		return err
	}
	input := c.at
	// The aggregates see the keys under their names.
	c.at = newScope(input.Table, c.m)
	c.keys = map[string]bool{}
	for _, by := range cmd.By {
		c.keys[by.Name] = true
		c.at.set(assigned(by))
	}
	for _, a := range cmd.Aggs {
		if err := c.aggregate(a); err != nil {
			return err
		}
	}
	c.keys = nil
	for _, col := range c.at.Columns {
		if _, known := input.index[col.Name]; col.source && !known {
			input.nullify(col)
		}
	}
	out := newScope(Table{}, c.m)
	if cmd.Inline {
		out = newScope(input.Table, c.m)
	}
	for _, a := range cmd.Aggs {
		out.set(Column{Name: a.Name, Type: a.X.Type()})
	}
	for _, by := range cmd.By {
		col := assigned(by)
		if !cmd.Inline {
			col.Field, col.plain = "", false // one value of the field, for many documents
		}
		out.set(col)
	}
	c.at = out
	c.afterGroups = true
	return nil
}

// groups checks the keys. Of several with a name the last is the only one (S:stats
// nestedAggsOverGroupingTwiceWithAlias): all of them see the columns in front of the command.
func (c *checker) groups(cmd *Stats) error {
	last := map[string]int{}
	for i, by := range cmd.By {
		if err := c.want(by.X, orderable, "a key of BY"); err != nil {
			return err
		}
		last[by.Name] = i
	}
	var keys []Assign
	for i, by := range cmd.By {
		if last[by.Name] == i {
			keys = append(keys, by)
		}
	}
	cmd.By = keys
	return nil
}

// aggregate checks one result of a STATS: outside of aggregate functions only keys may
// stand. It need not have such a function, but has to have one or the other.
func (c *checker) aggregate(a Aggregate) error {
	c.aggregates = wantAggregate
	err := c.value(a.X)
	c.aggregates = noAggregates
	if err != nil {
		return err
	}
	found := false
	Walk(a.X, func(x Expr) bool {
		call, ok := x.(*Call)
		_, key := x.(*Ref)
		found = found || key || ok && call.Func.Aggregate
		return !found
	})
	if !found {
		return c.errorf(a.X.Span(), "expected an aggregate function in STATS")
	}
	if a.Where == nil {
		return nil
	}
	return c.condition(a.Where)
}

// call checks a function call: where it may stand, and its arguments.
func (c *checker) call(x *Call) error {
	f, mode := x.Func, c.aggregates
	if f.Aggregate {
		switch mode {
		case noAggregates:
			return c.errorf(x.at, "aggregate function %s belongs in STATS", f.Name)
		case insideAggregate:
			return c.errorf(x.at, "aggregate function %s inside another one", f.Name)
		}
		c.aggregates = insideAggregate
	}
	args := make([]Type, len(x.Args))
	for i, a := range x.Args {
		if err := c.argument(x, i, a); err != nil {
			return err
		}
		args[i] = a.Type()
	}
	c.aggregates = mode
	if len(args) == 0 {
		args = []Type{Null}
	}
	t, ok := f.result(args)
	if !ok {
		return c.errorf(x.at, "the arguments of %s are of different types: %s", f.Name, list(args, Type.String))
	}
	x.typ = t
	if f.Name == "BUCKET" {
		return c.checkBucket(x)
	}
	return c.constants(x)
}

// argument checks one argument of a call; a string literal becomes what is wanted.
func (c *checker) argument(x *Call, i int, a Expr) error {
	if err := c.expr(a); err != nil {
		return err
	}
	set := x.Func.param(i)
	if x.Func.Name == "CASE" && i%2 == 0 && i < len(x.Args)-1 {
		set = boolean
	}
	if !set.has(a.Type()) {
		if done, err := c.coerceTo(a, set); err != nil || !done {
			return c.either(err, c.errorf(a.Span(), "argument %d of %s must be %s, found a %s", i+1, x.Func.Name, set, a.Type()))
		}
	}
	return c.constant(x, i, a)
}

func (c *checker) either(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// constant wants arguments to be constant that say how to work, not on what.
func (c *checker) constant(x *Call, i int, a Expr) error {
	if x.Func.constant>>i&1 == 0 {
		return nil
	}
	if _, ok := FoldSpan(a); ok {
		return nil
	}
	v, ok := a.(*Literal)
	if !ok || len(v.Values) != 1 {
		return c.errorf(a.Span(), "argument %d of %s must be a constant", i+1, x.Func.Name)
	}
	if v.typ == Keyword && !slices.ContainsFunc(sortOrders, func(s string) bool { return equalFold(s, v.Values[0].Text) }) {
		return c.errorf(a.Span(), "argument %d of %s must be \"asc\" or \"desc\"", i+1, x.Func.Name)
	}
	return nil
}

// sortOrders are the only constant strings that functions take.
var sortOrders = []string{"asc", "desc"}
