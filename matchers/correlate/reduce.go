package correlate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"

	"coldcase/matchers/rows"
	"coldcase/rules"
)

// Stats count what the reduction did beside finding.
type Stats struct {
	Folded      int64 // hits folded as duplicates of one event
	IDConflicts int64 // hits whose event has the id of another with other content
	NoTime      int64 // hits of rules that correlate, whose event has no readable time
	Dropped     int64 // records and partial matches dropped at a bound
}

func (s *Stats) add(o Stats) {
	s.Folded += o.Folded
	s.IDConflicts += o.IDConflicts
	s.NoTime += o.NoTime
	s.Dropped += o.Dropped
}

// Reduction is the reduce side of a run.
type Reduction struct {
	Rules   []*rules.Rule // as the records number them
	Dir     string        // for spilling
	Budget  int           // bytes in memory
	Jobs    int           // goroutines; 0 means one
	History History       // for new_terms rules; nil when nothing is known
	// Rows returns the compiled query of a rule in ES|QL; nil when there is no such rule.
	Rows func(rule int32) *rows.Program
	// Tallies are what the collectors share, merged; nil when they share none. Then all rows
	// are looked at.
	Tallies *Tallies
	// NearMiss, when not nil, is called for what was nearly a finding, one at a time and
	// in no order. End is the time of the last event of the evidence.
	NearMiss func(*NearMiss)
	End      int64
	Stats    Stats

	names        names // of what is sorted
	key, payload []byte
}

// shares is into how many parts, by rule, the records that are joined are cut: each is
// reduced by itself. It is the same for any number of goroutines, because what is known of
// a part decides what of it is dropped unread, and that shows in Stats.
const shares = 4

func shareOf(rule int32) int32 { return rule % shares }

// Run merges the collectors and yields the findings, one at a time and in no order. A
// finding is valid during the call only. History and Rows may be called by several
// goroutines at once. An error is the temporary directory's, or yield's.
func (rd *Reduction) Run(collectors []*Collector, yield func(*Finding) error) error {
	jobs := min(max(1, rd.Jobs), shares+1)
	piped := NewSorter(rd.Dir, rd.Budget/jobs)
	defer piped.Close()
	var one sync.Mutex // guards yield, piped and NearMiss
	found := func(f *Finding) error {
		one.Lock()
		defer one.Unlock()
		if len(rd.Rules[f.Rule].Program.Pipes) == 0 {
			return yield(f)
		}
		last := f.Records[len(f.Records)-1]
		// Findings of several keys may end on one event.
		return piped.Add(AppendText(last.AppendTime(AppendInt(nil, int64(f.Rule))), last.Key), f.Append(nil))
	}
	var errs [shares + 1]error
	var next atomic.Int32
	var reducing sync.WaitGroup
	for range jobs {
		reducing.Go(func() {
			for i := next.Add(1) - 1; i <= shares; i = next.Add(1) - 1 {
				part := rd.part(jobs, &one)
				errs[i] = part.reduce(i, collectors, found)
				one.Lock()
				rd.Stats.add(part.Stats)
				one.Unlock()
			}
		})
	}
	reducing.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	return rd.runPiped(piped, yield)
}

// part returns a reduction of some of the rules, one of several at once.
func (rd *Reduction) part(jobs int, one *sync.Mutex) *Reduction {
	p := &Reduction{Rules: rd.Rules, Dir: rd.Dir, Budget: rd.Budget / jobs, History: rd.History, Rows: rd.Rows, Tallies: rd.Tallies, End: rd.End}
	if rd.NearMiss != nil {
		p.NearMiss = func(m *NearMiss) {
			one.Lock()
			defer one.Unlock()
			rd.NearMiss(m)
		}
	}
	return p
}

// reduce makes findings of the records of a share of the rules, or, behind the last share,
// of those that carry their event.
func (rd *Reduction) reduce(share int32, collectors []*Collector, found func(*Finding) error) error {
	joined := NewSorter(rd.Dir, rd.Budget)
	defer joined.Close()
	if share == shares {
		var sorters []*Sorter
		for _, c := range collectors {
			sorters = append(sorters, c.whole)
		}
		if err := rd.fold(sorters, nil, joined, found); err != nil {
			return err
		}
		return rd.detect(joined, found)
	}
	sorter := NewSorter(rd.Dir, rd.Budget)
	defer sorter.Close()
	if err := rd.sift(share, collectors, sorter); err != nil {
		return err
	}
	if err := rd.fold([]*Sorter{sorter}, &rd.names, joined, found); err != nil {
		return err
	}
	if err := sorter.Close(); err != nil { // its memory is for what follows
		return err
	}
	return rd.detect(joined, found)
}

// fold drops duplicates and sends each record on: to be joined with others of its key,
// or to be a finding by itself.
func (rd *Reduction) fold(sorters []*Sorter, known *names, joined *Sorter, found func(*Finding) error) error {
	f := &folder{stats: &rd.Stats}
	var id Record
	return Merge(sorters, func(key, payload []byte) error {
		id.readIdentity(key)
		if f.folds(&id) {
			return nil
		}
		r := &Record{}
		if _, err := r.decode(payload, known); err != nil {
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
	rd.key, rd.payload = r.appendJoin(rd.key[:0]), r.append(rd.payload[:0], &rd.names)
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
// the order of events, the highest step of an event first. Alerts of one event have its
// place, and are told apart by their ids.
func (r *Record) appendJoin(dst []byte) []byte {
	dst = AppendInt(dst, int64(r.Rule))
	dst = AppendText(dst, r.Key)
	dst = r.AppendTime(dst)
	return append(AppendInt(dst, -int64(r.Step)), r.IDHash[:]...)
}

// joinTail is the length of what follows rule and key in a join key.
const joinTail = 5*8 + 16

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
	if _, err := r.decode(payload, &w.rd.names); err != nil {
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
