package matchers

import (
	"fmt"
	"testing"
	"time"

	"coldcase/rules"
)

// The history behind an event is that of its host and of its data source, whichever is
// shorter, and begins anew after a gap longer than the window.
func TestHistory(t *testing.T) {
	m, err := Compile([]*rules.Rule{eventRule(parseQuery(t, "a:b"))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := m.NewWorker(false)
	at := func(day int) time.Time { return time.Date(2026, 1, day, 12, 0, 0, 0, time.UTC) }
	see := func(baseline bool, host, dataset string, days ...int) {
		t.Helper()
		w.SetBaseline(baseline)
		for _, d := range days {
			line := fmt.Sprintf(`{"@timestamp":%q,"data_stream":{"type":"logs","dataset":%q},"host":{"id":%q}}`, at(d).Format(time.RFC3339), dataset, host)
			if _, err := w.Match([]byte(line)); err != nil {
				t.Fatal(err)
			}
		}
	}
	see(false, "h1", "one", 10, 11, 12, 13)
	see(false, "h2", "two", 13, 14)
	see(true, "h2", "one", 8, 9)
	f := func(host, index string, day int, want int) {
		t.Helper()
		got, ok := w.Census().HistoryStart(host, index, at(day).UnixNano(), 3*24*time.Hour)
		if !ok || !time.Unix(0, got).Equal(at(want)) {
			t.Errorf("%q %q on day %d: from %v %v, want day %d", host, index, day, time.Unix(0, got).UTC(), ok, want)
		}
	}
	f("h1", "logs-one-default", 13, 10)
	f("h1", "", 13, 10)
	f("h1", ".ds-logs-two-default-2026.01.01-000001", 14, 13) // the source is younger
	f("h2", "logs-one-default", 9, 8)                         // of the baseline
	f("h2", "logs-one-default", 14, 13)                       // the host had a gap from 9 to 13
	f("", "logs-one-default", 13, 8)
	f("", "", 14, 8)
	f("unknown", "unknown", 14, 8)
}

// Of too many days the earliest stay, in whatever order they come.
func TestDaysAreBounded(t *testing.T) {
	for _, step := range []int64{1, 7, -1, 13} {
		d := newDays()
		for i := range int64(100) {
			d.add(((i*step)%100+100)%100*day+5, 64)
		}
		if len(d.first) != 64 || d.latest != 63 {
			t.Errorf("step %d: %d days up to %d, want the first 64", step, len(d.first), d.latest)
		}
	}
}
