package correlate

import (
	"bytes"

	"coldcase/rules/query"
)

// runPiped applies head and tail to the findings of the rules that have them, in the
// order of each finding's last event (trap 19).
func (rd *Reduction) runPiped(piped *Sorter, yield func(*Finding) error) error {
	counts := map[int32]int{}
	err := eachFinding(piped, func(f *Finding) error {
		counts[f.Rule]++
		return nil
	})
	if err != nil {
		return err
	}
	seen := map[int32]int{}
	return eachFinding(piped, func(f *Finding) error {
		i := seen[f.Rule]
		seen[f.Rule]++
		if from, to := slice(rd.Rules[f.Rule].Program.Pipes, counts[f.Rule]); i < from || i >= to {
			return nil
		}
		return yield(f)
	})
}

func eachFinding(s *Sorter, yield func(*Finding) error) error {
	return Merge([]*Sorter{s}, func(_, payload []byte) error {
		f := &Finding{}
		if err := f.Decode(bytes.Clone(payload)); err != nil {
			return err
		}
		return yield(f)
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
