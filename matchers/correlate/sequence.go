package correlate

import (
	"math"

	"coldcase/rules"
	"coldcase/rules/query"
)

// sequence is the state machine of an EQL sequence (query-semantics.md 4.3). Of each
// stage it keeps one partial match, the newest:
//
//	sequence by host.id with maxspan=1m [A] [B] [C] until [D]
//
//	slots:   0: A        1: A B          <- what waits for B, and for C
//
// An event is held against the stages from the last to the first, so that it never
// follows itself, yet can complete one match and begin the next. Moving on takes the
// partial out of its slot; it is lost when that takes too long. Until empties all
// slots, but after the stages of its own event: what that event completes stands.
//
// Missing steps are no stages: see absence.
type sequence struct {
	rule   int32
	seq    *query.Sequence
	ids    []int // by stage, of the positive steps
	stages []int // places of the positive steps among all
	until  int
	bound  int64 // of maxspan, or of the look-back where there is none; 0: none
	yield  func(*Finding) error

	group
	slots  []*partial // slots[i] waits for stage i+1
	absent *absence   // nil without missing steps
	near   nearly
}

// partial is a match of the first stages.
type partial struct {
	records []*Record
	// broken: a missing step between two stages was there.
	broken bool
	// lead is the latest match of a leading missing step before the first event.
	lead instant
}

func newSequence(rule int32, r *rules.Rule, stats *Stats, yield func(*Finding) error) *sequence {
	s := r.Program.Sequence
	ids, until := s.IDs()
	d := &sequence{rule: rule, seq: s, until: until, bound: bound(s, r), yield: yield, group: newGroup(ids, until)}
	for i, step := range s.Steps {
		if !step.Missing {
			d.ids, d.stages = append(d.ids, ids[i]), append(d.stages, i)
		}
	}
	d.slots = make([]*partial, len(d.ids))
	if len(d.stages) < len(s.Steps) {
		d.absent = newAbsence(s, ids, d.bound, stats, d.found)
	}
	return d
}

// bound returns the longest time from the first to the last event. Without maxspan
// the rule's look-back bounds a sequence live (Decision 9).
func bound(s *query.Sequence, r *rules.Rule) int64 {
	if s.MaxSpan > 0 {
		return int64(s.MaxSpan)
	}
	return max(0, int64(r.LookBack))
}

func (d *sequence) add(r *Record) error { return d.group.add(r, d.event) }

func (d *sequence) end() error {
	err := d.group.end(d.event)
	d.lostAll(true)
	clear(d.slots)
	if err == nil && d.absent != nil {
		err = d.absent.end()
	}
	return err
}

// event holds the event at hand against all stages.
func (d *sequence) event() error {
	if d.absent != nil {
		if err := d.absent.see(d.group.at, milli(d.first.Time)); err != nil {
			return err
		}
	}
	for stage := len(d.ids) - 1; stage >= 0; stage-- {
		r := d.at[d.ids[stage]]
		if r == nil {
			continue
		}
		if p := d.advance(stage, r); p != nil {
			if err := d.reach(stage, p); err != nil {
				return err
			}
		}
	}
	if d.until >= 0 && d.at[d.until] != nil {
		d.lostAll(false)
		clear(d.slots)
	}
	return nil
}

// advance returns the match that an event of a stage makes, nil when there is none:
// nothing waits for it, or what did is too old and lost.
func (d *sequence) advance(stage int, r *Record) *partial {
	if stage == 0 {
		p := &partial{records: []*Record{r}}
		if d.absent != nil {
			p.lead = d.absent.before(r)
		}
		return p
	}
	p := d.slots[stage-1]
	d.slots[stage-1] = nil
	if p == nil || !within(p.records[0].Time, r.Time, d.bound) {
		d.lost(p, false)
		return nil
	}
	if d.absent != nil && d.absent.between(stage, p.records[stage-1], r) {
		p.broken = true
	}
	p.records = append(p.records, r)
	return p
}

// reach puts a match in its slot, or sends it on when it is complete.
func (d *sequence) reach(stage int, p *partial) error {
	switch {
	case stage < len(d.ids)-1:
		d.lost(d.slots[stage], false)
		d.slots[stage] = p
	case d.absent == nil:
		return d.found(p)
	case !p.broken:
		return d.absent.check(p)
	}
	return nil
}

func (d *sequence) found(p *partial) error {
	evidence := make([]*Record, len(p.records))
	for i, r := range p.records {
		evidence[i] = staged(r, d.stages[i])
	}
	first, last := evidence[0], evidence[len(evidence)-1]
	f, err := newFinding(d.rule, evidence, map[string]any{"sequence": map[string]any{
		"keys":       keyParts(d.seq.Steps[d.stages[0]].Keys, first.Key),
		"span_ms":    spanMillis(first.Time, last.Time),
		"maxspan_ms": d.bound / 1e6,
		"steps":      len(d.seq.Steps),
	}})
	if err != nil {
		return err
	}
	return d.yield(f)
}

// spanMillis returns whole milliseconds from a to b, no earlier.
func spanMillis(a, b int64) int64 {
	return int64(min(uint64(b-a), math.MaxInt64)) / 1e6
}
