package matchers

import "coldcase/matchers/event"

// scratch is what evaluation writes: one for each worker, reset for each event.
type scratch struct {
	ev *event.Event
	// now is the event's own time in nanoseconds since 1970.
	now int64
	// strict drops values longer than ignore_above, as a live stack would.
	strict bool
	// tree gives access to the parsed line for predicates that look at more than
	// named fields.
	tree *event.Parser

	gen     uint32
	foldGen []uint32 // by slot: generation in which low[slot] was made
	low     [][][]byte
	arena   []byte // lowered texts of this event
	word    []byte

	args  []result // stack of function arguments
	pick  []int    // by mention: the value that a script looks at
	limit int64    // evaluations cut short by a work limit, ever
	sub   *scratch
}

// maxArena bounds what a worker keeps from one event to the next.
const maxArena = 1 << 20

func (s *scratch) reset(ev *event.Event, slots int, now int64) {
	s.ev, s.now = ev, now
	s.gen++
	if len(s.foldGen) < slots || s.gen == 0 {
		s.foldGen = make([]uint32, slots)
		s.low = make([][][]byte, slots)
		s.gen = 1
	}
	if cap(s.arena) > maxArena {
		s.arena = nil
	}
	s.arena = s.arena[:0]
}

// folded returns text, the i-th value of a slot, in ASCII lower case. Each value is
// lowered at most once an event, however many rules ask.
func (s *scratch) folded(slot, i int, text []byte) []byte {
	if s.foldGen[slot] != s.gen {
		s.foldGen[slot] = s.gen
		s.low[slot] = s.low[slot][:0]
		for _, v := range s.ev.Values(slot) {
			s.low[slot] = append(s.low[slot], s.lowered(v.Text))
		}
	}
	return s.low[slot][i]
}

func (s *scratch) lowered(b []byte) []byte {
	if !hasUpper(b) {
		return b
	}
	start := len(s.arena)
	s.arena = appendLower(s.arena, b)
	return s.arena[start:len(s.arena):len(s.arena)]
}
