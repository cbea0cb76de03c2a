package scanner

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"slices"

	"coldcase/matchers/correlate"
	"coldcase/rules"
)

// Comparison says what a second set of rules finds in the same evidence. Findings are
// the same when rule id and events are.
type Comparison struct {
	// Rules are those of which a finding was gained or lost: severity, number, name, id.
	Rules              []ComparedRule
	Same, Gained, Lost int64
	// Added, Removed and Edited count rules by id: those that run in the second set only,
	// in the first only, and in both but not alike.
	Added, Removed, Edited int
}

// ComparedRule is one rule id in both sets.
type ComparedRule struct {
	ID string
	// Was and Is are the rule in the first and the second set, the newest where a set has
	// several; nil where it has none that runs.
	Was, Is            *rules.Rule
	Same, Gained, Lost int64
	// Gain and Loss are the place of the first finding gained and lost; empty without.
	Gain, Loss Place
}

// Place is where a line of evidence stands, with its command line or message.
type Place struct {
	File   string
	Line   int64
	Sample string
}

// comparison gathers the findings of both sets while a run is reduced.
type comparison struct {
	u      *rules.Union
	filter *filter
	inputs func(i int32) string
	found  *correlate.Sorter
}

// newComparison returns nil when no second set is given.
func newComparison(cfg Config, dir string, budget int) *comparison {
	if cfg.Compare == nil {
		return nil
	}
	all := allInputs(cfg)
	return &comparison{u: cfg.Compare, filter: newFilter(cfg.Filter), found: correlate.NewSorter(dir, budget),
		inputs: func(i int32) string { return all[i].Name }}
}

// take notes a finding and says whether it is one of the first set, which alone is
// reported.
func (c *comparison) take(x *found) (reported bool, err error) {
	if c == nil {
		return true, nil
	}
	if c.filter.shows(x) {
		payload, merr := json.Marshal(c.place(x))
		if merr != nil {
			return false, merr
		}
		err = c.found.Add(c.key(x), payload)
	}
	return c.reported(x.Rule), err
}

// reported says whether a rule is one of the first set.
func (c *comparison) reported(rule int32) bool { return c == nil || c.u.InA(int(rule)) }

// meets says whether a rule over alerts looks at the findings of another.
func (c *comparison) meets(x, y int32) bool { return c == nil || c.u.Meet(int(x), int(y)) }

// key orders by rule id and evidence; the rule and its join key make it distinct. Both
// sets are held against the same lines in one pass, so an event is known by its place,
// and an alert by that of the first event behind it.
func (c *comparison) key(x *found) []byte {
	key := correlate.AppendText(nil, x.rule.ID)
	h := sha256.New()
	for _, r := range x.Records {
		h.Write(r.AppendOrigin(nil))
	}
	key = append(key, h.Sum(nil)[:evidenceKey]...)
	return correlate.AppendText(correlate.AppendInt(key, int64(x.Rule)), x.Records[0].Key)
}

// foundPlace is what the comparison keeps of a finding.
type foundPlace struct {
	Sets byte
	Rule int32
	Place
}

func (c *comparison) place(x *found) foundPlace {
	o := x.Records[0].Origin
	p := foundPlace{Rule: x.Rule, Place: Place{c.inputs(o.Input), o.Line, x.sample()}}
	if c.u.InA(int(x.Rule)) {
		p.Sets |= setA
	}
	if c.u.InB(int(x.Rule)) {
		p.Sets |= setB
	}
	return p
}

// evidenceKey is how many bytes of a hash stand for the evidence of a finding.
const evidenceKey = 16

// The sets of a finding.
const (
	setA = 1 << iota
	setB
)

// result counts what is the same, gained and lost, and frees what was gathered.
func (c *comparison) result() (*Comparison, error) {
	if c == nil {
		return nil, nil
	}
	defer c.found.Close()
	t := &tally{c: c, out: &Comparison{}, byID: map[string]*ComparedRule{}}
	t.countRules()
	err := correlate.Merge([]*correlate.Sorter{c.found}, t.take)
	t.end()
	for _, r := range t.byID {
		if r.Gained+r.Lost > 0 {
			t.out.Rules = append(t.out.Rules, *r)
		}
	}
	slices.SortFunc(t.out.Rules, compareCompared)
	return t.out, err
}

// Newest returns the rule as the second set has it, else as the first has it.
func (r *ComparedRule) Newest() *rules.Rule { return cmp.Or(r.Is, r.Was) }

func compareCompared(a, b ComparedRule) int {
	x, y := a.Newest(), b.Newest()
	return cmp.Or(cmp.Compare(severityRank(y.Severity), severityRank(x.Severity)),
		cmp.Compare(b.Gained+b.Lost, a.Gained+a.Lost), cmp.Compare(x.Name, y.Name), cmp.Compare(a.ID, b.ID))
}

// tally walks the findings of both sets; those of one rule id and evidence are
// neighbours.
type tally struct {
	c    *comparison
	out  *Comparison
	byID map[string]*ComparedRule

	key  []byte // of the evidence at hand
	rule *ComparedRule
	sets byte
	at   Place
}

// countRules counts the rule ids of both sets.
func (t *tally) countRules() {
	shared := map[string]bool{}
	for i, r := range t.c.u.Rules {
		x := t.byID[r.ID]
		if x == nil {
			x = &ComparedRule{ID: r.ID}
			t.byID[r.ID] = x
		}
		inA, inB := t.c.u.InA(i), t.c.u.InB(i)
		if inA && x.Was == nil {
			x.Was = r
		}
		if inB && x.Is == nil {
			x.Is = r
		}
		shared[r.ID] = shared[r.ID] || inA && inB
	}
	for id, x := range t.byID {
		switch {
		case x.Was == nil:
			t.out.Added++
		case x.Is == nil:
			t.out.Removed++
		case !shared[id]:
			t.out.Edited++
		}
	}
}

func (t *tally) take(key, payload []byte) error {
	p := foundPlace{}
	if err := json.Unmarshal(payload, &p); err != nil {
		return errSpilled
	}
	id := t.c.u.Rules[p.Rule].ID
	same := key[:len(correlate.AppendText(nil, id))+evidenceKey]
	if !bytes.Equal(same, t.key) {
		t.end()
		t.key, t.rule, t.sets, t.at = append(t.key[:0], same...), t.byID[id], 0, p.Place
	}
	t.sets |= p.Sets
	return nil
}

// end counts the evidence at hand.
func (t *tally) end() {
	if t.rule == nil {
		return
	}
	switch t.sets {
	case setA | setB:
		t.rule.Same++
		t.out.Same++
	case setB:
		t.rule.Gained++
		t.out.Gained++
		t.rule.Gain.earlier(t.at)
	case setA:
		t.rule.Lost++
		t.out.Lost++
		t.rule.Loss.earlier(t.at)
	}
	t.rule = nil
}

// earlier keeps the place that stands first in the evidence.
func (p *Place) earlier(q Place) {
	if p.File == "" || cmp.Or(cmp.Compare(q.File, p.File), cmp.Compare(q.Line, p.Line)) < 0 {
		*p = q
	}
}
