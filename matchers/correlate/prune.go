package correlate

import (
	"encoding/binary"
	"hash/maphash"

	"coldcase/rules"
	"coldcase/rules/query"
)

// stepOf names a step of a rule.
type stepOf struct {
	rule int32
	step int16
}

// maxPruneKeys bounds the keys that are remembered to prune by, of all rules together:
// 16 bytes each, about.
const maxPruneKeys = 1 << 18

// pruning drops records on which no finding can rest, before they are sorted: those of a
// sequence or sample of which a step that it needs was never seen, or not with their
// key, and those of a threshold that has too few. Most rules that join events wait for
// something that never happens, and most of their records end here.
//
// It only drops what the detectors would have read in vain: a finding needs a record of
// each needed step with one key, so the key of all its records is among the keys of the
// step that has the fewest. Records dropped are not identified: duplicates among them
// are not counted as folded, nor one id with two contents as a conflict.
type pruning struct {
	dead   map[int32]bool
	needed map[int32]int16 // by rule: the needed step with the fewest records
	keys   map[uint64]struct{}
	seed   maphash.Seed
}

// prune prepares the sorters of the collectors.
func (rd *Reduction) prune(collectors []*Collector) error {
	counts := map[stepOf]int64{}
	for _, c := range collectors {
		for s, n := range c.counts {
			counts[s] += n
		}
	}
	p := &pruning{dead: map[int32]bool{}, needed: map[int32]int16{}, keys: map[uint64]struct{}{}, seed: maphash.MakeSeed()}
	room := int64(maxPruneKeys)
	for i, r := range rd.Rules {
		rule := int32(i)
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
	return p.apply(collectors)
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

func (p *pruning) apply(collectors []*Collector) error {
	if len(p.needed) > 0 {
		for _, c := range collectors {
			if err := c.sorter.Each(p.remember); err != nil {
				return err
			}
		}
	}
	for _, c := range collectors {
		c.sorter.Keep(p.keeps)
	}
	return nil
}

// remember notes the key of a record of a rule's rarest step.
func (p *pruning) remember(identity []byte) {
	rule, step := identityStep(identity)
	if needed, ok := p.needed[rule]; ok && needed == step {
		p.keys[p.hash(identity)] = struct{}{}
	}
}

// keeps is called for each record with its identity key.
func (p *pruning) keeps(identity []byte) bool {
	rule, _ := identityStep(identity)
	if p.dead[rule] {
		return false
	}
	if _, ok := p.needed[rule]; !ok {
		return true
	}
	_, ok := p.keys[p.hash(identity)]
	return ok
}

// hash is seeded anew in each run. Two keys that share one cost the reading of a record
// and nothing else.
func (p *pruning) hash(identity []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(p.seed)
	h.Write(identity[:8]) // the rule
	h.Write(identityText(identity))
	return h.Sum64()
}

// Parts of an identity key (see appendIdentity): rule, step, id, content, join key,
// baseline, origin.
const (
	identityHead = 8 + 8 + 16 + 16
	identityTail = 1 + 8 + 8
)

func identityStep(identity []byte) (rule int32, step int16) {
	return int32(binary.BigEndian.Uint64(identity) ^ 1<<63), int16(binary.BigEndian.Uint64(identity[8:]) ^ 1<<63)
}

func identityText(identity []byte) []byte { return identity[identityHead : len(identity)-identityTail] }
