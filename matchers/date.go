package matchers

import (
	"math"
	"strconv"
	"strings"
	"time"

	"coldcase/matchers/event"
)

// dateLiteral is a date of a query: an anchor and date math on it. A literal that
// names only part of a time, or rounds, is a period; `now` is the event's own time
// (product.md, Identity).
type dateLiteral struct {
	now      bool
	from, to time.Time // the anchor's period; equal ends for an instant
	math     []dateStep
}

// dateStep is +1d, -2h or /d.
type dateStep struct {
	op   byte // '+', '-' or '/'
	n    int
	unit byte // y M w d h m s
}

// parseDateLiteral reads a date as Elasticsearch's strict_date_optional_time or
// epoch_millis, optionally with "||" and math, or now and math.
func parseDateLiteral(s string) (*dateLiteral, bool) {
	anchor, math := s, ""
	d := &dateLiteral{}
	if rest, ok := strings.CutPrefix(s, "now"); ok {
		d.now, math = true, rest
	} else {
		if i := strings.Index(s, "||"); i >= 0 {
			anchor, math = s[:i], s[i+2:]
		}
		var ok bool
		if d.from, d.to, ok = parsePeriod(anchor); !ok {
			return nil, false
		}
	}
	var ok bool
	d.math, ok = parseDateMath(math)
	return d, ok
}

// partialDates are the forms that name a period, with its length. A text has one of
// them only when it is as long as the layout: time.Parse takes fractions unasked.
var partialDates = []struct {
	layout string
	next   func(time.Time) time.Time
}{
	{"2006", func(t time.Time) time.Time { return addMonths(t, 12) }},
	{"2006-01", func(t time.Time) time.Time { return addMonths(t, 1) }},
	{"2006-01-02", func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
	{"2006-01-02T15", func(t time.Time) time.Time { return t.Add(time.Hour) }},
	{"2006-01-02T15:04", func(t time.Time) time.Time { return t.Add(time.Minute) }},
	{"2006-01-02T15:04:05", func(t time.Time) time.Time { return t.Add(time.Second) }},
}

func parsePeriod(s string) (from, to time.Time, ok bool) {
	bare, zone := splitZone(s)
	for _, p := range partialDates {
		if len(bare) != len(p.layout) {
			continue
		}
		if t, err := time.ParseInLocation(p.layout, bare, zone); err == nil {
			return t, p.next(t).Add(-1), true
		}
	}
	nanos, ok := event.ParseTime(event.Value{Kind: event.String, Text: []byte(s)})
	if !ok {
		return from, to, false
	}
	t := time.Unix(0, nanos).UTC()
	if nanos%1e6 == 0 {
		// A date field holds milliseconds: finer values are of this one.
		return t, t.Add(time.Millisecond - 1), true
	}
	return t, t, true
}

// splitZone cuts a zone off a partial date; a literal without one is UTC.
func splitZone(s string) (string, *time.Location) {
	if bare, ok := strings.CutSuffix(s, "Z"); ok {
		return bare, time.UTC
	}
	i := strings.LastIndexAny(s, "+-")
	if i < len("2006-01-02T15") || !strings.Contains(s, "T") {
		return s, time.UTC
	}
	t, err := time.Parse("-07:00", s[i:])
	if err != nil {
		return s, time.UTC
	}
	return s[:i], t.Location()
}

// maxDateSteps bounds the steps of one literal, and so how far they can go together:
// 16 steps of a thousand million years still are a time.Time.
const maxDateSteps = 16

func parseDateMath(s string) ([]dateStep, bool) {
	var steps []dateStep
	for s != "" {
		if len(steps) == maxDateSteps {
			return nil, false
		}
		st := dateStep{op: s[0], n: 1}
		s = s[1:]
		if st.op != '+' && st.op != '-' && st.op != '/' {
			return nil, false
		}
		i := 0
		for i < len(s) && i < 9 && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		if i > 0 {
			st.n, _ = strconv.Atoi(s[:i])
			s = s[i:]
		}
		if s == "" || st.op == '/' && i > 0 || !strings.ContainsRune("yMwdhHms", rune(s[0])) {
			return nil, false
		}
		st.unit = s[0]
		s = s[1:]
		steps = append(steps, st)
	}
	return steps, true
}

// span returns the literal's period in nanoseconds since 1970, both ends in it.
func (d *dateLiteral) span(now int64) (lo, hi int64) {
	from, to := d.from, d.to
	if d.now {
		from = time.Unix(0, now).UTC()
		to = from
	}
	for _, st := range d.math {
		if st.op == '/' {
			from = roundDown(from, st.unit)
			to = addUnits(from, 1, st.unit).Add(-1)
			continue
		}
		n := st.n
		if st.op == '-' {
			n = -n
		}
		from, to = addUnits(from, n, st.unit), addUnits(to, n, st.unit)
	}
	return clampedNanos(from), clampedNanos(to)
}

// The times that 64 bits of nanoseconds hold, in whole seconds.
const (
	minSeconds = math.MinInt64/1_000_000_000 + 1
	maxSeconds = math.MaxInt64/1_000_000_000 - 1
)

// clampedNanos returns nanoseconds since 1970. A time beyond what fits is later, or
// earlier, than every event.
func clampedNanos(t time.Time) int64 {
	switch sec := t.Unix(); {
	case sec > maxSeconds:
		return math.MaxInt64
	case sec < minSeconds:
		return math.MinInt64
	}
	return t.UnixNano()
}

func addUnits(t time.Time, n int, unit byte) time.Time {
	switch unit {
	case 'y':
		return addMonths(t, 12*n)
	case 'M':
		return addMonths(t, n)
	case 'w':
		return t.AddDate(0, 0, 7*n)
	case 'd':
		return t.AddDate(0, 0, n)
	case 'm':
		return addSpan(t, n, time.Minute)
	case 's':
		return addSpan(t, n, time.Second)
	}
	return addSpan(t, n, time.Hour)
}

// addSpan adds whole days by the calendar: a time.Duration holds 292 years.
func addSpan(t time.Time, n int, unit time.Duration) time.Time {
	perDay := int(24 * time.Hour / unit)
	return t.AddDate(0, 0, n/perDay).Add(time.Duration(n%perDay) * unit)
}

// addMonths keeps the day of the month, or takes the month's last where it is
// shorter, as Java does: a month after the 31st of January is the 28th of February.
func addMonths(t time.Time, n int) time.Time {
	first := t.AddDate(0, 0, 1-t.Day()).AddDate(0, n, 0)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

func roundDown(t time.Time, unit byte) time.Time {
	y, mo, d := t.Date()
	h, mi, s := t.Clock()
	switch unit {
	case 'y':
		mo, d, h, mi, s = time.January, 1, 0, 0, 0
	case 'M':
		d, h, mi, s = 1, 0, 0, 0
	case 'w': // weeks begin on Monday
		d, h, mi, s = d-(int(t.Weekday())+6)%7, 0, 0, 0
	case 'd':
		h, mi, s = 0, 0, 0
	case 'h', 'H':
		mi, s = 0, 0
	case 'm':
		s = 0
	}
	return time.Date(y, mo, d, h, mi, s, 0, t.Location())
}
