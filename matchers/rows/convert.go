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
		return converted(castWhole(s.S, t))
	case esql.Double:
		return converted(roundToWhole(s.float(), t))
	case esql.UnsignedLong:
		return converted(whole(t, s.int()), s.N <= math.MaxInt64 && fits(s.int(), t))
	case esql.Integer, esql.Long, esql.Date:
		return converted(whole(t, s.int()), fits(s.int(), t))
	}
	return nil
}

// castWhole reads a string as TO_INTEGER does: one with a fraction is rounded, where an index
// cuts the fraction off.
func castWhole(s string, t esql.Type) (Scalar, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return whole(t, n), fits(n, t)
	}
	d, ok := castDouble(s)
	if !ok {
		return Scalar{}, false
	}
	return roundToWhole(d.float(), t)
}

// castDouble reads a string as Java's Double.parseDouble does: spaces around it, and a
// letter behind it that says that it is a double, do no harm.
func castDouble(s string) (Scalar, bool) {
	s = strings.Trim(s, javaTrimmed)
	if n := len(s) - 1; n > 0 && strings.IndexByte("dDfF", s[n]) >= 0 {
		s = s[:n]
	}
	return parseDouble(s)
}

// javaTrimmed is what Java's String.trim takes off.
const javaTrimmed = " \t\n\v\f\r"

// roundToWhole is Java's Math.round: a half goes up. What the type cannot hold before it is
// rounded is not converted (J:DataTypeConverter).
func roundToWhole(f float64, t esql.Type) (Scalar, bool) {
	if t == esql.Integer && (f > math.MaxInt32 || f < math.MinInt32) || !(f >= -1<<63 && f <= 1<<63) {
		return Scalar{}, false
	}
	if f == 1<<63 {
		return whole(t, math.MaxInt64), true
	}
	n := math.Floor(f)
	if f-n >= 0.5 {
		n++
	}
	return whole(t, int64(n)), true
}

func toUnsigned(s Scalar) Value {
	switch s.Type {
	case esql.Keyword:
		if n, err := strconv.ParseUint(s.S, 10, 64); err == nil {
			return Value{{Type: esql.UnsignedLong, N: n}}
		}
		d, ok := castDouble(s.S)
		if !ok {
			return nil
		}
		return toUnsigned(d)
	case esql.Double:
		f := s.float()
		return converted(Scalar{Type: esql.UnsignedLong, N: uint64(max(0, f))}, f >= 0 && f < 1<<64)
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
		return converted(castDouble(s.S))
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
		d, ok := roundToWhole(s.float(), esql.Long)
		d.Type = esql.Date
		return converted(d, ok)
	}
	return converted(as(s, esql.Date))
}
