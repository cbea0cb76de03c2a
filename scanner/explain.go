package scanner

import (
	"encoding/json"
	"slices"
	"time"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/rules"
)

// Explanation, ExplainedStep and Clause are what the engine says of one event: see
// package matchers.
type (
	Explanation   = matchers.Explanation
	ExplainedStep = matchers.ExplainedStep
	ExplainedKey  = matchers.ExplainedKey
	Clause        = matchers.Clause
	ClauseKind    = matchers.ClauseKind
	// ExplainedCommand is what a command of ES|QL made of a row.
	ExplainedCommand = matchers.ExplainedCommand
	ExplainedColumn  = matchers.ExplainedColumn
	CommandOutcome   = matchers.Outcome
)

// Verdicts of a Clause.
const (
	ClauseTrue    = matchers.True
	ClauseMissing = matchers.Missing
	ClauseNull    = matchers.Null
	ClauseUntold  = matchers.Untold
)

// Outcomes of a command of ES|QL.
const (
	CommandPassed  = matchers.Passed
	CommandDropped = matchers.Dropped
	CommandJoins   = matchers.Joins
)

// Kinds of a Clause that are no text of their own.
const (
	ClauseAnd    = matchers.AndClause
	ClauseOr     = matchers.OrClause
	ClauseNot    = matchers.NotClause
	ClauseNested = matchers.NestedClause
	ClauseScript = matchers.ScriptClause
	ClauseValue  = matchers.ValueClause
	ClauseTerm   = matchers.TermClause
)

// Why says of the events behind a finding which clauses of its rule decided.
type Why struct {
	Events []WhyEvent
	More   int // events of the evidence that are not explained
	// Row are the conditions of ES|QL that decided about what the rows of all events
	// amount to, as far as the row of the finding tells; none for other rules.
	Row []WhyClause
}

// WhyEvent is one event of a finding's evidence.
type WhyEvent struct {
	Evidence int // place in Finding.Evidence
	Step     int // as the evidence has it
	// Since is the time since the event before, where both have one.
	Since    time.Duration
	HasSince bool
	// Clauses hold; Not are those that do not and must not.
	Clauses, Not []WhyClause
	More         int    // clauses of both kinds that are left out
	Note         string // why there are none; "" when there are
}

// WhyClause is a leaf of the rule's query, with the value and the pattern that met.
// Value is "" with Missing set where the field has none.
type WhyClause struct {
	Clause, Field, Value, Pattern string
	Missing                       bool
	Note                          string
	Stage                         int // number of the command of ES|QL that asks it; 0 for other rules
}

// Bounds of what a finding carries of its explanation.
const (
	maxWhyEvents  = 32
	maxWhyClauses = 24
	maxWhyNot     = 8
)

// Explain evaluates the rule once more on the events of a finding and says why each is
// one of its events; nil for a finding that is of no run. It is for one goroutine, and
// must be called while the finding is valid.
func (f *Finding) Explain() *Why {
	if f.explain == nil {
		return nil
	}
	return f.explain(f)
}

// explainer explains findings of one run. It is for one goroutine.
type explainer struct {
	m     *matchers.Matcher
	w     *matchers.Worker // made when it is first needed
	line  []byte
	rules map[*rules.Rule]int // places in the matcher
	steps map[int][]int       // by rule: the number of the distinct step of each step
}

func newExplainer(m *matchers.Matcher) *explainer {
	x := &explainer{m: m, rules: map[*rules.Rule]int{}, steps: map[int][]int{}}
	for i, r := range m.Rules() {
		x.rules[r] = i
	}
	return x
}

func (x *explainer) finding(f *Finding) *Why {
	rule := x.rules[f.Rule]
	out := &Why{}
	n := min(len(f.Evidence), maxWhyEvents)
	if f.Rule.Type == rules.KindThreshold {
		n = 1 // its events are alike
	}
	var last time.Time
	for i := range f.Evidence[:n] {
		ev, at := x.event(rule, &f.Evidence[i])
		ev.Evidence = i
		if !last.IsZero() && !at.IsZero() {
			ev.Since, ev.HasSince = at.Sub(last), true
		}
		last = at
		out.Events = append(out.Events, ev)
	}
	out.More = len(f.Evidence) - n
	if row, ok := f.Detail["row"].(map[string]any); ok && OverWindows(f.Rule) {
		out.Row = x.rowWhy(rule, row)
	}
	return out
}

