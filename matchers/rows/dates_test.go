package rows

import (
	"fmt"
	"testing"

	"coldcase/rules/esql"
)

// All parts of a date by their names in java.time. 2024-08-15 is a Thursday, day 228 of a leap
// year, 19950 days from 1970 on.
func TestDateParts(t *testing.T) {
	const date = "2024-08-15T21:06:07.089Z"
	want := map[string]string{
		"era": "1", "year": "2024", "year_of_era": "2024", "proleptic_month": "24295", "month_of_year": "8",
		"epoch_day": "19950", "day_of_month": "15", "day_of_year": "228", "day_of_week": "4",
		"aligned_week_of_month": "3", "aligned_week_of_year": "33",
		"aligned_day_of_week_in_month": "1", "aligned_day_of_week_in_year": "4",
		"ampm_of_day": "1", "hour_of_day": "21", "hour_of_ampm": "9", "clock_hour_of_day": "21", "clock_hour_of_ampm": "9",
		"minute_of_hour": "6", "minute_of_day": "1266", "second_of_minute": "7", "second_of_day": "75967",
		"milli_of_second": "89", "milli_of_day": "75967089", "micro_of_second": "89000", "micro_of_day": "75967089000",
		"nano_of_second": "89000000", "nano_of_day": "75967089000000", "instant_seconds": "1723755967", "offset_seconds": "0",
	}
	_, parts, _ := esql.ConstantNames()
	for _, name := range parts {
		if want[name] == "" || dateParts[name] == nil {
			t.Errorf("%s is not tested, or cannot be run", name)
		}
	}
	for name, value := range want {
		valuesAre(t, fmt.Sprintf(`DATE_EXTRACT("%s", "%s")`, name, date), value)
	}
	valuesAre(t,
		`DATE_EXTRACT("Day_Of_Week", TO_DATETIME("2024-08-18"))`, "7", `DATE_EXTRACT(MV_FIRST("day"), "2024-08-18")`, "null",
		`DATE_EXTRACT("clock_hour_of_day", "2024-08-18")`, "24", `DATE_EXTRACT("clock_hour_of_ampm", "2024-08-18")`, "12",
		`DATE_EXTRACT("epoch_day", "1969-12-31T23:59:59Z")`, "-1", `DATE_EXTRACT("milli_of_day", "1969-12-31T00:00:00.001Z")`, "1",
		`DAY_NAME(TO_DATETIME("2024-08-15"))`, `"Thursday"`, `DAY_NAME("2024-08-18")`, `"Sunday"`, "DAY_NAME(null)", "null",
		`MONTH_NAME("2024-08-15")`, `"August"`,
		`DATE_FORMAT("yyyy-MM-dd", "2024-08-15T21:06:07.089Z")`, `"2024-08-15"`, `DATE_FORMAT(TO_DATETIME("2024-08-15"))`, `"2024-08-15T00:00:00.000Z"`,
		`DATE_FORMAT("epoch_second", TO_DATETIME(1700000000123))`, `"1700000000"`, `DATE_FORMAT("e", null)`, "null",
		`DATE_PARSE("epoch_millis", "86400000")`, `"1970-01-02T00:00:00.000Z"`, `DATE_PARSE("yyyy-MM-dd", "15.08.2024")`, "null",
		`DATE_PARSE("2024-08-15T10:00:00+02:00")`, `"2024-08-15T08:00:00.000Z"`, `DATE_PARSE("yyyy", null)`, "null",
	)
}

// Whole units toward zero, months and years by the calendar with the time of day.
func TestDateDiff(t *testing.T) {
	f := func(unit, from, to, want string) {
		t.Helper()
		valuesAre(t, fmt.Sprintf(`DATE_DIFF("%s", "%s", "%s")`, unit, from, to), want)
	}
	for _, unit := range []string{"year", "years", "yy", "yyyy", "YEAR"} {
		f(unit, "2020-02-29", "2024-02-28T23:59:59Z", "3")
	}
	for _, unit := range []string{"quarter", "quarters", "qq", "q"} {
		f(unit, "2023-01-15", "2024-01-14", "3")
	}
	for _, unit := range []string{"month", "months", "mm", "m"} {
		f(unit, "2024-01-31", "2024-02-29", "0")
	}
	for _, unit := range []string{"dayofyear", "dy", "y", "day", "days", "dd", "d", "weekday", "weekdays", "dw"} {
		f(unit, "2024-01-03T12:00:00Z", "2024-01-01T13:00:00Z", "-1")
	}
	for _, unit := range []string{"week", "weeks", "wk", "ww"} {
		f(unit, "2024-01-01", "2024-01-21T23:00:00Z", "2")
	}
	for _, unit := range []string{"hour", "hours", "hh"} {
		f(unit, "2024-01-01T00:30:00Z", "2024-01-01T02:29:00Z", "1")
	}
	for _, unit := range []string{"minute", "minutes", "mi", "n"} {
		f(unit, "2024-01-01T00:00:30Z", "2024-01-01T00:02:29Z", "1")
	}
	for _, unit := range []string{"second", "seconds", "ss", "s"} {
		f(unit, "2024-01-01T00:00:00.900Z", "2024-01-01T00:00:02.800Z", "1")
	}
	for _, unit := range []string{"millisecond", "milliseconds", "ms"} {
		f(unit, "2024-01-01T00:00:00.900Z", "2024-01-01T00:00:02.800Z", "1900")
	}
	f("mcs", "2024-01-01T00:00:00.001Z", "2024-01-01T00:00:00.003Z", "2000")
	f("ns", "2024-01-01T00:00:00.003Z", "2024-01-01T00:00:00.001Z", "-2000000")
	f("milliseconds", "2000-01-01", "2024-01-01", "null")                        // beyond 32 bits
	valuesAre(t, `DATE_DIFF(MV_FIRST("h"), "2000-01-01", "2024-01-01")`, "null") // a unit of spans, not of this function
}

