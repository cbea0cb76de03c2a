package correlate

import (
	"bytes"
	"encoding/binary"

	"coldcase/matchers/rows"
	"coldcase/rules"
)

// Collector takes the records of one worker. It is for one goroutine.
type Collector struct {
	sorter       *Sorter
	key, payload []byte
	counts       map[stepOf]int64
}

// NewCollector returns a collector that spills to dir beyond budget bytes.
func NewCollector(dir string, budget int) *Collector {
	return &Collector{sorter: NewSorter(dir, budget), counts: map[stepOf]int64{}}
}

// Emit takes a copy of a record.
func (c *Collector) Emit(r *Record) error {
	c.counts[stepOf{r.Rule, r.Step}]++
	c.payload = r.Append(c.payload[:0])
	c.key = r.appendIdentity(c.key[:0])
	err := c.sorter.Add(c.key, c.payload)
	if cap(c.payload) > maxScratch {
		c.payload = nil
	}
	return err
}

// maxScratch bounds what a collector keeps from one record to the next.
const maxScratch = 1 << 20

// Close removes what was spilled.
func (c *Collector) Close() error { return c.sorter.Close() }

// Stats count what the reduction did beside finding.
type Stats struct {
	Folded      int64 // hits folded as duplicates of one event
	IDConflicts int64 // hits whose event has the id of another with other content
	NoTime      int64 // hits of rules that correlate, whose event has no readable time
	Dropped     int64 // records and partial matches dropped at a bound
}

// Reduction is the reduce side of a run.
type Reduction struct {
	Rules   []*rules.Rule // as the records number them
	Dir     string        // for spilling
	Budget  int           // bytes in memory
	History History       // for new_terms rules; nil when nothing is known
	// Rows returns the compiled query of a rule in ES|QL; nil when there is no such rule.
	Rows func(rule int32) *rows.Program
	// NearMiss, when not nil, is called for what was nearly a finding, by rule and key.
	// End is the time of the last event of the evidence.
	NearMiss func(*NearMiss)
	End      int64
	Stats    Stats

	key, payload []byte // scratch
}

// Run merges the collectors and yields the findings, by rule. A finding is valid
// during the call only. An error is the temporary directory's, or yield's.
func (rd *Reduction) Run(collectors []*Collector, yield func(*Finding) error) error {
	joined, piped := NewSorter(rd.Dir, rd.Budget), NewSorter(rd.Dir, rd.Budget)
	defer joined.Close()
	defer piped.Close()
	found := func(f *Finding) error {
		if len(rd.Rules[f.Rule].Program.Pipes) == 0 {
			return yield(f)
		}
		last := f.Records[len(f.Records)-1]
		// Findings of several keys may end on one event.
		return piped.Add(AppendText(last.AppendTime(AppendInt(nil, int64(f.Rule))), last.Key), f.Append(nil))
	}
	if rd.NearMiss == nil { // what was nearly a finding has not all it needs
		if err := rd.prune(collectors); err != nil {
			return err
		}
	}
	if err := rd.fold(collectors, joined, found); err != nil {
		return err
	}
	if err := rd.detect(joined, found); err != nil {
		return err
	}
	return rd.runPiped(piped, yield)
}

// fold drops duplicates and sends each record on: to be joined with others of its key,
// or to be a finding by itself.
func (rd *Reduction) fold(collectors []*Collector, joined *Sorter, found func(*Finding) error) error {
	sorters := make([]*Sorter, len(collectors))
	for i, c := range collectors {
		sorters[i] = c.sorter
	}
	f := &folder{stats: &rd.Stats}
	var id Record
	return Merge(sorters, func(key, payload []byte) error {
		id.readIdentity(key)
		if f.folds(&id) {
			return nil
		}
		r := &Record{}
		if _, err := r.Decode(payload); err != nil {
			return err
		}
		r.Nth = id.Nth
		if !Correlates(rd.Rules[r.Rule]) {
			return rd.single(r, found)
		}
		return rd.join(r, joined)
	})
}

// join files a record for the detectors.
func (rd *Reduction) join(r *Record, joined *Sorter) error {
	if r.NoTime {
		rd.Stats.NoTime++
		return nil
	}
	rd.key, rd.payload = r.appendJoin(rd.key[:0]), r.Append(rd.payload[:0])
	return joined.Add(rd.key, rd.payload)
}

