package correlate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// randomStory makes a story of n events of few keys, values and moments.
func randomStory(t *testing.T, random *rand.Rand, rule string, n int) *story {
	t.Helper()
	var text strings.Builder
	fmt.Fprintln(&text, rule, "\nhistory h 0s")
	for i := range n {
		keys := []string{"x", "y", "x,y", "z"}[random.IntN(4)]
		fmt.Fprintf(&text, "event e%d %dm %s on=h v=%d in=%d", i, random.IntN(200), keys, random.IntN(5), random.IntN(3))
		if i > 0 && random.IntN(4) == 0 { // an export that overlaps
			fmt.Fprintf(&text, " same=e%d", random.IntN(i))
		}
		fmt.Fprintln(&text)
	}
	s, err := readStory(text.String() + "----\n")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOrderLeavesNoTrace deals random records to any number of collectors in any order,
// in memory and spilled.
func TestOrderLeavesNoTrace(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, rule := range []string{
		"threshold fields=f value=4 window=9m interval=5m",
		"threshold fields=f value=2 window=9m interval=5m distinct=file.path:3",
		"new_terms fields=f window=20m",
		"suppression fields=f window=10m",
	} {
		for range 4 {
			s := randomStory(t, random, rule, 120)
			want, stats := s.run(t, 1, 1<<20)
			if want == "" {
				t.Fatalf("%s: no finding", rule)
			}
			for _, n := range []int{1, 2, 5, 16} {
				for _, budget := range []int{1 << 10, 1 << 14, 1 << 20} {
					if got, gotStats := s.run(t, n, budget); got != want || gotStats != stats {
						t.Fatalf("%s: %d collectors, budget %d: got %+v\n%s\nwant %+v\n%s", rule, n, budget, gotStats, got, stats, want)
					}
				}
			}
		}
	}
}

// keyed returns the records of a key in the order of events.
func keyed(s *story, key string) (out []*Record) {
	for _, r := range s.records {
		if r.Key == storyKey(key) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *Record) int {
		return strings.Compare(string(a.AppendTime(nil)), string(b.AppendTime(nil)))
	})
	return out
}

// TestNewTermsByDefinition: a term is new at t when no event before t, and not more than
// the window before it, holds it; of equal times the first in order is the finding.
func TestNewTermsByDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		s := randomStory(t, random, "new_terms fields=f window=20m", 60)
		for i, r := range s.records { // no duplicates here
			r.Content = [16]byte{byte(i), 1}
			r.Baseline = random.IntN(6) == 0
		}
		var want, got []string
		for _, key := range []string{"x", "y", "z"} {
			records := keyed(s, key)
			for i, r := range records {
				fresh := !r.Baseline
				for j, other := range records {
					before := r.Time - other.Time
					fresh = fresh && (before <= 0 || before > int64(20*time.Minute)) && (before != 0 || j >= i)
				}
				if fresh {
					want = append(want, key+" "+r.ID)
				}
			}
		}
		text, _ := s.run(t, 3, 1<<12)
		for line := range strings.Lines(text) {
			words := strings.Fields(line)
			got = append(got, strings.TrimSuffix(words[0], ":")+" "+words[1])
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// TestSuppressionCountsAll: every event is in one finding, no two findings of a key
// begin within the duration of each other, and none holds an event after it.
func TestSuppressionCountsAll(t *testing.T) {
	const duration = int64(10 * time.Minute)
	random := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		s := randomStory(t, random, "suppression fields=f window=10m", 60)
		for i, r := range s.records {
			r.Content = [16]byte{byte(i), 1}
		}
		for _, key := range []string{"x", "y", "z"} {
			records := keyed(s, key)
			d := newSuppress(0, s.rule, func(f *Finding) error {
				var in int64
				for _, r := range records {
					if r.Time >= f.First && r.Time <= f.First+duration {
						in++
					}
				}
				if f.Records[0] != records[0] || f.Count != in || f.Last > f.First+duration {
					t.Fatalf("%s: count %d from %s, want %d from %s", key, f.Count, f.Records[0].ID, in, records[0].ID)
				}
				if last := records[in-1].Time; f.Last != last {
					t.Fatalf("%s: last %d, want %d", key, f.Last, last)
				}
				records = records[in:]
				return nil
			})
			for _, r := range slices.Clone(records) {
				if err := d.add(r); err != nil {
					t.Fatal(err)
				}
			}
			if err := d.end(); err != nil {
				t.Fatal(err)
			}
			if len(records) > 0 {
				t.Fatalf("%d events are in no finding", len(records))
			}
		}
	}
}
