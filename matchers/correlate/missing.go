package correlate

import (
	"math"

	"coldcase/rules/query"
)

// maxWaiting bounds the records of complete matches that wait for what may follow
// them. A variable for tests.
var maxWaiting = 1 << 16

// instant is a millisecond of a match of a missing step.
type instant struct {
	ms  int64
	set bool
}

// milli cuts a time to its millisecond, the precision in which absence is looked for.
func milli(t int64) int64 {
	ms := t / 1e6
	if t%1e6 < 0 {
		ms--
	}
	return ms
}

// trace remembers when a missing step matched: the latest millisecond and the latest
// before that. More cannot matter, as times only grow and windows are open.
type trace struct{ last, before instant }

func (t *trace) note(ms int64) {
	if t.last.set && t.last.ms == ms {
		return
	}
	t.before, t.last = t.last, instant{ms, true}
}

// until returns the latest match before ms, which is no earlier than any match.
func (t *trace) until(ms int64) instant {
	if t.last.ms < ms {
		return t.last
	}
	return t.before
}

// absence decides on the missing steps of a sequence (query-semantics.md 4.5). The
// state machine does not see them. A complete match is dropped
//
//   - when a missing step between two stages matched strictly between their events;
//   - when one in front matched before the first event and one behind after the last,
//     and the two are no more than maxspan apart. Where only one side has missing
//     steps, the last or the first event stands for the other side.
//
// What follows is not known yet when a match is complete: it waits until a missing
// step behind it matches, maxspan is over, or the key ends.
type absence struct {
	maxspan int64 // in milliseconds; where there is no bound, more than any two times lie apart
	traces  []trace
	wanted  []int   // numbers of all missing steps
	lead    []int   // of those in front
	gaps    [][]int // of those in front of a stage, by stage; 0 is unused
	trail   []int   // of those behind
	stats   *Stats
	found   func(*partial) error

	waiting []waiting // in the order of their last events, and so of their deadlines
}

// waiting is a complete match that waits for what follows it.
type waiting struct {
	p *partial
	// last is the millisecond of its last event; when a missing step matches after it
	// and no later than deadline, the match is dropped.
	last, deadline int64
}

func newAbsence(s *query.Sequence, ids []int, bound int64, stats *Stats, found func(*partial) error) *absence {
	a := &absence{maxspan: math.MaxInt64 / 2, stats: stats, found: found, gaps: [][]int{}}
	if bound > 0 {
		a.maxspan = bound / 1e6
	}
	var run []int // missing steps since the last stage
	for i, step := range s.Steps {
		for len(a.traces) <= ids[i] {
			a.traces = append(a.traces, trace{})
		}
		switch {
		case step.Missing:
			run = append(run, ids[i])
			a.wanted = append(a.wanted, ids[i])
			continue
		case len(a.gaps) == 0:
			a.lead = run
			a.gaps = append(a.gaps, nil)
		default:
			a.gaps = append(a.gaps, run)
		}
		run = nil
	}
	a.trail = run
	return a
}

// see takes the records of the next event, by number of step.
func (a *absence) see(at []*Record, ms int64) error {
	for _, id := range a.trail {
		if at[id] != nil {
			if err := a.follow(ms); err != nil {
				return err
			}
			break
		}
	}
	for _, id := range a.wanted {
		if at[id] != nil {
			a.traces[id].note(ms)
		}
	}
	return a.expire(ms)
}

// latest returns the latest match of one of the steps before ms.
func (a *absence) latest(ids []int, ms int64) (out instant) {
	for _, id := range ids {
		if t := a.traces[id].until(ms); t.set && (!out.set || t.ms > out.ms) {
			out = t
		}
	}
	return out
}

// before returns the latest match of a leading step before a first event.
func (a *absence) before(r *Record) instant { return a.latest(a.lead, milli(r.Time)) }

// between says whether a step missing in front of a stage matched between its event
// and the one before.
func (a *absence) between(stage int, prev, r *Record) bool {
	t := a.latest(a.gaps[stage], milli(r.Time))
	return t.set && t.ms > milli(prev.Time)
}

// check takes a complete match: it is found, dropped, or waits.
func (a *absence) check(p *partial) error {
	first, last := milli(p.records[0].Time), milli(p.records[len(p.records)-1].Time)
	from := first
	if len(a.lead) > 0 {
		if !p.lead.set {
			return a.found(p)
		}
		from = p.lead.ms
	}
	switch {
	case len(a.trail) > 0:
		return a.wait(waiting{p, last, from + a.maxspan})
	case len(a.lead) > 0 && last-from <= a.maxspan:
		return nil
	}
	return a.found(p)
}

func (a *absence) wait(w waiting) error {
	if (len(a.waiting)+1)*len(w.p.records) > maxWaiting {
		a.stats.Dropped++
		return nil
	}
	a.waiting = append(a.waiting, w)
	return nil
}

// follow takes the millisecond of a match of a trailing step: it decides on all that
// ended before it.
func (a *absence) follow(ms int64) error {
	n := 0
	for _, w := range a.waiting {
		if w.last >= ms {
			break
		}
		n++
		if ms <= w.deadline {
			continue
		}
		if err := a.found(w.p); err != nil {
			return err
		}
	}
	a.shift(n)
	return nil
}

// expire finds what nothing after ms can drop.
func (a *absence) expire(ms int64) error {
	n := 0
	for _, w := range a.waiting {
		if w.deadline >= ms {
			break
		}
		n++
		if err := a.found(w.p); err != nil {
			return err
		}
	}
	a.shift(n)
	return nil
}

// shift forgets the first n that waited.
func (a *absence) shift(n int) {
	clear(a.waiting[:n])
	a.waiting = a.waiting[n:]
}

// end finds all that still waits: nothing follows any more.
func (a *absence) end() error {
	clear(a.traces)
	for _, w := range a.waiting {
		if err := a.found(w.p); err != nil {
			return err
		}
	}
	a.waiting = nil
	return nil
}
