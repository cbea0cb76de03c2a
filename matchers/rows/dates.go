package rows

import (
	"math"
	"time"

	"coldcase/rules/esql"
)

// dateFunctions are the functions on dates that are no arithmetic.
var dateFunctions = map[string]function{
	"NOW":          func(e *Env, _ []Value) Value { return dateValue(e.Now) },
	"DATE_DIFF":    dateDiff,
	"DATE_EXTRACT": dateExtract,
	"DATE_FORMAT":  dateFormat,
	"DATE_PARSE":   dateParse,
	"DAY_NAME":     ofDate(func(t time.Time) Value { return textValue(t.Weekday().String()) }),
	"MONTH_NAME":   ofDate(func(t time.Time) Value { return textValue(t.Month().String()) }),
}

const (
	msPerDay = 24 * 60 * 60 * 1000
	// firstMonday is 1969-12-29.
	firstMonday = -3 * msPerDay
	// maxDate bounds dates to 290 million years, so that sums do not overflow.
	maxDate = math.MaxInt64 / 1024
)

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// addSpan adds a span, or takes it away with a negative sign. Months end at the last day
// of a month. ok is false when the result is out of range.
func addSpan(ms int64, s esql.Span, sign int) (int64, bool) {
	if ms > maxDate || ms < -maxDate {
		return 0, false
	}
	if s.Months != 0 {
		ms = addMonths(ms, int(s.Months)*sign)
	}
	ms += (s.Days*msPerDay + int64(s.Duration/time.Millisecond)) * int64(sign)
	return ms, ms <= maxDate && ms >= -maxDate
}

func addMonths(ms int64, n int) int64 {
	t := timeOf(ms)
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	day := min(t.Day(), first.AddDate(0, 1, -1).Day())
	inDay := ms - floorTo(ms, msPerDay)
	return first.UnixMilli() + int64(day-1)*msPerDay + inDay
}

// floorTo rounds down to a multiple of n.
func floorTo(x, n int64) int64 {
	r := x % n
	if r < 0 {
		r += n
	}
	return x - r
}

// dateTrunc compiles DATE_TRUNC(span, date).
func (c *compiler) dateTrunc(x *esql.Call) (value, error) {
	span, _ := esql.FoldSpan(x.Args[0])
	return c.truncation(x.Args[1], span)
}

func (c *compiler) truncation(of esql.Expr, span esql.Span) (value, error) {
	at, err := c.value(of)
	return func(e *Env) Value {
		ms, ok := at(e).date()
		if !ok || ms > maxDate || ms < -maxDate {
			return nil
		}
		return truncated(ms, span)
	}, err
}

// truncated rounds a date down: months and years by the calendar, a week to its Monday, and
// all else, days too, to a multiple since 1970 (J:DateTrunc).
func truncated(ms int64, s esql.Span) Value {
	length := s.Days*msPerDay + int64(s.Duration/time.Millisecond)
	switch {
	case s.Months > 0 && length == 0:
		t := timeOf(ms)
		months := floorTo(int64(t.Year()-1)*12+int64(t.Month()-1), s.Months)
		return dateValue(time.Date(1, time.Month(1+months), 1, 0, 0, 0, 0, time.UTC).UnixMilli())
	case s.Months != 0 || length <= 0 || s.Days != 0 && s.Duration != 0:
		return nil
	case s.Days == 7:
		return dateValue(floorTo(ms-firstMonday, length) + firstMonday)
	}
	return dateValue(floorTo(ms, length))
}

// diffUnits are the units of DATE_DIFF by their first names. Nanoseconds is 0 for units of
// the calendar.
var diffUnits = map[string]struct {
	months int
	ns     int64
}{
	"year":        {12, 0},
	"quarter":     {3, 0},
	"month":       {1, 0},
	"week":        {0, int64(7 * 24 * time.Hour)},
	"day":         {0, int64(24 * time.Hour)},
	"hour":        {0, int64(time.Hour)},
	"minute":      {0, int64(time.Minute)},
	"second":      {0, int64(time.Second)},
	"millisecond": {0, int64(time.Millisecond)},
	"microsecond": {0, int64(time.Microsecond)},
	"nanosecond":  {0, 1},
}

// dateDiff counts whole units from start to end; what does not fit 32 bits is null.
func dateDiff(_ *Env, a []Value) Value {
	name, ok := a[0].text()
	from, fok := a[1].date()
	to, tok := a[2].date()
	name, known := esql.DateDiffUnit(name)
	if !ok || !fok || !tok || !known || max(from, to) > maxDate || min(from, to) < -maxDate {
		return nil
	}
	u := diffUnits[name]
	n, ok := difference(from, to, u.months, u.ns)
	if !ok || !fits(n, esql.Integer) {
		return nil
	}
	return Value{whole(esql.Integer, n)}
}

func difference(from, to int64, months int, ns int64) (n int64, ok bool) {
	switch {
	case months > 0:
		return monthsBetween(from, to) / int64(months), true
	case ns >= int64(time.Millisecond):
		return (to - from) / (ns / int64(time.Millisecond)), true
	}
	return multiply(to-from, int64(time.Millisecond)/ns)
}

// monthsBetween counts whole months, toward zero.
func monthsBetween(from, to int64) int64 {
	if from > to {
		return -monthsBetween(to, from)
	}
	a, b := timeOf(from), timeOf(to)
	n := int64(b.Year()-a.Year())*12 + int64(b.Month()-a.Month())
	startOfMonth := func(t time.Time) int64 {
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	}
	if to-startOfMonth(b) < from-startOfMonth(a) {
		n--
	}
	return n
}

// ofDate makes a function of one date.
func ofDate(f func(t time.Time) Value) function {
	return func(_ *Env, a []Value) Value {
		ms, ok := a[0].date()
		if !ok {
			return nil
		}
		return f(timeOf(ms))
	}
}

func dateExtract(_ *Env, a []Value) Value {
	name, ok := a[0].text()
	ms, mok := a[1].date()
	name, known := esql.DatePart(name)
	if !ok || !mok || !known || ms > maxDate || ms < -maxDate {
		return nil
	}
	return longValue(dateParts[name](timeOf(ms)))
}

const isoFormat = "strict_date_optional_time"

func dateFormat(e *Env, a []Value) Value {
	pattern, at := isoFormat, a[0]
	if len(a) == 2 {
		pattern, _ = a[0].text()
		at = a[1]
	}
	ms, ok := at.date()
	f := e.patterns.dateFormat(pattern)
	if !ok || f == nil {
		return nil
	}
	return textValue(f.Format(ms))
}

func dateParse(e *Env, a []Value) Value {
	if len(a) == 1 {
		text, ok := a[0].text()
		s, parsed := as(keyword(text), esql.Date)
		if !ok || !parsed {
			return nil
		}
		return Value{s}
	}
	pattern, _ := a[0].text()
	text, ok := a[1].text()
	f := e.patterns.dateFormat(pattern)
	if !ok || f == nil {
		return nil
	}
	ms, ok := f.Parse(text)
	if !ok {
		return nil
	}
	return dateValue(ms)
}
