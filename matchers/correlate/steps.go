package correlate

import (
	"coldcase/matchers/event"
	"coldcase/rules/query"
)

// keyParts pairs the key fields of a step with the values of a join key, as findings
// show them.
func keyParts(fields []query.Field, key string) []map[string]any {
	parts := []map[string]any{}
	values := event.SplitKey(key)
	for i, f := range fields {
		if i < len(values) {
			parts = append(parts, map[string]any{"field": f.Name, "value": values[i]})
		}
	}
	return parts
}

// group gathers the records of one event, by the number of their step, until the next
// event comes.
type group struct {
	at    []*Record // by number of step
	first *Record   // of the event at hand, nil before the first
}

func newGroup(ids []int, until int) group {
	n := until + 1
	for _, id := range ids {
		n = max(n, id+1)
	}
	return group{at: make([]*Record, n)}
}

// add takes a record. When it belongs to another event than those before, these are
// given to flush first.
func (g *group) add(r *Record, flush func() error) error {
	if int(r.Step) < 0 || int(r.Step) >= len(g.at) {
		return errRecord
	}
	if g.first != nil && !sameEvent(g.first, r) {
		if err := g.end(flush); err != nil {
			return err
		}
	}
	if g.first == nil {
		g.first = r
	}
	g.at[r.Step] = r
	return nil
}

// end gives what is left to flush and forgets it.
func (g *group) end(flush func() error) error {
	if g.first == nil {
		return nil
	}
	err := flush()
	clear(g.at)
	g.first = nil
	return err
}

func sameEvent(a, b *Record) bool { return a.Origin == b.Origin }

// within says whether b, no earlier than a, lies no more than bound after it, where 0
// is no bound. The difference of any two times fits 64 bits without a sign.
func within(a, b, bound int64) bool { return bound == 0 || uint64(b-a) <= uint64(bound) }

// staged returns a copy of a record as evidence of a stage: one event may stand in
// several.
func staged(r *Record, stage int) *Record {
	c := *r
	c.Step = int16(stage)
	return &c
}
