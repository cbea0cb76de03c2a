package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coldcase/scanner"

	"github.com/google/go-cmp/cmp"
)

func clockText(t *testing.T, res *scanner.Result, opt Options) string {
	t.Helper()
	s := &screen{res: res, opt: opt}
	s.clock()
	return s.buf.String()
}

// Only what is remarkable is told, the worst of each kind, and how much more there is.
func TestClockPart(t *testing.T) {
	quiet := &scanner.Result{Inputs: []scanner.InputResult{{File: "a", Clock: scanner.InputClock{Events: 100, Back: 3, Jump: time.Hour, JumpLine: 7}}},
		Continuity: scanner.Continuity{Hosts: []scanner.HostClock{
			{Host: "h", Events: 100, Longest: scanner.Silence{From: at("2026-03-01T00:00:00Z"), To: at("2026-03-02T00:00:00Z")}, Skew: 59 * time.Minute, Arrived: 9},
			{Host: "i", Events: 100, Skew: -59 * time.Second, Arrived: 9}}}}
	if got := clockText(t, quiet, Options{}); !strings.HasPrefix(got, "CLOCK  nothing remarkable: ") || strings.Count(got, "\n") != 2 {
		t.Errorf("got %q", got)
	}
	if got := clockText(t, &scanner.Result{}, Options{}); got != "" {
		t.Errorf("without a time: %q", got)
	}
	res := &scanner.Result{}
	for i := range 5 {
		res.Inputs = append(res.Inputs, scanner.InputResult{File: fmt.Sprintf("in%d\x1b", i), Clock: scanner.InputClock{Events: 100, Early: int64(i), EarlyLine: 2}})
	}
	res.Inputs[0].Clock = scanner.InputClock{Events: 100, Back: 2, Jump: 90 * time.Minute, JumpLine: 50}
	res.Continuity.Hosts = []scanner.HostClock{{Host: "late", Arrived: 5, Skew: 25 * time.Hour}, {Host: "ahead", Arrived: 5, Skew: -61 * time.Second}}
	want := []string{
		`CLOCK  7 remarks; --summary FILE has every host and input`,
		`  in4\x1b   4 events before 2000, first at line 2`,
		`  in3\x1b   3 events before 2000, first at line 2`,
		`  in2\x1b   2 events before 2000, first at line 2`,
		`  in0\x1b   2 steps back in time in a file that is in order, the largest 1 h 30 min at line 50`,
		`  late   ingested 1 d 1 h after its events (median of 5 events)`,
		`  ahead   clock ahead of event.ingested by 1 min 1 s (median of 5 events)`,
		`  and 1 more: input with odd timestamps`, ``, ``}
	if d := cmp.Diff(want, strings.Split(clockText(t, res, Options{}), "\n")); d != "" {
		t.Error(d)
	}
	if full := clockText(t, res, Options{Full: true}); strings.Contains(full, "more:") || strings.Count(full, "before 2000") != 4 {
		t.Errorf("all of it: %s", full)
	}
}

func TestSkippedBy(t *testing.T) {
	got := skippedBy([]string{"a.zip!x: y: encrypted", "b: encrypted", "c: text, not JSON", "d!e: text, not JSON", "f: text, not JSON"})
	want := []jsonSkipped{{"text, not JSON", 3, 1}, {"encrypted", 2, 1}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
