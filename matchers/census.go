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
	hosts   map[string]*hostCensus
	indices *tally
	// values counts the values of closedFields, which coverage takes for complete
	// while they are not capped.
	values      [len(closedFields)]*tally
	slots       [len(closedFields)]int
	events      int64
	noIndex     int64
	noTime      int64
	first, last int64
	capped      bool
}

// hostCensus is one host: its events, and the pattern lists that looked at them.
type hostCensus struct {
	events int64
	lists  schema.Bits
}

// closedFields have few values: a rule that wants another one could not have fired.
var closedFields = [...]string{"event.category", "host.os.type"}

// tally counts names, up to a cap.
type tally struct {
	counts map[string]*int64
	capped bool
}

func newTally() *tally { return &tally{counts: map[string]*int64{}} }

func (t *tally) add(name []byte, n int64) {
	if c, ok := t.counts[string(name)]; ok {
		*c += n
		return
	}
	if len(t.counts) >= maxCensusNames || len(name) > maxCensusName {
		t.capped = true
		return
	}
	t.counts[string(name)] = &n
}

func newCensus(m *Matcher) *Census {
	c := &Census{m: m, present: make([]bool, m.layout.Len()), hosts: map[string]*hostCensus{}, indices: newTally()}
	for i, name := range closedFields {
		c.values[i] = newTally()
		c.slots[i] = m.layout.Slot(name)
	}
	return c
}

// note learns from one event. It allocates only for names that are new.
func (c *Census) note(ev *event.Event, o *origin) {
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
	c.noteTime(ev)
	c.noteHost(ev, o)
}

func (c *Census) noteTime(ev *event.Event) {
	t, ok := c.m.facts.time(ev)
	if !ok {
		c.noTime++
		return
	}
	if c.events-c.noTime == 1 {
		c.first, c.last = t, t
	}
	c.first, c.last = min(c.first, t), max(c.last, t)
}

func (c *Census) noteHost(ev *event.Event, o *origin) {
	fs := &c.m.facts
	name := firstOf4(fs.first(ev, fHostID), fs.first(ev, fAgentID), fs.first(ev, fHostName), fs.first(ev, fHostname))
	if len(name) == 0 {
		return
	}
	h, ok := c.hosts[string(name)]
	if !ok {
		if len(c.hosts) >= maxCensusHosts || len(name) > maxCensusName {
			c.capped = true
			return
		}
		h = &hostCensus{}
		c.hosts[string(name)] = h
	}
	h.events++
	orBits(&h.lists, o.lists)
}

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
	c.capped = c.capped || d.capped
	for _, name := range sortedKeys(d.hosts) {
		c.mergeHost(name, d.hosts[name])
	}
}

func (c *Census) mergeHost(name string, d *hostCensus) {
	h, ok := c.hosts[name]
	if !ok {
		if len(c.hosts) >= maxCensusHosts {
			c.capped = true
			return
		}
		h = &hostCensus{}
		c.hosts[name] = h
	}
	h.events += d.events
	orBits(&h.lists, d.lists)
}

func (t *tally) merge(d *tally) {
	t.capped = t.capped || d.capped
	for _, name := range sortedKeys(d.counts) {
		t.add([]byte(name), *d.counts[name])
	}
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
	out := make([]Count, 0, len(t.counts))
	for name, n := range t.counts {
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
	out := make([]Count, 0, len(c.hosts))
	for name, h := range c.hosts {
		out = append(out, Count{name, h.events})
	}
	sortCounts(out)
	return out
}

// Capped says whether names were left out.
func (c *Census) Capped() bool {
	capped := c.capped || c.indices.capped
	for _, t := range c.values {
		capped = capped || t.capped
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
	for _, h := range c.hosts {
		if h.lists.Has(list) {
			n++
		}
	}
	return n
}

// any tells whether a name that was seen holds, and whether the tally is complete.
func (t *tally) any(holds func(text []byte) bool) (found, complete bool) {
	for name := range t.counts {
		if holds([]byte(name)) {
			return true, true
		}
	}
	return false, !t.capped
}
