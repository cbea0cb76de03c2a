package esql

import (
	"math"
	"strconv"
	"strings"
	"time"

	"coldcase/rules/source"
)

// dateFields is what a text says of a date.
type dateFields struct {
	year, month, day, yearDay   int
	hour, minute, second, nanos int
	pm, half                    bool // half: the hour is one of twelve
	offset                      time.Duration
}

// Parse reads a date and returns milliseconds since 1970; fields that the pattern lacks are
// 1970-01-01T00:00Z. ok is false when the text does not have the form, or is no date.
func (f *DateFormat) Parse(s string) (ms int64, ok bool) {
	if len(f.parts) == 1 {
		switch f.parts[0].letter {
		case isoLetter:
			return ParseDate(s)
		case secondLetter, milliLetter:
			return parseEpoch(s, f.parts[0].letter)
		}
	}
	d := dateFields{year: 1970, month: 1, day: 1}
	for _, p := range f.parts {
		if p.letter == 0 {
			s, ok = strings.CutPrefix(s, p.text)
		} else {
			s, ok = p.parse(s, &d)
		}
		if !ok {
			return 0, false
		}
	}
	return d.millis(s == "")
}

// parseEpoch reads seconds or milliseconds since 1970, with a fraction or without.
func parseEpoch(s string, letter byte) (ms int64, ok bool) {
	number, part, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	part = (part + "000")[:3]
	fraction, err2 := strconv.ParseUint(part, 10, 64)
	if err != nil || err2 != nil {
		return 0, false
	}
	if letter == milliLetter {
		return n, true
	}
	const most = math.MaxInt64 / 1000
	if n >= most || n <= -most {
		return 0, false
	}
	if strings.HasPrefix(number, "-") {
		return n*1000 - int64(fraction), true
	}
	return n*1000 + int64(fraction), true
}

// millis is the point in time; ok is false for the 31st of April.
func (d dateFields) millis(complete bool) (int64, bool) {
	if d.half {
		if d.hour < 1 || d.hour > 12 {
			return 0, false
		}
		d.hour %= 12
		if d.pm {
			d.hour += 12
		}
	}
	if d.yearDay > 0 {
		d.month, d.day = 1, d.yearDay
	}
	t := time.Date(d.year, time.Month(d.month), d.day, d.hour, d.minute, d.second, d.nanos, time.UTC)
	same := t.Month() == time.Month(d.month) && t.Day() == d.day || d.yearDay > 0 && t.Year() == d.year
	if !complete || !same || d.hour > 23 || d.minute > 59 || d.second > 59 {
		return 0, false
	}
	return t.Add(-d.offset).UnixMilli(), true
}

// parse reads what one part of the pattern stands for, and returns the rest.
func (p datePart) parse(s string, d *dateFields) (rest string, ok bool) {
	switch p.letter {
	case 'E':
		return name(s, p.n < 4, 7, func(i int) string { return time.Weekday(i).String() }, new(int))
	case 'a':
		d.pm = len(s) > 1 && equalFold(s[:2], "pm")
		if !d.pm && (len(s) < 2 || !equalFold(s[:2], "am")) {
			return s, false
		}
		return s[2:], true
	case 'X', 'x', 'Z':
		return d.zone(s, p)
	case 'M', 'L':
		if p.n > 2 {
			month := 0
			rest, ok = name(s, p.n == 3, 12, func(i int) string { return time.Month(i + 1).String() }, &month)
			d.month = month + 1
			return rest, ok
		}
	}
	n, rest, ok := digits(s, p)
	return rest, ok && p.set(d, n)
}

// digits reads a number: as many digits as the run has letters, or, for a single letter,
// as there are. A year may have more than four.
func digits(s string, p datePart) (n int, rest string, ok bool) {
	end := 0
	for end < len(s) && end < 9 && source.IsDigit(s[end]) && (p.n == 1 && p.letter != 'S' || end < p.n) {
		end++
	}
	if end == 0 || p.n > 1 && end < p.n || p.letter == 'S' && end != p.n {
		return 0, s, false
	}
	n, err := strconv.Atoi(s[:end])
	return n, s[end:], err == nil
}

// set is false for parts that are written and not read, such as the week of a year.
func (p datePart) set(d *dateFields, n int) bool {
	switch p.letter {
	case 'y', 'u':
		d.year = n
		if p.n == 2 {
			d.year += 2000 // java.time counts two digits from 2000
		}
	case 'M', 'L':
		d.month = n
	case 'd':
		d.day = n
	case 'D':
		d.yearDay = n
	case 'H':
		d.hour = n
	case 'h':
		d.hour, d.half = n, true
	case 'm':
		d.minute = n
	case 's':
		d.second = n
	case 'S':
		for range 9 - p.n {
			n *= 10
		}
		d.nanos = n
	default:
		return false
	}
	return true
}

// name reads one of count names, or their first three letters.
func name(s string, short bool, count int, get func(int) string, out *int) (string, bool) {
	for i := range count {
		want := get(i)
		if short {
			want = want[:3]
		}
		if len(s) >= len(want) && equalFold(s[:len(want)], want) {
			*out = i
			return s[len(want):], true
		}
	}
	return s, false
}

// zone reads an offset: Z, +01, +0100 or +01:00.
func (d *dateFields) zone(s string, p datePart) (string, bool) {
	if p.letter == 'X' && strings.HasPrefix(s, "Z") {
		return s[1:], true
	}
	layouts := map[byte][]string{'X': {"-07", "-0700", "-07:00"}, 'x': {"-07", "-0700", "-07:00"}, 'Z': {"-0700"}}
	layout := layouts[p.letter][p.n-1]
	if len(s) < len(layout) {
		return s, false
	}
	t, err := time.Parse(layout, s[:len(layout)])
	if err != nil {
		return s, false
	}
	_, seconds := t.Zone()
	d.offset = time.Duration(seconds) * time.Second
	return s[len(layout):], true
}
