package lines

import (
	"bytes"
	"fmt"
)

var months = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// appendShownTime appends a time as Kibana shows it, "Mar 1, 2026 @ 10:00:00.000", as an
// ISO time in a JSON string; nil when the cell is something else. Kibana does not write
// the zone in which it shows times: they are taken for UTC.
func appendShownTime(dst, cell []byte) []byte {
	date, clock, ok := bytes.Cut(cell, []byte(" @ "))
	if !ok || len(date) < len("Mar 1, 2026") || len(date) > len("Mar 31, 2026") || date[3] != ' ' {
		return nil
	}
	month := 0
	for month < len(months) && months[month] != string(date[:3]) {
		month++
	}
	day, year, ok := bytes.Cut(date[4:], []byte(", "))
	if month == len(months) || !ok || !digits(day) || len(day) > 2 || !digits(year) || len(year) != 4 || !isClock(clock) {
		return nil
	}
	dst = fmt.Appendf(dst, `"%s-%02d-%02sT`, year, month+1, day)
	return append(append(dst, clock...), 'Z', '"')
}

// isClock reports whether b is HH:MM:SS, with a fraction or without.
func isClock(b []byte) bool {
	if len(b) < len("10:00:00") || b[2] != ':' || b[5] != ':' || !digits(b[:2]) || !digits(b[3:5]) || !digits(b[6:8]) {
		return false
	}
	return len(b) == 8 || b[8] == '.' && digits(b[9:]) && len(b) <= 18
}

func digits(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	return len(b) > 0
}
