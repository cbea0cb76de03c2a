package rows

import (
	"math"
	"net/netip"

	"coldcase/rules/esql"
)

// Value is what a column holds in a row: nothing (null), one value, or a list. Values are
// not changed once made, and are shared between rows.
type Value []Scalar

// Scalar is one value. Which member holds it follows from its type: N of Boolean (0 or 1),
// Integer, Long, UnsignedLong and Date (milliseconds since 1970), and the bits of a
// Double; S of Keyword and Version, and of IP, as the 16 bytes of its IPv6 form. A
// GeoPoint has its longitude in N and its latitude in S, as the 8 bytes of its bits.
// Scalars are comparable: equal values of a type are equal Scalars.
type Scalar struct {
	Type esql.Type
	N    uint64
	S    string
}

var (
	yes = Value{{Type: esql.Boolean, N: 1}}
	no  = Value{{Type: esql.Boolean}}
)

// boolValue returns a boolean.
func boolValue(b bool) Value {
	if b {
		return yes
	}
	return no
}

// textValue returns a keyword.
func textValue(s string) Value { return Value{keyword(s)} }

// longValue returns a long.
func longValue(n int64) Value { return Value{whole(esql.Long, n)} }

// dateValue returns a date, in milliseconds since 1970.
func dateValue(ms int64) Value { return Value{whole(esql.Date, ms)} }

func keyword(s string) Scalar { return Scalar{Type: esql.Keyword, S: s} }

func whole(t esql.Type, n int64) Scalar { return Scalar{Type: t, N: uint64(n)} }

// double has one zero, so that equal numbers are equal Scalars. What is no number has no
// Scalar: see number.
func double(f float64) Scalar {
	if f == 0 {
		f = 0
	}
	return Scalar{Type: esql.Double, N: math.Float64bits(f)}
}

// number is null for infinity and for what is no number.
func number(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return Value{double(f)}
}

func address(a netip.Addr) Scalar {
	b := a.As16()
	return Scalar{Type: esql.IP, S: string(b[:])}
}

func (s Scalar) addr() netip.Addr {
	a, ok := netip.AddrFromSlice([]byte(s.S))
	if !ok {
		panic("BUG: rows.addr: an IP of another length")
	}
	return a.Unmap()
}

func (s Scalar) int() int64 { return int64(s.N) }

// float is a number of any type as a double.
func (s Scalar) float() float64 {
	switch s.Type {
	case esql.Double:
		return math.Float64frombits(s.N)
	case esql.UnsignedLong:
		return float64(s.N)
	}
	return float64(s.int())
}

func isWhole(t esql.Type) bool { return t == esql.Integer || t == esql.Long || t == esql.UnsignedLong }

func isNumber(t esql.Type) bool { return isWhole(t) || t == esql.Double }

// one returns the only value of v; ok is false for null and for lists.
func (v Value) one() (s Scalar, ok bool) {
	if len(v) != 1 {
		return Scalar{}, false
	}
	return v[0], true
}

// text returns the only string of v.
func (v Value) text() (s string, ok bool) {
	if len(v) != 1 || v[0].Type != esql.Keyword {
		return "", false
	}
	return v[0].S, true
}

// integer returns the only whole number of v.
func (v Value) integer() (n int64, ok bool) {
	if len(v) != 1 || !isWhole(v[0].Type) || v[0].Type == esql.UnsignedLong && v[0].N > math.MaxInt64 {
		return 0, false
	}
	return v[0].int(), true
}

// date returns the only date of v. A string of a field without a schema will do.
func (v Value) date() (ms int64, ok bool) {
	if len(v) != 1 {
		return 0, false
	}
	s, ok := as(v[0], esql.Date)
	return s.int(), ok
}

// literal makes a Value of a constant.
func literal(x *esql.Literal) Value {
	var out Value
	for _, c := range x.Values {
		s := Scalar{Type: x.Type()}
		switch x.Type() {
		case esql.Boolean:
			if c.Bool {
				s.N = 1
			}
		case esql.Integer, esql.Long, esql.Date:
			s.N = uint64(c.Int)
		case esql.UnsignedLong:
			s.N = c.Uint
		case esql.Double:
			s = double(c.Float)
		case esql.IP:
			s = address(c.Addr)
		default:
			s.S = c.Text
			if s.Type == esql.Text {
				s.Type = esql.Keyword
			}
		}
		out = append(out, s)
	}
	return out
}

// as is what a string of a field without a schema means where a value of type t stands;
// any value that has the type already is itself.
func as(s Scalar, t esql.Type) (Scalar, bool) {
	if s.Type == t {
		return s, true
	}
	if s.Type != esql.Keyword {
		return s, false
	}
	switch t {
	case esql.Date:
		ms, ok := esql.ParseDate(s.S)
		return whole(esql.Date, ms), ok
	case esql.IP:
		a, err := netip.ParseAddr(s.S)
		if err != nil || a.Zone() != "" {
			return s, false
		}
		return address(a), true
	case esql.Version:
		return Scalar{Type: esql.Version, S: s.S}, true
	}
	return s, false
}

// widened returns v with its numbers as type t has them.
func widened(v Value, t esql.Type) Value {
	if !isNumber(t) {
		return v
	}
	var out Value
	for i, s := range v {
		w, ok := widen(s, t)
		if ok && w == s {
			if out != nil {
				out = append(out, s)
			}
			continue
		}
		if out == nil {
			out = append(make(Value, 0, len(v)), v[:i]...)
		}
		if ok {
			out = append(out, w)
		}
	}
	if out == nil {
		return v
	}
	return out
}

func widen(s Scalar, t esql.Type) (Scalar, bool) {
	switch {
	case s.Type == t:
		return s, true
	case !isNumber(s.Type):
		return s, false
	case t == esql.Double:
		return double(s.float()), true
	case t == esql.Long && s.Type == esql.Integer:
		return whole(t, s.int()), true
	}
	return s, true // only a field without a schema has a wider type than its column
}
