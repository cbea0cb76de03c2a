package correlate

import (
	"math"
	"strconv"
	"time"

	"coldcase/matchers/event"
	"coldcase/rules"
)

// threshold finds the episodes in which enough events, and enough distinct values of
// one field, lie within the rule's look-back (rule-types.md section 2).
//
// A window is as wide as the look-back; both ends belong to it. It is satisfied when
// it holds at least value events and, where the rule asks for them, at least that many
// distinct values. More events never spoil a satisfied window, so it is enough to look
// at the widest window that ends at each event. Satisfied windows that share events
// are one episode, and one finding. Events are not consumed: whatever a live stack's
// windows would have held lies inside an episode, at any phase of its schedule.
//
// Windows are held against milliseconds, as Elasticsearch stores dates. Memory depends
// on limits only, not on the rule's numbers: events are counted by the millisecond, and
// records kept only while they may become evidence.
type threshold struct {
	rule  int32
	r     *rules.Rule
	stats *Stats
	yield func(*Finding) error

	value       int64
	cardinality *rules.Cardinality // nil when the rule has none
	certain     bool               // the narrow window exists
	limits      thresholdLimits

	next    int64 // number of the next event of the key, from 0
	buckets queue[bucket]
	wide    tally // the look-back
	narrow  tally // what each of the live windows holds for sure
	values  distinct
	kept    queue[keptRecord] // of the window, from the end of the episode
	bytes   int               // of kept and the episode's records
	episode *episode          // nil when none is under way
	near    nearMiss
}

// thresholdLimits bound the memory of a key.
type thresholdLimits struct {
	buckets int // milliseconds with events in a window
	values  int // distinct values
	bytes   int // of records kept as evidence
}

// With these limits a key takes 67 MiB at worst (measured: a value of its own in each
// millisecond). Buckets cannot run out below a look-back of 17 minutes.
var defaultThresholdLimits = thresholdLimits{buckets: 1 << 20, values: 1 << 18, bytes: 16 << 20}

// bucket counts the events of one millisecond.
type bucket struct {
	at int64 // of the first event, in nanoseconds
	n  int64
}

// keptRecord is a record that may become evidence.
type keptRecord struct {
	number int64
	r      *Record
	size   int
}

// episode is a union of satisfied windows: the events numbered from first up to end.
type episode struct {
	first, end          int64
	firstTime, lastTime int64 // in nanoseconds
	peak, distinct      int64
	certain             bool // a narrow window was satisfied
	records             []*Record
	bytes               int   // of records
	inOrder             int64 // of records: that stand among the first maxEvidence events
}

func newThreshold(rule int32, r *rules.Rule, stats *Stats, yield func(*Finding) error) *threshold {
	window := int64(max(0, r.LookBack) / time.Millisecond)
	sure := window - int64(intervalOf(r.Interval)/time.Millisecond)
	d := &threshold{rule: rule, r: r, stats: stats, yield: yield,
		value: max(1, int64(r.Threshold.Value)), certain: sure >= 0, limits: defaultThresholdLimits,
		wide: tally{width: window}, narrow: tally{width: max(0, sure)}}
	if len(r.Threshold.Cardinality) > 0 {
		d.cardinality = &r.Threshold.Cardinality[0] // Kibana reads the first only
	}
	d.values = distinct{wide: d.wide, narrow: d.narrow, limit: d.limits.values, dropped: &stats.Dropped}
	return d
}

// add takes the next event of the key.
func (d *threshold) add(r *Record) error {
	now := floorMillis(r.Time)
	d.slide(now)
	if d.episode != nil && d.start() >= d.episode.end {
		if err := d.finish(); err != nil {
			return err
		}
		d.values.forget(now)
	}
	d.take(r, now)
	if d.satisfied(&d.wide, &d.values.wide) {
		d.extend(r)
		return nil
	}
	d.noteWindow()
	return nil
}

// floorMillis returns the millisecond that a time lies in.
func floorMillis(nanos int64) int64 {
	ms := nanos / int64(time.Millisecond)
	if nanos%int64(time.Millisecond) < 0 {
		ms--
	}
	return ms
}

// start returns the number of the first event in the wide window.
func (d *threshold) start() int64 { return d.next - d.wide.count }

// slide lets the windows end at now, before the event at now is in them.
func (d *threshold) slide(now int64) {
	for n := &d.narrow; n.next < d.buckets.end(); n.next++ {
		b := d.buckets.at(n.next)
		if floorMillis(b.at) >= now-n.width {
			break
		}
		n.count -= b.n
	}
	for d.buckets.len() > 0 && floorMillis(d.buckets.at(d.buckets.start).at) < now-d.wide.width {
		d.wide.count -= d.buckets.pop().n
	}
	d.values.slide(now)
	d.unkeep()
}

// unkeep drops records that left the wide window.
func (d *threshold) unkeep() {
	for d.kept.len() > 0 && d.kept.at(d.kept.start).number < d.start() {
		d.bytes -= d.kept.pop().size
	}
}

// take puts an event into the windows.
func (d *threshold) take(r *Record, now int64) {
	d.count(r.Time, now)
	d.next++
	d.unkeep()
	if d.cardinality != nil {
		for _, v := range r.Values {
			d.values.add(digestOf(v), now)
		}
	}
	d.keep(r)
}

