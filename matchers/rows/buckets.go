package rows

import (
	"math"
	"time"

	"coldcase/rules/esql"
)

// bucketOf compiles BUCKET: with a span it is DATE_TRUNC, with a width it cuts numbers, and
// with a number of buckets and a range it looks for a width that needs no more of them.
func (c *compiler) bucketOf(x *esql.Call) (value, error) {
	if span, ok := esql.FoldSpan(x.Args[1]); ok {
		return c.truncation(x.Args[0], span)
	}
	args, err := c.values(x.Args)
	if err != nil {
		return nil, err
	}
	if len(args) == 2 {
		return func(e *Env) Value { return bucket(args[0](e), args[1](e)) }, nil
	}
	if isNumber(x.Args[2].Type()) {
		return func(e *Env) Value { return bucket(args[0](e), niceWidth(args[1](e), args[2](e), args[3](e))) }, nil
	}
	return func(e *Env) Value {
		ms, ok := args[0](e).date()
		n, nok := args[1](e).integer()
		from, fok := args[2](e).date()
		to, tok := args[3](e).date()
		if !ok || !nok || !fok || !tok || max(ms, from, to) > maxDate || min(ms, from, to) < -maxDate {
			return nil
		}
		return truncated(ms, niceSpan(n, from, to))
	}, nil
}

// bucket rounds a number down to a multiple of a width.
func bucket(x, width Value) Value {
	a, aok := x.one()
	w, wok := width.one()
	if !aok || !wok || !isNumber(a.Type) || !isNumber(w.Type) || w.float() <= 0 {
		return nil
	}
	return number(math.Floor(a.float()/w.float()) * w.float())
}

// niceWidth is the power of ten, or half of one, from which on no more than n buckets are
// needed (J:Bucket).
func niceWidth(n, from, to Value) Value {
	count, ok := n.integer()
	a, aok := from.one()
	b, bok := to.one()
	if !ok || !aok || !bok || !isNumber(a.Type) || !isNumber(b.Type) || count <= 0 {
		return nil
	}
	precise := (b.float() - a.float()) / float64(count)
	power := math.Pow(10, math.Ceil(math.Log10(precise)))
	if precise < power/2 {
		power /= 2
	}
	return number(power)
}

// niceSpans are the widths that people are comfortable with, the finest first.
var niceSpans = func() (out []esql.Span) {
	for _, ms := range []int{1, 10, 50, 100} {
		out = append(out, esql.Span{Duration: time.Duration(ms) * time.Millisecond})
	}
	for _, s := range []int{1, 5, 10, 30, 60, 300, 600, 1800, 3600, 3 * 3600, 12 * 3600} {
		out = append(out, esql.Span{Duration: time.Duration(s) * time.Second})
	}
	return append(out, esql.Span{Days: 1}, esql.Span{Days: 7}, esql.Span{Months: 1})
}()

// niceSpan is the finest width of which n reach from one date to another; a year when none
// does.
func niceSpan(n, from, to int64) esql.Span {
	for _, s := range niceSpans {
		if reaches(s, n, from, to) {
			return s
		}
	}
	return esql.Span{Months: 12}
}

// reaches says whether n buckets, the first of which holds from, end at to or behind it. It
// does not count them: a query may ask for any number.
func reaches(s esql.Span, n, from, to int64) bool {
	first, ok := truncated(from, s).date()
	if !ok || n <= 0 {
		return false
	}
	if s.Months > 0 {
		last, ok := truncated(max(first, to-1), s).date()
		return ok && monthsBetween(first, last)/s.Months < n
	}
	length := s.Days*msPerDay + int64(s.Duration/time.Millisecond)
	return (max(to, first+1)-first-1)/length < n
}
