package correlate

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"

	"coldcase/matchers/rows"
	"coldcase/rules"
)

// Tallies is what the rows of rules in ES|QL have shown so far, by rule and group, towards
// what a finding needs (see rows.Need). Those who make rows share it, and so it is known
// while they are made which of them nobody may ever look at. It is safe for concurrent use.
type Tallies struct {
	programs []*rows.Program // by rule; nil for rules that need nothing of their groups
	known    [shares]atomic.Int64
	stripes  [tallyStripes]tallyStripe
}

// tallyStripe is the groups of some hashes, under a lock of their own.
type tallyStripe struct {
	mu     sync.Mutex
	groups map[uint64]*groupTally
}

// Bounds of tallies: how many groups there are, of all rules together, each with about 400
// bytes at most. When a share of the rules has more than its part, all groups of that
// share are taken to show enough: for any order of rows, and any number of workers.
const (
	maxTallies   = 1 << 16
	tallyStripes = 64
)

// groupTally is what is known of one group.
type groupTally struct {
	rule int32
	rows.Tally
	past [4]rows.Shown // what rows of it show, the last ones that differ
	turn uint8
}

// repeats says whether one of the last rows showed the same, and remembers it if not.
func (t *groupTally) repeats(shown rows.Shown) bool {
	if slices.Contains(t.past[:], shown) {
		return true
	}
	t.past[t.turn] = shown
	t.turn = (t.turn + 1) % uint8(len(t.past))
	return false
}

// NewTallies prepares the tallies of the rules of a run, as records number them. program
// returns the compiled query of a rule in ES|QL.
func NewTallies(all []*rules.Rule, program func(rule int32) *rows.Program) *Tallies {
	t := &Tallies{programs: make([]*rows.Program, len(all))}
	for i, r := range all {
		if isWindowed(r) {
			if p := program(int32(i)); p.Need() != nil {
				t.programs[i] = p
			}
		}
	}
	for i := range t.stripes {
		t.stripes[i].groups = map[uint64]*groupTally{}
	}
	return t
}

// needs says whether groups of a rule have to show something.
func (t *Tallies) needs(rule int32) bool { return t != nil && t.programs[rule] != nil }

// tallySeeds key the hashes of groups and rows: who writes evidence does not know them.
var tallySeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// groupSum begins the hash that stands for a group of a rule; its key follows. Groups that
// share one are taken for one, which shows what each of them does and more.
func groupSum(rule int32) (sum maphash.Hash) {
	sum.SetSeed(tallySeeds[0])
	for shift := 0; shift < 32; shift += 8 {
		sum.WriteByte(byte(rule >> shift))
	}
	return sum
}

// groupHash is the hash of a group.
func groupHash(rule int32, key string) uint64 {
	sum := groupSum(rule)
	sum.WriteString(key)
	return sum.Sum64()
}

// add notes a row of a record.
func (t *Tallies) add(r *Record, s *tallyScratch) error {
	// All of the row stands for what it shows: that of its rule's need is not at hand.
	shown := rows.Shown{maphash.String(tallySeeds[0], r.Row), maphash.String(tallySeeds[1], r.Row)}
	_, err := t.note(r.Rule, groupHash(r.Rule, r.Key), r.Row, shown, s)
	return err
}

// note adds a row of a rule that has needs to its group, and says whether the group may
// have a finding by now. Rows that show the same have one shown.
func (t *Tallies) note(rule int32, group uint64, row string, shown rows.Shown, s *tallyScratch) (met bool, err error) {
	p := t.programs[rule]
	stripe := &t.stripes[group%tallyStripes]
	stripe.mu.Lock()
	defer stripe.mu.Unlock()
	g := stripe.groups[group]
	if g == nil {
		if t.known[shareOf(rule)].Add(1) > maxTallies/shares {
			return true, nil
		}
		g = &groupTally{rule: rule}
		stripe.groups[group] = g
	}
	// The rows of a group repeat what they say, and only another value counts.
	if g.Met() || p.Need().Distinct() && g.repeats(shown) {
		return g.Met(), nil
	}
	e := s.cut(rule, p)
	s.row = append(s.row[:0], row...)
	if _, err := p.CutRow(e.Row, s.row); err != nil {
		return false, err
	}
	p.Need().Add(e, &g.Tally)
	return g.Met(), nil
}

// tallyScratch is what one goroutine reads rows into.
type tallyScratch struct {
	envs map[int32]*rows.Env
	row  []byte
}

func (s *tallyScratch) cut(rule int32, p *rows.Program) *rows.Env {
	e := s.envs[rule]
	if e == nil {
		if s.envs == nil {
			s.envs = map[int32]*rows.Env{}
		}
		e = p.NewEnv()
		s.envs[rule] = e
	}
	return e
}

// shows says whether a group of a rule may have a finding.
func (t *Tallies) shows(rule int32, group uint64) bool {
	if !t.needs(rule) || t.known[shareOf(rule)].Load() > maxTallies/shares {
		return true
	}
	g := t.stripes[group%tallyStripes].groups[group]
	return g != nil && g.Met()
}

// Merge adds what others know, when nobody makes rows any more.
func (t *Tallies) Merge(o *Tallies) {
	for share := range t.known {
		if o.known[share].Load() > maxTallies/shares {
			t.known[share].Store(maxTallies/shares + 1)
		}
	}
	for i := range t.stripes {
		for hash, from := range o.stripes[i].groups {
			t.merge(hash, from)
		}
	}
}

func (t *Tallies) merge(hash uint64, from *groupTally) {
	groups := t.stripes[hash%tallyStripes].groups
	into := groups[hash]
	if into == nil {
		if t.known[shareOf(from.rule)].Add(1) <= maxTallies/shares {
			groups[hash] = from
		}
		return
	}
	t.programs[into.rule].Need().Merge(&into.Tally, &from.Tally)
}
