package correlate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/query"
)

// thresholdRule makes a rule of value events and, unless it is negative, cardinality
// distinct values.
func thresholdRule(value, cardinality int, window time.Duration, interval string) *rules.Rule {
	r := &rules.Rule{Type: rules.KindThreshold, Program: &query.Program{}, LookBack: window, Interval: interval,
		Threshold: &rules.Threshold{Fields: []string{"host.id"}, Value: value}}
	if cardinality >= 0 {
		r.Threshold.Cardinality = []rules.Cardinality{{Field: "file.path", Value: cardinality}, {Field: "ignored", Value: 1000}}
	}
	return r
}

// detectAll runs records of one key, which are in order, through a new detector.
func detectAll(t testing.TB, r *rules.Rule, limits thresholdLimits, records []*Record) (found []*Finding, stats Stats) {
	t.Helper()
	d := newThreshold(0, r, &stats, func(f *Finding) error {
		found = append(found, f)
		return nil
	})
	d.limits, d.values.limit = limits, limits.values
	for _, rec := range records {
		c := *rec
		if err := d.add(&c); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.end(); err != nil {
		t.Fatal(err)
	}
	return found, stats
}

// referenceEpisodes finds episodes by their definition: it lays a window at every half
// second and unites those that are satisfied and share an event.
func referenceEpisodes(r *rules.Rule, interval time.Duration, records []*Record) string {
	root := make([]int, len(records))
	for i := range root {
		root[i] = -1 // in no satisfied window
	}
	find := func(i int) int {
		for root[i] != i {
			i = root[i]
		}
		return i
	}
	peak, certain := map[int]int{}, map[int]bool{}
	var satisfied [][]int
	eachWindow(r, r.LookBack, records, func(members []int) {
		satisfied = append(satisfied, members)
		for _, i := range members {
			if root[i] < 0 {
				root[i] = i
			}
			a, b := find(members[0]), find(i)
			root[max(a, b)] = min(a, b)
		}
	})
	for _, members := range satisfied {
		e := find(members[0])
		peak[e] = max(peak[e], len(members))
	}
	eachWindow(r, r.LookBack-interval, records, func(members []int) { certain[find(members[0])] = true })
	var out []string
	for first := range records {
		if root[first] != first {
			continue
		}
		var names []string
		values := map[string]bool{}
		last := first
		for i := range records {
			if root[i] >= 0 && find(i) == first {
				names = append(names, records[i].ID)
				for _, v := range records[i].Values {
					values[v] = true
				}
				last = i
			}
		}
		out = append(out, episodeText(names, len(names), peak[first], len(values), certain[first], records[first].Time, records[last].Time, r))
	}
	return strings.Join(out, "\n")
}

func eachWindow(r *rules.Rule, width time.Duration, records []*Record, yield func(members []int)) {
	if width < 0 || len(records) == 0 {
		return
	}
	const step = int64(time.Second / 2)
	millis := func(i int) int64 { return int64(math.Floor(float64(records[i].Time) / 1e6)) }
	for s := millis(0)*1e6 - int64(width); s <= records[len(records)-1].Time; s += step {
		var members []int
		values := map[string]bool{}
		for i := range records {
			if at := millis(i) * 1e6; at >= s && at <= s+int64(width) {
				members = append(members, i)
				for _, v := range records[i].Values {
					values[v] = true
				}
			}
		}
		c := r.Threshold.Cardinality
		if len(members) > 0 && len(members) >= r.Threshold.Value && (len(c) == 0 || len(values) >= c[0].Value) {
			yield(members)
		}
	}
}

func episodeText(names []string, count, peak, distinct int, certain bool, first, last int64, r *rules.Rule) string {
	text := fmt.Sprintf("%v count=%d peak=%d certain=%t %v..%v", names, count, peak, certain, time.Duration(first), time.Duration(last))
	if len(r.Threshold.Cardinality) > 0 {
		text += fmt.Sprintf(" distinct=%d", distinct)
	}
	return text
}

func foundText(t testing.TB, r *rules.Rule, found []*Finding) string {
	var out []string
	for _, f := range found {
		var names []string
		for _, rec := range f.Records {
			names = append(names, rec.ID)
		}
		var peak, distinct int
		text := string(f.Detail)
		if _, err := fmt.Sscanf(text[strings.Index(text, `"peak":`):], `"peak":%d`, &peak); err != nil {
			t.Fatal(err)
		}
		if i := strings.Index(text, `"distinct":`); i >= 0 {
			if _, err := fmt.Sscanf(text[i:], `"distinct":%d`, &distinct); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, episodeText(names, int(f.Count), peak, distinct, strings.Contains(text, `"live":"certain"`), f.First, f.Last, r))
	}
	return strings.Join(out, "\n")
}

// thresholdCase reads a rule and records from bytes.
func thresholdCase(b []byte) (r *rules.Rule, interval time.Duration, records []*Record) {
	var head [4]byte
	b = b[copy(head[:], b):]
	interval = time.Duration(1+head[3]%16) * time.Second
	r = thresholdRule(int(head[0]%8)-1, int(head[1]%6)-1, time.Duration(head[2]%16)*time.Second, fmt.Sprintf("%ds", interval/time.Second))
	at := -20 * int64(time.Second)
	for i := 0; i+1 < len(b) && i < 160; i += 2 {
		// within its millisecond, which windows do not see
		at = at/int64(time.Second)*int64(time.Second) + int64(b[i]%12/2)*int64(time.Second) + int64(b[i]%3)*400_000
		rec := &Record{Time: at, ID: strconv.Itoa(i / 2)}
		for v := range b[i+1] % 4 {
			rec.Values = append(rec.Values, strconv.Itoa(int(b[i+1]/4+v)%7))
		}
		records = append(records, rec)
	}
	slices.SortStableFunc(records, func(a, b *Record) int { return int(a.Time - b.Time) })
	return r, interval, records
}

// checkThreshold holds the detector against the definition, without limits that matter
// and with narrow ones, which may cost something only if they say so.
func checkThreshold(t testing.TB, b []byte) (episodes int, dropped int64) {
	t.Helper()
	r, interval, records := thresholdCase(b)
	want := referenceEpisodes(r, interval, records)
	found, stats := detectAll(t, r, defaultThresholdLimits, records)
	if got := foundText(t, r, found); got != want || stats.Dropped != 0 {
		t.Fatalf("%x: value %d cardinality %v window %v interval %v: dropped %d, got\n%s\nwant\n%s",
			b, r.Threshold.Value, r.Threshold.Cardinality, r.LookBack, interval, stats.Dropped, got, want)
	}
	for _, limits := range []thresholdLimits{{buckets: 3, values: 1 << 9, bytes: 1 << 20}, {buckets: 1 << 9, values: 3, bytes: 1 << 20},
		{buckets: 1 << 9, values: 1 << 9, bytes: 4 * keptOverhead}, {buckets: 2, values: 1, bytes: 1}} {
		cut, stats := detectAll(t, r, limits, records)
		got := foundText(t, r, cut)
		if stats.Dropped < 0 || stats.Dropped == 0 && got != want {
			t.Fatalf("%x: limits %+v: dropped %d, got\n%s\nwant\n%s", b, limits, stats.Dropped, got, want)
		}
		dropped += stats.Dropped
	}
	return len(found), dropped
}

func TestThresholdAgainstReference(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	episodes, dropped := 0, int64(0)
	for range 3000 {
		b := make([]byte, 4+2*random.IntN(40))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		e, d := checkThreshold(t, b)
		episodes, dropped = episodes+e, dropped+d
	}
	if episodes < 3000 || dropped < 3000 {
		t.Errorf("%d episodes, %d dropped: the cases are too tame", episodes, dropped)
	}
}

func FuzzThreshold(f *testing.F) {
	f.Add([]byte{4, 0, 9, 4, 2, 0, 2, 0, 10, 0, 2, 0, 4, 0})
	f.Add([]byte{2, 4, 9, 4, 2, 1, 2, 5, 10, 9, 2, 13, 4, 2, 0, 3})
	f.Add([]byte{1, 2, 0, 15, 0, 1, 0, 5, 0, 5})
	f.Fuzz(func(t *testing.T, b []byte) { checkThreshold(t, b) })
}

func TestThresholdDetail(t *testing.T) {
	r := thresholdRule(2, 2, 9*time.Minute, "5m")
	r.Threshold.Fields = []string{"host.id", "user.name"}
	key := string(event.AppendKey(event.AppendKey(nil, event.KeyText, []byte("h\x00")), event.KeyNumber, []byte("7")))
	found, _ := detectAll(t, r, defaultThresholdLimits, []*Record{
		{Key: key, Time: 5, Values: []string{"a"}}, {Key: key, Time: 6, Values: []string{"b", "c"}}})
	if len(found) != 1 {
		t.Fatalf("%d findings", len(found))
	}
	want := `{"threshold":{"cardinality":{"distinct":3,"field":"file.path","value":2},"count":2,` +
		`"fields":[{"field":"host.id","value":"h\u0000"},{"field":"user.name","value":"7"}],` +
		`"live":"certain","peak":2,"value":2,"window_s":540}}`
	if diff := cmp.Diff(want, string(found[0].Detail)); diff != "" {
		t.Error(diff)
	}
	r = thresholdRule(0, -1, 9*time.Minute, "5m") // a value below 1 is 1
	r.Threshold.Fields = nil
	found, _ = detectAll(t, r, defaultThresholdLimits, []*Record{{}})
	want = `{"threshold":{"count":1,"fields":[],"live":"certain","peak":1,"value":1,"window_s":540}}`
	if diff := cmp.Diff(want, string(found[0].Detail)); diff != "" {
		t.Error(diff)
	}
}

func TestThresholdEvidenceIsTheBeginning(t *testing.T) {
	var records []*Record
	for i := range 1000 {
		records = append(records, &Record{Time: int64(i) * int64(time.Second), ID: strconv.Itoa(i)})
	}
	f := func(value int, first, count, peak int) {
		t.Helper()
		found, stats := detectAll(t, thresholdRule(value, -1, 9*time.Minute, "5m"), defaultThresholdLimits, records)
		if len(found) != 1 || stats.Dropped != 0 {
			t.Fatalf("%d findings, %d dropped", len(found), stats.Dropped)
		}
		e := found[0]
		if len(e.Records) != maxEvidence || e.Count != int64(count) || e.Last != records[first+count-1].Time ||
			!strings.Contains(string(e.Detail), fmt.Sprintf(`"peak":%d,`, peak)) {
			t.Errorf("%d records, count %d, last %v, %s", len(e.Records), e.Count, time.Duration(e.Last), e.Detail)
		}
		for i, r := range e.Records {
			if r.ID != records[first+i].ID {
				t.Fatalf("record %d is event %s", i, r.ID)
			}
		}
	}
	f(1, 0, 1000, 541)
	f(541, 0, 1000, 541)
	records = slices.Concat([]*Record{{Time: -int64(time.Hour)}}, records)
	f(300, 1, 1000, 541)
}

func TestThresholdDetectorIsAsNewAfterAKey(t *testing.T) {
	r, stats, got := thresholdRule(2, 2, time.Minute, "30s"), Stats{}, 0
	d := newThreshold(0, r, &stats, func(*Finding) error {
		got++
		return nil
	})
	key := func(n int, values ...string) {
		t.Helper()
		for range n {
			if err := d.add(&Record{Values: values}); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.end(); err != nil {
			t.Fatal(err)
		}
	}
	key(1, "a", "b") // one event too few, twice
	key(1, "a", "b")
	key(2, "a") // one value too few, twice
	key(2, "b")
	if got != 0 {
		t.Errorf("%d findings of keys that do not add up", got)
	}
	key(2, "a", "b")
	key(2, "a", "b")
	if got != 2 {
		t.Errorf("%d findings, want 2", got)
	}
}

func TestThresholdErrorOfYield(t *testing.T) {
	r := thresholdRule(1, -1, time.Minute, "30s")
	failed := fmt.Errorf("disk full")
	d := newThreshold(0, r, &Stats{}, func(*Finding) error { return failed })
	if err := d.add(&Record{}); err != nil {
		t.Fatal(err)
	}
	if err := d.add(&Record{Time: int64(time.Hour)}); err != failed {
		t.Errorf("an episode that is over: %v", err)
	}
	d = newThreshold(0, r, &Stats{}, func(*Finding) error { return failed })
	if err := d.add(&Record{}); err != nil {
		t.Fatal(err)
	}
	if err := d.end(); err != failed {
		t.Errorf("the end of the key: %v", err)
	}
}

// TestThresholdMemory holds a rule that is never satisfied, and one that always is,
// against a key of very many events and values.
func TestThresholdMemory(t *testing.T) {
	const n, limit = 400_000, 24 << 20
	limits := thresholdLimits{buckets: 1 << 14, values: 1 << 14, bytes: 1 << 20}
	f := func(name string, value, cardinality int, wantDropped bool) {
		t.Helper()
		var stats Stats
		var found, evidence int
		d := newThreshold(0, thresholdRule(value, cardinality, 24*time.Hour, "5m"), &stats, func(f *Finding) error {
			found, evidence = found+1, len(f.Records)
			return nil
		})
		d.limits, d.values.limit = limits, limits.values
		before := heapInUse()
		for i := range n {
			r := &Record{Time: int64(i) * int64(time.Millisecond), Event: make([]byte, 1000), Values: []string{strconv.Itoa(i)}}
			if err := d.add(r); err != nil {
				t.Fatal(err)
			}
		}
		if used := heapInUse() - before; used > limit {
			t.Errorf("%s: %d bytes in use after %d events", name, used, n)
		}
		if err := d.end(); err != nil {
			t.Fatal(err)
		}
		if used := heapInUse() - before; used > 2<<20 {
			t.Errorf("%s: %d bytes in use after the key", name, used)
		}
		if (stats.Dropped > 0) != wantDropped {
			t.Errorf("%s: %d dropped", name, stats.Dropped)
		}
		if satisfied := value < n && cardinality < n; (found == 1) != satisfied || satisfied && evidence != maxEvidence {
			t.Errorf("%s: %d findings, %d records", name, found, evidence)
		}
		runtime.KeepAlive(d)
	}
	f("a huge value", math.MaxInt, -1, true)
	f("huge cardinality", 1, math.MaxInt, true)
	f("always satisfied", 1, 1, true)
	limits.buckets, limits.values = n, n
	f("within the limits", 1, -1, false)
}

func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestIntervalOf(t *testing.T) {
	f := func(s string, want time.Duration) {
		t.Helper()
		if got := intervalOf(s); got != want {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
	f("5m", 5*time.Minute)
	f("90s", 90*time.Second)
	f("24h", 24*time.Hour)
	f("1d", 24*time.Hour)
	f("2w", 14*24*time.Hour)
	f("", 5*time.Minute)
	f("m", 5*time.Minute)
	f("-5m", 5*time.Minute)
	f("5 parsecs", 5*time.Minute)
	f("99999999999999999h", math.MaxInt64)
	f("99999999999999999999999h", 5*time.Minute)
}
