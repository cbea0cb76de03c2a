package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"coldcase/rules"
)

// Checks of flag values. None does I/O.

// units are the endings of sizes. A single letter is binary, as in GOMEMLIMIT's
// relatives and in du.
var units = map[string]float64{
	"": 1, "B": 1,
	"K": 1 << 10, "KIB": 1 << 10, "KB": 1e3,
	"M": 1 << 20, "MIB": 1 << 20, "MB": 1e6,
	"G": 1 << 30, "GIB": 1 << 30, "GB": 1e9,
	"T": 1 << 40, "TIB": 1 << 40, "TB": 1e12,
}

// parseSize reads a number of bytes: 512MiB, 1.5 GB, 4096.
func parseSize(s string) (int64, error) {
	t := strings.TrimSpace(s)
	end := strings.IndexFunc(t, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end < 0 {
		end = len(t)
	}
	unit, ok := units[strings.ToUpper(strings.TrimSpace(t[end:]))]
	v, err := strconv.ParseFloat(t[:end], 64)
	if err != nil || !ok {
		return 0, fmt.Errorf("%q is no size; write a number with KiB, MiB, GiB, kB, MB or GB, as in 512MiB", s)
	}
	if v *= unit; v >= math.MaxInt64/2 {
		return 0, fmt.Errorf("%q is larger than any machine", s)
	}
	return int64(v), nil
}

// sizeBetween is parseSize with bounds in bytes.
func sizeBetween(s string, low, high int64) (int64, error) {
	n, err := parseSize(s)
	if err == nil && (n < low || n > high) {
		err = fmt.Errorf("%q is out of range: from %s to %s", s, binarySize(low), binarySize(high))
	}
	return n, err
}

func binarySize(n int64) string {
	for _, u := range []string{"B", "KiB", "MiB", "GiB"} {
		if n < 1024 || n%1024 != 0 {
			return fmt.Sprintf("%d %s", n, u)
		}
		n /= 1024
	}
	return fmt.Sprintf("%d TiB", n)
}

// countBetween reads a whole number with bounds.
func countBetween(s string, low, high int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q is no whole number from %d to %d", s, low, high)
	}
	return n, nil
}

// parseTime reads an RFC 3339 time or a date. A date means its first moment in UTC,
// or with end its last.
func parseTime(s string, end bool) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UTC(), nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither a date (2026-03-01) nor an RFC 3339 time (2026-03-01T08:00:00Z)", s)
	}
	if end {
		t = t.AddDate(0, 0, 1).Add(-time.Nanosecond)
	}
	return t, nil
}

func parseSeverity(s string) (string, error) {
	v := strings.ToLower(s)
	if !slices.Contains(rules.Severities, v) {
		return "", fmt.Errorf("%q is no severity; the severities are %s", s, strings.Join(rules.Severities, ", "))
	}
	return v, nil
}

// splitList cuts a comma-separated value; empty parts are dropped.
func splitList(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
