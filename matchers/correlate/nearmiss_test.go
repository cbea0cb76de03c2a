package correlate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"coldcase/rules"
	"coldcase/rules/query"
)

// A text such as "a1 b2 c9 | 20" is events of a sequence's steps a, b, c at seconds,
// and when the evidence ends.
func TestNearMissesOfSequences(t *testing.T) {
	f := func(in string, steps int, until bool, want ...string) {
		t.Helper()
		seq := &query.Sequence{MaxSpan: 10 * time.Second}
		for i := range steps {
			seq.Steps = append(seq.Steps, query.Step{X: &query.Exists{Field: query.Field{Name: fmt.Sprint(i)}}})
		}
		if until {
			seq.Until = &query.Step{X: &query.Exists{Field: query.Field{Name: "until"}}}
		}
		events, end, _ := strings.Cut(in, "|")
		var last int64
		if _, err := fmt.Sscan(end, &last); err != nil {
			t.Fatal(err)
		}
		var got []string
		found := 0
		rule := &rules.Rule{Type: rules.KindEQL, Program: &query.Program{Sequence: seq}}
		rd := &Reduction{Rules: []*rules.Rule{rule}, Dir: t.TempDir(), Budget: 1 << 20, End: last * int64(time.Second),
			NearMiss: func(m *NearMiss) {
				got = append(got, fmt.Sprintf("%s %d of %d from %ds", m.Kind, m.Have, m.Want, m.Records[0].Time/int64(time.Second)))
			}}
		c := NewCollector(rd.Dir, 1<<20)
		for i, e := range strings.Fields(events) {
			var at int64
			if _, err := fmt.Sscan(e[1:], &at); err != nil {
				t.Fatal(err)
			}
			r := &Record{Step: int16(e[0] - 'a'), Time: at * int64(time.Second)}
			r.Origin.Line = int64(i)
			r.IDHash[0] = byte(i + 1)
			if err := c.Emit(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := rd.Run([]*Collector{c}, func(*Finding) error { found++; return nil }); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q (%d findings)", in, got, want, found)
		}
	}
	f("a1 b2 | 100", 3, false, "one step short 2 of 3 from 1s")
	f("a1 b2 c3 | 100", 3, false)
	f("a1 b2 c30 | 100", 3, false, "one step short 2 of 3 from 1s")
	f("a1 | 100", 3, false)
	f("a1 | 5", 3, false, "cut by the end of evidence 1 of 3 from 1s")
	f("a1 b2 | 5", 3, false, "cut by the end of evidence 2 of 3 from 1s")
	f("a1 | 100", 2, false) // every first event would be one
	f("a1 | 5", 2, false, "cut by the end of evidence 1 of 2 from 1s")
	f("a1 b2 a3 b4 c5 | 100", 3, false, "one step short 2 of 3 from 1s")
	f("a1 b2 d3 c4 | 100", 3, true, "one step short 2 of 3 from 1s")
}

func TestNearMissesOfThresholds(t *testing.T) {
	f := func(times []int64, value int, want string) {
		t.Helper()
		rule := &rules.Rule{Type: rules.KindThreshold, LookBack: 10 * time.Second, Program: &query.Program{},
			Threshold: &rules.Threshold{Value: value}}
		got := ""
		rd := &Reduction{Rules: []*rules.Rule{rule}, Dir: t.TempDir(), Budget: 1 << 20,
			NearMiss: func(m *NearMiss) {
				got += fmt.Sprintf("%d of %d from %ds ", m.Have, m.Want, m.Records[0].Time/int64(time.Second))
			}}
		c := NewCollector(rd.Dir, 1<<20)
		for i, at := range times {
			r := &Record{Time: at * int64(time.Second)}
			r.Origin.Line = int64(i)
			r.IDHash[0] = byte(i + 1)
			if err := c.Emit(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := rd.Run([]*Collector{c}, func(*Finding) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if got = strings.TrimSpace(got); got != want {
			t.Errorf("%v of %d: got %q, want %q", times, value, got, want)
		}
	}
	f([]int64{1, 2, 3, 4}, 5, "4 of 5 from 1s")
	f([]int64{1, 2, 3}, 5, "")
	f([]int64{1, 2, 3, 40, 41, 42, 43}, 5, "4 of 5 from 40s")
	f([]int64{1, 2, 3, 4, 40, 41, 42, 43, 44}, 5, "") // the key has a finding
	f([]int64{1, 20, 40, 60}, 5, "")
}
