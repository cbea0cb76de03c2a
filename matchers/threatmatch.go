package matchers

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/query"
)

// threatProbe is the mapping of one threat_match rule (rule-types.md section 4): groups
// OR, the entries of a group AND within one indicator.
type threatProbe struct {
	compiler *compiler // of indicators
	groups   []threatGroup
	filter   query.Expr // threat_query and threat_filters; nil for none
	// exceptions are the items of the rule: they take indicators away, too.
	exceptions []node
	// wanted says of each indicator whether the rule wants it: never, always, or
	// whenever a recency clause holds at the event's time.
	wanted  []int32
	clauses []recency
	byText  map[string]int32 // of clauses
}

// Values of threatProbe.wanted; above them, the place in clauses plus two.
const (
	never = iota
	always
	sometimes
)

// recency is what is left of a threat_query once all but its dates is settled.
type recency struct {
	n     node
	slots []int
}

// threatGroup has an entry that is not negated at its front.
type threatGroup []threatEntry

// threatEntry compares a field of the event with a path of the indicator.
type threatEntry struct {
	field  string
	slot   int // of the event
	set    *valueSet
	negate bool
}

func (t *threats) probe(rule int32) *threatProbe {
	if t == nil || int(rule) >= len(t.probes) {
		return nil
	}
	return t.probes[rule]
}

// addThreat compiles the mapping of a threat_match rule. The error names what cannot be
// compared exactly.
func (m *Matcher) addThreat(i int32, r *rules.Rule) error {
	if r.Type != rules.KindThreatMatch || r.ThreatMatch == nil {
		return nil
	}
	p := &threatProbe{compiler: m.threats.compiler, byText: map[string]int32{}}
	for _, group := range r.ThreatMatch.Mapping {
		g, err := m.threatGroup(group)
		if err != nil {
			return err
		}
		p.groups = append(p.groups, g)
	}
	var all []query.Expr
	for _, x := range []query.Expr{r.ThreatMatch.QueryX, r.ThreatMatch.Filters} {
		if x != nil {
			all = append(all, x)
		}
	}
	if len(all) > 0 {
		p.filter = &query.And{X: all}
		if _, err := m.threats.compiler.node(p.filter); err != nil {
			return fmt.Errorf("threat_query: %w", err)
		}
	}
	m.threatExceptions(p, r)
	for len(m.threats.probes) <= int(i) {
		m.threats.probes = append(m.threats.probes, nil)
	}
	m.threats.probes[i] = p
	return nil
}

// threatExceptions compiles the rule's exceptions for the search of indicators. Those
// that end are held against events only, which have a time of their own; those that
// cannot be run are not applied at all (newException).
func (m *Matcher) threatExceptions(p *threatProbe, r *rules.Rule) {
	for _, item := range m.options.Exceptions {
		if item.NotApplied != "" || !item.Expire.IsZero() || !item.AppliesTo(r) {
			continue
		}
		if n, err := m.threats.compiler.node(item.X); err == nil {
			p.exceptions = append(p.exceptions, n)
		}
	}
}

// threatGroup compiles one group.
func (m *Matcher) threatGroup(entries []rules.ThreatEntry) (threatGroup, error) {
	var g threatGroup
	for _, e := range entries {
		f := m.schema.Lookup(e.Field)
		kind, err := kindOf(f, e.Value)
		if err != nil {
			return nil, err
		}
		g = append(g, threatEntry{e.Field, m.layout.Slot(f.Path), m.threats.set(e.Value, kind), e.Negate})
	}
	slices.SortStableFunc(g, func(a, b threatEntry) int {
		switch {
		case a.negate == b.negate:
			return 0
		case b.negate:
			return -1
		}
		return 1
	})
	if len(g) == 0 || g[0].negate {
		return nil, fmt.Errorf("a group of the indicator mapping without an entry that is not negated")
	}
	return g, nil
}

// wants says whether the rule wants the indicator whose document is in s, and which of
// its dates have to be kept for that.
func (p *threatProbe) wants(s *scratch, ignored *bool) (wanted int32, dates []int) {
	for _, n := range p.exceptions {
		if n.eval(s) {
			return never, nil
		}
	}
	if p.filter == nil {
		return always, nil
	}
	c := p.compiler
	var missing bool
	x := c.recent(p.filter, s, false, &missing)
	if k, ok := x.(*query.Const); ok {
		if !k.Value {
			return never, nil
		}
		*ignored = *ignored || missing
		return always, nil
	}
	*ignored = *ignored || missing
	text := x.String()
	i, ok := p.byText[text]
	if !ok {
		i = int32(len(p.clauses))
		p.byText[text] = i
		p.clauses = append(p.clauses, newRecency(c, x))
	}
	return sometimes + i, p.clauses[i].slots
}

// newRecency compiles what is left of a query: its leaves are known, so no field is new.
func newRecency(c *compiler, x query.Expr) recency {
	n, err := c.node(x)
	if err != nil {
		panic("BUG: matchers.newRecency: a reduced threat_query does not compile: " + err.Error())
	}
	r := recency{n: n}
	query.Fields(x, func(f query.Field) {
		if slot := c.layout.Slot(c.schema.Lookup(f.Name).Path); !slices.Contains(r.slots, slot) {
			r.slots = append(r.slots, slot)
		}
	})
	return r
}

