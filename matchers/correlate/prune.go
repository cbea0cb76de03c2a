package correlate

import (
	"encoding/binary"
	"errors"
	"hash/maphash"

	"coldcase/rules"
	"coldcase/rules/query"
)

// stepOf names a step of a rule.
type stepOf struct {
	rule int32
	step int16
}

// maxPruneKeys bounds the keys of steps that are remembered, of all rules together: 16 bytes
// each, about.
const maxPruneKeys = 1 << 18

// pruning says on which records no finding can rest, before they are sorted: those of a
// sequence or sample of which a step that it needs was never seen, or not with their key,
// those of a threshold that has too few, and those of a rule in ES|QL whose group shows too
// little (see rows.Need). Most rules that join events wait for something that never
// happens, and most of their records end here.
//
// It only drops what the detectors would have read in vain: a finding needs a record of
// each needed step with one key, so the key of all its records is among the keys of the
// step that has the fewest; and what a window of a group shows, all of its rows show.
// Records dropped are not identified: duplicates among them are not counted as folded,
// nor one id with two contents as a conflict.
type pruning struct {
	dead   map[int32]bool
	needed map[int32]int16 // by rule: the needed step with the fewest records
	keys   map[uint64]struct{}
	groups *Tallies
	seed   maphash.Seed
}

// sift sorts the records of a share of the rules on which a finding can rest.
func (rd *Reduction) sift(share int32, collectors []*Collector, out *Sorter) error {
	p := &pruning{}
	if rd.NearMiss == nil { // what was nearly a finding has not all it needs
		p = rd.pruning(share, collectors)
		if err := p.learn(share, collectors); err != nil {
			return err
		}
	}
	return eachJoined(share, collectors, func(c *Collector, h head, entry []byte) error {
		if !p.keeps(h) {
			return nil
		}
		var r Record
		if _, err := r.decode(entry, &c.names); err != nil {
			return err
		}
		rd.key, rd.payload = r.appendIdentity(rd.key[:0]), r.append(rd.payload[:0], &rd.names)
		return out.Add(rd.key, rd.payload)
	})
}

// eachJoined calls yield for the records of a share that are joined.
func eachJoined(share int32, collectors []*Collector, yield func(c *Collector, h head, entry []byte) error) (err error) {
	for _, c := range collectors {
		eachErr := c.joined[share].Each(func(entry []byte) {
			if err != nil {
				return
			}
			var h head
			if h, _, err = cutHead(entry); err == nil {
				err = yield(c, h, entry)
			}
		})
		if err = errors.Join(err, eachErr); err != nil {
			return err
		}
	}
	return nil
}

// pruning prepares what is to be learnt of a share of the rules.
func (rd *Reduction) pruning(share int32, collectors []*Collector) *pruning {
	counts := map[stepOf]int64{}
	for _, c := range collectors {
		for s, n := range c.counts {
			counts[s] += n
		}
	}
	p := &pruning{dead: map[int32]bool{}, needed: map[int32]int16{}, keys: map[uint64]struct{}{},
		groups: rd.Tallies, seed: maphash.MakeSeed()}
	room := int64(maxPruneKeys / shares)
	for rule := share; int(rule) < len(rd.Rules); rule += shares {
		r := rd.Rules[rule]
		rarest, n, total := rarestStep(rule, r, counts)
		switch {
		case total == 0:
		case n == 0, r.Type == rules.KindThreshold && n < int64(r.Threshold.Value):
			p.dead[rule] = true
		case r.Type != rules.KindThreshold && n < total && n <= room:
			room -= n
			p.needed[rule] = rarest
		}
	}
	return p
}

// rarestStep returns the step with the fewest records among those that a rule needs, how
// many it has, and how many the rule has in all. total is 0 for rules that are not
// pruned.
func rarestStep(rule int32, r *rules.Rule, counts map[stepOf]int64) (rarest int16, n, total int64) {
	ids, needed := neededSteps(r)
	if len(needed) == 0 {
		return 0, 0, 0
	}
	for id := range ids {
		total += counts[stepOf{rule, int16(id)}]
	}
	rarest, n = needed[0], counts[stepOf{rule, needed[0]}]
	for _, id := range needed[1:] {
		if m := counts[stepOf{rule, id}]; m < n {
			rarest, n = id, m
		}
	}
	return rarest, n, total
}

// neededSteps returns how many distinct steps a rule has, and those that each of its
// findings has a record of.
func neededSteps(r *rules.Rule) (ids int, needed []int16) {
	var steps []query.Step
	var at []int
	switch p := r.Program; {
	case p.Sequence != nil:
		var until int
		at, until = p.Sequence.IDs()
		steps, ids = p.Sequence.Steps, until+1
	case p.Sample != nil:
		at, steps = p.Sample.IDs(), p.Sample.Steps
	case r.Type == rules.KindThreshold:
		return 1, []int16{0}
	}
	for i, id := range at {
		ids = max(ids, id+1)
		if !steps[i].Missing {
			needed = append(needed, int16(id))
		}
	}
	return ids, needed
}

// learn reads the records of the share once.
func (p *pruning) learn(share int32, collectors []*Collector) error {
	if len(p.needed) == 0 {
		return nil
	}
	return eachJoined(share, collectors, func(_ *Collector, h head, _ []byte) error {
		if needed, ok := p.needed[h.rule]; ok && needed == h.step {
			p.keys[p.hash(h)] = struct{}{}
		}
		return nil
	})
}

// keeps says whether a finding can rest on a record.
func (p *pruning) keeps(h head) bool {
	if p.dead[h.rule] {
		return false
	}
	if p.groups.needs(h.rule) {
		sum := groupSum(h.rule)
		sum.Write(h.key)
		return p.groups.shows(h.rule, sum.Sum64())
	}
	if _, ok := p.needed[h.rule]; ok {
		_, ok = p.keys[p.hash(h)]
		return ok
	}
	return true
}

// hash is seeded anew in each run. Two keys that share one cost the reading of a record
// and nothing else.
func (p *pruning) hash(h head) uint64 {
	var sum maphash.Hash
	sum.SetSeed(p.seed)
	var rule [4]byte
	binary.BigEndian.PutUint32(rule[:], uint32(h.rule))
	sum.Write(rule[:])
	sum.Write(h.key)
	return sum.Sum64()
}
