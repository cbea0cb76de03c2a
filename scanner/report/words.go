package report

import (
	"strconv"
	"strings"
	"time"
)

// number writes n with thousands separators: 18,301,772.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// plural writes a count with its noun: "1 line", "2 lines".
func plural(n int64, noun string) string {
	switch {
	case n == 1:
		return number(n) + " " + noun
	case strings.HasSuffix(noun, "y") && !strings.HasSuffix(noun, "ay"):
		return number(n) + " " + strings.TrimSuffix(noun, "y") + "ies"
	default:
		return number(n) + " " + noun + "s"
	}
}

// Size writes a number of bytes in decimal units: 3.1 GB.
func Size(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	v, unit := float64(n)/1000, 0
	for v >= 999.95 && unit < len(sizeUnits)-1 {
		v /= 1000
		unit++
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + sizeUnits[unit]
}

var sizeUnits = []string{"kB", "MB", "GB", "TB", "PB", "EB"}

// score writes a score as it stands everywhere: one decimal.
func score(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// factor writes a multiplier without trailing zeros: 1.5.
func factor(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// stamp writes a time in UTC with as many groups of three fractional digits as it
// has, three at least, so that nothing of a nanosecond time is lost.
func stamp(t time.Time) string {
	t = t.UTC()
	switch ns := t.Nanosecond(); {
	case ns%1e6 == 0:
		return t.Format("2006-01-02T15:04:05.000Z")
	case ns%1e3 == 0:
		return t.Format("2006-01-02T15:04:05.000000Z")
	default:
		return t.Format("2006-01-02T15:04:05.000000000Z")
	}
}

// minute writes a time for a headline.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// dash stands for what is not known.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
