package correlate

import (
	"slices"

	"coldcase/rules"
	"coldcase/rules/query"
)

// sample finds the keys for which each filter of an EQL sample has an event of its
// own, in any order (query-semantics.md 4.6). A live run looks at what its look-back
// holds; here the events of a finding lie no more than that apart (Decision 9), and
// a key that was found is not found again until as much time has passed, when the
// events that were chosen are out of reach.
//
// Of each filter the newest events are kept, as many as there are filters: when a
// choice of distinct events exists, one exists among those, as the other filters
// cannot take them all.
type sample struct {
	rule  int32
	keys  []query.Field
	ids   []int // by filter
	bound int64 // 0: none
	yield func(*Finding) error

	group
	kept    [][]*Record // by number of filter, the newest first
	quiet   bool        // the key was found, at time foundAt
	foundAt int64
}

func newSample(rule int32, r *rules.Rule, _ *Stats, yield func(*Finding) error) *sample {
	s := r.Program.Sample
	ids := s.IDs()
	d := &sample{rule: rule, ids: ids, bound: max(0, int64(r.LookBack)), yield: yield, group: newGroup(ids, -1)}
	if len(s.Steps) > 0 {
		d.keys = s.Steps[0].Keys
	}
	d.kept = make([][]*Record, len(d.at))
	return d
}

func (d *sample) add(r *Record) error { return d.group.add(r, d.event) }

func (d *sample) end() error {
	err := d.group.end(d.event)
	clear(d.kept)
	d.quiet = false
	return err
}

// event keeps the event at hand and looks for a choice.
func (d *sample) event() error {
	now := d.first.Time
	for id, r := range d.at {
		d.kept[id] = slices.DeleteFunc(d.kept[id], func(old *Record) bool { return !within(old.Time, now, d.bound) })
		if r != nil {
			d.kept[id] = slices.Insert(d.kept[id], 0, r)
			d.kept[id] = d.kept[id][:min(len(d.kept[id]), len(d.ids))]
		}
	}
	if d.quiet && within(d.foundAt, now, d.bound) {
		return nil
	}
	chosen := d.choose()
	if chosen == nil {
		return nil
	}
	d.quiet, d.foundAt = true, now
	return d.found(chosen)
}

// choose gives each filter a kept event of its own, nil when that cannot be. The
// newest are preferred: the event at hand is in it.
func (d *sample) choose() []*Record {
	c := choice{kept: d.kept, ids: d.ids, chosen: make([]*Record, len(d.ids))}
	for i := range d.ids {
		c.tried = c.tried[:0]
		if !c.serve(i) {
			return nil
		}
	}
	return c.chosen
}

// choice is a matching of filters and events under way.
type choice struct {
	kept   [][]*Record
	ids    []int
	chosen []*Record // by filter
	tried  []*Record // in this round
}

// serve finds an event for filter i, moving filters that were served to other events
// where needed: an augmenting path of a bipartite matching.
func (c *choice) serve(i int) bool {
	for _, r := range c.kept[c.ids[i]] {
		if slices.ContainsFunc(c.tried, func(t *Record) bool { return sameEvent(t, r) }) {
			continue
		}
		c.tried = append(c.tried, r)
		holder := slices.IndexFunc(c.chosen, func(t *Record) bool { return t != nil && sameEvent(t, r) })
		if holder < 0 || c.serve(holder) {
			c.chosen[i] = r
			return true
		}
	}
	return false
}

func (d *sample) found(chosen []*Record) error {
	evidence := make([]*Record, len(chosen))
	for i, r := range chosen {
		evidence[i] = staged(r, i)
	}
	slices.SortFunc(evidence, func(a, b *Record) int {
		return slices.Compare(a.AppendTime(nil), b.AppendTime(nil))
	})
	f, err := newFinding(d.rule, evidence, map[string]any{
		"sample": map[string]any{"keys": keyParts(d.keys, evidence[0].Key)},
	})
	if err != nil {
		return err
	}
	return d.yield(f)
}
