package correlate

import (
	"time"

	"coldcase/matchers/rows"
	"coldcase/rules"
)

// detector turns the records of one rule that correlates into findings. Records come
// key by key, in the order of events; those of one event are neighbours, the highest
// step first. A detector may keep a record: it is a copy. What it keeps must have a
// bound that evidence cannot move; what it drops at the bound it counts in
// Stats.Dropped.
type detector interface {
	// add takes the next record of the key at hand.
	add(r *Record) error
	// end says that the key at hand has no more records. The detector is then as new.
	end() error
}

// newDetector makes the detector of a rule, nil for plain event rules. yield takes the
// findings as they complete.
func (rd *Reduction) newDetector(rule int32, yield func(*Finding) error) detector {
	d := rd.detectorOf(rule, yield)
	if w, ok := d.(interface{ watch(nearly) }); ok {
		w.watch(nearly{rd.NearMiss, rd.End})
	}
	return d
}

func (rd *Reduction) detectorOf(rule int32, yield func(*Finding) error) detector {
	r := rd.Rules[rule]
	switch {
	case isWindowed(r):
		return rd.newRowWindows(rule, r, yield)
	case r.Program.Sequence != nil:
		return newSequence(rule, r, &rd.Stats, yield)
	case r.Program.Sample != nil:
		return newSample(rule, r, &rd.Stats, yield)
	case r.Type == rules.KindThreshold:
		return newThreshold(rule, r, &rd.Stats, yield)
	case r.Type == rules.KindNewTerms:
		return newNewTerms(rule, r, rd.History, yield)
	case r.Suppression != nil:
		return newSuppress(rule, r, yield)
	}
	return nil
}

// Correlates says whether a rule's records are joined by key and time.
func Correlates(r *rules.Rule) bool {
	return isWindowed(r) || r.Program.Sequence != nil || r.Program.Sample != nil ||
		r.Type == rules.KindThreshold || r.Type == rules.KindNewTerms || r.Suppression != nil
}

// isWindowed says whether a rule in ES|QL looks at its rows together.
func isWindowed(r *rules.Rule) bool { return r.ESQL != nil && rows.Windowed(r.ESQL) }

// History says how much evidence there was before an event: the start of what is
// known of its host, or of its index where it has no host. Gaps longer than the window
// begin anew.
type History func(r *Record, window time.Duration) (start int64, ok bool)
