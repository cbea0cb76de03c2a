package matchers

import (
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

// partialDates are the forms that name a period, with its length.
var partialDates = []struct {
	layout string
	next   func(time.Time) time.Time
}{
	{"2006", func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }},
	{"2006-01", func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }},
	{"2006-01-02", func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
	{"2006-01-02T15", func(t time.Time) time.Time { return t.Add(time.Hour) }},
	{"2006-01-02T15:04", func(t time.Time) time.Time { return t.Add(time.Minute) }},
	{"2006-01-02T15:04:05", func(t time.Time) time.Time { return t.Add(time.Second) }},
}

func parsePeriod(s string) (from, to time.Time, ok bool) {
	bare, zone := splitZone(s)
	for _, p := range partialDates {
		if t, err := time.ParseInLocation(p.layout, bare, zone); err == nil {
			return t, p.next(t).Add(-1), true
		}
	}
	nanos, ok := event.ParseTime(event.Value{Kind: event.String, Text: []byte(s)})
	if !ok {
		return from, to, false
	}
	t := time.Unix(0, nanos).UTC()
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

func parseDateMath(s string) ([]dateStep, bool) {
	var steps []dateStep
	for s != "" {
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
	return from.UnixNano(), to.UnixNano()
}

func addUnits(t time.Time, n int, unit byte) time.Time {
	switch unit {
	case 'y':
		return t.AddDate(n, 0, 0)
	case 'M':
		return t.AddDate(0, n, 0)
	case 'w':
		return t.AddDate(0, 0, 7*n)
	case 'd':
		return t.AddDate(0, 0, n)
	case 'm':
		return t.Add(time.Duration(n) * time.Minute)
	case 's':
		return t.Add(time.Duration(n) * time.Second)
	}
	return t.Add(time.Duration(n) * time.Hour)
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
