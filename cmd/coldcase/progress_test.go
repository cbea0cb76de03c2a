package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"coldcase/scanner"
)

func TestCompact(t *testing.T) {
	f := func(n int64, want string) {
		t.Helper()
		if got := compact(n); got != want {
			t.Errorf("compact(%d) = %q, want %q", n, got, want)
		}
	}
	f(0, "0")
	f(999, "999")
	f(1000, "1k")
	f(18_349, "18.3k")
	f(999_949, "999.9k")
	f(999_951, "1M")
	f(18_301_772, "18.3M")
}

func TestProgressText(t *testing.T) {
	p := &scanner.Progress{}
	p.Events.Store(18_301_772)
	p.BadLines.Store(3)
	for i, n := range []int64{61, 122, 14, 0} {
		p.BySeverity[i].Store(n)
	}
	if got, want := progressText(p, 120), "18.3M events  crit 0 high 14 med 122 low 61  bad 3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := progressText(p, 80), "18.3M events  c0 h14 m122 l61  bad 3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The bar shows the bytes of now and of all, also when the total grows or is not
// known, and goes away.
func TestWatch(t *testing.T) {
	p := &scanner.Progress{}
	p.StoredBytes.Store(1_000_000)
	p.Events.Store(77)
	var b bytes.Buffer
	bar := newBar(&b, 120, 4_000_000)
	draw(bar, progressText(p, 120), 4_000_000, p)
	if !strings.Contains(b.String(), "77 events") || !strings.Contains(b.String(), "24%") || !strings.Contains(b.String(), "1.0/4.0 MB") {
		t.Errorf("drawn: %q", b.String())
	}
	// Standard input has no total.
	p.StoredBytes.Store(9_000_000)
	p.Events.Store(78)
	draw(bar, progressText(p, 120), 0, p)
	if !strings.Contains(b.String(), "78 events") {
		t.Errorf("nothing drawn without a total: %q", b.String())
	}
	stop := watch(&b, 80, 0, p)
	time.Sleep(progressEvery + progressEvery/2)
	stop()
	if !strings.HasSuffix(strings.TrimRight(b.String(), " "), "\r") {
		t.Errorf("the bar is not removed: %q", b.String()[max(0, b.Len()-80):])
	}
}
