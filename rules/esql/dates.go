package esql

import (
	"time"

	"coldcase/rules/source"
)

// FormatDate writes milliseconds since 1970 as ISO 8601 with milliseconds, in UTC, as
// TO_STRING does.
func FormatDate(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

// ParseDate reads an ISO 8601 date as Elasticsearch's strict_date_optional_time does, UTC
// where it names no zone, and returns milliseconds since 1970; parts of a millisecond are
// cut off. Month, day and time may be missing from the end on. Other zones by name are none (J:Iso8601Parser).
func ParseDate(s string) (ms int64, ok bool) {
	r := dateReader{s: s, ok: true}
	year, month, day := r.digits(4), 1, 1
	var ns, offset int64
	if r.next('-') {
		month = r.digits(2)
		if r.next('-') {
			day = r.digits(2)
			if r.next('T') {
				ns, offset = r.time()
			}
		}
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if !r.ok || r.s != "" || int(t.Month()) != month || t.Day() != day {
		return 0, false
	}
	return t.UnixMilli() + ns/1e6 - offset, true
}

// dateReader reads a date from the front of s. ok is false from the first part on that is
// not there.
type dateReader struct {
	s  string
	ok bool
}

// next takes c, if it is there.
func (r *dateReader) next(c byte) bool {
	if r.s == "" || r.s[0] != c {
		return false
	}
	r.s = r.s[1:]
	return true
}

// digits reads exactly n digits.
func (r *dateReader) digits(n int) (out int) {
	if len(r.s) < n {
		r.ok = false
		return 0
	}
	for i := range n {
		if !source.IsDigit(r.s[i]) {
			r.ok = false
			return 0
		}
		out = out*10 + int(r.s[i]-'0')
	}
	r.s = r.s[n:]
	return out
}

// time reads hh[:mm[:ss[.SSS]]] and a zone, or nothing. It returns nanoseconds since midnight
// and the zone's milliseconds.
func (r *dateReader) time() (ns, offset int64) {
	if r.s == "" {
		return 0, 0
	}
	hour, minute, second := r.digits(2), 0, 0
	if r.next(':') {
		minute = r.digits(2)
		if r.next(':') {
			second = r.digits(2)
			if r.next('.') || r.next(',') {
				ns = r.fraction()
			}
		}
	}
	r.ok = r.ok && hour < 24 && minute < 60 && second < 60
	return ns + int64(hour*3600+minute*60+second)*1e9, r.zone()
}

// fraction reads one to nine digits, as nanoseconds.
func (r *dateReader) fraction() (ns int64) {
	n := 0
	for n < len(r.s) && source.IsDigit(r.s[n]) {
		n++
	}
	r.ok = r.ok && n > 0 && n <= 9
	if !r.ok {
		return 0
	}
	ns = int64(r.digits(n))
	for range 9 - n {
		ns *= 10
	}
	return ns
}

// zone reads Z, +hh, +hhmm or +hh:mm, the names of UTC, or nothing, as milliseconds.
func (r *dateReader) zone() int64 {
	switch r.s {
	case "", "Z", "UTC", "GMT", "UT":
		r.s = ""
		return 0
	}
	sign := int64(1)
	if !r.next('+') {
		if !r.next('-') {
			r.ok = false
			return 0
		}
		sign = -1
	}
	hour, minute := r.digits(2), 0
	if r.next(':') || r.s != "" {
		minute = r.digits(2)
	}
	r.ok = r.ok && hour <= 18 && minute < 60
	return sign * int64(hour*60+minute) * 60_000
}
