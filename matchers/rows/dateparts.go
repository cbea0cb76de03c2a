package rows

import "time"

// dateParts are the parts that DATE_EXTRACT takes out of a date in UTC: the names of
// java.time's ChronoField.
var dateParts = map[string]func(t time.Time) int64{
	"era":             func(t time.Time) int64 { return boolToInt(t.Year() > 0) },
	"year":            func(t time.Time) int64 { return int64(t.Year()) },
	"year_of_era":     yearOfEra,
	"proleptic_month": func(t time.Time) int64 { return int64(t.Year())*12 + int64(t.Month()) - 1 },
	"month_of_year":   func(t time.Time) int64 { return int64(t.Month()) },

	"epoch_day":                    func(t time.Time) int64 { return floorTo(t.UnixMilli(), msPerDay) / msPerDay },
	"day_of_month":                 func(t time.Time) int64 { return int64(t.Day()) },
	"day_of_year":                  func(t time.Time) int64 { return int64(t.YearDay()) },
	"day_of_week":                  func(t time.Time) int64 { return int64((t.Weekday()+6)%7) + 1 },
	"aligned_week_of_month":        func(t time.Time) int64 { return int64((t.Day()-1)/7) + 1 },
	"aligned_week_of_year":         func(t time.Time) int64 { return int64((t.YearDay()-1)/7) + 1 },
	"aligned_day_of_week_in_month": func(t time.Time) int64 { return int64((t.Day()-1)%7) + 1 },
	"aligned_day_of_week_in_year":  func(t time.Time) int64 { return int64((t.YearDay()-1)%7) + 1 },

	"ampm_of_day":        func(t time.Time) int64 { return int64(t.Hour() / 12) },
	"hour_of_day":        func(t time.Time) int64 { return int64(t.Hour()) },
	"hour_of_ampm":       func(t time.Time) int64 { return int64(t.Hour() % 12) },
	"clock_hour_of_day":  func(t time.Time) int64 { return int64((t.Hour()+23)%24) + 1 },
	"clock_hour_of_ampm": func(t time.Time) int64 { return int64((t.Hour()+11)%12) + 1 },
	"minute_of_hour":     func(t time.Time) int64 { return int64(t.Minute()) },
	"minute_of_day":      func(t time.Time) int64 { return milliOfDay(t) / 60_000 },
	"second_of_minute":   func(t time.Time) int64 { return int64(t.Second()) },
	"second_of_day":      func(t time.Time) int64 { return milliOfDay(t) / 1000 },
	"milli_of_second":    func(t time.Time) int64 { return int64(t.Nanosecond() / 1e6) },
	"milli_of_day":       milliOfDay,
	"micro_of_second":    func(t time.Time) int64 { return int64(t.Nanosecond() / 1e3) },
	"micro_of_day":       func(t time.Time) int64 { return milliOfDay(t) * 1000 },
	"nano_of_second":     func(t time.Time) int64 { return int64(t.Nanosecond()) },
	"nano_of_day":        func(t time.Time) int64 { return milliOfDay(t) * 1_000_000 },
	"instant_seconds":    func(t time.Time) int64 { return t.Unix() },
	"offset_seconds":     func(time.Time) int64 { return 0 },
}

func boolToInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// yearOfEra counts back from the year 0, which is 1 BC.
func yearOfEra(t time.Time) int64 {
	if t.Year() > 0 {
		return int64(t.Year())
	}
	return 1 - int64(t.Year())
}

func milliOfDay(t time.Time) int64 {
	ms := t.UnixMilli()
	return ms - floorTo(ms, msPerDay)
}