// threatScratch is what a worker needs to look for indicators.
type threatScratch struct {
	key []byte
	ev  event.Event // the dates of an indicator
	s   scratch
}

// threatHit says which indicator matched, and by which group.
type threatHit struct {
	indicator int32
	group     int16
	ok        bool
}

// indicated says whether an event that satisfies a rule's query has an indicator that
// the rule looks for; ok is true for rules of other types. Of several groups the first
// counts, of several indicators the first in the order given.
func (w *Worker) indicated(rule int32) (hit threatHit, ok bool) {
	p := w.m.threats.probe(rule)
	if p == nil {
		return hit, true
	}
	for i, g := range p.groups {
		if id := w.firstIndicator(p, g); id >= 0 {
			return threatHit{id, int16(min(i, math.MaxInt16)), true}, true
		}
	}
	return hit, false
}

// firstIndicator returns the first indicator that satisfies a group, -1 for none.
func (w *Worker) firstIndicator(p *threatProbe, g threatGroup) int32 {
	best := int32(-1)
	for _, v := range w.ev.Values(g[0].slot) {
		g[0].set.lookup(&w.threat, v, func(ids []int32, _ func() string) {
			for _, id := range ids {
				if best >= 0 && id >= best {
					return
				}
				if w.satisfies(p, g, id) {
					best = id
					return
				}
			}
		})
	}
	return best
}

// satisfies looks at the rest of a group: an indicator with none or several values at
// one of its paths is passed over, as Kibana does.
func (w *Worker) satisfies(p *threatProbe, g threatGroup, id int32) bool {
	if len(g) > 1 {
		for i, e := range g {
			if !e.set.single(id) || i > 0 && e.set.has(&w.threat, w.ev.Values(e.slot), id) == e.negate {
				return false
			}
		}
	}
	switch wanted := p.wanted[id]; wanted {
	case never:
		return false
	case always:
		return true
	default:
		return w.recent(&p.clauses[wanted-sometimes], id)
	}
}

// recent holds the dates of an indicator against the event's own time. An event without
// one says nothing of recency.
func (w *Worker) recent(r *recency, id int32) bool {
	now, ok := w.m.facts.time(&w.ev)
	if !ok {
		return true
	}
	t, n := &w.threat, w.m.threats.layout.Len()
	t.ev.Reset(n)
	for _, d := range w.m.threats.indicators[id].dates {
		t.ev.Add(d.slot, d.value)
	}
	t.s.reset(&t.ev, n, now)
	return r.n.eval(&t.s)
}

// indicatorDetail is what a finding says of the indicator behind it.
type indicatorDetail struct {
	Field   string   `json:"field"`
	Value   string   `json:"value"`
	Type    string   `json:"type,omitempty"`
	File    string   `json:"file"`
	Line    int      `json:"line"`
	Mapping []string `json:"mapping"`
}

// Indicator describes the indicator behind a hit of the last Match as a JSON object, ""
// when the hit has none.
func (w *Worker) Indicator(h Hit) string {
	if !h.threat.ok {
		return ""
	}
	text, err := json.Marshal(struct {
		Indicator indicatorDetail `json:"indicator"`
	}{w.indicatorOf(h.Rule, h.threat)})
	if err != nil {
		panic("BUG: matchers.Indicator: " + err.Error())
	}
	return string(text)
}

// indicatorOf describes the indicator that the event at hand has.
func (w *Worker) indicatorOf(rule int32, h threatHit) indicatorDetail {
	ind, g := w.m.threats.indicators[h.indicator], w.m.threats.probes[rule].groups[h.group]
	d := indicatorDetail{Field: g[0].field, Type: ind.typ, File: ind.file, Line: ind.line,
		Value: w.valueOf(g[0], h.indicator)}
	for _, e := range g {
		is := " = "
		if e.negate {
			is = " != "
		}
		d.Mapping = append(d.Mapping, e.field+is+e.set.key.path)
	}
	return d
}

// valueOf returns the value of the indicator that the event has, in the form in which
// it is compared.
func (w *Worker) valueOf(e threatEntry, id int32) (text string) {
	for _, v := range w.ev.Values(e.slot) {
		e.set.lookup(&w.threat, v, func(ids []int32, value func() string) {
			if _, ok := slices.BinarySearch(ids, id); ok && text == "" {
				text = value()
			}
		})
	}
	return text
}

// appendNumber writes equal numbers as equal texts.
func appendNumber(dst []byte, n number) []byte {
	if n.whole {
		return strconv.AppendInt(dst, n.i, 10)
	}
	if n.f == math.Trunc(n.f) && math.Abs(n.f) < 1<<53 {
		return strconv.AppendInt(dst, int64(n.f), 10)
	}
	return strconv.AppendFloat(dst, n.f, 'g', -1, 64)
}
