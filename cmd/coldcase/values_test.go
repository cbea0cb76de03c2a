package main

import (
	"strings"
	"testing"
	"time"
)

func TestParseSize(t *testing.T) {
	f := func(in string, want int64) {
		t.Helper()
		if got, err := parseSize(in); err != nil || got != want {
			t.Errorf("parseSize(%q) = %d, %v, want %d", in, got, err, want)
		}
	}
	f("0", 0)
	f("4096", 4096)
	f("512B", 512)
	f("256MiB", 256<<20)
	f("256mib", 256<<20)
	f("1.5 GiB", 3<<29)
	f("64KiB", 64<<10)
	f("64kB", 64000)
	f("100MB", 100_000_000)
	f("2GB", 2_000_000_000)
	f("2G", 2<<30)
	f(" 8 M ", 8<<20)
	f("1TiB", 1<<40)
	bad := func(in string) {
		t.Helper()
		if got, err := parseSize(in); err == nil {
			t.Errorf("parseSize(%q) = %d, want an error", in, got)
		}
	}
	bad("")
	bad("MiB")
	bad("-1")
	bad("1.2.3")
	bad("12XiB")
	bad("1e9")
	bad("NaN")
	bad("9999999TiB")
}

func TestSizeBetween(t *testing.T) {
	if _, err := sizeBetween("1MiB", minMemory, maxMemory); err == nil || !strings.Contains(err.Error(), "from 16 MiB to 1 TiB") {
		t.Errorf("got %v, want the bounds", err)
	}
}

func TestParseTime(t *testing.T) {
	f := func(in string, end bool, want string) {
		t.Helper()
		got, err := parseTime(in, end)
		if err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("parseTime(%q, %v) = %s, %v, want %s", in, end, got.Format(time.RFC3339Nano), err, want)
		}
	}
	f("2026-03-01", false, "2026-03-01T00:00:00Z")
	f("2026-03-01", true, "2026-03-01T23:59:59.999999999Z")
	f("2026-03-01T08:00:00Z", true, "2026-03-01T08:00:00Z")
	f("2026-03-01T08:00:00.25+02:00", false, "2026-03-01T06:00:00.25Z")
	for _, in := range []string{"", "yesterday", "2026-13-01", "2026-03-01T08:00:00", "01.03.2026"} {
		if got, err := parseTime(in, false); err == nil {
			t.Errorf("parseTime(%q) = %s, want an error", in, got)
		}
	}
}

func TestParseSeverity(t *testing.T) {
	if got, err := parseSeverity("High"); got != "high" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := parseSeverity("urgent"); err == nil || !strings.Contains(err.Error(), "low, medium, high, critical") {
		t.Errorf("got %v, want the list of severities", err)
	}
}
