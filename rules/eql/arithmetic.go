package eql

import (
	"errors"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// number is a constant number: a long, or a double when it was written with a
// point or an exponent or does not fit.
type number struct {
	long   bool
	i      int64
	double float64
}

// parseNumber reads the text of a number literal, which the parser has checked.
func parseNumber(text string) number {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return number{long: true, i: i, double: float64(i)}
	}
	v, _ := strconv.ParseFloat(text, 64)
	return number{double: v}
}

func (n number) compare(m number) int {
	switch {
	case n.long && m.long && n.i < m.i, !(n.long && m.long) && n.double < m.double:
		return -1
	case n.long && m.long && n.i == m.i, !(n.long && m.long) && n.double == m.double:
		return 0
	}
	return 1
}

// text writes a number as Java's toString does: 1.0E10, 0.5, 7.0.
func (n number) text() string {
	if n.long {
		return strconv.FormatInt(n.i, 10)
	}
	if v := math.Abs(n.double); v == 0 || v >= 1e-3 && v < 1e7 {
		s := strconv.FormatFloat(n.double, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	mantissa, exp, _ := strings.Cut(strconv.FormatFloat(n.double, 'e', -1, 64), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	digits := strings.TrimLeft(exp, "+-0")
	if strings.HasPrefix(exp, "-") {
		digits = "-" + digits
	}
	return mantissa + "E" + digits
}

func (f *folder) negate(x *negate) (node, error) {
	v, err := f.fold(x.x)
	if err != nil {
		return nil, err
	}
	l, ok := v.(*literal)
	switch {
	case !ok:
		return &negate{x.at, v}, nil
	case l.kind == typeNull:
		return null(x.at), nil
	case strings.HasPrefix(l.text, "-"):
		return &literal{x.at, typeNumber, l.text[1:]}, nil
	}
	return &literal{x.at, typeNumber, "-" + l.text}, nil
}

func (f *folder) arith(x *arith) (node, error) {
	sides, err := f.all([]node{x.l, x.r})
	if err != nil {
		return nil, err
	}
	return f.arithOf(x.at, x.op, sides[0], sides[1])
}

// arithOf is l op r for folded operands.
func (f *folder) arithOf(s at, op byte, l, r node) (node, error) {
	if isNull(l) || isNull(r) {
		return null(s), nil
	}
	a, ok := l.(*literal)
	b, ok2 := r.(*literal)
	if !ok || !ok2 {
		return &arith{s, op, l, r}, nil
	}
	v, err := calculate(op, parseNumber(a.text), parseNumber(b.text))
	if err != nil {
		return nil, f.src.Errorf(s.Span, "%v", err)
	}
	return &literal{s, typeNumber, v.text()}, nil
}

// What a query that Elasticsearch fails on evaluates to.
var (
	errOverflow = errors.New("arithmetic overflow")
	errDivision = errors.New("division by zero")
)

// calculate follows QL's Arithmetics: two longs stay long and division truncates,
// anything else is a double.
func calculate(op byte, a, b number) (number, error) {
	if a.long && b.long {
		return calculateLong(op, a.i, b.i)
	}
	var v float64
	switch op {
	case '+':
		v = a.double + b.double
	case '-':
		v = a.double - b.double
	case '*':
		v = a.double * b.double
	case '/':
		v = a.double / b.double
	case '%':
		v = math.Mod(a.double, b.double)
	default:
		panic("BUG: eql.calculate: unexpected operator " + string(rune(op)))
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return number{}, errOverflow
	}
	return number{double: v}, nil
}

func calculateLong(op byte, a, b int64) (number, error) {
	var v int64
	ok := true
	switch op {
	case '+':
		v = a + b
		ok = (v > a) == (b > 0)
	case '-':
		v = a - b
		ok = (v < a) == (b > 0)
	case '*':
		v, ok = multiply(a, b)
	case '/', '%':
		if b == 0 {
			return number{}, errDivision
		}
		if v = a % b; op == '/' {
			v, ok = a/b, !(a == math.MinInt64 && b == -1)
		}
	default:
		panic("BUG: eql.calculateLong: unexpected operator " + string(rune(op)))
	}
	if !ok {
		return number{}, errOverflow
	}
	return number{long: true, i: v, double: float64(v)}, nil
}

func multiply(a, b int64) (int64, bool) {
	v := a * b
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	return v, high == 0 && (low < 1<<63 || low == 1<<63 && (a < 0) != (b < 0))
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}
