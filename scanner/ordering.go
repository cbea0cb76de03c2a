package scanner

import (
	"cmp"
	"slices"
	"time"

	"coldcase/matchers"
)

// stepBack is how much earlier than the event before it an event must be to count as out
// of order: sources that write side by side are a little out of step.
const stepBack = int64(time.Minute)

// ordering is what the times of a run of events of one input say about their order. That
// of two runs, one behind the other, follows from theirs (join), so it does not matter
// where an input was cut into batches. All times are nanoseconds since 1970.
type ordering struct {
	events      int64
	first, last int64 // of the first and last event
	min, max    int64
	minLine     int64 // of the first event with that time
	back        int64 // events more than stepBack before the one before them
	jump        int64 // the most that an event is before the latest of those before it
	jumpLine    int64 // of the first such event

	early, ahead         int64
	earlyLine, aheadLine int64 // of the first; 0 for none
}

// note adds an event.
func (o *ordering) note(line, nanos int64, s matchers.Stamp, sane bool) {
	switch s {
	case matchers.StampEarly:
		o.early, o.earlyLine = o.early+1, cmp.Or(o.earlyLine, line)
	case matchers.StampAhead:
		o.ahead, o.aheadLine = o.ahead+1, cmp.Or(o.aheadLine, line)
	}
	if !sane {
		return
	}
	if o.events++; o.events == 1 {
		o.first, o.last, o.min, o.max, o.minLine = nanos, nanos, nanos, nanos, line
		return
	}
	if o.last-nanos > stepBack {
		o.back++
	}
	if d := o.max - nanos; d > o.jump {
		o.jump, o.jumpLine = d, line
	}
	if nanos < o.min {
		o.min, o.minLine = nanos, line
	}
	o.max, o.last = max(o.max, nanos), nanos
}

// join adds the run of events that comes right after.
func (o *ordering) join(next *ordering) {
	o.early, o.earlyLine = o.early+next.early, cmp.Or(o.earlyLine, next.earlyLine)
	o.ahead, o.aheadLine = o.ahead+next.ahead, cmp.Or(o.aheadLine, next.aheadLine)
	early, ahead, earlyLine, aheadLine := o.early, o.ahead, o.earlyLine, o.aheadLine
	switch {
	case next.events == 0:
		return
	case o.events == 0:
		*o = *next
		o.early, o.ahead, o.earlyLine, o.aheadLine = early, ahead, earlyLine, aheadLine
		return
	}
	o.events += next.events
	if o.back += next.back; o.last-next.first > stepBack {
		o.back++
	}
	// The furthest back of next may be so beside its own events, or beside these.
	o.farther(next.jump, next.jumpLine)
	o.farther(o.max-next.min, next.minLine)
	if next.min < o.min {
		o.min, o.minLine = next.min, next.minLine
	}
	o.max, o.last = max(o.max, next.max), next.last
}

// farther notes a jump back within the run that is joined.
func (o *ordering) farther(jump, line int64) {
	if jump > o.jump || jump == o.jump && jump > 0 && line < o.jumpLine {
		o.jump, o.jumpLine = jump, line
	}
}

// orderings joins the batches of one input in whatever order they are finished. Its
// memory is that of the gaps between them, of which there are no more than batches under
// way.
type orderings []stretch

// stretch is the batches from and up to two numbers.
type stretch struct {
	from, to int64
	ordering
}

// put adds a batch.
func (s *orderings) put(serial int64, o *ordering) {
	i, _ := slices.BinarySearchFunc(*s, serial, func(x stretch, serial int64) int { return cmp.Compare(x.from, serial) })
	if i > 0 && (*s)[i-1].to == serial {
		i--
		(*s)[i].join(o)
		(*s)[i].to++
	} else {
		*s = slices.Insert(*s, i, stretch{serial, serial + 1, *o})
	}
	if i+1 < len(*s) && (*s)[i].to == (*s)[i+1].from {
		(*s)[i].join(&(*s)[i+1].ordering)
		(*s)[i].to = (*s)[i+1].to
		*s = slices.Delete(*s, i+1, i+2)
	}
}

// whole joins all that was put.
func (s orderings) whole() (o ordering) {
	for i := range s {
		o.join(&s[i].ordering)
	}
	return o
}
