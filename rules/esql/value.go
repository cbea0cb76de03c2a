package esql

import (
	"net/netip"
	"time"
)

// Constant is one value of a [Literal]. The literal's type says which member holds it:
// Bool of Boolean; Int of Integer, Long and Date (milliseconds since 1970, UTC); Uint of
// UnsignedLong; Float of Double; Text of Keyword and Version; Addr of IP; Span of Period
// and Duration.
type Constant struct {
	Bool  bool
	Int   int64
	Uint  uint64
	Float float64
	Text  string
	Addr  netip.Addr
	Span  Span
}

// Span is a length of time. Of a Period Months or Days are set, of a Duration Duration; a
// sum of periods has both. 1 week is 7 days, 1 quarter 3 months, 1 year 12 months.
type Span struct {
	Months, Days int64
	Duration     time.Duration
}

func (s Span) times(sign int64) Span {
	return Span{s.Months * sign, s.Days * sign, s.Duration * time.Duration(sign)}
}

func (s Span) plus(o Span) Span {
	return Span{s.Months + o.Months, s.Days + o.Days, s.Duration + o.Duration}
}

// unit is a unit of time spans with its spellings (esql-semantics 1).
type unit struct {
	names []string
	one   Span
}

var units = []unit{
	{[]string{"millisecond", "milliseconds", "ms"}, Span{Duration: time.Millisecond}},
	{[]string{"second", "seconds", "sec", "s"}, Span{Duration: time.Second}},
	{[]string{"minute", "minutes", "min", "m"}, Span{Duration: time.Minute}},
	{[]string{"hour", "hours", "h"}, Span{Duration: time.Hour}},
	{[]string{"day", "days", "d"}, Span{Days: 1}},
	{[]string{"week", "weeks", "w"}, Span{Days: 7}},
	{[]string{"month", "months", "mo"}, Span{Months: 1}},
	{[]string{"quarter", "quarters", "q"}, Span{Months: 3}},
	{[]string{"year", "years", "yr", "y"}, Span{Months: 12}},
}

// maxUnits bounds a span, in its own unit and in the days or months that it is made of, as
// which it is printed: 300,000 years of days fit, and no sum of a query's spans can overflow
// 64 bits.
const maxUnits = 1 << 27

// makeSpan returns n units of time and the span's type.
func makeSpan(n int64, name string) (Span, Type, bool) {
	for _, u := range units {
		for _, known := range u.names {
			if !equalFold(known, name) {
				continue
			}
			t := Period
			if u.one.Duration != 0 {
				t = Duration
			}
			limit := maxUnits / max(1, u.one.Months, u.one.Days)
			if n > limit || n < -limit || t == Duration && tooLong(n, u.one.Duration) {
				return Span{}, t, false
			}
			return Span{u.one.Months * n, u.one.Days * n, u.one.Duration * time.Duration(n)}, t, true
		}
	}
	return Span{}, Null, false
}

// tooLong keeps durations below some 290 years: a time.Duration holds no more.
func tooLong(n int64, one time.Duration) bool {
	const limit = int64(1 << 62)
	return n > limit/int64(one) || n < -limit/int64(one)
}

func isUnit(name string) bool {
	for _, u := range units {
		for _, known := range u.names {
			if equalFold(known, name) {
				return true
			}
		}
	}
	return false
}

// FoldSpan returns the value of a constant time span: a literal, sums and differences of
// spans, and strings cast to one. ok is false for anything else.
func FoldSpan(x Expr) (s Span, ok bool) {
	switch x := x.(type) {
	case *Literal:
		if len(x.Values) == 1 && spans>>x.typ&1 == 1 {
			return x.Values[0].Span, true
		}
	case *Neg:
		s, ok = FoldSpan(x.X)
		return s.times(-1), ok
	case *Arith:
		l, lok := FoldSpan(x.L)
		r, rok := FoldSpan(x.R)
		if !lok || !rok || x.Op != '+' && x.Op != '-' {
			return Span{}, false
		}
		if x.Op == '-' {
			r = r.times(-1)
		}
		return l.plus(r), true
	case *Call:
		if (x.Func.Name == "TO_TIMEDURATION" || x.Func.Name == "TO_DATEPERIOD") && len(x.Args) == 1 {
			return FoldSpan(x.Args[0])
		}
	}
	return Span{}, false
}
