package matchers

import (
	"cmp"
	"slices"
	"time"

	"coldcase/matchers/event"
)

// Bounds of what a timestamp can mean. They are fixed, and so is what an event's own
// ingestion says of it: a time is never held against the clock of the machine, so that a
// run can be repeated.
var (
	earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	latest   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
)

const (
	// aheadOf is how much later than its ingestion an event is in the future.
	aheadOf = int64(time.Hour)
	// astrayFrom is how much later than its ingestion no clock or time zone explains a
	// time: it says nothing about when its host was active.
	astrayFrom = int64(48 * time.Hour)
	// maxClockHosts bounds the hosts whose activity is kept.
	maxClockHosts = 2000
)

// Stamp says what the time of an event is worth.
type Stamp uint8

// Stamps. Ahead is a time in the future: from 2100 on, or later by more than an hour than
// the event's own event.ingested.
const (
	StampNone  Stamp = iota // none that can be read
	StampUsual              // nothing is odd
	StampEarly              // before 2000
	StampAhead
)

// moment is an event's own time, read once for all that ask.
type moment struct {
	nanos int64
	known bool
	stamp Stamp
	// sane says that nanos tells when something happened, as far as it can be known.
	sane     bool
	ingested int64 // when the event arrived; 0 when it does not say
}

// moment reads the times of an event.
func (fs *factSlots) moment(ev *event.Event) (at moment) {
	if at.nanos, at.known = fs.time(ev); !at.known {
		return at
	}
	at.stamp, at.sane = StampUsual, true
	at.ingested = arrival(ev.Values(fs[fTime]), ev.Values(fs[fIngested]), at.nanos)
	switch early := at.nanos < earliest; {
	case early:
		at.stamp, at.sane = StampEarly, false
	case at.nanos >= latest:
		at.stamp, at.sane = StampAhead, false
	case at.ingested > earliest && at.nanos-at.ingested > aheadOf:
		at.stamp, at.sane = StampAhead, at.nanos-at.ingested <= astrayFrom
	}
	return at
}

// arrival returns the time that says when an event arrived, to the second; 0 for none. at
// is that of the event.
func arrival(times, arrived []event.Value, at int64) int64 {
	if len(times) == 1 && len(arrived) == 1 {
		if d, ok := within1h(times[0], arrived[0]); ok {
			return wholeSeconds(at) + d
		}
	}
	for _, v := range arrived {
		if t, ok := event.ParseTime(v); ok {
			return wholeSeconds(t)
		}
	}
	return 0
}

// wholeSeconds cuts a time to seconds.
func wholeSeconds(nanos int64) int64 { return nanos - nanos%int64(time.Second) }

// within1h returns how much later b is than a, in whole seconds as nanoseconds, where both
// are written alike and are of one hour: most events arrive at once, and a second time is
// read on every one of them.
func within1h(a, b event.Value) (nanos int64, ok bool) {
	const hour = len("2006-01-02T15")
	if a.Kind != event.String || b.Kind != event.String || !isPlainTime(a.Text) || !isPlainTime(b.Text) || string(a.Text[:hour]) != string(b.Text[:hour]) {
		return 0, false
	}
	x, okX := secondsOf(a.Text[hour:])
	y, okY := secondsOf(b.Text[hour:])
	return (y - x) * int64(time.Second), okX && okY
}

// isPlainTime reports whether a text has the length of a time with a fraction or without,
// and ends in digits and a Z.
func isPlainTime(b []byte) bool {
	const whole = len("2006-01-02T15:04:05")
	n := len(b) - 1
	if n < whole || n > whole+10 || b[n] != 'Z' || n > whole && b[whole] != '.' || n == whole+1 {
		return false
	}
	for i := whole + 1; i < n; i++ {
		if b[i]-'0' > 9 {
			return false
		}
	}
	return true
}

// secondsOf reads ":04:05".
func secondsOf(b []byte) (n int64, ok bool) {
	for _, at := range [...]int{1, 4} {
		if b[at-1] != ':' || b[at]-'0' > 5 || b[at+1]-'0' > 9 {
			return 0, false
		}
		n = n*60 + int64(b[at]-'0')*10 + int64(b[at+1]-'0')
	}
	return n, true
}

// Clock returns the time of the last event and what it is worth. sane says that it tells
// when something happened: other times say nothing of order and silence.
func (w *Worker) Clock() (nanos int64, s Stamp, sane bool) { return w.at.nanos, w.at.stamp, w.at.sane }

