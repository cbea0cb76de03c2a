package matchers

import (
	"maps"
	"math"
	"slices"
	"time"

	"coldcase/rules/schema"
)

// day is the grain in which a census remembers when a host was seen: fine enough for
// histories of days, and small.
const day = int64(24 * time.Hour)

// Bounds on the days that are remembered, the earliest: of all events together, and of
// one host or data source. Beyond them a gap late in a long archive is not seen; the
// result does not depend on the order of events.
const (
	maxDays     = 4096
	maxHostDays = 64
)

// days is the set of days on which there were events, with the first event of each.
type days struct {
	first  map[int32]int64
	latest int32 // the last day held
	// cur is the day of the event before, and curFirst the first event of it, so that a
	// run of events costs no look-up. A day that is not held any more stays so.
	cur      int32
	curFirst int64
}

func newDays() days { return days{first: map[int32]int64{}, curFirst: math.MaxInt64} }

// add remembers a day, and its first event. Of more than most the latest go.
func (d *days) add(t int64, most int) {
	k := int32(t / day)
	if k == d.cur && t >= d.curFirst {
		return
	}
	d.note(k, t, most)
	d.cur, d.curFirst = k, t
	if first, held := d.first[k]; held {
		d.curFirst = first
	}
}

func (d *days) note(k int32, t int64, most int) {
	first, seen := d.first[k]
	switch {
	case seen:
		if t < first {
			d.first[k] = t
		}
		return
	case len(d.first) >= most && k > d.latest:
		return
	}
	d.first[k] = t
	if len(d.first) > most {
		delete(d.first, d.latest)
	}
	if k > d.latest || len(d.first) >= most || len(d.first) == 1 {
		d.latest = slices.Max(slices.Collect(maps.Keys(d.first)))
	}
}

func (d *days) merge(other *days, most int) {
	for _, t := range other.first {
		d.add(t, most)
	}
}

// start returns the beginning of the unbroken history before t: back over days on
// which there were events, as long as no gap is longer than window, which begins anew
// (rule-types.md section 3).
func (d *days) start(t int64, window time.Duration) (start int64, ok bool) {
	keys := make([]int32, 0, len(d.first))
	for k, first := range d.first {
		if first <= t {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for i := len(keys) - 1; i >= 0; i-- {
		first := d.first[keys[i]]
		// A day that ends more than the window before the one after it is beyond a gap.
		if ok && start-(int64(keys[i])+1)*day > int64(window) {
			break
		}
		start, ok = first, true
	}
	return start, ok
}

// HistoryStart returns the beginning of what the evidence holds before t of a host and
// of a data source: the later of both, since neither says anything of the time before
// its own. A host that is "" or was not kept does not count, nor does an index that
// nothing is known of; with neither it is that of all evidence.
func (c *Census) HistoryStart(host, index string, t int64, window time.Duration) (start int64, ok bool) {
	if h := c.hosts.entries[host]; h != nil && host != "" {
		start, ok = h.days.start(t, window)
	}
	names, _ := (&schema.Facts{Index: []byte(index)}).Candidates(nil)
	for _, name := range names {
		d := c.sources.entries[name]
		if d == nil {
			continue
		}
		if from, known := d.start(t, window); known && (!ok || from > start) {
			start, ok = from, true
		}
	}
	if ok {
		return start, true
	}
	return c.days.start(t, window)
}

func newSource() *days {
	d := newDays()
	return &d
}

// noteDays remembers when a data source was seen.
func (c *Census) noteDays(t int64, o *origin) {
	c.days.add(t, maxDays)
	if o.index == "" {
		return
	}
	if d, ok := c.sources.get([]byte(o.index), newSource); ok {
		d.add(t, maxHostDays)
	}
}
