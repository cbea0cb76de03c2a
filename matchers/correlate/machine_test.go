package correlate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/query"
)

// termStep makes a step on one field, joined by keys; a key that begins with "?" is
// optional.
func termStep(value string, keys ...string) query.Step {
	s := query.Step{X: &query.Term{Field: query.Field{Name: "tag"}, Values: []query.Literal{{Text: value}}}}
	for _, k := range keys {
		name, optional := strings.CutPrefix(k, "?")
		s.Keys = append(s.Keys, query.Field{Name: name, Optional: optional})
	}
	return s
}

func TestStepIDs(t *testing.T) {
	missing := termStep("a")
	missing.Missing = true
	f := func(want []int, until int, steps ...query.Step) {
		t.Helper()
		last := steps[len(steps)-1]
		seq := &query.Sequence{Steps: steps[:len(steps)-1], Until: &last}
		if ids, u := seq.IDs(); !slices.Equal(ids, want) || u != until {
			t.Errorf("got %v until %d, want %v until %d", ids, u, want, until)
		}
		if ids := (&query.Sample{Steps: seq.Steps}).IDs(); !slices.Equal(ids, want) {
			t.Errorf("sample: got %v, want %v", ids, want)
		}
	}
	// equal texts are one step, wherever they stand
	f([]int{0, 1, 0, 1}, 2, termStep("a"), termStep("b"), termStep("a"), termStep("b"), termStep("c"))
	f([]int{0, 0}, 0, termStep("a"), termStep("a"), termStep("a"))
	// other keys, another number of keys, an optional key, a missing step: other steps
	f([]int{0, 1, 2, 3}, 4, termStep("a"), termStep("a", "k"), termStep("a", "l"), termStep("a", "?k"), missing)
	// names do not run together
	f([]int{0, 1}, 2, termStep("a", "k", "l"), termStep("a", "kl"), termStep("a", "k\x00\x00l"))

	if ids, until := (&query.Sequence{Steps: []query.Step{termStep("a")}}).IDs(); len(ids) != 1 || until != -1 {
		t.Errorf("without until: got %v %d", ids, until)
	}
}

