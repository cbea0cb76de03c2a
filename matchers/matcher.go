package matchers

import (
	"fmt"
	"sort"
	"strings"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// Options say how rules are held against events.
type Options struct {
	// Schema gives the fields' types; nil means schema.Builtin().
	Schema *schema.Schema
	// AnyIndex holds events of unknown origin against every rule, whatever its index
	// patterns.
	AnyIndex bool
	// Ingested takes the times of rules that look over a window (threshold, new_terms,
	// alert suppression) from the field of their timestamp_override, where an event has
	// it. Sequences are ordered by @timestamp all the same, as Kibana orders them.
	Ingested bool
	// AssumeIndex is the index in which events of unknown origin are taken to be.
	AssumeIndex string
	// Table is set when the rows of rules in ES|QL are for one table of all evidence, in
	// order, and not for findings.
	Table bool
	// Exceptions take events from rules.
	Exceptions []*rules.ExceptionItem
	// Indicators are what threat_match rules look for.
	Indicators []*rules.Indicator
}

// Matcher holds compiled rules. It is safe for concurrent use; each goroutine
// matches with a Worker of its own.
type Matcher struct {
	options  Options
	schema   *schema.Schema
	rules    []*rules.Rule
	steps    []step
	layout   *event.Layout
	patterns *schema.Patterns
	compiler *compiler // its nodes are read by workers; classes add to it under their lock
	classes  *classes
	limits   []int // by slot: see limits
	// anyFieldLists are the lists of index patterns of rules that look at any field.
	anyFieldLists schema.Bits

	originSlots, endgameSlots []int
	facts                     factSlots
	starts                    startSlots
	stepOf                    []int32     // by rule: its first step
	overrides                 []*override // by rule
	clock                     []int       // by rule: slot of the time of its windows, -1 for @timestamp
	exceptions                exceptions
	threats                   *threats
	rowRules                  int // rules in ES|QL so far
}

// Compile compiles the rules of rs; hits name a rule by its place in rs. The
// error names the first rule that cannot be run exactly, and why: CanRun asks rule
// by rule.
func Compile(rs []*rules.Rule, opt Options) (*Matcher, error) {
	m := newMatcher(opt)
	for i, r := range rs {
		if err := m.add(int32(i), r); err != nil {
			return nil, fmt.Errorf("rule %s (%s): %w", r.Name, r.ID, err)
		}
	}
	m.rules = rs
	m.compileExceptions(opt.Exceptions)
	m.threats.fill(opt.Indicators)
	m.limits = m.compiler.limits.bySlot(m.layout.Len())
	m.options.Indicators = nil // what is needed of them is in the sets
	for _, name := range m.layout.Names() {
		if strings.HasPrefix(name, "endgame.") {
			m.endgameSlots = append(m.endgameSlots, m.layout.Slot(name))
		}
	}
	return m, nil
}

// CanRun says why a rule cannot be run exactly, nil when it can.
func CanRun(r *rules.Rule, opt Options) error { return newMatcher(opt).add(0, r) }

func newMatcher(opt Options) *Matcher {
	m := &Matcher{options: opt, schema: opt.Schema, layout: event.NewLayout(), patterns: schema.NewPatterns()}
	if m.schema == nil {
		m.schema = schema.Builtin()
	}
	m.compiler = newCompiler(m.schema, m.layout)
	m.classes = newClasses(m.layout)
	m.threats = newThreats(m.schema)
	for _, name := range originFields {
		m.originSlots = append(m.originSlots, m.layout.Slot(name))
	}
	for _, name := range endgameFields {
		m.layout.Slot(name)
	}
	m.facts = newFactSlots(m.layout)
	m.starts = newStartSlots(m.layout)
	return m
}

// endgameFields are looked at to tell an Endgame event from others, beside those that
// rules name.
var endgameFields = []string{"endgame.metadata.type", "endgame.metadata.key", "endgame.event_subtype_full"}

// Rules returns the rules in the order in which hits name them.
func (m *Matcher) Rules() []*rules.Rule { return m.rules }

// Fields returns the names of the fields that a rule looks at, sorted and distinct.
func (m *Matcher) Fields(rule int) []string {
	set := map[string]bool{}
	for _, st := range m.steps {
		if int(st.rule) == rule {
			query.Fields(st.x, func(f query.Field) { set[f.Name] = true })
		}
	}
	out := make([]string, 0, len(set))
	for name := range set {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// Test says whether one event, a JSON object in any envelope, matches one rule, index
// patterns included. The error is the event's.
func (m *Matcher) Test(rule int, line []byte) (bool, error) {
	hits, err := m.NewWorker(true).Match(line)
	for _, h := range hits {
		if int(h.Rule) == rule {
			return true, err
		}
	}
	return false, err
}

// looksAt says whether a step's rule looks at events of these pattern lists.
func (m *Matcher) looksAt(lists schema.Bits, st step) bool { return lists.Has(st.list) }
