package esql

import "testing"

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
	f("2024-01-01T10:11:12,5", "no date")
	f("now", "no date")
	f("", "no date")
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
}

func TestDateFormatErrors(t *testing.T) {
	for _, s := range []string{"yyyyy", "Q", "'open", "epoch_second", "hhh"} {
		if _, err := CompileDateFormat(s); err == nil {
			t.Errorf("%s: got no error", s)
		}
	}
}
