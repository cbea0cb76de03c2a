package esql

import (
	"math/rand/v2"
	"testing"
)

func TestParseDate(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		ms, ok := ParseDate(s)
		got := "no date"
		if ok {
			got = FormatDate(ms)
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	}
	f("1952-01-01", "1952-01-01T00:00:00.000Z")
	f("2024-01-01T00:00:00", "2024-01-01T00:00:00.000Z")
	f("2024-01-01T10:11:12.1239Z", "2024-01-01T10:11:12.123Z")
	f("2024-01-01T10:11:12+02:00", "2024-01-01T08:11:12.000Z")
	f("2024-01-01T10:11:12.5-0130", "2024-01-01T11:41:12.500Z")
	f("2024-01-01T10:11", "2024-01-01T10:11:00.000Z")
	f("2024-02", "2024-02-01T00:00:00.000Z")
	f("2024", "2024-01-01T00:00:00.000Z")
	f("2024-1-1", "no date")
	f("2024-02-30", "no date")
	f("2024-01-01 10:11:12", "no date")
	f("2024-01-01T10:11:12,5", "2024-01-01T10:11:12.500Z")
	f("2024-01-01T10:11:12.", "no date")
	f("2024-01-01T10:11:12.1234567890", "no date")
	f("2024-01-01T10:11+02", "2024-01-01T08:11:00.000Z")
	f("2024-01-01T10Z", "2024-01-01T10:00:00.000Z")
	f("2024-01-01T", "2024-01-01T00:00:00.000Z")
	f("2024-01-01T1:02", "no date")
	f("2024-01-01T24:00", "no date")
	f("2024-01-01T10:11:60", "no date")
	f("2024-01-01Z", "no date")
	f("2024-01-01T10:00UTC", "2024-01-01T10:00:00.000Z")
	f("2024-01-01T10:00Zulu", "no date")
	f("2024-01-01T10:00Europe/Vienna", "no date")
	f("2024-01-01T10:00+19", "no date")
	f("2024-01-01T10:00+01:", "no date")
	f("2024-00-01", "no date")
	f("2024-13", "no date")
	f("2023-02-29", "no date")
	f("2024-01T10", "no date")
	f("0001-01-01T00:00:00.999999999-00:01", "0001-01-01T00:01:00.999Z")
	f("now", "no date")
	f("", "no date")
}

// TestDatesRoundTrip: what is written is read, whatever the date.
func TestDatesRoundTrip(t *testing.T) {
	g := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		want := g.Int64N(9999*365*86_400_000) - 62_135_596_800_000 // from the year 1 on
		if got, ok := ParseDate(FormatDate(want)); !ok || got != want {
			t.Fatalf("%s: got %d, %t, want %d", FormatDate(want), got, ok, want)
		}
	}
}

// TestDateFormat: 1700000000123 is 2023-11-14T22:13:20.123Z, a Tuesday, day 318.
func TestDateFormat(t *testing.T) {
	f := func(pattern, want string) {
		t.Helper()
		d, err := CompileDateFormat(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			return
		}
		if got := d.Format(1_700_000_000_123); got != want {
			t.Errorf("%s: got %q, want %q", pattern, got, want)
		}
	}
	f("strict_date_optional_time", "2023-11-14T22:13:20.123Z")
	f("yyyy-MM-dd'T'HH:mm:ss.SSSX", "2023-11-14T22:13:20.123Z")
	f("d/M/yy h:mm a", "14/11/23 10:13 PM")
	f("EEE, dd MMM uuuu", "Tue, 14 Nov 2023")
	f("EEEE MMMM DDD", "Tuesday November 318")
	f("S SSSSSS xxx Z", "1 123000 +00:00 +0000")
	f("'it''s' ''yy", "it's '23")
	// Week 46 of its year, the fourth quarter, 80000123 milliseconds behind midnight.
	f("YYYY w e Q G", "2023 46 2 4 AD")
	f("k K A n", "22 10 80000123 123000000")
	f("epoch_second", "1700000000")
	f("epoch_millis", "1700000000123")
	f("basic_date", "20231114")
	f("strict_date_time", "2023-11-14T22:13:20.123Z")
	f("date_hour_minute", "2023-11-14T22:13")
}

func TestDateFormatParses(t *testing.T) {
	f := func(pattern, s, want string) {
		t.Helper()
		d, err := CompileDateFormat(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			return
		}
		ms, ok := d.Parse(s)
		got := "no date"
		if ok {
			got = FormatDate(ms)
		}
		if got != want {
			t.Errorf("%s of %q: got %s, want %s", pattern, s, got, want)
		}
	}
	f("yyyy-MM-dd", "2022-05-06", "2022-05-06T00:00:00.000Z")
	f("yyyy-MM-dd", "2022-5-6", "no date")
	f("yyyy-MM-dd", "2022-02-30", "no date")
	f("yyyy-MM-dd", "2022-05-06x", "no date")
	f("d/M/yy h:mm a", "7/12/21 12:05 am", "2021-12-07T00:05:00.000Z")
	f("d/M/yy h:mm a", "7/12/21 12:05 PM", "2021-12-07T12:05:00.000Z")
	f("d/M/yy h:mm a", "7/12/21 13:05 PM", "no date")
	f("EEE MMM dd HH:mm:ss.SSS yyyy", "Fri May 06 01:02:03.045 2022", "2022-05-06T01:02:03.045Z")
	f("EEEE MMMM d yyyy", "Friday May 6 2022", "2022-05-06T00:00:00.000Z")
	f("yyyy-MM-dd HH:mmXXX", "2022-05-06 10:00+02:00", "2022-05-06T08:00:00.000Z")
	f("yyyy-MM-dd HH:mmX", "2022-05-06 10:00Z", "2022-05-06T10:00:00.000Z")
	f("yyyy DDD", "2024 060", "2024-02-29T00:00:00.000Z")
	f("yyyy DDD", "2023 366", "no date")
	f("HH:mm", "24:00", "no date")
	f("epoch_second", "1700000000", "2023-11-14T22:13:20.000Z")
	f("epoch_second", "-1.5", "1969-12-31T23:59:58.500Z")
	f("epoch_millis", "1700000000123", "2023-11-14T22:13:20.123Z")
	f("epoch_millis", "x", "no date")
	f("epoch_second", "9223372036854775807", "no date")
	f("strict_date_optional_time", "2023-11", "2023-11-01T00:00:00.000Z")
	f("basic_date", "20231114", "2023-11-14T00:00:00.000Z")
	f("yyyy w", "2023 46", "no date") // weeks are written, not read
}

func TestDateFormatErrors(t *testing.T) {
	for _, s := range []string{"yyyyy", "VV", "'open", "no_such_format", "hhh", "yyyy[-MM]"} {
		if _, err := CompileDateFormat(s); err == nil {
			t.Errorf("%s: got no error", s)
		}
	}
}
