package matchers

import (
	"github.com/valyala/fastjson"

	"coldcase/matchers/event"
	"coldcase/rules/schema"
)

// scratch is what evaluation writes: one for each worker, reset for each event.
type scratch struct {
	ev *event.Event
	// now is the event's own time in nanoseconds since 1970.
	now int64
	// strict drops values longer than ignore_above, as a live stack would.
	strict bool
	// plain has tests look at values without what only saves time: the reference path.
	plain bool
	// tree gives access to the parsed line for predicates that look at more than
	// named fields.
	tree *event.Parser

	gen     uint32
	foldGen []uint32 // by slot: generation in which low[slot] was made
	low     [][][]byte
	arena   []byte // lowered and computed texts of this event
	normal  []byte // the value at hand as a normalizer has it
	word    []byte // the word at hand, lowered

	// memo and known remember what costly leaves are; both may be missing.
	memo  *testMemo
	known []known // by costly leaf

	// fields remembers what a name met by a predicate on any field is.
	fields map[string]schema.Field

	args  []result // stack of function arguments
	pick  []int    // by mention: the value that a script looks at
	limit int64    // evaluations cut short by a work limit, ever
	sub   *scratch
	// of sub: the element at hand, and the wanted fields in it
	around *fastjson.Value
	elem   event.Event
}

// What a worker keeps from one event to the next is bounded: one odd line must not
// decide for good how much memory it holds.
const (
	maxArena    = 1 << 20 // bytes
	maxKeptLow  = 256     // lowered values of a slot
	maxKeptWord = 64 << 10
)

func (s *scratch) reset(ev *event.Event, slots int, now int64) {
	s.ev, s.now = ev, now
	s.gen++
	if len(s.foldGen) < slots || s.gen == 0 {
		s.foldGen = make([]uint32, slots)
		s.low = make([][][]byte, slots)
		s.known = nil
		s.gen = 1
	}
	if cap(s.arena) > maxArena {
		s.arena = nil
	}
	s.arena = s.arena[:0]
	if cap(s.word) > maxKeptWord {
		s.word = nil
	}
	if cap(s.normal) > maxKeptWord {
		s.normal = nil
	}
}

// drop gives up what the scratch holds of the event at hand.
func (s *scratch) drop() {
	s.foldGen, s.low, s.arena, s.normal, s.word = nil, nil, nil, nil, nil
	s.elem, s.around, s.args = event.Event{}, nil, nil
	if s.sub != nil {
		s.sub.drop()
	}
}

// folded returns text, the i-th value of a slot, in ASCII lower case. Each value is
// lowered at most once an event, however many rules ask.
func (s *scratch) folded(slot, i int, text []byte) []byte {
	if s.foldGen[slot] != s.gen {
		s.foldGen[slot] = s.gen
		values := s.ev.Values(slot)
		if cap(s.low[slot]) > maxKeptLow && len(values) <= maxKeptLow {
			s.low[slot] = nil
		}
		s.low[slot] = s.low[slot][:0]
		for _, v := range values {
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
	return s.text(start)
}

// lower returns b in Unicode lower case, for scripts. The text lives until the script
// has run.
func (s *scratch) lower(b []byte) []byte {
	if isLower(b) {
		return b
	}
	start := len(s.arena)
	s.arena = appendLowerUnicode(s.arena, b)
	return s.text(start)
}

// text is what was appended to the arena since start.
func (s *scratch) text(start int) []byte { return s.arena[start:len(s.arena):len(s.arena)] }