// TestRunsShareARecord: a hundred equal steps are one record of an event.
func TestRunsShareARecord(t *testing.T) {
	const runs = 100
	text := fmt.Sprintf("sequence with maxspan=1h [A]*%d\n", runs)
	var want []string
	for i := range runs + 2 {
		text += fmt.Sprintf("event %d %ds A\n", i, i)
		want = append(want, fmt.Sprint(i))
	}
	tl, err := readTimeline(text + "----\n" + strings.Join(want[:runs], " ") + "\n" +
		strings.Join(want[1:runs+1], " ") + "\n" + strings.Join(want[2:runs+2], " ") + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(tl.records) != runs+2 {
		t.Errorf("%d records, want %d", len(tl.records), runs+2)
	}
	tl.check(t)
}

// details runs records through a rule in memory and returns its findings.
func details(t *testing.T, r *rules.Rule, records []*Record) (out []*Finding) {
	t.Helper()
	c := NewCollector("", 1<<20)
	for _, rec := range records {
		if err := c.Emit(rec); err != nil {
			t.Fatal(err)
		}
	}
	rd := &Reduction{Rules: []*rules.Rule{r}, Budget: 1 << 20}
	if err := rd.Run([]*Collector{c}, func(f *Finding) error { out = append(out, f); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCorrelatedFinding(t *testing.T) {
	second := int64(time.Second)
	key := string(event.AppendKey(event.AppendKey(nil, event.KeyText, []byte("h")), event.KeyNull, nil))
	records := []*Record{
		{Step: 0, Time: 1 * second, Key: key, ID: "1", Origin: event.Origin{Line: 1}, IDHash: [16]byte{1}},
		{Step: 1, Time: 3*second + 1e6, Key: key, ID: "2", Origin: event.Origin{Line: 2}, IDHash: [16]byte{2}},
	}
	steps := []query.Step{termStep("a", "host.id", "?user.id"), termStep("b", "agent.id", "?user.id")}
	absent := termStep("c", "host.id", "?user.id")
	absent.Missing = true
	keys := `[{"field":"host.id","value":"h"},{"field":"user.id","value":null}]`
	f := func(want string, r *rules.Rule, stages ...int16) {
		t.Helper()
		fs := details(t, r, records)
		if len(fs) != 1 {
			t.Fatalf("%d findings, want 1", len(fs))
		}
		got := fs[0]
		if diff := cmp.Diff(want, string(got.Detail)); diff != "" {
			t.Error(diff)
		}
		if got.Count != 2 || got.First != 1*second || got.Last != 3*second+1e6 || got.Scale != 1 || got.NoTime {
			t.Errorf("got count %d, %d to %d, scale %v, no time %v", got.Count, got.First, got.Last, got.Scale, got.NoTime)
		}
		for i, rec := range got.Records {
			if rec.Step != stages[i] {
				t.Errorf("record %d: stage %d, want %d", i, rec.Step, stages[i])
			}
		}
	}
	f(`{"sequence":{"keys":`+keys+`,"maxspan_ms":60000,"span_ms":2001,"steps":2}}`,
		&rules.Rule{LookBack: time.Hour, Program: &query.Program{Sequence: &query.Sequence{Steps: steps, MaxSpan: time.Minute}}}, 0, 1)
	f(`{"sequence":{"keys":`+keys+`,"maxspan_ms":3600000,"span_ms":2001,"steps":2}}`,
		&rules.Rule{LookBack: time.Hour, Program: &query.Program{Sequence: &query.Sequence{Steps: steps}}}, 0, 1)
	f(`{"sequence":{"keys":`+keys+`,"maxspan_ms":60000,"span_ms":2001,"steps":3}}`,
		&rules.Rule{Program: &query.Program{Sequence: &query.Sequence{Steps: append(slices.Clone(steps), absent), MaxSpan: time.Minute}}}, 0, 1)
	f(`{"sample":{"keys":`+keys+`}}`,
		&rules.Rule{LookBack: time.Hour, Program: &query.Program{Sample: &query.Sample{Steps: steps}}}, 0, 1)
}

// TestOneEventInTwoStages: evidence of two findings is not one record with the stage
// of the last.
func TestOneEventInTwoStages(t *testing.T) {
	r := &rules.Rule{Program: &query.Program{Sequence: &query.Sequence{Steps: []query.Step{termStep("a"), termStep("a")}}}}
	var records []*Record
	for i := range 3 {
		records = append(records, &Record{Time: int64(i), Origin: event.Origin{Line: int64(i)}, IDHash: [16]byte{1, byte(i)}})
	}
	fs := details(t, r, records)
	if len(fs) != 2 {
		t.Fatalf("%d findings, want 2", len(fs))
	}
	for _, f := range fs {
		if f.Records[0].Step != 0 || f.Records[1].Step != 1 {
			t.Errorf("got stages %d and %d", f.Records[0].Step, f.Records[1].Step)
		}
	}
}

// TestWaitingIsBounded: what waits for the events behind it has a bound, and what is
// dropped there is counted.
func TestWaitingIsBounded(t *testing.T) {
	defer func(n int) { maxWaiting = n }(maxWaiting)
	maxWaiting = 4
	tl, err := readTimeline(`sequence by host with maxspan=10s [A] ![B]
event 1 0s A host=x
event 2 1s A host=x
event 3 2s A host=x
event 4 3s A host=x
event 5 4s A host=x
event 6 20s A host=x
event 7 0s A host=y
----
x: 1 -
x: 2 -
x: 3 -
x: 4 -
x: 6 -
`)
	if err != nil {
		t.Fatal(err)
	}
	tl.want = slices.Insert(tl.want, 1, "y: 7 -")
	got, stats := reduceAll(t, tl.rule, tl.records, 2, 1<<20)
	slices.Sort(got)
	slices.Sort(tl.want)
	if !slices.Equal(got, tl.want) || stats.Dropped != 1 {
		t.Errorf("got %q, %d dropped, want %q, 1 dropped", got, stats.Dropped, tl.want)
	}
}

// TestKeptIsBounded: whatever the evidence, a machine keeps no more than its rule has
// room for.
func TestKeptIsBounded(t *testing.T) {
	none := func(*Finding) error { return nil }
	seq := &query.Sequence{Steps: []query.Step{termStep("a"), termStep("b"), termStep("c")}}
	d := newSequence(0, &rules.Rule{Program: &query.Program{Sequence: seq}}, &Stats{}, none)
	s := newSample(0, &rules.Rule{Program: &query.Program{Sample: &query.Sample{Steps: seq.Steps}}}, &Stats{}, none)
	for i := range 10000 {
		r := &Record{Step: int16(i % 2), Time: int64(i), Origin: event.Origin{Line: int64(i)}}
		if err := d.add(r); err != nil {
			t.Fatal(err)
		}
		if err := s.add(r); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for _, p := range d.slots {
		if p != nil {
			kept += len(p.records)
		}
	}
	if kept > 3 {
		t.Errorf("the sequence keeps %d records", kept)
	}
	for id, k := range s.kept {
		if len(k) > 3 {
			t.Errorf("the sample keeps %d records of filter %d", len(k), id)
		}
	}
}

// TestUnknownStep: a spilled record that was changed behind our back is an error.
func TestUnknownStep(t *testing.T) {
	none := func(*Finding) error { return nil }
	steps := []query.Step{termStep("a")}
	for _, d := range []detector{
		newSequence(0, &rules.Rule{Program: &query.Program{Sequence: &query.Sequence{Steps: steps}}}, &Stats{}, none),
		newSample(0, &rules.Rule{Program: &query.Program{Sample: &query.Sample{Steps: steps}}}, &Stats{}, none),
	} {
		for _, step := range []int16{-1, 1} {
			if err := d.add(&Record{Step: step}); err == nil {
				t.Errorf("%T takes step %d", d, step)
			}
		}
	}
}

// TestTimesAtTheEnds: evidence may say any time that 64 bits of nanoseconds hold.
func TestTimesAtTheEnds(t *testing.T) {
	f := func(a, b, bound int64, want bool, span int64) {
		t.Helper()
		if got := within(a, b, bound); got != want {
			t.Errorf("within %d of %d: got %v for %d", bound, a, got, b)
		}
		if got := spanMillis(a, b); got != span {
			t.Errorf("from %d to %d: got %d ms, want %d", a, b, got, span)
		}
	}
	f(5, 5, 1, true, 0)
	f(-2e6, 3e6, 5e6, true, 5)
	f(-2e6, 3e6, 5e6-1, false, 5)
	f(math.MinInt64, math.MaxInt64, math.MaxInt64, false, math.MaxInt64/1_000_000)
	f(math.MinInt64, math.MaxInt64, 0, true, math.MaxInt64/1_000_000)
	f(math.MinInt64, -1, math.MaxInt64, true, math.MaxInt64/1_000_000)

	for _, m := range []struct{ nanos, want int64 }{{0, 0}, {999999, 0}, {1e6, 1}, {-1, -1}, {-1e6, -1}, {-1e6 - 1, -2}} {
		if got := milli(m.nanos); got != m.want {
			t.Errorf("millisecond of %d: got %d, want %d", m.nanos, got, m.want)
		}
	}
}
