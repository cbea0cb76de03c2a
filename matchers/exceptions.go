package matchers

import (
	"slices"

	"coldcase/rules"
	"coldcase/rules/query"
)

// exceptions are the compiled exception items of a Matcher. An item is tried on an event
// only after a rule that it applies to has hit, so it costs nothing elsewhere. A hit that
// an item holds on is no hit: correlation never sees it, not as a step, not as the end of
// a sequence (rule-types.md section 5).
type exceptions struct {
	items  []exception
	byRule [][]int32 // by rule: its items, ascending
}

// exception is one item.
type exception struct {
	item   *rules.ExceptionItem
	st     step // its predicate; rule and list are not used
	ends   bool
	expire int64 // nanoseconds since 1970
	rules  int
	// why is not empty when the item is not applied.
	why string
}

// compileExceptions compiles the items for the rules of the matcher. An item that cannot
// be held against events exactly is not applied, and says so.
func (m *Matcher) compileExceptions(items []*rules.ExceptionItem) {
	m.exceptions.byRule = make([][]int32, len(m.rules))
	for i, item := range items {
		x := m.newException(item)
		for r, rule := range m.rules {
			if x.why == "" && item.AppliesTo(rule) {
				m.exceptions.byRule[r] = append(m.exceptions.byRule[r], int32(i))
				x.rules++
			}
		}
		m.exceptions.items = append(m.exceptions.items, x)
	}
}

func (m *Matcher) newException(item *rules.ExceptionItem) exception {
	x := exception{item: item, why: item.NotApplied}
	if x.why != "" {
		return x
	}
	over := m.overLeaves(item.X)
	n, err := m.compiler.node(over)
	if err != nil {
		x.why = rules.ReasonUnsupported + ": " + err.Error()
		return x
	}
	x.st = step{x: over, n: n, tree: needsTree(over)}
	if !item.Expire.IsZero() {
		x.ends, x.expire = true, clampedNanos(item.Expire.UTC())
	}
	return x
}

// large says whether a leaf has too many values to be compared by its text.
func large(x query.Expr) bool {
	const many = 1000
	switch x := x.(type) {
	case *query.Term:
		return len(x.Values) > many
	case *query.CIDR:
		return len(x.Nets) > many
	}
	return false
}

// excepted says whether an exception takes the event at hand from a rule, which holds on
// it. All items are tried: each reports what it took, whatever others took with it.
func (w *Worker) excepted(rule int32) bool {
	items := w.m.exceptions.byRule[rule]
	if len(items) == 0 {
		return false
	}
	if w.exceptedRule == rule+1 { // another step of the rule: counted already
		return w.exceptedBefore
	}
	found := false
	for _, i := range items {
		x := &w.m.exceptions.items[i]
		if w.current(x) && w.try(&x.st, x.st.n) {
			found = true
			w.count(&w.account.suppressed.items[i], rule)
		}
	}
	if found && !w.baseline {
		w.account.suppressed.Events++
	}
	w.exceptedRule, w.exceptedBefore = rule+1, found
	return found
}

// current says whether an item has not ended at the event's own time. An event without a
// time is not before the end: in doubt it is shown.
func (w *Worker) current(x *exception) bool {
	if !x.ends {
		return true
	}
	t, ok := w.m.facts.time(&w.ev)
	return ok && t < x.expire
}

func (w *Worker) count(c *exceptionCount, rule int32) {
	if w.baseline {
		return
	}
	c.events++
	_, severity, _ := w.Overrides(Hit{Rule: rule})
	c.severity = max(c.severity, slices.Index(rules.Severities, severity)+1)
}

// Suppressed counts what exceptions took away: one for each worker, merged at the end.
type Suppressed struct {
	// Events counts the pairs of a rule and an event that it would have hit.
	Events int64
	items  []exceptionCount
}

type exceptionCount struct {
	events   int64
	severity int // 1 for low; the highest of events
}

// Merge adds what another worker has counted. It is commutative and associative.
func (s *Suppressed) Merge(t *Suppressed) {
	s.Events += t.Events
	for len(s.items) < len(t.items) {
		s.items = append(s.items, exceptionCount{})
	}
	for i, c := range t.items {
		s.items[i].events += c.events
		s.items[i].severity = max(s.items[i].severity, c.severity)
	}
}

// Suppressed returns what exceptions took from this worker's events.
func (w *Worker) Suppressed() *Suppressed { return &w.account.suppressed }

// ExceptionUse is what became of one exception item.
type ExceptionUse struct {
	Item  *rules.ExceptionItem
	Rules int // how many of the rules that run it applies to
	// Events counts the pairs of a rule and an event that it took away. Where several
	// items hold on one event, each counts it.
	Events   int64
	Severity string // the highest severity among those; "" when there are none
	// NotApplied says why the item was not held against events, "" when it was.
	NotApplied string
}

// ExceptionUses lists the exception items in the order given, with what they took away.
func (m *Matcher) ExceptionUses(s *Suppressed) []ExceptionUse {
	out := make([]ExceptionUse, len(m.exceptions.items))
	for i, x := range m.exceptions.items {
		out[i] = ExceptionUse{Item: x.item, Rules: x.rules, NotApplied: x.why}
		if x.why == "" && x.rules == 0 {
			out[i].NotApplied = "no rule that runs is meant by it"
		}
		if i < len(s.items) && s.items[i].events > 0 {
			out[i].Events, out[i].Severity = s.items[i].events, rules.Severities[max(1, s.items[i].severity)-1]
		}
	}
	return out
}
