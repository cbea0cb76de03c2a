package esql

import (
	"fmt"

	"coldcase/rules/query"
)

// expr gives x and everything below it a type.
func (c *checker) expr(x Expr) error {
	switch x := x.(type) {
	case *Literal:
		return nil
	case *Ref:
		return c.ref(x)
	case *Neg:
		return c.neg(x)
	case *Arith:
		return c.arith(x)
	case *Compare:
		return c.compare(x)
	case *And:
		return c.logic(x.X, "AND")
	case *Or:
		return c.logic(x.X, "OR")
	case *Not:
		return c.want(x.X, boolean, "the operand of NOT")
	case *In:
		return c.in(x)
	case *Like:
		return c.want(x.X, texts, "the left side of LIKE and RLIKE")
	case *IsNull:
		return c.expr(x.X)
	case *Call:
		return c.call(x)
	case *KQL:
		if c.afterGroups {
			return c.errorf(x.at, "KQL cannot be used behind STATS and LIMIT")
		}
		return nil
	case *Match:
		return c.match(x)
	}
	panic(fmt.Sprintf("BUG: esql.expr: unexpected %T", x))
}

func (c *checker) ref(x *Ref) error {
	col, ok := c.column(x.Name)
	if !ok {
		return c.unknown(x.at, x.Name)
	}
	if c.aggregates == wantAggregate && !c.keys[x.Name] {
		return c.errorf(x.at, "column %s must stand in an aggregate function or behind BY", printName(x.Name))
	}
	x.typ, x.Field, x.Expanded, x.plain = col.Type, col.Field, col.Expanded, col.plain
	return nil
}

func (c *checker) neg(x *Neg) error {
	if err := c.want(x.X, numbers|spans, "the operand of \"-\""); err != nil {
		return err
	}
	x.typ = x.X.Type()
	return nil
}

func (c *checker) logic(list []Expr, word string) error {
	for _, x := range list {
		if err := c.want(x, boolean, "an operand of "+word); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) arith(x *Arith) error {
	for _, side := range []Expr{x.L, x.R} {
		if err := c.expr(side); err != nil {
			return err
		}
	}
	if err := c.coerceShifted(x.L, x.R); err != nil {
		return err
	}
	t, ok := arithType(x.Op, operandType(x.L), operandType(x.R))
	if !ok {
		return c.errorf(x.at, "%c cannot be used on %s and %s", x.Op, x.L.Type(), x.R.Type())
	}
	x.typ = t
	return nil
}

// operandType is the type of an operand of arithmetic. A field that ES|QL cannot see,
// below nested objects, is there as one that no mapping has.
func operandType(x Expr) Type {
	if ref, ok := x.(*Ref); ok && ref.Field != "" && ref.typ == Null {
		return Dynamic
	}
	return x.Type()
}

// arithType is the type of l op r: numbers widen; a date may have spans added and taken
// away, and spans of one kind each other. A field that no mapping has is an error in
// Elasticsearch unless it is told to read it as null; here it is taken for what alone may
// stand beside a span: no field holds a span, so it is a date. A null that the query writes
// takes the type of the other side, as there (EsqlDataTypeConverter.commonType).
func arithType(op byte, l, r Type) (Type, bool) {
	switch {
	case (l == Date || l == Dynamic) && spans>>r&1 == 1, l == Date && r == Null:
		return Date, op == '+' || op == '-'
	case r == Date && (spans>>l&1 == 1 || l == Null), r == Dynamic && spans>>l&1 == 1 && op == '+':
		return Date, op == '+'
	case spans>>l&1 == 1 && (l == r || r == Null || r == Dynamic), spans>>r&1 == 1 && l == Null:
		return max(l, r), op == '+' || op == '-'
	case l == Dynamic && (r == Date || numbers.has(r)), r == Dynamic && (l == Date || numbers.has(l)):
		return Dynamic, true
	case numbers.has(l) && numbers.has(r):
		return Common(l, r)
	}
	return 0, false
}

func (c *checker) compare(x *Compare) error {
	for _, side := range []Expr{x.L, x.R} {
		if err := c.expr(side); err != nil {
			return err
		}
	}
	if err := c.coercePair(x.L, x.R); err != nil {
		return err
	}
	l, r := x.L.Type(), x.R.Type()
	t, ok := Common(l, r)
	if !ok || !storable.has(t) {
		return c.errorf(x.at, "cannot compare %s with %s", l, r)
	}
	if x.Op != "==" && !(orderable &^ boolean).has(t) {
		return c.errorf(x.at, "%s cannot be used on %s", x.Op, t)
	}
	return nil
}

func (c *checker) in(x *In) error {
	if err := c.expr(x.X); err != nil {
		return err
	}
	for _, v := range x.List {
		if err := c.expr(v); err != nil {
			return err
		}
		if err := c.coercePair(x.X, v); err != nil {
			return err
		}
		if t, ok := Common(x.X.Type(), v.Type()); !ok || !storable.has(t) {
			return c.errorf(v.Span(), "cannot compare %s with %s", x.X.Type(), v.Type())
		}
	}
	return nil
}

// match resolves the field of a MATCH: the index knows it by its own name.
func (c *checker) match(x *Match) error {
	if err := c.ref(x.Field); err != nil {
		return err
	}
	switch {
	case c.afterGroups:
		return c.errorf(x.at, "MATCH cannot be used behind STATS and LIMIT")
	case x.Field.Field == "":
		return c.errorf(x.Field.at, "MATCH needs a field of the documents, %s is computed", x.Field)
	}
	if term, ok := x.Query.(*query.Term); ok {
		named := *term
		named.Field.Name = x.Field.Field
		x.Query = &named
	}
	return nil
}
