package rows

import (
	"math"
	"strings"
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
}

const (
	msPerDay = 24 * 60 * 60 * 1000
	// firstDay is 0001-01-01, a Monday, in days since 1970.
	firstDay = -719162
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

// dateTrunc compiles DATE_TRUNC(span, date) and BUCKET(date, span), or BUCKET of numbers.
func (c *compiler) dateTrunc(x *esql.Call) (value, error) {
	args := x.Args
	if x.Func.Name == "BUCKET" {
		args = []esql.Expr{x.Args[1], x.Args[0]}
	}
	span, isSpan := esql.FoldSpan(args[0])
	sides, err := c.values(args)
	if err != nil {
		return nil, err
	}
	if !isSpan {
		return bucket(sides[1], sides[0]), nil
	}
	return func(e *Env) Value {
		ms, ok := sides[1](e).date()
		if !ok || ms > maxDate || ms < -maxDate {
			return nil
		}
		return truncated(ms, span)
	}, nil
}

// truncated rounds a date down: hours and below to a multiple since 1970, days and weeks
// since 0001-01-01, months and years by the calendar.
func truncated(ms int64, s esql.Span) Value {
	length := int64(s.Duration / time.Millisecond)
	switch {
	case s.Months > 0 && s.Days == 0:
		t := timeOf(ms)
		months := floorTo(int64(t.Year()-1)*12+int64(t.Month()-1), s.Months)
		return dateValue(time.Date(1, time.Month(1+months), 1, 0, 0, 0, 0, time.UTC).UnixMilli())
	case s.Months == 0 && s.Days > 0 && length == 0:
		day := floorTo(ms, msPerDay) / msPerDay
		return dateValue((floorTo(day-firstDay, s.Days) + firstDay) * msPerDay)
	case s.Months == 0 && s.Days == 0 && length > 0:
		return dateValue(floorTo(ms, length))
	}
	return nil
}

func bucket(x, width value) value {
	return func(e *Env) Value {
		a, aok := x(e).one()
		w, wok := width(e).one()
		if !aok || !wok || !isNumber(a.Type) || !isNumber(w.Type) || w.float() <= 0 {
			return nil
		}
		return number(math.Floor(a.float()/w.float()) * w.float())
	}
}

// diffUnits are the units of DATE_DIFF. Nanoseconds is 0 for units of the calendar.
var diffUnits = []struct {
	names  string
	months int
	ns     int64
}{
	{"year years yyyy yy", 12, 0},
	{"quarter quarters qq q", 3, 0},
	{"month months mm m", 1, 0},
	{"dayofyear dy y day days dd d weekday weekdays dw", 0, int64(24 * time.Hour)},
	{"week weeks wk ww", 0, int64(7 * 24 * time.Hour)},
	{"hour hours hh", 0, int64(time.Hour)},
	{"minute minutes mi n", 0, int64(time.Minute)},
	{"second seconds ss s", 0, int64(time.Second)},
	{"millisecond milliseconds ms", 0, int64(time.Millisecond)},
	{"microsecond microseconds mcs", 0, int64(time.Microsecond)},
	{"nanosecond nanoseconds ns", 0, 1},
}

// dateDiff counts whole units from start to end; what does not fit 32 bits is null.
func dateDiff(_ *Env, a []Value) Value {
	unit, ok := a[0].text()
	from, fok := a[1].date()
	to, tok := a[2].date()
	if !ok || !fok || !tok || max(from, to) > maxDate || min(from, to) < -maxDate {
		return nil
	}
	unit = strings.ToLower(unit)
	for _, u := range diffUnits {
		if unit == "" || !containsWord(u.names, unit) {
			continue
		}
		n, ok := difference(from, to, u.months, u.ns)
		if !ok || !fits(n, esql.Integer) {
			return nil
		}
		return Value{whole(esql.Integer, n)}
	}
	return nil
}

func containsWord(words, word string) bool {
	for w := range strings.FieldsSeq(words) {
		if w == word {
			return true
		}
	}
	return false
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

// dateParts are the parts that DATE_EXTRACT takes out, by their names in java.time.
var dateParts = map[string]func(t time.Time) int64{
	"year":                 func(t time.Time) int64 { return int64(t.Year()) },
	"month_of_year":        func(t time.Time) int64 { return int64(t.Month()) },
	"day_of_month":         func(t time.Time) int64 { return int64(t.Day()) },
	"day_of_year":          func(t time.Time) int64 { return int64(t.YearDay()) },
	"day_of_week":          func(t time.Time) int64 { return int64((t.Weekday()+6)%7) + 1 },
	"aligned_week_of_year": func(t time.Time) int64 { return int64((t.YearDay()-1)/7) + 1 },
	"hour_of_day":          func(t time.Time) int64 { return int64(t.Hour()) },
	"minute_of_hour":       func(t time.Time) int64 { return int64(t.Minute()) },
	"second_of_minute":     func(t time.Time) int64 { return int64(t.Second()) },
	"milli_of_second":      func(t time.Time) int64 { return int64(t.Nanosecond() / 1e6) },
	"minute_of_day":        func(t time.Time) int64 { return int64(t.Hour()*60 + t.Minute()) },
	"second_of_day":        func(t time.Time) int64 { return int64(t.Hour()*3600 + t.Minute()*60 + t.Second()) },
	"epoch_day":            func(t time.Time) int64 { return floorTo(t.UnixMilli(), msPerDay) / msPerDay },
}

func dateExtract(_ *Env, a []Value) Value {
	name, ok := a[0].text()
	ms, mok := a[1].date()
	part := dateParts[strings.ToLower(name)]
	if !ok || !mok || part == nil {
		return nil
	}
	return longValue(part(timeOf(ms)))
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
