package correlate

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/query"
)

// windowRecords is how many records one turn of a benchmark reduces; each carries an
// event of 1 KiB, and 200 keys share them at random.
const windowRecords = 20_000

func windowEvents() (out []*Record) {
	random := rand.New(rand.NewPCG(9, 10))
	body := []byte(`{"message":"` + strings.Repeat("x", 1<<10-14) + `"}`)
	keys := make([]string, 200)
	for i := range keys {
		keys[i] = storyKey(fmt.Sprintf("host-%03d/user-%d", i, i%7))
	}
	for i := range windowRecords {
		r := &Record{Time: int64(i) * int64(100*time.Millisecond), Sequence: math.MaxInt64,
			Key: keys[random.IntN(len(keys))], Values: []string{fmt.Sprint("/tmp/", random.IntN(300))},
			HostKey: "4f0c7b1e", Host: "ws-7", User: "alice", Process: "curl", Command: "curl -o /tmp/a https://example.com/a",
			Index: "logs-endpoint.events.process-default", Origin: event.Origin{Line: int64(i + 1)}, Event: body}
		binary.BigEndian.PutUint64(r.Content[:], random.Uint64())
		out = append(out, r)
	}
	return out
}

// BenchmarkReduceWindows takes records from workers to findings: emit, sort, fold, join,
// detect. "spilled" has room for a few hundred records at a time.
func BenchmarkReduceWindows(b *testing.B) {
	fields := []string{"host.id", "user.name"}
	for _, bench := range []struct {
		name string
		rule rules.Rule
	}{
		{"threshold", rules.Rule{Type: rules.KindThreshold, LookBack: 9 * time.Minute, Interval: "5m",
			Threshold: &rules.Threshold{Fields: fields, Value: 20}}},
		{"threshold-cardinality", rules.Rule{Type: rules.KindThreshold, LookBack: 9 * time.Minute, Interval: "5m",
			Threshold: &rules.Threshold{Fields: fields, Value: 1, Cardinality: []rules.Cardinality{{Field: "file.path", Value: 20}}}}},
		{"new_terms", rules.Rule{Type: rules.KindNewTerms, NewTerms: &rules.NewTerms{Fields: fields, Window: 7 * 24 * time.Hour}}},
	} {
		bench.rule.Program = &query.Program{}
		b.Run(bench.name+"/memory", func(b *testing.B) { benchWindow(b, &bench.rule, 1<<30) })
		b.Run(bench.name+"/spilled", func(b *testing.B) { benchWindow(b, &bench.rule, 512<<10) })
	}
}

func benchWindow(b *testing.B, rule *rules.Rule, budget int) {
	records := windowEvents()
	b.ReportAllocs()
	for b.Loop() {
		dir := b.TempDir()
		c := NewCollector(dir, budget)
		for _, r := range records {
			if err := c.Emit(r); err != nil {
				b.Fatal(err)
			}
		}
		rd := &Reduction{Rules: []*rules.Rule{rule}, Dir: dir, Budget: budget}
		findings := 0
		err := rd.Run([]*Collector{c}, func(*Finding) error {
			findings++
			return nil
		})
		if err != nil || findings < 100 || rd.Stats != (Stats{}) {
			b.Fatalf("%d findings, %+v: %v", findings, rd.Stats, err)
		}
		if spilled := len(c.whole.runs) > 0; spilled != (budget < 1<<20) {
			b.Fatalf("spilled: %t", spilled)
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(windowRecords)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkDetectWindows is the detector alone, over one key with all records.
func BenchmarkDetectWindows(b *testing.B) {
	records := windowEvents()
	for _, r := range records {
		r.Key = ""
	}
	history := func(*Record, time.Duration) (int64, bool) { return 0, true }
	for _, bench := range []struct {
		name string
		new  func(stats *Stats, yield func(*Finding) error) detector
	}{
		{"threshold", func(stats *Stats, yield func(*Finding) error) detector {
			return newThreshold(0, thresholdRule(20, -1, 9*time.Minute, "5m"), stats, yield)
		}},
		{"threshold-cardinality", func(stats *Stats, yield func(*Finding) error) detector {
			return newThreshold(0, thresholdRule(1, 20, 9*time.Minute, "5m"), stats, yield)
		}},
		{"new_terms", func(_ *Stats, yield func(*Finding) error) detector {
			return newNewTerms(0, &rules.Rule{NewTerms: &rules.NewTerms{Fields: []string{"f"}, Window: time.Hour}}, history, yield)
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				findings, stats := 0, Stats{}
				d := bench.new(&stats, func(*Finding) error {
					findings++
					return nil
				})
				for _, r := range records {
					c := *r
					if err := d.add(&c); err != nil {
						b.Fatal(err)
					}
				}
				if err := d.end(); err != nil || findings != 1 || stats.Dropped != 0 {
					b.Fatalf("%d findings, %+v: %v", findings, stats, err)
				}
			}
			b.ReportMetric(float64(len(records))*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
