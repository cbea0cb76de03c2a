package rows

import (
	"fmt"
	"math"
	"math/bits"

	"coldcase/rules/esql"
)

// arith compiles + - * / %. A date may have a span added or taken away.
func (c *compiler) arith(x *esql.Arith) (value, error) {
	if v, ok, err := c.shifted(x); ok || err != nil {
		return v, err
	}
	sides, err := c.values([]esql.Expr{x.L, x.R})
	if err != nil {
		return nil, err
	}
	l, r, op := sides[0], sides[1], x.Op
	return func(e *Env) Value {
		a, aok := l(e).one()
		b, bok := r(e).one()
		if !aok || !bok {
			return nil
		}
		return calculate(op, a, b)
	}, nil
}

// shifted compiles date + span, span + date and date - span; ok is false for anything
// else.
func (c *compiler) shifted(x *esql.Arith) (v value, ok bool, err error) {
	date, other := x.L, x.R
	span, ok := esql.FoldSpan(other)
	if !ok && x.Op == '+' {
		date, other = x.R, x.L
		span, ok = esql.FoldSpan(other)
	}
	if !ok {
		return nil, false, nil
	}
	at, err := c.value(date)
	if err != nil {
		return nil, false, err
	}
	by := 1
	if x.Op == '-' {
		by = -1
	}
	return func(e *Env) Value {
		ms, ok := at(e).date()
		if !ok {
			return nil
		}
		ms, ok = addSpan(ms, span, by)
		if !ok {
			return nil
		}
		return dateValue(ms)
	}, true, nil
}

// calculate widens two numbers to the type of both; what overflows, and division by zero,
// is null.
func calculate(op byte, a, b Scalar) Value {
	switch {
	case !isNumber(a.Type) || !isNumber(b.Type):
		return nil
	case a.Type == esql.Double || b.Type == esql.Double:
		return calculateDoubles(op, a.float(), b.float())
	case a.Type == esql.UnsignedLong && b.Type == esql.UnsignedLong:
		return calculateUnsigned(op, a.N, b.N)
	case a.Type == esql.UnsignedLong || b.Type == esql.UnsignedLong:
		return nil
	}
	n, ok := calculateWhole(op, a.int(), b.int())
	t := max(a.Type, b.Type)
	if !ok || !fits(n, t) {
		return nil
	}
	return Value{whole(t, n)}
}

func calculateDoubles(op byte, a, b float64) Value {
	switch op {
	case '+':
		return number(a + b)
	case '-':
		return number(a - b)
	case '*':
		return number(a * b)
	case '/':
		return number(a / b)
	case '%':
		return number(math.Mod(a, b))
	}
	panic(fmt.Sprintf("BUG: rows.calculateDoubles: unexpected %q", op))
}

func calculateWhole(op byte, a, b int64) (n int64, ok bool) {
	switch op {
	case '+':
		n = a + b
		return n, b >= 0 == (n >= a)
	case '-':
		n = a - b
		return n, b >= 0 == (n <= a)
	case '*':
		return multiply(a, b)
	case '/':
		if b == 0 || a == math.MinInt64 && b == -1 {
			return 0, false
		}
		return a / b, true
	case '%':
		if b == 0 {
			return 0, false
		}
		if b == -1 { // of the smallest number the machine would trap
			return 0, true
		}
		return a % b, true
	}
	panic(fmt.Sprintf("BUG: rows.calculateWhole: unexpected %q", op))
}

func multiply(a, b int64) (n int64, ok bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	n = a * b
	smallest := a == -1 && b == math.MinInt64 || b == -1 && a == math.MinInt64
	return n, !smallest && n/b == a
}

func calculateUnsigned(op byte, a, b uint64) Value {
	var n, carry uint64
	switch op {
	case '+':
		n, carry = bits.Add64(a, b, 0)
	case '-':
		n, carry = bits.Sub64(a, b, 0)
	case '*':
		carry, n = bits.Mul64(a, b)
	default:
		if b == 0 {
			return nil
		}
		n = a / b
		if op == '%' {
			n = a % b
		}
	}
	if carry != 0 {
		return nil
	}
	return Value{{Type: esql.UnsignedLong, N: n}}
}

func negative(v Value) Value {
	s, ok := v.one()
	switch {
	case !ok || !isNumber(s.Type):
		return nil
	case s.Type == esql.Double:
		return Value{double(-s.float())}
	case s.Type == esql.UnsignedLong:
		return nil
	}
	n := -s.int()
	if n == s.int() && n != 0 || !fits(n, s.Type) {
		return nil
	}
	return Value{whole(s.Type, n)}
}
