package esql

import (
	"strings"
	"time"
)

// FormatDate writes milliseconds since 1970 as ISO 8601 with milliseconds, in UTC, as
// TO_STRING does.
func FormatDate(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

// dateLayouts are the forms of strict_date_optional_time, the time and the zone may be
// missing. Go reads fractions of a second without being told.
var dateLayouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05-07", "2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02T15Z07:00", "2006-01-02T15",
	"2006-01-02", "2006-01", "2006",
}

// ParseDate reads an ISO 8601 date as Elasticsearch's strict_date_optional_time does, UTC
// where it names no zone, and returns milliseconds since 1970; parts of a millisecond are
// cut off.
func ParseDate(s string) (ms int64, ok bool) {
	if len(s) < 4 || len(s) > 40 || strings.Contains(s, ",") {
		return 0, false
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UnixMilli(), true
		}
	}
	return 0, false
}