// What the language knows by name can be run, and nothing else is there.
func TestConstantNames(t *testing.T) {
	units, parts, hashes := esql.ConstantNames()
	for _, name := range units {
		if _, ok := diffUnits[name]; !ok {
			t.Errorf("DATE_DIFF cannot be run in %s", name)
		}
	}
	for _, name := range hashes {
		if algorithms[name] == nil {
			t.Errorf("HASH cannot be run with %s", name)
		}
	}
	if len(units) != len(diffUnits) || len(parts) != len(dateParts) || len(hashes) != len(algorithms) {
		t.Errorf("%d units, %d parts, %d algorithms", len(units), len(parts), len(hashes))
	}
}

// Spans of days count from 1970 but for the week, which begins on a Monday; months and years
// from the year 1.
func TestDateTrunc(t *testing.T) {
	f := func(span, date, want string) {
		t.Helper()
		valuesAre(t, fmt.Sprintf("DATE_TRUNC(%s, TO_DATETIME(%q))", span, date), fmt.Sprintf("%q", want))
		valuesAre(t, fmt.Sprintf("BUCKET(TO_DATETIME(%q), %s)", date, span), fmt.Sprintf("%q", want))
	}
	f("3 days", "1970-01-06", "1970-01-04T00:00:00.000Z")
	f("3 days", "1969-12-31T01:00:00Z", "1969-12-29T00:00:00.000Z")
	f("2 weeks", "1970-01-20", "1970-01-15T00:00:00.000Z")
	f("14 days", "1970-01-20", "1970-01-15T00:00:00.000Z")
	f("1 week", "1970-01-01", "1969-12-29T00:00:00.000Z")
	f("7 days", "2024-08-18T23:00:00Z", "2024-08-12T00:00:00.000Z")
	f("1 quarter", "2024-08-15", "2024-07-01T00:00:00.000Z")
	f("4 months", "2024-08-15", "2024-05-01T00:00:00.000Z")
	f("10 years", "2024-08-15", "2021-01-01T00:00:00.000Z")
	f("1 millisecond", "2024-08-15T00:00:00.001Z", "2024-08-15T00:00:00.001Z")
	f("\"90 minutes\"", "1970-01-01T03:10:00Z", "1970-01-01T03:00:00.000Z")
	valuesAre(t, "DATE_TRUNC(0 days, NOW())", "null", "DATE_TRUNC(-1 hour, NOW())", "null", "DATE_TRUNC(1 day, null)", "null")
}

// A number of buckets is the most that there may be: the width is the finest that people like.
func TestBuckets(t *testing.T) {
	f := func(n int, from, to, want string) {
		t.Helper()
		x := fmt.Sprintf(`BUCKET(TO_DATETIME("2024-08-15T21:46:37.089Z"), %d, "%s", "%s")`, n, from, to)
		valuesAre(t, x, fmt.Sprintf("%q", want))
	}
	f(20, "2024-01-01", "2025-01-01", "2024-08-01T00:00:00.000Z")   // 12 months
	f(12, "2024-01-01", "2025-01-01", "2024-08-01T00:00:00.000Z")   // just enough
	f(11, "2024-01-01", "2025-01-01", "2024-01-01T00:00:00.000Z")   // a year, then
	f(60, "2024-01-01", "2025-01-01", "2024-08-12T00:00:00.000Z")   // 53 weeks
	f(400, "2024-01-01", "2025-01-01", "2024-08-15T00:00:00.000Z")  // 366 days
	f(1000, "2024-01-01", "2025-01-01", "2024-08-15T12:00:00.000Z") // 732 halves of a day
	f(24, "2024-08-15", "2024-08-16", "2024-08-15T21:00:00.000Z")   // hours
	f(23, "2024-08-15", "2024-08-16", "2024-08-15T21:00:00.000Z")   // of three hours, 8
	f(48, "2024-08-15", "2024-08-16", "2024-08-15T21:30:00.000Z")   // half hours
	f(9000, "2024-08-15", "2024-08-16", "2024-08-15T21:46:30.000Z") // 8640 of ten seconds
	f(5, "2024-08-15", "2024-08-15", "2024-08-15T21:46:37.089Z")    // no time at all
	f(5, "1900-01-01", "2024-08-15", "2024-01-01T00:00:00.000Z")    // years, even if too many
	f(2000000000, "1970-01-01", "2024-08-15", "2024-08-15T21:46:37.000Z")
	f(0, "2024-01-01", "2025-01-01", "2024-01-01T00:00:00.000Z")
	valuesAre(t,
		"BUCKET(4711, 21, 0, 10000)", "4500.0", "BUCKET(4711, 20, 0, 10000)", "4000.0", "BUCKET(4711, 10, 0, 10000)", "4000.0", "BUCKET(4711, 9, 0, 10000)", "0.0", "BUCKET(-3, 21, 0, 100)", "-5.0",
		"BUCKET(0.37, 21, 0, 1.0)", "0.35000000000000003", "BUCKET(5, 0, 0, 10)", "null", "BUCKET(5, 10, 10, 0)", "null", "BUCKET(5, 10, 5, 5)", "null",
		"BUCKET(17, 5.0)", "15.0", "BUCKET(-1, 5)", "-5.0", "BUCKET(17, 0)", "null", "BUCKET([1, 2], 5)", "null", "BIN(null, 5)", "null",
	)
}
