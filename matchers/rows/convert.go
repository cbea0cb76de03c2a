package rows

import (
	"math"
	"strconv"
	"strings"

	"coldcase/rules/esql"
)

// conversions are the casts. They are called for each value of a list; null for what
// cannot be converted.
var conversions = map[string]function{
	"TO_STRING":        func(_ *Env, a []Value) Value { return textValue(a[0][0].String()) },
	"TO_INTEGER":       func(_ *Env, a []Value) Value { return toWhole(a[0][0], esql.Integer) },
	"TO_LONG":          func(_ *Env, a []Value) Value { return toWhole(a[0][0], esql.Long) },
	"TO_UNSIGNED_LONG": func(_ *Env, a []Value) Value { return toUnsigned(a[0][0]) },
	"TO_DOUBLE":        func(_ *Env, a []Value) Value { return toDouble(a[0][0]) },
	"TO_BOOLEAN":       func(_ *Env, a []Value) Value { return toBoolean(a[0][0]) },
	"TO_DATETIME":      func(_ *Env, a []Value) Value { return toDate(a[0][0]) },
	"TO_IP":            func(_ *Env, a []Value) Value { return converted(as(a[0][0], esql.IP)) },
	"TO_VERSION":       func(_ *Env, a []Value) Value { return converted(as(a[0][0], esql.Version)) },
	"TO_GEOPOINT":      func(_ *Env, a []Value) Value { return converted(asPlace(a[0][0])) },
	// Spans are no values of rows; what stands in a query is folded.
	"TO_DATEPERIOD":   func(*Env, []Value) Value { return nil },
	"TO_TIMEDURATION": func(*Env, []Value) Value { return nil },
}

func converted(s Scalar, ok bool) Value {
	if !ok {
		return nil
	}
	return Value{s}
}

func toWhole(s Scalar, t esql.Type) Value {
	switch s.Type {
	case esql.Boolean:
		return Value{whole(t, int64(s.N))}
	case esql.Keyword:
		return converted(parseWhole(s.S, t))
	case esql.Double:
		return converted(cutToWhole(s.float(), t))
	case esql.UnsignedLong:
		return converted(whole(t, s.int()), s.N <= math.MaxInt64 && fits(s.int(), t))
	case esql.Integer, esql.Long, esql.Date:
		return converted(whole(t, s.int()), fits(s.int(), t))
	}
	return nil
}

func toUnsigned(s Scalar) Value {
	switch s.Type {
	case esql.Keyword:
		if n, err := strconv.ParseUint(s.S, 10, 64); err == nil {
			return Value{{Type: esql.UnsignedLong, N: n}}
		}
		d, ok := parseDouble(s.S)
		if !ok {
			return nil
		}
		return toUnsigned(d)
	case esql.Double:
		f := s.float()
		return converted(Scalar{Type: esql.UnsignedLong, N: uint64(max(0, f))}, f > -1 && f < 1<<64)
	case esql.Boolean, esql.UnsignedLong:
		return Value{{Type: esql.UnsignedLong, N: s.N}}
	case esql.Integer, esql.Long, esql.Date:
		return converted(Scalar{Type: esql.UnsignedLong, N: s.N}, s.int() >= 0)
	}
	return nil
}

func toDouble(s Scalar) Value {
	switch s.Type {
	case esql.Keyword:
		return converted(parseDouble(s.S))
	case esql.Boolean, esql.Date:
		return number(float64(s.int()))
	}
	if !isNumber(s.Type) {
		return nil
	}
	return number(s.float())
}

func toBoolean(s Scalar) Value {
	switch {
	case s.Type == esql.Boolean:
		return Value{s}
	case s.Type == esql.Keyword:
		return boolValue(strings.EqualFold(s.S, "true"))
	case isNumber(s.Type):
		return boolValue(s.float() != 0)
	}
	return nil
}

func toDate(s Scalar) Value {
	switch {
	case isWhole(s.Type) && (s.Type != esql.UnsignedLong || s.N <= math.MaxInt64):
		return dateValue(s.int())
	case s.Type == esql.Double:
		d, ok := cutToWhole(s.float(), esql.Long)
		d.Type = esql.Date
		return converted(d, ok)
	}
	return converted(as(s, esql.Date))
}
