package event

import (
	"strconv"
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		wanted, err := time.Parse(time.RFC3339Nano, want)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := ParseTime(Value{String, []byte(in)})
		if !ok || got != wanted.UnixNano() {
			t.Errorf("%q: got %s, %v; want %s", in, FormatTime(got), ok, want)
		}
	}
	f("2026-02-03T04:05:06Z", "2026-02-03T04:05:06Z")
	f("2026-02-03T04:05:06", "2026-02-03T04:05:06Z")
	f("2026-02-03 04:05:06", "2026-02-03T04:05:06Z")
	f("2026-02-03t04:05:06z", "2026-02-03T04:05:06Z")
	f("2026-02-03T04:05:06.1Z", "2026-02-03T04:05:06.1Z")
	f("2026-02-03T04:05:06,12Z", "2026-02-03T04:05:06.12Z")
	f("2026-02-03T04:05:06.1234567Z", "2026-02-03T04:05:06.1234567Z")
	f("2026-02-03T04:05:06.123456789Z", "2026-02-03T04:05:06.123456789Z")
	f("2026-02-03T04:05:06.5+01:30", "2026-02-03T02:35:06.5Z")
	f("2026-02-03T04:05:06-0800", "2026-02-03T12:05:06Z")
	f("2026-02-03T04:05:06+02", "2026-02-03T02:05:06Z")
	f("2026-02-03T04:05Z", "2026-02-03T04:05:00Z")
	f("2026-02-03T04", "2026-02-03T04:00:00Z")
	f("2026-02-03", "2026-02-03T00:00:00Z")
	f("2026-02", "2026-02-01T00:00:00Z")
	f("2026", "2026-01-01T00:00:00Z")
	f("2024-02-29", "2024-02-29T00:00:00Z")
	f("2000-02-29T23:59:59.999999999Z", "2000-02-29T23:59:59.999999999Z")
	f("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z")
	f("1700-03-01T00:00:00Z", "1700-03-01T00:00:00Z")
	f("1543881566211", "2018-12-03T23:59:26.211Z")
	f("1543881566211.25", "2018-12-03T23:59:26.21125Z")
	f("-1", "1969-12-31T23:59:59.999Z")
	f("0", "1970-01-01T00:00:00Z")
}

func TestParseTimeRefuses(t *testing.T) {
	for _, in := range []string{
		"", "x", "now", "2026-", "2026-13", "2026-00", "2026-02-30", "2023-02-29", "1900-02-29", "2026-02-03T", "2026-02-03T24:00",
		"2026-02-03T04:60", "2026-02-03T04:05:60Z", "2026-02-03T04:05:06.Z", "2026-02-03T04:05:06.1234567890Z",
		"2026-02-03T04:05:06ZZ", "2026-02-03T04:05:06+", "2026-02-03T04:05:06+1", "2026-02-03T04:05:06+19:00", "2026-02-03T04:05:06+0",
		"2026-02-03T04:05:06+01:6", "2026-2-3", "26-02-03", "1600-01-01", "2300-01-01", "0000-01-01", "9999-12-31",
		"1543881566211x", " 1543881566211", "01543881566211", "1e30", "9999999999999999999", "-9999999999999999999", "+5", "1.", ".5", "--1",
	} {
		if got, ok := ParseTime(Value{String, []byte(in)}); ok {
			t.Errorf("%q is taken as %s", in, FormatTime(got))
		}
	}
	for _, v := range []Value{{}, {Bool, []byte("true")}, {Object, nil}, {Number, nil}} {
		if got, ok := ParseTime(v); ok {
			t.Errorf("%v is taken as %s", v, FormatTime(got))
		}
	}
}

func TestParseTimeNumbers(t *testing.T) {
	f := func(in string, want int64) {
		t.Helper()
		if got, ok := ParseTime(Value{Number, []byte(in)}); !ok || got != want {
			t.Errorf("%s: got %d, %v; want %d", in, got, ok, want)
		}
	}
	f("0", 0)
	f("2018", 2018_000_000)
	f("1543881566211", 1543881566211_000_000)
	f("1543881566211.0", 1543881566211_000_000)
	f("1543881566211.123456", 1543881566211_123_456)
	f("1543881566211.1234567", 1543881566211_123_456)
	f("1.543881566211e12", 1543881566211_000_000)
	f("1.543881566211E+12", 1543881566211_000_000)
	f("15438815662110000e-4", 1543881566211_000_000)
	f("-0.5", -500_000)
	f("1e-400", 0)
	f("0e999999999999", 0)
	f("1e12", 1_000_000_000_000_000_000)
}

func TestParseTimeAgreesWithStandardLibrary(t *testing.T) {
	at := time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC)
	for at.Year() < 2262 {
		text := at.Format(time.RFC3339Nano)
		if got, ok := ParseTime(Value{String, []byte(text)}); !ok || got != at.UnixNano() {
			t.Fatalf("%s: got %d, %v; want %d", text, got, ok, at.UnixNano())
		}
		at = at.Add(19*time.Hour + 7*time.Minute + 13*time.Second + 1234567*time.Nanosecond)
	}
}

func TestParseTimeAllocatesNothing(t *testing.T) {
	values := []Value{
		{String, []byte("2026-02-03T04:05:06.123Z")}, {String, []byte("nonsense")}, {String, []byte("1543881566211")},
		{Number, []byte("1.5e12")}, {Number, []byte("1e99")},
	}
	if n := testing.AllocsPerRun(100, func() {
		for _, v := range values {
			ParseTime(v)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestFormatTime(t *testing.T) {
	f := func(nanos int64, want string) {
		t.Helper()
		if got := FormatTime(nanos); got != want {
			t.Errorf("%d: got %s, want %s", nanos, got, want)
		}
	}
	f(0, "1970-01-01T00:00:00.000Z")
	f(1_543_881_566_211_000_000, "2018-12-03T23:59:26.211Z")
	f(1_543_881_566_211_400_000, "2018-12-03T23:59:26.2114Z")
	f(1_543_881_566_000_000_001, "2018-12-03T23:59:26.000000001Z")
	f(-1, "1969-12-31T23:59:59.999999999Z")
}

// FuzzParseTime holds times that are taken to what is printed of them, and
// milliseconds to strconv.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2026-02-03T04:05:06.123+01:00", "2026", "1543881566211", "-1.5", "1e3", "0000-01-01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		nanos, ok := ParseTime(Value{String, []byte(s)})
		if !ok {
			return
		}
		if again, ok := ParseTime(Value{String, []byte(FormatTime(nanos))}); !ok || again != nanos {
			t.Errorf("%q is %d, printed %s, read again %d, %v", s, nanos, FormatTime(nanos), again, ok)
		}
		if ms, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) != 4 && nanos/1e6 != ms {
			t.Errorf("%q is %d", s, nanos)
		}
	})
}
