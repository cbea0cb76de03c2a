package event

import (
	"math"
	"time"
)

// ParseTime reads a point in time as nanoseconds since 1970 in UTC. A string may
// be what Elasticsearch's strict_date_optional_time takes (2026, 2026-02,
// 2026-02-03, 2026-02-03T04:05:06.123456789+01:00; seconds, minutes and zone may
// be absent, no zone is UTC), the same with a space for the T, or milliseconds
// since 1970; a number is milliseconds. As in Elasticsearch, four digits in a
// string are a year. ok is false for anything else and outside of what 64 bits of
// nanoseconds hold (1677-09-21 to 2262-04-11). It does not allocate.
func ParseTime(v Value) (nanos int64, ok bool) {
	switch v.Kind {
	case Number:
		return parseMillis(v.Text)
	case String:
		if nanos, ok = parseISO(v.Text); ok {
			return nanos, true
		}
		return parseMillis(v.Text)
	}
	return 0, false
}

// FormatTime writes nanoseconds since 1970 as RFC 3339 in UTC, with three
// fractional digits and more only when they are not zero.
func FormatTime(nanos int64) string {
	b := make([]byte, 0, len("2006-01-02T15:04:05.000000000Z"))
	b = time.Unix(0, nanos).UTC().AppendFormat(b, "2006-01-02T15:04:05.000000000")
	for n := 0; n < 6 && b[len(b)-1] == '0'; n++ {
		b = b[:len(b)-1]
	}
	return string(append(b, 'Z'))
}

// clock reads an ISO 8601 time from the left; bad once something did not fit.
type clock struct {
	b   []byte
	bad bool
}

// digits reads exactly n digits, a number of lo to hi.
func (c *clock) digits(n, lo, hi int) int {
	if len(c.b) < n {
		c.bad = true
		return lo
	}
	v := 0
	for _, d := range c.b[:n] {
		if d-'0' > 9 {
			c.bad = true
			return lo
		}
		v = v*10 + int(d-'0')
	}
	c.b = c.b[n:]
	if v < lo || v > hi {
		c.bad = true
	}
	return v
}

// take reads one of the characters, if it comes next.
func (c *clock) take(set string) bool {
	for i := range len(set) {
		if len(c.b) > 0 && c.b[0] == set[i] {
			c.b = c.b[1:]
			return true
		}
	}
	return false
}

// parseISO reads yyyy[-MM[-dd[THH[:mm[:ss[.S{1,9}]]][zone]]]].
func parseISO(b []byte) (nanos int64, ok bool) {
	c := clock{b: b}
	year, month, day := c.digits(4, 0, 9999), 1, 1
	var seconds, fraction int
	if c.take("-") {
		month = c.digits(2, 1, 12)
		if c.take("-") {
			day = c.digits(2, 1, daysIn(year, month))
			if c.take("Tt ") {
				seconds, fraction = c.timeOfDay()
				seconds -= c.zone()
			}
		}
	}
	if c.bad || len(c.b) > 0 {
		return 0, false
	}
	total := daysSince1970(year, month, day)*86400 + int64(seconds)
	return join(total, int64(fraction))
}

// timeOfDay reads HH[:mm[:ss[.S{1,9}]]]. A comma may stand for the point.
func (c *clock) timeOfDay() (seconds, nanos int) {
	seconds = c.digits(2, 0, 23) * 3600
	if !c.take(":") {
		return seconds, 0
	}
	seconds += c.digits(2, 0, 59) * 60
	if !c.take(":") {
		return seconds, 0
	}
	seconds += c.digits(2, 0, 59)
	if c.take(".,") {
		nanos = c.fraction()
	}
	return seconds, nanos
}

// fraction reads one to nine digits as nanoseconds.
func (c *clock) fraction() (nanos int) {
	n := 0
	for n < len(c.b) && n < 9 && c.b[n]-'0' <= 9 {
		nanos = nanos*10 + int(c.b[n]-'0')
		n++
	}
	c.bad = c.bad || n == 0
	c.b = c.b[n:]
	for ; n < 9; n++ {
		nanos *= 10
	}
	return nanos
}

// zone reads nothing, Z, ±hh, ±hhmm or ±hh:mm, in seconds east of UTC.
func (c *clock) zone() (seconds int) {
	if len(c.b) == 0 || c.take("Zz") {
		return 0
	}
	sign := 1
	if c.take("-") {
		sign = -1
	} else if !c.take("+") {
		c.bad = true
		return 0
	}
	seconds = c.digits(2, 0, 18) * 3600
	if len(c.b) > 0 {
		c.take(":")
		seconds += c.digits(2, 0, 59) * 60
	}
	return sign * seconds
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSince1970 counts days in the Gregorian calendar. Years are taken to begin in
// March, so that the leap day is their last.
func daysSince1970(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	leaps := floorDiv(year, 4) - floorDiv(year, 100) + floorDiv(year, 400)
	// From March on, months take turns of 31 and 30 days but for July and August:
	// 153 days in five. 719,468 days lie between 0000-03-01 and 1970-01-01.
	return int64(year*365 + leaps + ((month-3)*153+2)/5 + day - 1 - 719468)
}

func floorDiv(a, b int) int {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}

// join makes nanoseconds of seconds and a fraction of 0 to 999,999,999.
func join(seconds, fraction int64) (nanos int64, ok bool) {
	const most = math.MaxInt64 / 1_000_000_000
	if seconds >= most || seconds <= -most {
		return 0, false
	}
	return seconds*1_000_000_000 + fraction, true
}
