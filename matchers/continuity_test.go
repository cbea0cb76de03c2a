package matchers

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"coldcase/matchers/event"
	"coldcase/rules"

	"github.com/google/go-cmp/cmp"
)

var clockStart = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday

func stamped(host string, at time.Time, more string) string {
	return fmt.Sprintf(`{"@timestamp":%q,"agent":{"type":"auditbeat"},"host":{"id":"id-%s","name":%q}%s}`,
		at.Format("2006-01-02T15:04:05.000Z"), host, host, more)
}

func ingested(at time.Time) string {
	return fmt.Sprintf(`,"event":{"ingested":%q}`, at.Format(time.RFC3339Nano))
}

// steady makes an event each step over a span, but for what is left out.
func steady(host string, span, step time.Duration, out func(since time.Duration) bool) (lines []string) {
	for d := time.Duration(0); d < span; d += step {
		if out == nil || !out(d) {
			lines = append(lines, stamped(host, clockStart.Add(d), ""))
		}
	}
	return lines
}

func anyRule(t *testing.T) *Matcher {
	t.Helper()
	m, err := Compile([]*rules.Rule{eventRule(parseQuery(t, `process.name:a`))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func clocksOf(t *testing.T, lines []string) []HostClock {
	t.Helper()
	hosts, _ := censusOf(t, anyRule(t), lines).Clocks()
	return hosts
}

func stretch(from, to time.Duration) func(time.Duration) bool {
	return func(d time.Duration) bool { return d >= from && d < to }
}

func atHours(s Silence) string {
	f := func(nanos int64) string { return time.Duration(nanos - clockStart.UnixNano()).String() }
	return f(s.From) + " to " + f(s.To)
}

// An hour that was taken from a busy host is told; nights, weekends and pauses that are
// the host's rhythm are not.
func TestUnusualSilence(t *testing.T) {
	const hour, day = time.Hour, 24 * time.Hour
	night := func(d time.Duration) bool { return d%day < 8*hour || d%day >= 18*hour }
	weekend := func(d time.Duration) bool { return d%(7*day) >= 5*day }
	f := func(name string, lines []string, want ...string) {
		t.Helper()
		var got []string
		for _, s := range clocksOf(t, lines)[0].Unusual {
			got = append(got, atHours(s))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got): %s", name, d)
		}
	}
	f("nothing missing", steady("h", day, 10*time.Second, nil))
	// A silence is told to the slot, within the stretch in which there is no event.
	f("an hour of a day", steady("h", day, 20*time.Second, stretch(10*hour, 11*hour)), "10h0m0s to 11h0m0s")
	f("less than half an hour", steady("h", day, 20*time.Second, stretch(10*hour, 10*hour+29*time.Minute)))
	f("two stretches", steady("h", day, 20*time.Second, func(d time.Duration) bool {
		return stretch(3*hour, 5*hour)(d) || stretch(10*hour, 11*hour)(d)
	}), "3h0m0s to 5h0m0s", "10h0m0s to 11h0m0s")
	f("nights", steady("h", 3*day, time.Minute, night))
	f("nights, and an hour of one day", steady("h", 3*day, time.Minute, func(d time.Duration) bool {
		return night(d) || stretch(day+11*hour, day+12*hour)(d)
	}), "35h0m0s to 36h0m0s")
	f("weekends", steady("h", 17*day, 5*time.Minute, func(d time.Duration) bool { return night(d) || weekend(d) }))
	f("pauses of an hour", steady("h", 10*hour, 2*time.Minute, func(d time.Duration) bool { return d/hour%2 == 1 }))
	f("an event every two hours, one missing", steady("h", 4*day, 2*hour, stretch(40*hour, 42*hour)))
	f("an event every two hours, two days missing", steady("h", 14*day, 2*hour, stretch(100*hour, 148*hour)), "98h4m0s to 148h0m0s") // in slots of four minutes
	f("too few events to know", steady("h", day, 2*hour, stretch(4*hour, 20*hour)))
}

func TestHostClocks(t *testing.T) {
	at := clockStart
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for i := range 5 {
		d := time.Duration(i) * time.Second
		lines = append(lines, stamped("ahead", at.Add(3*time.Hour+d), ingested(at.Add(d))))
		lines = append(lines, stamped("late", at.Add(d), ingested(at.Add(d+30*24*time.Hour))))
		lines = append(lines, stamped("odd", at.Add(d), ""))
	}
	lines = append(lines, stamped("odd", time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC), ""),
		stamped("odd", time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), ""),
		stamped("odd", at.Add(49*time.Hour), ingested(at)), // no clock explains that
		stamped("odd", at.Add(time.Hour), ingested(at)),    // just not in the future
		stamped("odd", at.Add(time.Minute), `,"event":{"ingested":"soon"}`))
	add(`{"@timestamp":"no time","host":{"id":"id-odd","name":"another"}}`)
	hosts := clocksOf(t, lines)
	first := at.UnixNano()
	want := []HostClock{
		{Key: "id-ahead", Name: "ahead", Events: 5, First: first + 3*int64(time.Hour), Last: first + int64(3*time.Hour+4*time.Second), Ahead: 5,
			Slot: time.Minute, Skew: -3 * time.Hour, Arrived: 5},
		{Key: "id-late", Name: "late", Events: 5, First: first, Last: first + int64(4*time.Second), Slot: time.Minute, Skew: 30 * 24 * time.Hour, Arrived: 5},
		{Key: "id-odd", Name: "another", Events: 7, First: first, Last: first + int64(time.Hour), Early: 1, Ahead: 2, Slot: time.Minute, Rhythm: 59 * time.Minute,
			Longest: Silence{first + int64(2*time.Minute), first + int64(time.Hour)}, Skew: -49 * time.Hour, Arrived: 2},
	}
	if d := cmp.Diff(want, hosts); d != "" {
		t.Error(d)
	}
}