func (d *threshold) count(at, now int64) {
	last := d.buckets.end() - 1
	if d.buckets.len() == 0 || floorMillis(d.buckets.at(last).at) != now {
		if d.buckets.len() >= d.limits.buckets {
			d.dropBucket()
		}
		d.buckets.push(bucket{at: at})
		last = d.buckets.end() - 1
	}
	d.buckets.at(last).n++
	d.wide.count++
	d.narrow.count++
}

// dropBucket gives up the first millisecond of the window, at the limit.
func (d *threshold) dropBucket() {
	b := d.buckets.pop()
	d.wide.count -= b.n
	d.stats.Dropped += b.n
	if d.narrow.next < d.buckets.start {
		d.narrow.next = d.buckets.start
		d.narrow.count -= b.n
	}
}

// keep holds the last record for as long as it may be evidence. At the limit later ones
// are not held, so that those of a window's beginning are; but there is always one for
// an episode to begin with.
func (d *threshold) keep(r *Record) {
	size := len(r.Event) + keptOverhead
	for _, s := range r.texts() {
		size += 2 * len(*s) // once more in the buffer that Event points into
	}
	for _, s := range r.Values {
		size += len(s)
	}
	if d.bytes+size > d.limits.bytes && (d.kept.len() > 0 || d.episode != nil) {
		return
	}
	r.Values = nil // have been counted, and are no evidence
	d.kept.push(keptRecord{d.next - 1, r, size})
	d.bytes += size
}

// keptOverhead is about the size of a record in memory without its texts.
const keptOverhead = 640

func (d *threshold) satisfied(events, values *tally) bool {
	return events.count >= d.value && (d.cardinality == nil || values.count >= int64(d.cardinality.Value))
}

// extend adds the satisfied wide window, which ends at r, to the episode.
func (d *threshold) extend(r *Record) {
	e := d.episode
	if e == nil {
		e = &episode{first: d.start(), firstTime: d.buckets.at(d.buckets.start).at}
		d.episode, d.values.whole = e, true
	}
	for d.kept.len() > 0 {
		d.addEvidence(e, d.kept.pop())
	}
	e.end, e.lastTime = d.next, r.Time
	e.peak = max(e.peak, d.wide.count)
	e.distinct = max(e.distinct, d.values.total())
	e.certain = e.certain || d.certain && d.satisfied(&d.narrow, &d.values.narrow)
}

func (d *threshold) addEvidence(e *episode, k keptRecord) {
	if len(e.records) == maxEvidence {
		d.bytes -= k.size
		return
	}
	e.records = append(e.records, k.r)
	e.bytes += k.size
	if k.number < e.first+maxEvidence {
		e.inOrder++
	}
}

// finish yields the episode. Evidence that the limits cost is counted as dropped.
func (d *threshold) finish() error {
	e := d.episode
	d.episode, d.near.fired = nil, true
	d.bytes -= e.bytes
	count := e.end - e.first
	d.stats.Dropped += min(count, maxEvidence) - e.inOrder
	f, err := newFinding(d.rule, e.records, map[string]any{"threshold": d.detail(e)})
	if err != nil {
		return err
	}
	f.Count, f.First, f.Last = count, e.firstTime, e.lastTime
	return d.yield(f)
}

func (d *threshold) detail(e *episode) map[string]any {
	out := map[string]any{
		"fields": keyFields(d.r.Threshold.Fields, e.records[0].Key),
		"value":  d.value, "count": e.end - e.first, "peak": e.peak,
		"window_s": int64(d.r.LookBack / time.Second), "live": live(e.certain),
	}
	if d.cardinality != nil {
		out["cardinality"] = map[string]any{
			"field": d.cardinality.Field, "value": d.cardinality.Value, "distinct": e.distinct,
		}
	}
	return out
}

// keyFields pairs the fields of a key with their values.
func keyFields(fields []string, key string) []map[string]any {
	out := []map[string]any{}
	for i, v := range event.SplitKey(key) {
		if i < len(fields) {
			out = append(out, map[string]any{"field": fields[i], "value": v})
		}
	}
	return out
}

// live says whether a live stack would have raised the episode: certainly when enough
// of it lies so close together that one of the scheduled windows must hold it, else
// depending on the phase of the schedule. No satisfied window is wider than the
// look-back, so that "never" does not arise (rule-types.md section 0).
func live(certain bool) string {
	if certain {
		return "certain"
	}
	return "phase"
}

// end closes the key.
func (d *threshold) end() error {
	var err error
	if d.episode != nil {
		err = d.finish()
	}
	d.reportMiss()
	d.buckets.reset()
	d.kept.reset()
	d.values.reset()
	d.next, d.bytes = 0, 0
	d.wide.count, d.narrow.count, d.narrow.next = 0, 0, 0
	return err
}

// intervalUnits are the units of a rule's interval.
var intervalUnits = map[byte]time.Duration{
	's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
}

// intervalOf reads how often a rule runs, as "5m". Kibana's default stands in for what
// cannot be read.
func intervalOf(s string) time.Duration {
	const standard = 5 * time.Minute
	if s == "" {
		return standard
	}
	unit, ok := intervalUnits[s[len(s)-1]]
	n, err := strconv.ParseInt(s[:len(s)-1], 10, 64)
	if !ok || err != nil || n < 1 {
		return standard
	}
	if n > int64(math.MaxInt64/unit) {
		return math.MaxInt64
	}
	return time.Duration(n) * unit
}