// single makes a finding of one record.
func (rd *Reduction) single(r *Record, found func(*Finding) error) error {
	f, err := newFinding(r.Rule, []*Record{r}, nil)
	if err != nil {
		return err
	}
	switch {
	case r.Indicator != "":
		f.Detail = []byte(r.Indicator)
	case r.Row != "":
		f.Detail = []byte(`{` + candidateMark(rd.Rules[r.Rule]) + `"row":` + r.Row + `}`)
		r.Row, r.Step = "", 0 // which numbered the rows of the event
	}
	return found(f)
}

// appendJoin appends the order in which detectors take records: by rule and key in
// the order of events, the highest step of an event first.
func (r *Record) appendJoin(dst []byte) []byte {
	dst = AppendInt(dst, int64(r.Rule))
	dst = AppendText(dst, r.Key)
	dst = r.AppendTime(dst)
	return AppendInt(dst, -int64(r.Step))
}

// joinTail is the length of what follows rule and key in a join key.
const joinTail = 5 * 8

// detect runs the joined records through the detectors of their rules. The first
// record of a key waits unread for a second: most keys have one only, and most rules
// need more.
func (rd *Reduction) detect(joined *Sorter, found func(*Finding) error) error {
	w := &walk{rd: rd, found: found}
	err := Merge([]*Sorter{joined}, func(key, payload []byte) error {
		if len(key) < joinTail {
			return errRecord
		}
		if group := key[:len(key)-joinTail]; !bytes.Equal(group, w.group) {
			if err := w.end(); err != nil {
				return err
			}
			w.group = append(w.group[:0], group...)
			w.waiting = append(w.waiting[:0], payload...)
			w.waits = true
			return nil
		}
		if err := w.wake(); err != nil {
			return err
		}
		return w.add(payload)
	})
	if err != nil {
		return err
	}
	if err := w.end(); err != nil {
		return err
	}
	return w.close()
}

// walk is the state of detect.
type walk struct {
	rd      *Reduction
	found   func(*Finding) error
	d       detector
	rule    int32
	group   []byte // rule and key at hand, in key form
	waiting []byte // first record of the key, while waits is set
	waits   bool
	fed     bool // the detector has records of the key
}

func (w *walk) add(payload []byte) error {
	r := &Record{}
	if _, err := r.Decode(payload); err != nil {
		return err
	}
	if w.d == nil || r.Rule != w.rule {
		if err := w.close(); err != nil {
			return err
		}
		w.d, w.rule = w.rd.newDetector(r.Rule, w.found), r.Rule
	}
	// A detector may keep the record, and payload is gone after the call.
	r.Event = append([]byte(nil), r.Event...)
	w.fed = true
	return w.d.add(r)
}

// close ends the rule at hand, for detectors that look at its keys together.
func (w *walk) close() error {
	if c, ok := w.d.(interface{ close() error }); ok {
		return c.close()
	}
	return nil
}

// wake reads the record that waits.
func (w *walk) wake() error {
	if !w.waits {
		return nil
	}
	w.waits = false
	return w.add(w.waiting)
}

// end closes the key at hand. A record that still waits is alone.
func (w *walk) end() error {
	if w.waits {
		rule := int32(binary.BigEndian.Uint64(w.group) ^ 1<<63)
		if w.rd.NearMiss == nil && needsTwo(w.rd.Rules[rule]) {
			w.waits = false
		}
	}
	if err := w.wake(); err != nil || !w.fed {
		return err
	}
	w.fed = false
	return w.d.end()
}

// needsTwo says whether one record never makes a finding of the rule.
func needsTwo(r *rules.Rule) bool {
	switch {
	case r.Program.Sequence != nil:
		positive := 0
		for _, s := range r.Program.Sequence.Steps {
			if !s.Missing {
				positive++
			}
		}
		return positive > 1
	case r.Program.Sample != nil:
		return len(r.Program.Sample.Steps) > 1
	case r.Type == rules.KindThreshold:
		return r.Threshold.Value > 1
	}
	return false
}
