package esql

import (
	"net/netip"
	"strconv"
	"strings"
)

// castable are the types that a string literal becomes when it meets them, the first of a
// set first (D:esql-implicit-casting). Columns never change their type.
var castable = []Type{Date, IP, Version, Boolean, Period, Duration}

// coercePair makes a string literal on one side of a comparison what the other side is.
func (c *checker) coercePair(a, b Expr) error {
	if _, err := c.coerceTo(a, setOf(b.Type())); err != nil {
		return err
	}
	_, err := c.coerceTo(b, setOf(a.Type()))
	return err
}

// coerceShifted makes a string literal beside a span a date: "2024-05-01" + 1 day.
func (c *checker) coerceShifted(a, b Expr) error {
	var err error
	switch {
	case spans>>b.Type()&1 == 1:
		_, err = c.coerceTo(a, date)
	case spans>>a.Type()&1 == 1:
		_, err = c.coerceTo(b, date)
	}
	return err
}

// coerceTo turns x, when it is a string literal, into a type of the set. done is false when
// x is something else or the set has no such type.
func (c *checker) coerceTo(x Expr, set types) (done bool, err error) {
	v, ok := x.(*Literal)
	if !ok || v.typ != Keyword {
		return false, nil
	}
	var wanted []Type
	for _, t := range castable {
		if set>>t&1 == 1 {
			wanted = append(wanted, t)
		}
	}
	for _, t := range wanted {
		if values, ok := castAll(v.Values, t); ok {
			v.Values, v.typ = values, t
			return true, nil
		}
	}
	if len(wanted) > 0 && set&texts == 0 {
		return false, c.errorf(v.at, "cannot read %s as a %s", v, wanted[0])
	}
	return false, nil
}

func castAll(in []Constant, t Type) ([]Constant, bool) {
	out := make([]Constant, len(in))
	for i, c := range in {
		v, ok := castText(c.Text, t)
		if !ok {
			return nil, false
		}
		out[i] = v
	}
	return out, true
}

// castText reads a string as a value of type t.
func castText(s string, t Type) (c Constant, ok bool) {
	switch t {
	case Date:
		c.Int, ok = ParseDate(s)
	case IP:
		a, err := netip.ParseAddr(s)
		c.Addr, ok = a, err == nil && a.Zone() == ""
	case Version:
		c.Text, ok = s, true
	case Boolean:
		c.Bool, ok = equalFold(s, "true"), equalFold(s, "true") || equalFold(s, "false")
	case Period, Duration:
		var got Type
		c.Span, got, ok = parseSpan(s)
		ok = ok && got == t
	}
	return c, ok
}

// parseSpan reads "1 hour", "5m".
func parseSpan(s string) (Span, Type, bool) {
	s = strings.TrimSpace(s)
	i := strings.IndexFunc(s, func(r rune) bool { return r != '-' && (r < '0' || r > '9') })
	if i <= 0 {
		return Span{}, Null, false
	}
	n, err := strconv.ParseInt(s[:i], 10, 64)
	if err != nil {
		return Span{}, Null, false
	}
	return makeSpan(n, strings.TrimSpace(s[i:]))
}
