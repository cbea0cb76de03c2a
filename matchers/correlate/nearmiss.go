package correlate

// The kinds of near miss.
const (
	// OneStepShort is a sequence of at least three events of which all but the last
	// were there. (Of a sequence of two, each first event would be one.)
	OneStepShort = "one step short"
	// CutOff is a sequence that could still have gone on when the evidence ended.
	CutOff = "cut by the end of evidence"
	// BelowThreshold is a threshold that was reached to 80% or more.
	BelowThreshold = "below the threshold"
)

// nearShare is how much of a threshold makes a near miss, in percent.
const nearShare = 80

// NearMiss is what would have been a finding with a little more. It is no finding.
type NearMiss struct {
	Rule       int32
	Kind       string
	Have, Want int64     // steps, events or distinct values
	Records    []*Record // in the order of events; of a threshold the first of the window
}

// nearly is what detectors need to know of near misses; the zero value is off.
type nearly struct {
	report func(*NearMiss)
	end    int64 // time of the last event of the evidence, in nanoseconds
}

// watch has the detector report its near misses.
func (d *sequence) watch(n nearly) { d.near = n }

// lost is told of each match that is given up. ended says that it was still waiting
// when the key's records ended.
func (d *sequence) lost(p *partial, ended bool) {
	if d.near.report == nil || p == nil {
		return
	}
	have, want := len(p.records), len(d.ids)
	m := &NearMiss{Rule: d.rule, Have: int64(have), Want: int64(want)}
	switch {
	case ended && d.bound > 0 && within(p.records[0].Time, max(p.records[0].Time, d.near.end), d.bound):
		m.Kind = CutOff
	case have == want-1 && want > 2:
		m.Kind = OneStepShort
	default:
		return
	}
	for i, r := range p.records {
		m.Records = append(m.Records, staged(r, d.stages[i]))
	}
	d.near.report(m)
}

// lostAll is told that all matches are given up.
func (d *sequence) lostAll(ended bool) {
	for _, p := range d.slots {
		d.lost(p, ended)
	}
}

// nearMiss remembers the best window of a key that has no finding.
type nearMiss struct {
	nearly
	fired      bool // the key has a finding
	have, want int64
	first      *Record
}

func (d *threshold) watch(n nearly) { d.near.nearly = n }

// noteWindow keeps the window at hand when it is the best so far.
func (d *threshold) noteWindow() {
	if d.near.report == nil || d.near.fired || d.kept.len() == 0 {
		return
	}
	have, want := d.wide.count, d.value
	if have >= want && d.cardinality != nil {
		have, want = d.values.wide.count, int64(d.cardinality.Value)
	} else if d.cardinality != nil && d.values.wide.count*100 < int64(d.cardinality.Value)*nearShare {
		return
	}
	if have >= want || have*100 < want*nearShare || have <= d.near.have {
		return
	}
	d.near.have, d.near.want, d.near.first = have, want, d.kept.at(d.kept.start).r
}

// reportMiss reports the best window of a key that ends without a finding.
func (d *threshold) reportMiss() {
	if n := &d.near; n.first != nil && !n.fired {
		n.report(&NearMiss{Rule: d.rule, Kind: BelowThreshold, Have: n.have, Want: n.want, Records: []*Record{n.first}})
	}
	d.near = nearMiss{nearly: d.near.nearly}
}
