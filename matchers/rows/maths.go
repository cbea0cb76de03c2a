package rows

import (
	"math"
	"math/big"

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
	"CBRT":  ofNumber(math.Cbrt),
	"POW":   ofNumbers(math.Pow),
	"HYPOT": ofNumbers(math.Hypot),
	"LOG":   logarithm,
	"E":     constantly(math.E),

	"SIGNUM":    ofNumber(signum),
	"COPY_SIGN": copySign,
	"SCALB":     scalb,
	"ROUND_TO":  roundTo,
}

// logarithm is the natural one, or that to a base. A base of 1, and what is not above 0, has
// none.
func logarithm(e *Env, a []Value) Value {
	if len(a) == 1 {
		return ofNumber(math.Log)(e, a)
	}
	return ofNumbers(func(base, x float64) float64 {
		if base <= 0 {
			return math.NaN()
		}
		return math.Log10(x) / math.Log10(base)
	})(e, a)
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
	return number(math.Round(scaled) / scale)
}

// roundWhole rounds a whole number to a power of ten, a half away from zero; null where that
// does not fit.
func roundWhole(s Scalar, digits int64) Value {
	if digits > 20 {
		return Value{whole(s.Type, 0)}
	}
	n := bigOf(s)
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(digits), nil)
	half := new(big.Int).Rsh(unit, 1)
	if n.Sign() < 0 {
		half.Neg(half)
	}
	n.Quo(n.Add(n, half), unit) // toward zero
	return wholeOf(n.Mul(n, unit), s.Type)
}
