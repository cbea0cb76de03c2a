package correlate

import (
	"bytes"

	"coldcase/rules"
	"coldcase/rules/query"
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

// Finding is one rule firing once, with the records behind it in evidence order. It
// and its records are valid during the call that yields it only.
type Finding struct {
	Rule    int32
	Records []*Record
}

// Stats count what the reduction did beside finding.
type Stats struct {
	Folded      int64 // hits folded as duplicates of one event
	IDConflicts int64 // hits whose event has the id of another with other content
}

// Reduction is the reduce side of a run.
type Reduction struct {
	Rules  []*rules.Rule // as the records number them
	Dir    string        // for spilling
	Budget int           // bytes in memory
	Stats  Stats
}

// Run merges the collectors and yields the findings, by rule. An error is the
// temporary directory's, or yield's.
func (rd *Reduction) Run(collectors []*Collector, yield func(*Finding) error) error {
	piped := NewSorter(rd.Dir, rd.Budget)
	defer piped.Close()
	f := &folder{stats: &rd.Stats}
	err := Merge(sortersOf(collectors), func(_, payload []byte) error {
		var r Record
		if err := r.Decode(payload); err != nil {
			return err
		}
		if f.folds(&r) {
			return nil
		}
		if len(rd.pipes(r.Rule)) > 0 {
			return piped.Add(r.AppendTime(AppendInt(nil, int64(r.Rule))), r.Append(nil))
		}
		return yield(&Finding{r.Rule, []*Record{&r}})
	})
	if err != nil {
		return err
	}
	return rd.runPiped(piped, yield)
}

func sortersOf(cs []*Collector) []*Sorter {
	out := make([]*Sorter, len(cs))
	for i, c := range cs {
		out[i] = c.sorter
	}
	return out
}

func (rd *Reduction) pipes(rule int32) []query.Pipe { return rd.Rules[rule].Program.Pipes }

// folder recognises records of one event among neighbours by rule and identity. Two
// events are one only when content and id agree; without any id, only when they stand
// in different inputs (product.md, Identity): of equal lines without an id as many
// count as the input that has most of them holds.
type folder struct {
	stats *Stats
	last  Record // identity of the record before
	first bool   // last is set
	input int32
	here  int64 // equal events without id in this input so far
	most  int64 // in the input that has most of them
}

func (f *folder) folds(r *Record) bool {
	sameRule := f.first && f.last.Rule == r.Rule && f.last.Step == r.Step
	sameID := sameRule && f.last.IDHash == r.IDHash
	hasID := r.IDHash != [16]byte{}
	same := sameID && f.last.Content == r.Content
	if sameID && hasID && !same {
		f.stats.IDConflicts++
	}
	if !same || f.input != r.Origin.Input {
		f.input, f.here = r.Origin.Input, 0
	}
	if !same {
		f.most = 0
	}
	f.first = true
	f.last = Record{Rule: r.Rule, Step: r.Step, IDHash: r.IDHash, Content: r.Content}
	f.here++
	if hasID && same || f.here <= f.most {
		f.stats.Folded++
		return true
	}
	f.most = f.here
	r.Nth = f.here
	return false
}

// runPiped applies head and tail to the findings of the rules that have them, in the
// order of events.
func (rd *Reduction) runPiped(piped *Sorter, yield func(*Finding) error) error {
	counts := map[int32]int{}
	err := Merge([]*Sorter{piped}, func(_, payload []byte) error {
		var r Record
		if err := r.Decode(payload); err != nil {
			return err
		}
		counts[r.Rule]++
		return nil
	})
	if err != nil {
		return err
	}
	seen := map[int32]int{}
	return Merge([]*Sorter{piped}, func(_, payload []byte) error {
		r := &Record{}
		if err := r.Decode(bytes.Clone(payload)); err != nil {
			return err
		}
		i := seen[r.Rule]
		seen[r.Rule]++
		if from, to := slice(rd.pipes(r.Rule), counts[r.Rule]); i < from || i >= to {
			return nil
		}
		return yield(&Finding{r.Rule, []*Record{r}})
	})
}

// slice returns the range that head and tail, in the order written, leave of n
// results.
func slice(pipes []query.Pipe, n int) (from, to int) {
	to = n
	for _, p := range pipes {
		if p.Tail {
			from = max(from, to-p.N)
		} else {
			to = min(to, from+p.N)
		}
	}
	return from, to
}