// hostClock is what the times of one host's events tell.
type hostClock struct {
	dropped     bool   // one host too many: nothing is kept of it
	name        string // the first by the alphabet of those that the host has
	events      int64  // with a sane time
	first, last int64
	early       int64
	ahead       int64
	active      activity
	skew        skews
}

func newHostClock() *hostClock { return &hostClock{} }

// drop frees what is kept of a host that is one too many.
func (h *hostClock) drop() { *h = hostClock{dropped: true} }

// note learns from one event.
func (h *hostClock) note(name []byte, at moment) {
	if h.dropped {
		return
	}
	name = name[:min(len(name), maxCensusName)]
	if len(name) > 0 && (h.name == "" || string(name) < h.name) {
		h.name = string(name)
	}
	if !at.known {
		return
	}
	switch at.stamp {
	case StampEarly:
		h.early++
	case StampAhead:
		h.ahead++
	}
	if at.ingested > earliest && at.nanos >= earliest && at.nanos < latest {
		h.skew.add((at.ingested - wholeSeconds(at.nanos)) / int64(time.Second))
	}
	if !at.sane {
		return
	}
	if h.events++; h.events == 1 {
		h.first, h.last = at.nanos, at.nanos
	}
	h.first, h.last = min(h.first, at.nanos), max(h.last, at.nanos)
	h.active.add(at.nanos / int64(time.Minute))
}

// mergeClock adds what another worker has learnt of the same host.
func mergeClock(dst **hostClock, b *hostClock) {
	h := *dst
	if b.name != "" && (h.name == "" || b.name < h.name) {
		h.name = b.name
	}
	h.early, h.ahead = h.early+b.early, h.ahead+b.ahead
	if b.events > 0 {
		if h.events == 0 {
			h.first, h.last = b.first, b.last
		}
		h.first, h.last = min(h.first, b.first), max(h.last, b.last)
	}
	h.events += b.events
	h.active.merge(&b.active)
	h.skew.merge(b.skew)
}

// HostClock is what the times of one host's events tell.
type HostClock struct {
	Key, Name   string // as Facts has them
	Events      int64  // whose time tells when something happened
	First, Last int64  // nanoseconds since 1970; of Events
	Early       int64  // events before 2000
	Ahead       int64  // events in the future, see StampAhead
	// Slot is the grain at which silence is seen, and Rhythm how far apart the host's
	// events usually are.
	Slot, Rhythm time.Duration
	// Longest is the longest stretch without events, zero when there is none that a slot
	// shows. Unusual are those that its rhythm does not explain, the longest first.
	Longest Silence
	Unusual []Silence
	// Skew is the median of event.ingested less @timestamp, over Arrived events.
	Skew    time.Duration
	Arrived int64
}

// Silence is a stretch without events: none is at or after From and before To, and there
// are some before and after. Both are nanoseconds since 1970.
type Silence struct{ From, To int64 }

// Length is how long a silence lasts.
func (s Silence) Length() time.Duration { return time.Duration(s.To - s.From) }

// Clocks lists what the times of each host's events tell, by key. capped says that there
// are hosts of which nothing was kept: of more than 2,000 hosts it is the rest, chosen by
// their keys, whatever the order of events.
func (c *Census) Clocks() (hosts []HostClock, capped bool) {
	c.clocks.prune()
	for _, key := range sortedKeys(c.clocks.entries) {
		hosts = append(hosts, c.clocks.entries[key].result(key))
	}
	return hosts, c.clocks.capped
}

func (h *hostClock) result(key string) HostClock {
	out := HostClock{Key: key, Name: cmp.Or(h.name, key), Events: h.events, First: h.first, Last: h.last,
		Early: h.early, Ahead: h.ahead, Slot: h.active.slot()}
	out.Skew, out.Arrived = h.skew.median()
	r := newRhythm(h)
	out.Rhythm, out.Longest, out.Unusual = r.usual, r.longest(), r.unusual()
	return out
}

// sortSilences puts the longest first, of two the earlier.
func sortSilences(list []Silence) {
	slices.SortFunc(list, func(a, b Silence) int {
		return cmp.Or(cmp.Compare(b.Length(), a.Length()), cmp.Compare(a.From, b.From))
	})
}
