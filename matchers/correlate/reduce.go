package correlate

import (
	"bytes"

	"coldcase/rules"
)

// Collector takes the records of one worker. It is for one goroutine.
type Collector struct {
	sorter       *Sorter
	key, payload []byte
}

// NewCollector returns a collector that spills to dir beyond budget bytes.
func NewCollector(dir string, budget int) *Collector {
	return &Collector{sorter: NewSorter(dir, budget)}
}

// Emit takes a copy of a record.
func (c *Collector) Emit(r *Record) error {
	c.key = r.appendIdentity(c.key[:0])
	c.payload = r.Append(c.payload[:0])
	return c.sorter.Add(c.key, c.payload)
}

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
	Stats   Stats
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
	return Merge(sorters, func(_, payload []byte) error {
		r := &Record{}
		if _, err := r.Decode(payload); err != nil {
			return err
		}
		if f.folds(r) {
			return nil
		}
		if !Correlates(rd.Rules[r.Rule]) {
			return rd.single(r, found)
		}
		if r.NoTime {
			rd.Stats.NoTime++
			return nil
		}
		return joined.Add(r.appendJoin(nil), r.Append(nil))
	})
}

func (rd *Reduction) single(r *Record, found func(*Finding) error) error {
	f, err := newFinding(r.Rule, []*Record{r}, nil)
	if err != nil {
		return err
	}
	if r.Indicator != "" {
		f.Detail = []byte(r.Indicator)
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

// detect runs the joined records through the detectors of their rules.
func (rd *Reduction) detect(joined *Sorter, found func(*Finding) error) error {
	var d detector
	var rule int32
	var key string
	err := Merge([]*Sorter{joined}, func(_, payload []byte) error {
		r := &Record{}
		if _, err := r.Decode(bytes.Clone(payload)); err != nil {
			return err
		}
		if d != nil && (r.Rule != rule || r.Key != key) {
			if err := d.end(); err != nil {
				return err
			}
		}
		if d == nil || r.Rule != rule {
			d = rd.newDetector(r.Rule, found)
		}
		rule, key = r.Rule, r.Key
		return d.add(r)
	})
	if err != nil || d == nil {
		return err
	}
	return d.end()
}
