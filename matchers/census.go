package matchers

import (
	"cmp"
	"slices"

	"coldcase/matchers/event"
	"coldcase/rules/schema"
)

// Caps of a census, each on the number of names that are kept. Evidence chooses the
// names; beyond the caps it only learns that there were more.
const (
	maxCensusHosts = 10_000
	maxCensusNames = 1_000
	maxCensusName  = 256 // bytes of a name
)

// Census is what the evidence holds: one for each worker, merged at the end.
type Census struct {
	m       *Matcher
	present []bool // by slot: some event had a value
	lists   schema.Bits
	hosts   *kept[*hostCensus]
	indices *tally
	// values counts the values of closedFields, which coverage takes for complete
	// while they are not capped.
	values      [len(closedFields)]*tally
	slots       [len(closedFields)]int
	events      int64
	noIndex     int64
	noTime      int64
	first, last int64
	days        days         // of all events
	sources     *kept[*days] // by index
	clocks      *kept[*hostClock]
}

// hostCensus is one host: its events, and the pattern lists that looked at them.
type hostCensus struct {
	events int64
	lists  schema.Bits
	days   days
	clock  *hostClock
}

// closedFields have few values: a rule that wants another one could not have fired.
var closedFields = [...]string{"event.category", "host.os.type"}

// tally counts names, up to a cap.
type tally struct{ counts *kept[*int64] }

func newTally() *tally { return &tally{newKept[*int64](maxCensusNames)} }

func newCount() *int64 { return new(int64) }

func (t *tally) add(name []byte, n int64) {
	if c, ok := t.counts.get(name, newCount); ok {
		*c += n
	}
}

func newCensus(m *Matcher) *Census {
	c := &Census{m: m, present: make([]bool, m.layout.Len()), hosts: newKept[*hostCensus](maxCensusHosts), days: newDays(), sources: newKept[*days](maxCensusNames), indices: newTally()}
	c.clocks = newKept[*hostClock](maxClockHosts)
	c.clocks.dropped = (*hostClock).drop
	for i, name := range closedFields {
		c.values[i] = newTally()
		c.slots[i] = m.layout.Slot(name)
	}
	return c
}

// noteBaseline learns from an event of an older archive: only that its host was seen
// then.
func (c *Census) noteBaseline(ev *event.Event, o *origin, at moment) {
	if !at.known {
		return
	}
	c.noteDays(at.nanos, o)
	if h, _, _ := c.host(ev); h != nil {
		h.days.add(at.nanos, maxHostDays)
	}
}

// note learns from one event. It allocates only for names that are new.
func (c *Census) note(ev *event.Event, o *origin, at moment) {
	c.events++
	for _, s := range ev.Touched() {
		c.present[s] = true
	}
	if o.certainty == schema.Unknown {
		c.noIndex++
	} else {
		c.indices.add([]byte(o.index), 1)
	}
	for i, s := range c.slots {
		for _, v := range ev.Values(s) {
			c.values[i].add(v.Text, 1)
		}
	}
	orBits(&c.lists, o.lists)
	c.noteTime(at, o)
	c.noteHost(ev, o, at)
}

func (c *Census) noteTime(at moment, o *origin) {
	t := at.nanos
	if !at.known {
		c.noTime++
		return
	}
	if c.events-c.noTime == 1 {
		c.first, c.last = t, t
	}
	c.first, c.last = min(c.first, t), max(c.last, t)
	c.noteDays(t, o)
}

func (c *Census) noteHost(ev *event.Event, o *origin, at moment) {
	h, key, name := c.host(ev)
	if h == nil {
		return
	}
	h.events++
	orBits(&h.lists, o.lists)
	if at.known {
		h.days.add(at.nanos, maxHostDays)
	}
	if h.clock == nil {
		h.clock = c.clockOf(key)
	}
	h.clock.note(name, at)
}

// clockOf returns the clock of a host: one that keeps nothing when there are too many.
func (c *Census) clockOf(key []byte) *hostClock {
	if clock, ok := c.clocks.get(key, newHostClock); ok {
		return clock
	}
	return &hostClock{dropped: true}
}

// host returns the entry of an event's host, nil when it names none or there are too
// many, with what the host is known by and called.
func (c *Census) host(ev *event.Event) (h *hostCensus, key, name []byte) {
	fs := &c.m.facts
	first, second := fs.first(ev, fHostName), fs.first(ev, fHostname)
	if key = firstOf4(fs.first(ev, fHostID), fs.first(ev, fAgentID), first, second); len(key) == 0 {
		return nil, nil, nil
	}
	h, _ = c.hosts.get(key, newHostCensus)
	return h, key, firstOf4(first, second, nil, nil)
}

func newHostCensus() *hostCensus { return &hostCensus{days: newDays()} }

