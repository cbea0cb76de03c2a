package scanner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// dayOf makes an event every ten seconds of a day, with what change makes of each.
func dayOf(host string, change func(second int, e *ev) bool) (lines []string) {
	for s := 0; s < 24*3600; s += 10 {
		e := ev{time: at(s - 8*3600), host: host, name: "quiet"}
		if change == nil || change(s, &e) {
			lines = append(lines, e.String())
		}
	}
	return lines
}

func clockTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// An hour that was taken out of the middle of a busy host's day is told.
func TestDeletedHour(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	lines := dayOf("busy", func(s int, _ *ev) bool { return s < 13*3600 || s >= 14*3600 })
	res := scan(t, cfg, write(t, t.TempDir(), "a", lines...), write(t, t.TempDir(), "b", dayOf("other", nil)...))
	hosts := res.Continuity.Hosts
	if len(hosts) != 2 || hosts[0].Host != "busy" || hosts[1].Host != "other" {
		t.Fatalf("%+v", hosts)
	}
	want := []Silence{{clockTime("2026-03-01T13:00:00Z"), clockTime("2026-03-01T14:00:00Z")}}
	if d := cmp.Diff(want, hosts[0].Unusual); d != "" {
		t.Error(d)
	}
	equal(t, "first", hosts[0].First, clockTime("2026-03-01T00:00:00Z"))
	equal(t, "last", hosts[0].Last, clockTime("2026-03-01T23:59:50Z"))
	equal(t, "silences of the other", len(hosts[1].Unusual), 0)
	equal(t, "longest of the other", hosts[1].Longest, Silence{})
}

// A file whose halves were swapped steps back once, by half a day and a bit.
func TestSwappedHalves(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	lines := dayOf("h", nil)
	half := len(lines) / 2
	swapped := slices.Concat(lines[half:], []string{"", "bad"}, lines[:half])
	c := scan(t, cfg, write(t, t.TempDir(), "a", swapped...)).Inputs[0].Clock
	want := InputClock{Events: int64(len(lines)), First: clockTime("2026-03-01T00:00:00Z"), Last: clockTime("2026-03-01T23:59:50Z"),
		Back: 1, Jump: 24*time.Hour - 10*time.Second, JumpLine: int64(half + 3)}
	if d := cmp.Diff(want, c); d != "" {
		t.Error(d)
	}
	sound := scan(t, cfg, write(t, t.TempDir(), "a", lines...)).Inputs[0].Clock
	if sound.Back != 0 || sound.Jump != 0 || sound.JumpLine != 0 {
		t.Errorf("a file in order: %+v", sound)
	}
}

// A host whose clock runs three hours ahead, and stamps that cannot be.
func TestSkewAndOddStamps(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	arrived := func(seconds int) string { return fmt.Sprintf(`"event.ingested":%q`, at(seconds)) }
	var lines []string
	for i := range 10 {
		lines = append(lines, ev{host: "ahead", time: at(3*3600 + i), more: arrived(i)}.String(),
			ev{host: "sound", time: at(i), more: arrived(i + 2)}.String())
	}
	lines = append(lines, ev{host: "sound", time: "1970-01-01T00:00:00Z"}.String(), ev{host: "sound", time: "2149-01-01T00:00:00Z"}.String(),
		ev{host: "sound", time: "2030-01-01T00:00:00Z", more: arrived(1)}.String(), ev{host: "sound", time: "-"}.String())
	res := scan(t, cfg, write(t, t.TempDir(), "a", lines...))
	h := res.Continuity.Hosts
	equal(t, "skew of the one ahead", h[0].Skew, -3*time.Hour)
	equal(t, "its events in the future", h[0].Ahead, 10)
	equal(t, "skew of the other", h[1].Skew, 2*time.Second)
	equal(t, "last of the other", h[1].Last, clockTime("2026-03-01T08:00:09Z"))
	equal(t, "in the future", h[1].Ahead, 2)
	equal(t, "before 2000", h[1].Early, 1)
	c := res.Inputs[0].Clock
	equal(t, "in the future, of the input", c.Ahead, 12)
	equal(t, "first of them", c.AheadLine, 1)
	equal(t, "before 2000, of the input", c.Early, 1)
	equal(t, "first before 2000", c.EarlyLine, 21)
	equal(t, "events of the input", c.Events, 20)
}

// Times tell the same for any number of workers, any memory and any shards.
func TestSameClockForAnyRun(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	dir := t.TempDir()
	n := 0
	for i := range 6 {
		lines := dayOf(fmt.Sprint("h", i%4), func(s int, e *ev) bool {
			n++
			if n%97 == 0 {
				e.time = at((n * 7919) % 50_000)
			}
			if n%1999 == 0 {
				e.time = "1999-01-01T00:00:00Z"
			}
			e.more = fmt.Sprintf(`"event.ingested":%q`, at(s-8*3600+n%500-i*1800))
			return s%7200 > i*600
		})
		if i%2 == 0 {
			writeBytes(t, dir, fmt.Sprint(i, ".gz"), gz(t, []byte(strings.Join(lines, "\n")+"\nbad\n"), 5))
			continue
		}
		write(t, dir, fmt.Sprint(i), lines...)
	}
	clocks := func(res *Result) string {
		text := fmt.Sprintf("%+v\n", res.Continuity)
		for i := range res.Inputs {
			text += fmt.Sprintf("%+v\n", res.Inputs[i].Clock)
		}
		return text
	}
	want := ""
	check := func(what string, res *Result) {
		t.Helper()
		if want == "" {
			want = clocks(res)
			if c := res.Inputs[1].Clock; c.Back == 0 || c.Early == 0 || c.Ahead == 0 || len(res.Continuity.Hosts) != 4 {
				t.Fatalf("the evidence proves too little: %+v", c)
			}
		}
		same(t, what, clocks(res), want)
	}
	for jobs := 1; jobs <= 8; jobs++ {
		cfg.Jobs, cfg.MaxMemory = jobs, []int64{8 << 20, DefaultMaxMemory}[jobs%2]
		check(fmt.Sprint(jobs, " workers"), scan(t, cfg, dir))
	}
	cfg = withDefaults(over(t, cfg, dir))
	for _, n := range []int{2, 5} {
		s, err := mapShards(context.Background(), cfg, t.TempDir(), n)
		if err != nil {
			t.Fatal(err)
		}
		res, err := reduce(context.Background(), cfg, s, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		check(fmt.Sprint(n, " shards"), res)
		if err := res.Close(); err != nil {
			t.Error(err)
		}
	}
}