// Workers may see any part of the events, in any order.
func TestClockMergeLaws(t *testing.T) {
	m := anyRule(t)
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 7))
		var all []string
		parts := make([][]string, 3)
		for range 400 {
			at := clockStart.Add(time.Duration(r.Int64N(int64(time.Hour) << (r.IntN(14)))))
			if r.IntN(5) == 0 {
				at = at.AddDate(-40+r.IntN(140), 0, 0)
			}
			line := stamped(fmt.Sprint("h", r.IntN(4)), at, ingested(at.Add(time.Duration(r.Int64N(int64(9*time.Hour))-int64(3*time.Hour)))))
			line = strings.Replace(line, `"name":"h1"`, fmt.Sprintf(`"name":"n%d"`, r.IntN(3)), 1)
			all = append(all, line)
			i := r.IntN(3)
			parts[i] = append(parts[i], line)
		}
		want, _ := censusOf(t, m, all).Clocks()
		if len(want) != 4 || want[0].Ahead == 0 || want[0].Early+want[1].Early+want[2].Early == 0 {
			t.Fatalf("the events prove too little: %+v", want)
		}
		for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}} {
			c := censusOf(t, m, parts[order[0]])
			d := censusOf(t, m, parts[order[1]])
			d.Merge(censusOf(t, m, parts[order[2]]))
			c.Merge(d)
			got, _ := c.Clocks()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d, %v: %s", seed, order, diff)
			}
		}
	}
}

// Of too many hosts the same are kept in any order, and what is kept of them is whole.
func TestClockHostCap(t *testing.T) {
	m := anyRule(t)
	var lines []string
	for round := range 2 {
		for i := range 2*maxClockHosts + 50 {
			lines = append(lines, stamped(fmt.Sprint("h", i), clockStart.Add(time.Duration(round)*time.Minute), ""))
		}
	}
	want, capped := censusOf(t, m, lines).Clocks()
	if !capped || len(want) != maxClockHosts {
		t.Fatalf("%d hosts, capped: %v", len(want), capped)
	}
	for _, h := range want {
		if h.Events != 2 {
			t.Fatalf("%s has %d events", h.Key, h.Events)
		}
	}
	c := censusOf(t, m, lines[len(lines)/3:])
	c.Merge(censusOf(t, m, lines[:len(lines)/3]))
	got, _ := c.Clocks()
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// The short way to read a second time says what the long way says.
func TestArrival(t *testing.T) {
	texts := []string{"2026-03-01T10:00:00Z", "2026-03-01T10:59:59.999Z", "2026-03-01T10:07:08.123456789Z", "2026-03-01T10:07:08.1Z",
		"2026-03-01T10:07:08.Z", "2026-03-01T10:60:00Z", "2026-03-01T10:00:60Z", "2026-03-01T10:0a:00Z", "2026-03-01T10.00.00Z", "2026-03-01T10:00:00.1x3Z",
		"2026-03-01T10:00:00+01:00", "2026-03-01T11:00:01Z", "2026-03-01 10:00:00Z", "2026-03-01T10:00:00.1234567890Z", "2026-03-01", "1772359200000", "Z", ""}
	short := 0
	for _, a := range texts {
		for _, b := range texts {
			x, y := event.Value{Kind: event.String, Text: []byte(a)}, event.Value{Kind: event.String, Text: []byte(b)}
			at, known := event.ParseTime(x)
			if !known {
				continue
			}
			if _, ok := within1h(x, y); ok {
				short++
			}
			want, ok := event.ParseTime(y)
			if want = wholeSeconds(want); !ok {
				want = 0
			}
			if got := arrival([]event.Value{x}, []event.Value{y}, at); got != want {
				t.Errorf("%s ingested %s: got %d, want %d", a, b, got, want)
			}
		}
	}
	if short < 16 {
		t.Errorf("%d pairs took the short way", short)
	}
}

func TestSkewMedian(t *testing.T) {
	f := func(want time.Duration, seconds ...int64) {
		t.Helper()
		var s skews
		for _, n := range seconds {
			s.add(n)
		}
		if got, n := s.median(); got != want || n != int64(len(seconds)) {
			t.Errorf("%v: got %v of %d, want %v", seconds, got, n, want)
		}
	}
	f(0)
	f(5*time.Second, 5)
	f(-7*time.Second, -8, -6)                            // one bucket: its mean
	f(3600*time.Second, 3600, 1, 10_000_000)             // the middle one
	f(-10_800*time.Second, -10_800, -10_800, -10_800, 0) //
	f(40*time.Second, -9_000_000_000, 40, 1e9)           // as far as times go
}
