package scanner

import (
	"time"

	"coldcase/matchers"
)

// InputClock is what the times of one input's events say, in the order of its lines. Only
// times from 2000 to 2100 that are not more than two days later than their own ingestion
// say when something happened; the others are counted.
type InputClock struct {
	Events      int64 // that do
	First, Last time.Time
	// Back counts events more than a minute earlier than the one on the line before, and
	// Jump is the most that one is earlier than the latest before it, on JumpLine.
	Back     int64
	Jump     time.Duration
	JumpLine int64
	// Early counts events before 2000, and Ahead those in the future: from 2100 on, or
	// more than an hour later than their own event.ingested. Lines are of the first.
	Early, EarlyLine int64
	Ahead, AheadLine int64
}

// Continuity is what the times of the events of each host say.
type Continuity struct {
	Hosts  []HostClock // by key
	Capped bool        // there are hosts of which nothing was kept
}

// HostClock is what the times of one host's events say.
type HostClock struct {
	Key, Host    string
	Events       int64
	First, Last  time.Time // zero without Events
	Early, Ahead int64     // as of InputClock
	// Slot is the grain at which silence was looked for, Rhythm how far apart events
	// usually are.
	Slot, Rhythm time.Duration
	Longest      Silence   // zero when no slot is without events
	Unusual      []Silence // which the rhythm does not explain, the longest first
	MoreUnusual  int
	// Skew is the median of event.ingested less @timestamp, of Arrived events.
	Skew    time.Duration
	Arrived int64
}

// Silence is a stretch of time without events, with some before and after: there is none
// from From on and before To.
type Silence struct{ From, To time.Time }

// Length is how long it lasts.
func (s Silence) Length() time.Duration { return s.To.Sub(s.From) }

// maxUnusual bounds the silences of one host in the result.
const maxUnusual = 5

func continuityOf(c *matchers.Census) (out Continuity) {
	hosts, capped := c.Clocks()
	out.Capped = capped
	for i := range hosts {
		out.Hosts = append(out.Hosts, hostClock(&hosts[i]))
	}
	return out
}

func hostClock(h *matchers.HostClock) HostClock {
	out := HostClock{Key: h.Key, Host: h.Name, Events: h.Events, Early: h.Early, Ahead: h.Ahead,
		Slot: h.Slot, Rhythm: h.Rhythm, Longest: silence(h.Longest), Skew: h.Skew, Arrived: h.Arrived}
	if h.Events > 0 {
		out.First, out.Last = time.Unix(0, h.First).UTC(), time.Unix(0, h.Last).UTC()
	}
	for i, s := range h.Unusual {
		if i == maxUnusual {
			out.MoreUnusual = len(h.Unusual) - i
			break
		}
		out.Unusual = append(out.Unusual, silence(s))
	}
	return out
}

func silence(s matchers.Silence) (out Silence) {
	if s.To > s.From {
		out = Silence{time.Unix(0, s.From).UTC(), time.Unix(0, s.To).UTC()}
	}
	return out
}
