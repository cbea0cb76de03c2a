package correlate

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestDistinctAgainstCounting sees few values very often, so that stale sightings are
// many, and holds both windows against a count of all sightings.
func TestDistinctAgainstCounting(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	var dropped int64
	for range 50 {
		narrow := random.Int64N(200)
		d := &distinct{wide: tally{width: narrow + random.Int64N(400)}, narrow: tally{width: narrow}, limit: 1 << 10, dropped: &dropped}
		var now int64
		last := map[int]int64{}
		for range 2000 {
			now += random.Int64N(2)
			d.slide(now)
			v := random.IntN(1 + random.IntN(100))
			d.add(digestOf(strconv.Itoa(v)), now)
			last[v] = now
			var wide, tight int64
			for _, at := range last {
				if at >= now-d.wide.width {
					wide++
				}
				if at >= now-narrow {
					tight++
				}
			}
			if d.wide.count != wide || d.narrow.count != tight || d.total() != wide {
				t.Fatalf("at %d: wide %d, narrow %d, total %d; want %d, %d, %d", now, d.wide.count, d.narrow.count, d.total(), wide, tight, wide)
			}
			if d.seen.len() > 2*len(d.last)+65 || len(d.seen.items) > 4*len(d.last)+200 {
				t.Fatalf("%d sightings, room for %d, of %d values", d.seen.len(), len(d.seen.items), len(d.last))
			}
		}
	}
	if dropped != 0 {
		t.Errorf("%d dropped", dropped)
	}
}

// TestEvidenceLostAtTheLimitIsCounted: 150 records fit. Those of the seconds 0 to 149 are
// held until they leave the window of 541 seconds, and then those of 541 to 690. The
// window of second 1000 begins at 460: of its first hundred, 541 to 559 are there.
func TestEvidenceLostAtTheLimitIsCounted(t *testing.T) {
	var records []*Record
	for i := range 1001 {
		value := "a"
		if i == 1000 {
			value = "b"
		}
		records = append(records, &Record{Time: int64(i) * int64(time.Second), Values: []string{value}, Command: fmt.Sprintf("%04d", i)})
	}
	limits := defaultThresholdLimits
	limits.bytes = 150 * (keptOverhead + 2*4 + 1) // command and value
	found, stats := detectAll(t, thresholdRule(1, 2, 9*time.Minute, "5m"), limits, records)
	if len(found) != 1 || stats.Dropped != 81 {
		t.Fatalf("%d findings, %d dropped", len(found), stats.Dropped)
	}
	f := found[0]
	if f.Count != 541 || len(f.Records) != maxEvidence || f.Records[0].Command != "0541" || f.Records[99].Command != "0640" || f.First != records[460].Time {
		t.Errorf("count %d, first %v, %d records from %s", f.Count, time.Duration(f.First), len(f.Records), f.Records[0].Command)
	}
}

// TestLargeEvidenceIsBounded: a hundred records of a mebibyte would be evidence, three fit.
func TestLargeEvidenceIsBounded(t *testing.T) {
	var records []*Record
	body := make([]byte, 1<<20)
	for i := range 200 {
		records = append(records, &Record{Time: int64(i) * int64(time.Second), Event: body})
	}
	limits := defaultThresholdLimits
	limits.bytes = 3<<20 + 3*keptOverhead
	for _, value := range []int{1, 2, 50} {
		found, stats := detectAll(t, thresholdRule(value, -1, 9*time.Minute, "5m"), limits, records)
		if len(found) != 1 || found[0].Count != 200 || len(found[0].Records) != 3 || stats.Dropped != 97 {
			t.Errorf("value %d: %d findings, %d dropped", value, len(found), stats.Dropped)
		}
	}
	// one that is larger than all room is evidence still
	limits.bytes = 1
	found, _ := detectAll(t, thresholdRule(50, -1, 9*time.Minute, "5m"), limits, records)
	if len(found) != 1 || len(found[0].Records) != 1 {
		t.Errorf("%d findings", len(found))
	}
}

// TestDroppedMillisecondsLeaveBothWindows: two milliseconds fit. At 8 m those of 0 and
// 1 ms are gone; 2 ms and the two events at 8 m are enough for the look-back, and not
// for the four minutes that are in one live window.
func TestDroppedMillisecondsLeaveBothWindows(t *testing.T) {
	var records []*Record
	for _, at := range []time.Duration{0, time.Millisecond, 2 * time.Millisecond, 8 * time.Minute, 8 * time.Minute} {
		records = append(records, &Record{Time: int64(at)})
	}
	limits := defaultThresholdLimits
	limits.buckets = 2
	found, stats := detectAll(t, thresholdRule(3, -1, 9*time.Minute, "5m"), limits, records)
	if len(found) != 1 || found[0].Count != 3 || stats.Dropped != 2 || !strings.Contains(string(found[0].Detail), `"live":"phase"`) {
		t.Errorf("%d findings, %d dropped", len(found), stats.Dropped)
	}
}
