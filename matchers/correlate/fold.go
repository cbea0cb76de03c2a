package correlate

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
	sameEvent := sameID && f.last.Content == r.Content
	if sameID && hasID && !sameEvent {
		f.stats.IDConflicts++
	}
	same := sameEvent && f.last.Key == r.Key
	if !same || f.input != r.Origin.Input {
		f.input, f.here = r.Origin.Input, 0
	}
	if !same {
		f.most = 0
	}
	f.first = true
	f.last = Record{Rule: r.Rule, Step: r.Step, IDHash: r.IDHash, Content: r.Content, Key: r.Key}
	f.here++
	if hasID && same || f.here <= f.most {
		f.stats.Folded++
		return true
	}
	f.most = f.here
	r.Nth = f.here
	return false
}
