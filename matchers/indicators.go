package matchers

import (
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strings"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// threats is what threat_match rules look for: one set of values for each path of the
// indicators, shared by all rules, and for each rule which indicators its threat_query
// lets through. It is immutable once filled.
type threats struct {
	probes     []*threatProbe // by rule, nil for rules of other types; short of the last
	sets       map[setKey]*valueSet
	indicators []*indicator
	// The indicators are documents, too: threat_query and threat_filters are held
	// against them with fields, types and nodes of their own.
	layout   *event.Layout
	compiler *compiler
	typeSlot int
	problems []rules.Problem
	noTime   int // indicators of which a recency clause was ignored
}

// indicator is what is kept of a rules.Indicator.
type indicator struct {
	file  string
	line  int
	typ   string
	dates []indicatorDate
}

// indicatorDate is a date of an indicator that a recency clause looks at.
type indicatorDate struct {
	slot  int
	value event.Value
}

// valueKind says how values of indicators and of events compare.
type valueKind uint8

const (
	exactValue   valueKind = iota // bytes
	hashValue                     // ASCII case does not matter
	loweredValue                  // the event's field has a lower-casing normalizer
	numberValue
	addrValue // an indicator may be a network
)

type setKey struct {
	path string
	kind valueKind
}

// valueSet is the set of the values at one path.
type valueSet struct {
	key  setKey
	slot int // in threats.layout
	// byText and byNet list the indicators with a value, ascending. Single addresses are
	// networks of full length.
	byText map[string][]int32
	byNet  map[netip.Prefix][]int32
	bits   []int // lengths of the networks in IPv6's terms, longest first
	count  []uint8
}

// kindOf says how an event's field compares with an indicator's path. The error names a
// type that no exact comparison is defined for.
func kindOf(f schema.Field, path string) (valueKind, error) {
	switch f.Type {
	case schema.IP:
		return addrValue, nil
	case schema.Long, schema.Double:
		return numberValue, nil
	case schema.Text, schema.Date, schema.Flattened, schema.Object, schema.Nested, schema.Other:
		return 0, fmt.Errorf("an indicator mapping on %s, which is no keyword, number or address", f.Name)
	}
	switch {
	case isHash(f.Name) || isHash(path):
		return hashValue, nil
	case f.Lower:
		return loweredValue, nil
	}
	return exactValue, nil
}

// isHash says whether a field holds hexadecimal digests, whose case means nothing. (For
// Elasticsearch it does: this finds more.)
func isHash(name string) bool {
	return strings.Contains(name, ".hash.") || strings.HasSuffix(name, ".imphash")
}

// appendKey writes the form in which a value is looked up; ok is false for a value that
// is none of its kind.
func (k valueKind) appendKey(dst []byte, v event.Value) (key []byte, ok bool) {
	if v.Kind == event.Null || v.Kind == event.Object {
		return dst, false
	}
	switch k {
	case hashValue:
		return appendLower(dst, v.Text), true
	case loweredValue:
		return appendLowerUnicode(dst, v.Text), true
	case numberValue:
		n, ok := fieldNumber(v, false)
		if !ok {
			return dst, false
		}
		return appendNumber(dst, n), true
	}
	return append(dst, v.Text...), true
}

func newThreats(s *schema.Schema) *threats {
	t := &threats{sets: map[setKey]*valueSet{}, layout: event.NewLayout()}
	t.compiler = newCompiler(s, t.layout)
	t.typeSlot = t.layout.Slot("threat.indicator.type")
	return t
}

// set returns the set of a path, making it when it is new.
func (t *threats) set(path string, kind valueKind) *valueSet {
	key := setKey{path, kind}
	s, ok := t.sets[key]
	if !ok {
		s = &valueSet{key: key, slot: t.layout.Slot(t.compiler.schema.Lookup(path).Path),
			byText: map[string][]int32{}, byNet: map[netip.Prefix][]int32{}}
		t.sets[key] = s
	}
	return s
}

// fill takes in the indicators, now that all rules have said what they want of them.
func (t *threats) fill(all []*rules.Indicator) {
	parser := event.NewParser(t.layout)
	s := &scratch{tree: parser}
	var ev event.Event
	for _, ind := range all {
		if ind.Doc == nil {
			ev.Reset(t.layout.Len())
			for _, f := range ind.Fields {
				if slot, ok := t.layout.Lookup(t.compiler.schema.Lookup(f.Path).Path); ok {
					ev.Add(slot, event.Value{Kind: event.String, Text: []byte(f.Value)})
				}
			}
		} else if err := parser.Parse(&ev, ind.Doc); err != nil {
			t.problems = append(t.problems, rules.Problem{Path: ind.File, Err: fmt.Errorf("%s:%d: %w", ind.File, ind.Line, err)})
			continue
		}
		s.reset(&ev, t.layout.Len(), 0)
		t.take(ind, s)
	}
	for _, s := range t.sets {
		s.seal(len(t.indicators))
	}
}

// take adds one indicator to the sets and asks every rule whether it wants it.
func (t *threats) take(ind *rules.Indicator, s *scratch) {
	ev := s.ev
	id := int32(len(t.indicators))
	kept := &indicator{file: ind.File, line: ind.Line, typ: ind.Type}
	if kept.typ == "" {
		for _, v := range ev.Values(t.typeSlot) {
			if v.Kind == event.String {
				kept.typ = string(v.Text)
				break
			}
		}
	}
	t.indicators = append(t.indicators, kept)
	for _, set := range t.sets {
		set.add(id, ev.Values(set.slot))
	}
	ignored := false
	for _, p := range t.probes {
		if p == nil {
			continue
		}
		wanted, dates := int32(always), []int(nil)
		if ind.Doc != nil {
			wanted, dates = p.wants(s, &ignored)
		}
		p.wanted = append(p.wanted, wanted)
		for _, slot := range dates {
			kept.keepDate(slot, ev)
		}
	}
	if ignored {
		t.noTime++
	}
}

// keepDate copies the dates that a recency clause will be asked of.
func (ind *indicator) keepDate(slot int, ev *event.Event) {
	if slices.ContainsFunc(ind.dates, func(d indicatorDate) bool { return d.slot == slot }) {
		return
	}
	for _, v := range ev.Values(slot) {
		v.Text = slices.Clone(v.Text)
		ind.dates = append(ind.dates, indicatorDate{slot, v})
	}
}

// add puts the values of an indicator into the set.
func (s *valueSet) add(id int32, values []event.Value) {
	n := 0
	for _, v := range values {
		if v.Kind == event.Null || v.Kind == event.Object {
			continue
		}
		n++
		if s.key.kind == addrValue {
			if p, ok := parseNet(v.Text); ok {
				p = mapped(p)
				s.byNet[p] = appendOnce(s.byNet[p], id)
			}
		} else if key, ok := s.key.kind.appendKey(nil, v); ok {
			s.byText[string(key)] = appendOnce(s.byText[string(key)], id)
		}
	}
	if n > 0 {
		for len(s.count) < int(id)+1 {
			s.count = append(s.count, 0)
		}
		s.count[id] = uint8(min(n, 2))
	}
}

func appendOnce(ids []int32, id int32) []int32 {
	if n := len(ids); n > 0 && ids[n-1] == id {
		return ids
	}
	return append(ids, id)
}

// seal ends the filling.
func (s *valueSet) seal(indicators int) {
	for len(s.count) < indicators {
		s.count = append(s.count, 0)
	}
	for p := range s.byNet {
		if !slices.Contains(s.bits, p.Bits()) {
			s.bits = append(s.bits, p.Bits())
		}
	}
	sort.Sort(sort.Reverse(sort.IntSlice(s.bits)))
}

func (s *valueSet) empty() bool { return len(s.byText)+len(s.byNet) == 0 }

// single says whether the indicator has exactly one value at the set's path.
func (s *valueSet) single(id int32) bool { return s.count[id] == 1 }

// mapped writes a network in IPv6's terms, so that ::/0 holds all of IPv4.
func mapped(p netip.Prefix) netip.Prefix {
	if !p.Addr().Is4() {
		return p
	}
	return netip.PrefixFrom(netip.AddrFrom16(p.Addr().As16()), p.Bits()+96)
}

// lookup calls yield with each list of indicators that a value of an event is one of.
func (s *valueSet) lookup(w *threatScratch, v event.Value, yield func(ids []int32, value func() string)) {
	if s.key.kind != addrValue {
		key, ok := s.key.kind.appendKey(w.key[:0], v)
		w.key = key
		if ids := s.byText[string(key)]; ok && len(ids) > 0 {
			yield(ids, func() string { return string(key) })
		}
		return
	}
	a, ok := parseAddr(v.Text)
	if !ok || v.Kind == event.Null {
		return
	}
	a = netip.AddrFrom16(a.As16())
	for _, bits := range s.bits {
		p, err := a.Prefix(bits)
		if err != nil {
			panic("BUG: matchers.lookup: " + err.Error())
		}
		if ids := s.byNet[p]; len(ids) > 0 {
			yield(ids, func() string { return netText(p) })
		}
	}
}

// netText writes a network as an indicator would have it.
func netText(p netip.Prefix) string {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// has says whether a value of the event's field is one of the indicator's.
func (s *valueSet) has(w *threatScratch, values []event.Value, id int32) bool {
	found := false
	for _, v := range values {
		s.lookup(w, v, func(ids []int32, _ func() string) {
			_, ok := slices.BinarySearch(ids, id)
			found = found || ok
		})
	}
	return found
}

// IndicatorProblems lists the indicators that are no documents that can be read.
func (m *Matcher) IndicatorProblems() []rules.Problem { return m.threats.problems }

// IndicatorsWithoutTime counts the indicators of which a recency clause of some rule's
// threat_query was ignored because they have no time.
func (m *Matcher) IndicatorsWithoutTime() int { return m.threats.noTime }

// NeedsIndicators says why a threat_match rule cannot fire with the indicators given, ""
// when it can and for rules of other types.
func (m *Matcher) NeedsIndicators(rule int) string {
	p := m.threats.probe(int32(rule))
	if p == nil {
		return ""
	}
	n := len(m.threats.indicators)
	if n == 0 {
		return rules.ReasonIndicators
	}
	var missing []string
	for _, g := range p.groups {
		i := slices.IndexFunc(g, func(e threatEntry) bool { return !e.negate && e.set.empty() })
		if i < 0 {
			if !slices.ContainsFunc(p.wanted, func(w int32) bool { return w != never }) {
				return fmt.Sprintf("%s: none of the %d given satisfies threat_query and threat_filters", rules.ReasonIndicators, n)
			}
			return ""
		}
		if path := g[i].set.key.path; !slices.Contains(missing, path) {
			missing = append(missing, path)
		}
	}
	return fmt.Sprintf("%s: none of the %d given has %s", rules.ReasonIndicators, n, strings.Join(missing, " or "))
}

// recent returns what is left of x on the document in s: clauses about its date and now
// stay, all else is settled. A clause about a date that the document lacks is ignored:
// it becomes what makes x hold, under any number of nots.
func (c *compiler) recent(x query.Expr, s *scratch, negated bool, ignored *bool) query.Expr {
	switch x := x.(type) {
	case *query.And:
		out := &query.And{}
		for _, part := range x.X {
			out.X = append(out.X, c.recent(part, s, negated, ignored))
		}
		return simplified(out)
	case *query.Or:
		out := &query.Or{}
		for _, part := range x.X {
			out.X = append(out.X, c.recent(part, s, negated, ignored))
		}
		return simplified(out)
	case *query.Not:
		return simplified(&query.Not{X: c.recent(x.X, s, !negated, ignored)})
	}
	n := c.nodes[x]
	if f, ok := query.LeafField(x); ok && !f.Glob && aboutNow(x) && c.schema.Lookup(f.Name).Type == schema.Date {
		slot := c.layout.Slot(c.schema.Lookup(f.Name).Path)
		if len(s.ev.Values(slot)) == 0 {
			*ignored = true
			return &query.Const{Value: !negated}
		}
		return x
	}
	return &query.Const{Value: n.eval(s)}
}

// aboutNow says whether a predicate on a date names now.
func aboutNow(x query.Expr) bool {
	now := func(l query.Literal) bool { return strings.HasPrefix(l.Text, "now") }
	switch x := x.(type) {
	case *query.Range:
		return now(x.Value) || x.Also != nil && now(x.Also.Value)
	case *query.Term:
		return slices.ContainsFunc(x.Values, now)
	}
	return false
}

// simplified settles a node some of whose parts are constants.
func simplified(x query.Expr) query.Expr {
	switch x := x.(type) {
	case *query.Not:
		if k, ok := x.X.(*query.Const); ok {
			return &query.Const{Value: !k.Value}
		}
	case *query.And:
		return joined(x, x.X, true)
	case *query.Or:
		return joined(x, x.X, false)
	}
	return x
}

func joined(x query.Expr, parts []query.Expr, and bool) query.Expr {
	var rest []query.Expr
	for _, part := range parts {
		if k, ok := part.(*query.Const); !ok {
			rest = append(rest, part)
		} else if k.Value != and {
			return k
		}
	}
	switch {
	case len(rest) == 0:
		return &query.Const{Value: and}
	case len(rest) == 1:
		return rest[0]
	case and:
		return &query.And{X: rest}
	}
	return &query.Or{X: rest}
}