// event explains one event by the step that it stands for.
func (x *explainer) event(rule int, e *Evidence) (out WhyEvent, at time.Time) {
	out.Step = e.Step
	f, err := x.describe(e)
	if err != nil {
		out.Note = "the event could not be read again"
		return out, at
	}
	if !f.NoTime {
		at = time.Unix(0, f.Time).UTC()
	}
	r := x.m.Rules()[rule]
	if OverAlerts(r) && correlate.Correlates(r) {
		out.Note = "the rule looks at findings; this is the event behind one"
		return out, at
	}
	step := &x.w.Explain(rule).Steps[x.distinctStep(rule, e.Step)]
	switch {
	case step.Root.Verdict != matchers.True || step.Pipeline && step.Rows == 0:
		out.Note = "the event, as it was read again, does not satisfy the rule"
	case step.Pipeline:
		out.takeRow(step)
	default:
		out.take(step.Root)
	}
	return out, at
}

// describe reads an event of the evidence again. It stands in an envelope, so that
// nothing in it can be taken for one; where that nests too deep, by itself.
func (x *explainer) describe(e *Evidence) (matchers.Facts, error) {
	if x.w == nil {
		x.w = x.m.NewWorker(true)
	}
	x.line = appendHit(x.line[:0], e.Index, e.Event)
	f, _, err := x.w.Describe(x.line)
	if err != nil {
		f, _, err = x.w.Describe(e.Event)
	}
	return f, err
}

// appendHit wraps an event as a hit of an index; "" leaves the index to its own words.
func appendHit(dst []byte, index string, ev []byte) []byte {
	dst = append(dst, `{"_id":""`...)
	if index != "" {
		name, err := json.Marshal(index)
		if err != nil {
			panic("BUG: scanner.appendHit: " + err.Error())
		}
		dst = append(append(dst, `,"_index":`...), name...)
	}
	dst = append(dst, `,"_source":`...)
	return append(append(dst, ev...), '}')
}

// distinctStep turns the place of a step among all of its rule into its number among
// the distinct ones.
func (x *explainer) distinctStep(rule, step int) int {
	ids, ok := x.steps[rule]
	if !ok {
		switch p := x.m.Rules()[rule].Program; {
		case p.Sequence != nil:
			ids, _ = p.Sequence.IDs()
		case p.Sample != nil:
			ids = p.Sample.IDs()
		}
		x.steps[rule] = ids
	}
	if step < 0 || step >= len(ids) {
		return 0
	}
	return ids[step]
}

// take fills in the clauses that decided, each once.
func (e *WhyEvent) take(root *matchers.Clause) {
	for _, d := range root.Deciding() {
		held := d.Verdict == matchers.True
		c := WhyClause{Clause: d.Text, Field: d.Field, Pattern: d.Pattern, Missing: d.Verdict == matchers.Missing, Note: d.Note}
		switch {
		case held:
			c.Value = d.Value
		case !c.Missing && len(d.Values) > 0:
			c.Value = d.Values[0]
		}
		e.add(c, held)
	}
}

// add adds a clause unless it is there already.
func (e *WhyEvent) add(c WhyClause, held bool) {
	list, most := &e.Clauses, maxWhyClauses
	if !held {
		list, most = &e.Not, maxWhyNot
	}
	switch {
	case slices.Contains(*list, c):
	case len(*list) == most:
		e.More++
	default:
		*list = append(*list, c)
	}
}

// errSeen ends a walk over findings early.
type errSeen struct{}

func (errSeen) Error() string { return "seen enough" }

// FirstFindings calls yield with the earliest finding of each of the given groups, which
// are of r, and the group's place among them, in the order of findings. The finding is
// valid during the call only.
func (r *Result) FirstFindings(groups []Group, yield func(group int, f *Finding) error) error {
	if r.findings == nil {
		return nil
	}
	left := map[groupName]int{}
	for i := range groups {
		left[groups[i].name()] = i
	}
	err := r.findings(func(f *Finding) error {
		if len(left) == 0 {
			return errSeen{}
		}
		name := groupName{f.Rule, f.hostKey, f.User}
		i, ok := left[name]
		if !ok {
			return nil
		}
		delete(left, name)
		return yield(i, f)
	})
	if err == (errSeen{}) {
		return nil
	}
	return err
}

// groupName is what makes a group.
type groupName struct {
	rule          *rules.Rule
	hostKey, user string
}

func (g *Group) name() groupName { return groupName{g.Rule, g.hostKey, g.User} }
