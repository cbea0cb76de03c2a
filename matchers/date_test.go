package matchers

import (
	"math"
	"testing"
	"time"
)

// The period of a literal, both ends, as Elasticsearch's date math has it: the anchor
// is rounded to what it names, "/u" rounds, and the end is the unit's last instant.
func TestDateLiteral(t *testing.T) {
	now := time.Date(2024, 3, 31, 10, 20, 30, 400_500_600, time.UTC)
	const layout = "2006-01-02T15:04:05.999999999"
	f := func(in, from, to string) {
		t.Helper()
		d, ok := parseDateLiteral(in)
		if !ok {
			t.Errorf("%q is no date", in)
			return
		}
		lo, hi := d.span(now.UnixNano())
		gotFrom, gotTo := time.Unix(0, lo).UTC().Format(layout), time.Unix(0, hi).UTC().Format(layout)
		if gotFrom != from || gotTo != to {
			t.Errorf("%q is %s to %s, want %s to %s", in, gotFrom, gotTo, from, to)
		}
	}
	f("2010", "2010-01-01T00:00:00", "2010-12-31T23:59:59.999999999")
	f("2010-02", "2010-02-01T00:00:00", "2010-02-28T23:59:59.999999999")
	f("2010-03-06", "2010-03-06T00:00:00", "2010-03-06T23:59:59.999999999")
	f("2010-03-06T14", "2010-03-06T14:00:00", "2010-03-06T14:59:59.999999999")
	f("2010-03-06T14:15+01:00", "2010-03-06T13:15:00", "2010-03-06T13:15:59.999999999")
	f("2010-03-06T14:15:16Z", "2010-03-06T14:15:16", "2010-03-06T14:15:16.999999999")
	f("2010-03-06T14:15:16.120Z", "2010-03-06T14:15:16.12", "2010-03-06T14:15:16.120999999")
	f("2010-03-06T14:15:16.123456Z", "2010-03-06T14:15:16.123456", "2010-03-06T14:15:16.123456")
	f("1267884916000", "2010-03-06T14:15:16", "2010-03-06T14:15:16.000999999")
	f("2010-03-06||+1d", "2010-03-07T00:00:00", "2010-03-07T23:59:59.999999999")
	f("2010-03-06||/M", "2010-03-01T00:00:00", "2010-03-31T23:59:59.999999999")
	f("now", "2024-03-31T10:20:30.4005006", "2024-03-31T10:20:30.4005006")
	f("now-1d", "2024-03-30T10:20:30.4005006", "2024-03-30T10:20:30.4005006")
	f("now/d", "2024-03-31T00:00:00", "2024-03-31T23:59:59.999999999")
	f("now-1d/d", "2024-03-30T00:00:00", "2024-03-30T23:59:59.999999999")
	f("now/w", "2024-03-25T00:00:00", "2024-03-31T23:59:59.999999999") // from Monday
	f("now/h", "2024-03-31T10:00:00", "2024-03-31T10:59:59.999999999")
	f("now/m", "2024-03-31T10:20:00", "2024-03-31T10:20:59.999999999")
	f("now/y", "2024-01-01T00:00:00", "2024-12-31T23:59:59.999999999")
	f("now-30m", "2024-03-31T09:50:30.4005006", "2024-03-31T09:50:30.4005006")
	f("now-25h", "2024-03-30T09:20:30.4005006", "2024-03-30T09:20:30.4005006")
	f("now+90s", "2024-03-31T10:22:00.4005006", "2024-03-31T10:22:00.4005006")
	// Java keeps the day, or takes the month's last.
	f("now-1M", "2024-02-29T10:20:30.4005006", "2024-02-29T10:20:30.4005006")
	f("now+1M", "2024-04-30T10:20:30.4005006", "2024-04-30T10:20:30.4005006")
	f("2024-02-29||+1y", "2025-02-28T00:00:00", "2025-02-28T23:59:59.999999999")
	f("2023-12-31||+2M", "2024-02-29T00:00:00", "2024-02-29T23:59:59.999999999")

	for _, bad := range []string{"", "abc", "2010-13", "2010-02-30", "now-", "now-1", "now-1x", "now/2d", "now+1dx", "nowish",
		"now-1d-1d-1d-1d-1d-1d-1d-1d-1d-1d-1d-1d-1d-1d-1d-1d-1d"} {
		if d, ok := parseDateLiteral(bad); ok {
			t.Errorf("%q is read as %+v", bad, d)
		}
	}
}

// What lies outside of 64 bits of nanoseconds is before or after all events.
func TestDateLiteralFarAway(t *testing.T) {
	f := func(in string, lo, hi int64) {
		t.Helper()
		d, ok := parseDateLiteral(in)
		if !ok {
			t.Fatalf("%q is no date", in)
		}
		if gotLo, gotHi := d.span(0); gotLo != lo || gotHi != hi {
			t.Errorf("%q is %d to %d", in, gotLo, gotHi)
		}
	}
	f("9999", math.MaxInt64, math.MaxInt64)
	f("9999-12-31", math.MaxInt64, math.MaxInt64)
	f("0001-01-01", math.MinInt64, math.MinInt64)
	for _, unit := range "yMwdhm" {
		f("now+999999999"+string(unit), math.MaxInt64, math.MaxInt64)
		f("now-999999999"+string(unit), math.MinInt64, math.MinInt64)
	}
	f("now+999999999y+999999999y+999999999y+999999999y", math.MaxInt64, math.MaxInt64)
}
