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
	ComparedFindings
	// Candidates are held against candidates: what the other set calls a finding is
	// another thing.
	Candidates ComparedFindings
	// Added, Removed and Edited count rules by id: those that run in the second set only,
	// in the first only, and in both but not alike.
	Added, Removed, Edited int
}

// ComparedFindings are the findings of both sets, or the candidates of both.
type ComparedFindings struct {
	// Rules are those of which one was gained or lost: severity, number, name, id.
	Rules              []ComparedRule
	Same, Gained, Lost int64
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
// and an alert by that of the first event behind it. A candidate and a finding are never
// the same.
func (c *comparison) key(x *found) []byte {
	key := correlate.AppendText(nil, x.rule.ID)
	h := sha256.New()
	for _, r := range x.Records {
		h.Write(r.AppendOrigin(nil))
	}
	if x.rule.Candidates {
		h.Write([]byte{1})
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
	out := &Comparison{}
	t := &tally{c: c, byID: out.countRules(c.u)}
	t.kinds = [2]comparedKind{{&out.ComparedFindings, map[string]*ComparedRule{}}, {&out.Candidates, map[string]*ComparedRule{}}}
	err := correlate.Merge([]*correlate.Sorter{c.found}, t.take)
	t.end()
	for _, k := range t.kinds {
		k.listRules()
	}
	return out, err
}

// Newest returns the rule as the second set has it, else as the first has it.
func (r *ComparedRule) Newest() *rules.Rule { return cmp.Or(r.Is, r.Was) }

func compareCompared(a, b ComparedRule) int {
	x, y := a.Newest(), b.Newest()
	return cmp.Or(cmp.Compare(severityRank(y.Severity), severityRank(x.Severity)),
		cmp.Compare(b.Gained+b.Lost, a.Gained+a.Lost), cmp.Compare(x.Name, y.Name), cmp.Compare(a.ID, b.ID))
}

// comparedKind counts findings, or candidates.
type comparedKind struct {
	out  *ComparedFindings
	byID map[string]*ComparedRule
}

// rule returns the counts of a rule id, which known has in both sets.
func (k comparedKind) rule(known *ComparedRule) *ComparedRule {
	r := k.byID[known.ID]
	if r == nil {
		r = &ComparedRule{ID: known.ID, Was: known.Was, Is: known.Is}
		k.byID[known.ID] = r
	}
	return r
}

// listRules lists the rules that differ.
func (k comparedKind) listRules() {
	for _, r := range k.byID {
		if r.Gained+r.Lost > 0 {
			k.out.Rules = append(k.out.Rules, *r)
		}
	}
	slices.SortFunc(k.out.Rules, compareCompared)
}

// count counts evidence that the sets have.
func (k comparedKind) count(r *ComparedRule, sets byte, at Place) {
	switch sets {
	case setA | setB:
		r.Same++
		k.out.Same++
	case setB:
		r.Gained++
		k.out.Gained++
		r.Gain.earlier(at)
	case setA:
		r.Lost++
		k.out.Lost++
		r.Loss.earlier(at)
	}
}

// countRules counts the rule ids of both sets and returns them.
func (out *Comparison) countRules(u *rules.Union) map[string]*ComparedRule {
	byID, shared := map[string]*ComparedRule{}, map[string]bool{}
	for i, r := range u.Rules {
		x := byID[r.ID]
		if x == nil {
			x = &ComparedRule{ID: r.ID}
			byID[r.ID] = x
		}
		inA, inB := u.InA(i), u.InB(i)
		if inA && x.Was == nil {
			x.Was = r
		}
		if inB && x.Is == nil {
			x.Is = r
		}
		shared[r.ID] = shared[r.ID] || inA && inB
	}
	for id, x := range byID {
		switch {
		case x.Was == nil:
			out.Added++
		case x.Is == nil:
			out.Removed++
		case !shared[id]:
			out.Edited++
		}
	}
	return byID
}

// tally walks the findings of both sets; those of one rule id and evidence are
// neighbours.
type tally struct {
	c     *comparison
	byID  map[string]*ComparedRule // as the sets have them, uncounted
	kinds [2]comparedKind          // findings, candidates

	key  []byte // of the evidence at hand
	rule *rules.Rule
	sets byte
	at   Place
}

func (t *tally) take(key, payload []byte) error {
	p := foundPlace{}
	if err := json.Unmarshal(payload, &p); err != nil {
		return ErrSpilled
	}
	r := t.c.u.Rules[p.Rule]
	same := key[:len(correlate.AppendText(nil, r.ID))+evidenceKey]
	if !bytes.Equal(same, t.key) {
		t.end()
		t.key, t.rule, t.sets, t.at = append(t.key[:0], same...), r, 0, p.Place
	}
	t.sets |= p.Sets
	return nil
}

// end counts the evidence at hand.
func (t *tally) end() {
	if t.rule == nil {
		return
	}
	kind := t.kinds[0]
	if t.rule.Candidates {
		kind = t.kinds[1]
	}
	kind.count(kind.rule(t.byID[t.rule.ID]), t.sets, t.at)
	t.rule = nil
}

// earlier keeps the place that stands first in the evidence.
func (p *Place) earlier(q Place) {
	if p.File == "" || cmp.Or(cmp.Compare(q.File, p.File), cmp.Compare(q.Line, p.Line)) < 0 {
		*p = q
	}
}
