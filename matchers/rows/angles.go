package rows

import (
	"math"

	"coldcase/rules/esql"
)

// angles are functions on angles, in radians, and the constants that go with them. Where
// they have no value, such as ACOS(2), the result is null.
var angles = map[string]function{
	"PI":         constantly(math.Pi),
	"TAU":        constantly(2 * math.Pi),
	"SIN":        ofNumber(math.Sin),
	"COS":        ofNumber(math.Cos),
	"TAN":        ofNumber(math.Tan),
	"ASIN":       ofNumber(math.Asin),
	"ACOS":       ofNumber(math.Acos),
	"ATAN":       ofNumber(math.Atan),
	"ATAN2":      ofNumbers(math.Atan2),
	"SINH":       ofNumber(math.Sinh),
	"COSH":       ofNumber(math.Cosh),
	"TANH":       ofNumber(math.Tanh),
	"ASINH":      ofNumber(math.Asinh),
	"ACOSH":      ofNumber(math.Acosh),
	"ATANH":      ofNumber(math.Atanh),
	"TO_DEGREES": ofNumber(func(x float64) float64 { return x * (180 / math.Pi) }),
	"TO_RADIANS": ofNumber(func(x float64) float64 { return x * (math.Pi / 180) }),
}

func constantly(f float64) function {
	v := Value{double(f)}
	return func(*Env, []Value) Value { return v }
}

// signum is -1, 0 or 1.
func signum(x float64) float64 {
	if x == 0 {
		return 0
	}
	return math.Copysign(1, x)
}

// copySign gives the first number the sign of the second; the type stays that of the first.
func copySign(_ *Env, a []Value) Value {
	s, sign := a[0][0], a[1][0]
	switch {
	case !isNumber(s.Type) || !isNumber(sign.Type):
		return nil
	case s.Type == esql.Double:
		return number(math.Copysign(s.float(), sign.float()))
	case s.Type == esql.UnsignedLong:
		return nil
	case (s.int() < 0) == (sign.float() < 0):
		return a[0]
	}
	return negative(a[0])
}

// scalb is x times two to the power of n.
func scalb(_ *Env, a []Value) Value {
	n, ok := a[1].integer()
	if !ok || !isNumber(a[0][0].Type) || !fits(n, esql.Integer) {
		return nil
	}
	return number(math.Ldexp(a[0][0].float(), int(n)))
}

// roundTo is the largest of some points that is not above x; the smallest where all are.
func roundTo(_ *Env, a []Value) Value {
	var below, least Value
	for _, p := range a[1:] {
		c, ok := compare(p[0], a[0][0])
		if !ok {
			return nil
		}
		if least == nil || less(p[0], least[0]) < 0 {
			least = p
		}
		if c <= 0 && (below == nil || less(p[0], below[0]) > 0) {
			below = p
		}
	}
	if below == nil {
		return least
	}
	return below
}
