package eql

import "coldcase/rules/query"

// statement lowers a whole query: runs unrolled, the keys of "by" in front of each
// term's own.
func (l *lowerer) statement(s *statement) (*query.Program, error) {
	out := &query.Program{}
	for _, p := range s.pipes {
		out.Pipes = append(out.Pipes, query.Pipe{Tail: p.tail, N: p.n})
	}
	if s.form == eventForm {
		x, err := l.event(s.event)
		if err != nil {
			return nil, err
		}
		out.Event = x
		return out, nil
	}
	steps, err := l.steps(s)
	if err != nil {
		return nil, err
	}
	if s.form == sampleForm {
		out.Sample = &query.Sample{Steps: steps}
		return out, nil
	}
	out.Sequence = &query.Sequence{Steps: steps, MaxSpan: s.maxspan}
	if s.until != nil {
		u, err := l.step(s, *s.until)
		if err != nil {
			return nil, err
		}
		out.Sequence.Until = &u
	}
	return out, nil
}

func (l *lowerer) steps(s *statement) ([]query.Step, error) {
	var steps []query.Step
	for _, t := range s.terms {
		step, err := l.step(s, t)
		if err != nil {
			return nil, err
		}
		for range max(t.runs, 1) {
			steps = append(steps, step)
		}
	}
	return steps, nil
}

func (l *lowerer) step(s *statement, t term) (query.Step, error) {
	x, err := l.event(t.event)
	if err != nil {
		return query.Step{}, err
	}
	step := query.Step{X: x, Missing: t.missing}
	for _, by := range [][]*field{s.by, t.by} {
		for _, f := range by {
			step.Keys = append(step.Keys, toField(f))
		}
	}
	return step, nil
}
