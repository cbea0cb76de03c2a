package matchers

import (
	"fmt"

	"coldcase/rules"
	"coldcase/rules/query"
)

// step is one predicate of one rule that workers try: the query of an event rule, or
// one distinct step of a sequence or sample.
type step struct {
	rule int32
	id   int16 // as query.Sequence.IDs numbers steps; 0 of rules with one
	list int   // of index patterns
	x    query.Expr
	n    node
	tree bool // looks at more than named fields
	// need is set for steps without which the rule cannot fire.
	need bool
	join *join // nil when records are not joined
	// rows is set for a rule in ES|QL: x only rejects events, rows decides.
	rows *rowStep
}

// add compiles one rule.
func (m *Matcher) add(i int32, r *rules.Rule) error {
	if r.Program == nil {
		return fmt.Errorf("a rule of type %s without a query", r.Type)
	}
	r, err := m.retyped(r)
	if err != nil {
		return err
	}
	if err := m.addThreat(i, r); err != nil {
		return err
	}
	m.stepOf = append(m.stepOf, int32(len(m.steps)))
	m.overrides = append(m.overrides, newOverride(m, r))
	m.clock = append(m.clock, m.clockOf(r))
	list := m.patterns.Rule(r.Indices)
	for _, st := range stepsOf(r) {
		st.x = m.overLeaves(st.x)
		n, err := m.compiler.node(st.x)
		if err != nil {
			return err
		}
		if anyField(st.x) {
			m.anyFieldLists.Set(list)
		}
		st.rule, st.list, st.n, st.tree = i, list, n, needsTree(st.x)
		if st.join != nil {
			st.join.compile(m)
		}
		if r.ESQL != nil {
			if st.rows, err = m.rowStep(r); err != nil {
				return err
			}
		}
		m.steps = append(m.steps, st)
	}
	return nil
}

// stepsOf lists the distinct steps of a rule by number.
func stepsOf(r *rules.Rule) []step {
	p := r.Program
	switch {
	case p.Sequence != nil:
		ids, until := p.Sequence.IDs()
		all := p.Sequence.Steps
		if until >= 0 {
			all, ids = append(all[:len(all):len(all)], *p.Sequence.Until), append(ids, until)
		}
		return distinctSteps(all, ids, len(p.Sequence.Steps))
	case p.Sample != nil:
		return distinctSteps(p.Sample.Steps, p.Sample.IDs(), len(p.Sample.Steps))
	}
	return []step{{x: p.Event, need: true, join: eventJoin(r)}}
}

// distinctSteps keeps the first of equal steps. Missing steps, and those from needed
// on (until), are not needed for the rule to fire.
func distinctSteps(all []query.Step, ids []int, needed int) []step {
	var out []step
	for i, st := range all {
		if ids[i] == len(out) {
			out = append(out, step{id: int16(ids[i]), x: st.X, join: &join{keys: st.Keys}})
		}
		if i < needed && !st.Missing {
			out[ids[i]].need = true
		}
	}
	return out
}

// eventJoin says how the records of a rule with one query are joined: by the fields of
// a threshold, of new terms, or of alert suppression.
func eventJoin(r *rules.Rule) *join {
	switch {
	case r.ESQL != nil:
		return rowJoin(r)
	case r.Type == rules.KindThreshold:
		j := &join{keys: named(r.Threshold.Fields)}
		if len(r.Threshold.Cardinality) > 0 {
			j.values = r.Threshold.Cardinality[0].Field
		}
		return j
	case r.Type == rules.KindNewTerms:
		return &join{keys: named(r.NewTerms.Fields)}
	case r.Suppression != nil:
		return &join{keys: optional(r.Suppression.GroupBy), whole: true, apart: r.Suppression.DoNotSuppress}
	}
	return nil
}

func named(names []string) []query.Field {
	out := make([]query.Field, len(names))
	for i, name := range names {
		out[i].Name = name
	}
	return out
}

func optional(names []string) []query.Field {
	out := named(names)
	for i := range out {
		out[i].Optional = true
	}
	return out
}

// needsTree says whether x looks at more than named fields.
func needsTree(x query.Expr) bool {
	found := false
	query.Walk(x, func(x query.Expr) {
		if _, ok := x.(*query.Nested); ok {
			found = true
		}
		if f, ok := query.LeafField(x); ok && f.Glob {
			found = true
		}
	})
	return found
}
