package matchers

import "time"

// RuleProfile is what one rule cost so far.
type RuleProfile struct {
	// Candidates counts the times that a tree of the rule, of which a sequence has one
	// a step, could have held for all that the index knew of the event; on the reference
	// path the index knows nothing.
	Candidates int64
	// Evaluations counts the trees that were tried: candidates, and once more those that
	// held on an event with a value that its mapping's ignore_above may keep out, on the
	// reference path all that held.
	Evaluations int64
	// Hits counts the trees that held, before indicators and exceptions.
	Hits int64
	// Nanoseconds is the time of all evaluations, each with what reading the clock
	// costs. What rules share, the first to ask for it pays.
	Nanoseconds int64
}

// Profile is what each rule of a Matcher cost, in the order of Matcher.Rules.
type Profile []RuleProfile

// Merge adds what another worker of the same Matcher counted. It is commutative and
// associative.
func (p Profile) Merge(q Profile) {
	for i, r := range q {
		p[i].Candidates += r.Candidates
		p[i].Evaluations += r.Evaluations
		p[i].Hits += r.Hits
		p[i].Nanoseconds += r.Nanoseconds
	}
}

// ProfileRules makes the worker count what each rule costs from now on.
func (w *Worker) ProfileRules() { w.profile = make(Profile, len(w.m.rules)) }

// Profile returns what was counted, nil without ProfileRules. It belongs to the worker,
// which goes on counting.
func (w *Worker) Profile() Profile { return w.profile }

// tryProfiled is try with a stopwatch.
func (w *Worker) tryProfiled(st *step, n node) bool {
	p := &w.profile[st.rule]
	start := time.Now()
	holds := w.evaluate(st, n)
	p.Nanoseconds += int64(time.Since(start))
	p.Evaluations++
	if !w.s.strict {
		p.Candidates++
		if holds {
			p.Hits++
		}
	}
	return holds
}