// firstOf4 is firstOf without a slice of arguments.
func firstOf4(a, b, c, d []byte) []byte {
	switch {
	case len(a) > 0:
		return a
	case len(b) > 0:
		return b
	case len(c) > 0:
		return c
	}
	return d
}

func orBits(dst *schema.Bits, b schema.Bits) {
	for len(*dst) < len(b) {
		*dst = append(*dst, 0)
	}
	for i, w := range b {
		(*dst)[i] |= w
	}
}

// Merge adds what another worker has learnt. It is commutative and associative while
// no cap is reached.
func (c *Census) Merge(d *Census) {
	for s, p := range d.present {
		c.present[s] = c.present[s] || p
	}
	orBits(&c.lists, d.lists)
	c.indices.merge(d.indices)
	for i := range c.values {
		c.values[i].merge(d.values[i])
	}
	if d.events > d.noTime {
		if c.events == c.noTime {
			c.first, c.last = d.first, d.last
		}
		c.first, c.last = min(c.first, d.first), max(c.last, d.last)
	}
	c.events, c.noIndex, c.noTime = c.events+d.events, c.noIndex+d.noIndex, c.noTime+d.noTime
	c.days.merge(&d.days, maxDays)
	c.sources.merge(d.sources, newSource, func(dst **days, src *days) { (*dst).merge(src, maxHostDays) })
	c.clocks.merge(d.clocks, newHostClock, mergeClock)
	c.hosts.merge(d.hosts, newHostCensus, func(dst **hostCensus, src *hostCensus) {
		(*dst).events += src.events
		orBits(&(*dst).lists, src.lists)
		(*dst).days.merge(&src.days, maxHostDays)
	})
}

// MergeSeen adds what another census has seen, and not how often: that of the scan's
// own findings, which are no evidence.
func (c *Census) MergeSeen(d *Census) {
	for s, p := range d.present {
		c.present[s] = c.present[s] || p
	}
	orBits(&c.lists, d.lists)
}

func (t *tally) merge(d *tally) {
	t.counts.merge(d.counts, newCount, func(dst **int64, src *int64) { **dst += *src })
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Count is a name with its number of events.
type Count struct {
	Name   string
	Events int64
}

func (t *tally) sorted() []Count {
	t.counts.prune()
	out := make([]Count, 0, len(t.counts.entries))
	for name, n := range t.counts.entries {
		out = append(out, Count{name, *n})
	}
	sortCounts(out)
	return out
}

func sortCounts(cs []Count) {
	slices.SortFunc(cs, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Events, a.Events), cmp.Compare(a.Name, b.Name))
	})
}

// Indices, Categories, OS and Hosts list what was seen, most events first.
func (c *Census) Indices() []Count { return c.indices.sorted() }

// Categories lists the values of event.category.
func (c *Census) Categories() []Count { return c.values[0].sorted() }

// OS lists the values of host.os.type.
func (c *Census) OS() []Count { return c.values[1].sorted() }

// Hosts lists the hosts, by id where they have one.
func (c *Census) Hosts() []Count {
	c.hosts.prune()
	out := make([]Count, 0, len(c.hosts.entries))
	for name, h := range c.hosts.entries {
		if h.events == 0 {
			continue // only in a baseline
		}
		out = append(out, Count{name, h.events})
	}
	sortCounts(out)
	return out
}

// Saw reports whether an event had a value of a field that a rule looks at; true for
// others.
func (c *Census) Saw(field string) bool {
	slot, ok := c.m.layout.Lookup(c.m.schema.Lookup(field).Path)
	return !ok || c.present[slot]
}

// Capped says whether names were left out.
func (c *Census) Capped() bool {
	c.hosts.prune()
	c.indices.counts.prune()
	capped := c.hosts.capped || c.indices.counts.capped
	for _, t := range c.values {
		t.counts.prune()
		capped = capped || t.counts.capped
	}
	return capped
}

// Events, NoIndex and NoTime count events, those of no recognisable origin, and those
// without a readable time.
func (c *Census) Events() (events, noIndex, noTime int64) { return c.events, c.noIndex, c.noTime }

// Span returns the first and last time in nanoseconds since 1970; ok is false when no
// event had one.
func (c *Census) Span() (first, last int64, ok bool) { return c.first, c.last, c.events > c.noTime }

// HostsInScope counts the hosts with at least one event in the rule's index patterns.
func (c *Census) HostsInScope(rule int) int {
	list := c.m.steps[c.m.stepOf[rule]].list
	n := 0
	c.hosts.prune()
	for _, h := range c.hosts.entries {
		if h.lists.Has(list) {
			n++
		}
	}
	return n
}

// any tells whether a name that was seen holds, and whether the tally is complete.
func (t *tally) any(holds func(text []byte) bool) (found, complete bool) {
	t.counts.prune()
	for name := range t.counts.entries {
		if holds([]byte(name)) {
			return true, true
		}
	}
	return false, !t.counts.capped
}
