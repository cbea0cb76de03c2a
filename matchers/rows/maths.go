package rows

import (
	"math"

	"coldcase/rules/esql"
)

// maths are functions on numbers.
var maths = map[string]function{
	"ROUND": round,
	"ABS":   absolute,
	"CEIL":  wholeOr(math.Ceil),
	"FLOOR": wholeOr(math.Floor),
	"SQRT":  ofNumber(math.Sqrt),
	"EXP":   ofNumber(math.Exp),
	"LOG10": ofNumber(math.Log10),
	"POW":   ofNumbers(math.Pow),
	"LOG": func(e *Env, a []Value) Value {
		if len(a) == 1 {
			return ofNumber(math.Log)(e, a)
		}
		return ofNumbers(func(base, x float64) float64 { return math.Log(x) / math.Log(base) })(e, a)
	},
}

func ofNumber(f func(float64) float64) function {
	return func(_ *Env, a []Value) Value {
		if !isNumber(a[0][0].Type) {
			return nil
		}
		return number(f(a[0][0].float()))
	}
}

func ofNumbers(f func(x, y float64) float64) function {
	return func(_ *Env, a []Value) Value {
		if !isNumber(a[0][0].Type) || !isNumber(a[1][0].Type) {
			return nil
		}
		return number(f(a[0][0].float(), a[1][0].float()))
	}
}

// wholeOr leaves whole numbers as they are.
func wholeOr(f func(float64) float64) function {
	return func(e *Env, a []Value) Value {
		if isWhole(a[0][0].Type) {
			return a[0]
		}
		return ofNumber(f)(e, a)
	}
}

func absolute(_ *Env, a []Value) Value {
	s := a[0][0]
	switch {
	case s.Type == esql.Double:
		return number(math.Abs(s.float()))
	case s.Type == esql.UnsignedLong || isWhole(s.Type) && s.int() >= 0:
		return a[0]
	}
	return negative(a[0])
}

// round rounds to a number of decimals, to tens and hundreds when that is negative.
func round(_ *Env, a []Value) Value {
	s, n := a[0][0], int64(0)
	if len(a) == 2 {
		var ok bool
		if n, ok = a[1].integer(); !ok {
			return nil
		}
	}
	n = max(-400, min(n, 400))
	switch {
	case isWhole(s.Type) && n >= 0:
		return a[0]
	case isWhole(s.Type):
		return roundWhole(s, -n)
	case s.Type != esql.Double:
		return nil
	}
	scale := math.Pow(10, float64(n))
	scaled := s.float() * scale
	if math.IsInf(scaled, 0) || math.IsInf(scale, 0) {
		return a[0]
	}
	if scale == 0 {
		return number(0)
	}
	return number(math.Copysign(math.Floor(math.Abs(scaled)+0.5), scaled) / scale)
}

// roundWhole rounds a whole number to a power of ten.
func roundWhole(s Scalar, digits int64) Value {
	if digits > 19 || s.Type == esql.UnsignedLong && s.N > math.MaxInt64 {
		return Value{whole(s.Type, 0)}
	}
	if digits == 19 {
		return Value{whole(s.Type, 0)} // no number of 63 bits is half of that
	}
	unit := int64(math.Pow10(int(digits)))
	n := s.int()
	r := n % unit
	n -= r
	if abs := max(r, -r); abs >= unit-abs {
		var ok bool
		if n, ok = calculateWhole('+', n, int64(math.Copysign(float64(unit), float64(r)))); !ok {
			return nil
		}
	}
	if !fits(n, s.Type) {
		return nil
	}
	return Value{whole(s.Type, n)}
}
