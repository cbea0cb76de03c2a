package correlate

import "errors"

// Collector takes the records of one worker. It is for one goroutine.
//
// Records that carry their event are sorted. The others are of rules that join events,
// many more, and most of them on nothing: they are written down as they come, and only
// those on which a finding can rest are sorted (see pruning).
type Collector struct {
	whole  *Sorter
	joined [shares]*Log // by rule, see shareOf
	names  names
	counts map[stepOf]int64 // of joined
	tee    func(record []byte)

	tallies *Tallies // shared with others; nil for none
	scratch tallyScratch
	late    *Log
	// made are the rows of each rule up to leaveFrom; nil when none may be left out.
	made      []int32
	leaveFrom int32

	key, payload []byte
}

// NewCollector returns a collector that spills to dir beyond budget bytes.
func NewCollector(dir string, budget int) *Collector {
	c := &Collector{whole: NewSorter(dir, budget/2), counts: map[stepOf]int64{}, late: NewLog(dir, budget/16)}
	for i := range c.joined {
		c.joined[i] = NewLog(dir, budget/2/shares)
	}
	return c
}

// Emit takes a copy of a record. The records of a rule all carry their event, or none
// does.
func (c *Collector) Emit(r *Record) error {
	if c.tee != nil {
		c.payload = r.Append(c.payload[:0])
		c.tee(c.payload)
	}
	err := c.add(r)
	if cap(c.payload) > maxScratch || cap(c.key) > maxScratch || cap(c.scratch.row) > maxScratch {
		c.payload, c.key, c.scratch.row = nil, nil, nil
	}
	return err
}

func (c *Collector) add(r *Record) error {
	if c.tallies.needs(r.Rule) {
		if err := c.tallies.add(r, &c.scratch); err != nil {
			return err
		}
	}
	if len(r.Event) == 0 {
		c.counts[stepOf{r.Rule, r.Step}]++
		c.payload = r.append(c.payload[:0], &c.names)
		return c.joined[shareOf(r.Rule)].Add(c.payload)
	}
	c.key, c.payload = r.appendIdentity(c.key[:0]), r.append(c.payload[:0], nil)
	return c.whole.Add(c.key, c.payload)
}

// Tee gives each record that is emitted from now on to take as well, as Append writes it;
// it is valid during the call only. Emitted again elsewhere it is worth the same.
func (c *Collector) Tee(take func(record []byte)) { c.tee = take }

// maxScratch bounds what a collector keeps from one record to the next.
const maxScratch = 1 << 20

// Close removes what was spilled.
func (c *Collector) Close() error {
	err := errors.Join(c.whole.Close(), c.late.Close())
	for _, l := range c.joined {
		err = errors.Join(err, l.Close())
	}
	return err
}
