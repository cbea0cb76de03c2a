package matchers

import (
	"slices"
	"time"
)

// What makes a silence unusual. A host has to have been active in some slots for its
// rhythm to be known; the silence has to be long by itself and beside the rhythm; only a
// few others may be as long; and the same hours of the day or week must not be silent
// elsewhere, as nights and weekends are.
const (
	minActiveSlots = 20
	minSilence     = 30 * time.Minute
	silenceFactor  = 20
	// maxAlike is how many other silences may be half as long at least.
	maxAlike = 2
	// silentShare is one slot in so many of those usually active that may be in hours that
	// are silent.
	silentShare = 10
)

// rhythm is how one host is active.
type rhythm struct {
	slot   time.Duration
	slots  []int64       // with events, in order
	apart  int64         // the median of how many slots lie between two with events, and one
	usual  time.Duration // how far apart events are
	silent []Silence     // all stretches between slots, the longest first
}

func newRhythm(h *hostClock) *rhythm {
	r := &rhythm{slot: h.active.slot(), slots: h.active.slots()}
	var apart []int64
	for i := 1; i < len(r.slots); i++ {
		d := r.slots[i] - r.slots[i-1]
		if apart = append(apart, d); d > 1 {
			r.silent = append(r.silent, Silence{r.at(r.slots[i-1] + 1), r.at(r.slots[i])})
		}
	}
	sortSilences(r.silent)
	if len(apart) == 0 {
		return r
	}
	slices.Sort(apart)
	r.apart = apart[len(apart)/2]
	if r.usual = time.Duration(r.apart) * r.slot; r.usual <= r.slot {
		// Events are closer than a slot: their number tells how much.
		r.usual = min(r.slot, time.Duration(float64(r.slot)*float64(len(r.slots))/float64(h.events)))
	}
	return r
}

// at is when a slot begins.
func (r *rhythm) at(slot int64) int64 { return slot * int64(r.slot) }

func (r *rhythm) longest() Silence {
	if len(r.silent) == 0 {
		return Silence{}
	}
	return r.silent[0]
}

// unusual lists the silences that the rhythm does not explain, the longest first.
func (r *rhythm) unusual() (out []Silence) {
	if len(r.slots) < minActiveSlots {
		return nil
	}
	for i, s := range r.silent {
		if s.Length() < max(minSilence, silenceFactor*r.usual) {
			break
		}
		if !r.common(i) && !r.recurs(s) {
			out = append(out, s)
		}
	}
	return out
}

// common reports whether there are many silences like number i.
func (r *rhythm) common(i int) bool {
	half := r.silent[i].Length() / 2
	n := len(r.silent)
	return n > maxAlike+1 && r.silent[maxAlike+1].Length() >= half
}

// recurs reports whether the same hours are silent a day or a week before or after, in
// the time of which the host has left traces.
func (r *rhythm) recurs(s Silence) bool {
	for _, shift := range []time.Duration{24 * time.Hour, 7 * 24 * time.Hour} {
		for _, by := range []int64{-int64(shift), int64(shift)} {
			if shift%r.slot == 0 && r.silentAt(Silence{s.From + by, s.To + by}) {
				return true
			}
		}
	}
	return false
}

// silentAt reports whether a stretch within the host's time is as good as silent.
func (r *rhythm) silentAt(s Silence) bool {
	from, to := s.From/int64(r.slot), s.To/int64(r.slot)
	if from <= r.slots[0] || to > r.slots[len(r.slots)-1] {
		return false
	}
	i, _ := slices.BinarySearch(r.slots, from)
	j, _ := slices.BinarySearch(r.slots, to)
	return int64(j-i)*silentShare*r.apart <= to-from
}
