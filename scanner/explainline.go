package scanner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"coldcase/matchers"
	"coldcase/matchers/event"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// LineEvent is what begins on a line of evidence: an event, or what is none.
type LineEvent struct {
	Origin event.Origin
	// Bad says why it is no event; "" for one. All below is of events only.
	Bad   string
	Facts matchers.Facts
	// Hits are by rule. Worker.Explain explains each rule on the event.
	Hits   []matchers.Hit
	Worker *matchers.Worker
}

// EventsAt calls yield for each event that begins on a line of an input, in their order,
// cut as a run cuts them; bulk actions count for the events behind them. offset, unless
// it is negative, names one of several. cfg is used for Matcher, Stdin and MaxLine. What
// yield is given is valid during the call. The error says which lines are near when none
// begins there, is of the input or of ctx, or that of yield, as it is.
func EventsAt(ctx context.Context, cfg Config, in input.Input, line, offset int64, yield func(*LineEvent) error) (err error) {
	s, err := input.Open(in, cfg.Stdin, input.Limits{Done: ctx.Done()})
	if err != nil {
		return fmt.Errorf("%s: %w", in.Name, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	budget := lines.NewBudget(0, cfg.MaxLine, 1)
	w := cfg.Matcher.NewWorker(true)
	docs, err := lines.NewDocuments(ctx, lines.NewReader(s, 0, budget), budget, w)
	if err != nil {
		return err
	}
	defer docs.Release()
	at := &atLine{docs: docs, w: w, line: line, offset: offset, yield: yield}
	return at.walk(ctx, in.Name)
}

// atLine looks for the events of one line.
type atLine struct {
	docs         *lines.Documents
	w            *matchers.Worker
	line, offset int64
	yield        func(*LineEvent) error

	found  int
	before int64 // the last line before on which something begins
}

func (a *atLine) walk(ctx context.Context, name string) error {
	for {
		l, err := a.docs.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && a.found > 0:
			return nil
		case err == io.EOF && a.before == 0:
			return a.nothing(name, "it holds none")
		case err == io.EOF:
			return a.nothing(name, fmt.Sprintf("the last begins on line %d", a.before))
		case err != nil:
			return fmt.Errorf("%s: line %d cannot be read: %w", name, a.line, err)
		case l.Number < a.line:
			a.before = l.Number
			continue
		case l.Number > a.line && a.found > 0:
			return nil
		case l.Number > a.line:
			return a.nothing(name, fmt.Sprintf("the next begins on line %d", l.Number))
		}
		if err := a.document(l); err != nil {
			return err
		}
	}
}

func (a *atLine) nothing(name, near string) error {
	what := fmt.Sprintf("line %d", a.line)
	if a.offset >= 0 {
		what += fmt.Sprintf(", offset %d", a.offset)
	}
	return fmt.Errorf("%s: no event begins at %s: %s", name, what, near)
}

// document yields a line, or what stands on it where it is no event as a whole.
func (a *atLine) document(l lines.Line) error {
	bad, err := a.element(l)
	if bad == nil || err != nil {
		return err
	}
	none := true
	for p := range a.docs.Pieces(l) {
		none = false
		if p.Lost != "" {
			err = a.give(&LineEvent{Origin: a.docs.Origin(p.Line), Bad: p.Lost})
		} else if bad, err = a.element(p.Line); bad != nil && err == nil {
			err = a.give(&LineEvent{Origin: a.docs.Origin(p.Line), Bad: bad.Kind})
		}
		if err != nil {
			return err
		}
	}
	if none {
		return a.give(&LineEvent{Origin: a.docs.Origin(l), Bad: bad.Kind})
	}
	return nil
}

// element yields one event; bad says why it is none.
func (a *atLine) element(l lines.Line) (bad *event.BadLine, err error) {
	hits, err := a.w.Match(a.docs.Bytes(l))
	if err != nil {
		if errors.As(err, &bad) {
			return bad, nil
		}
		return nil, err
	}
	f, _ := a.w.Facts()
	return nil, a.give(&LineEvent{Origin: a.docs.Origin(l), Facts: f, Hits: hits, Worker: a.w})
}

func (a *atLine) give(e *LineEvent) error {
	if a.offset >= 0 && e.Origin.Offset != a.offset {
		return nil
	}
	a.found++
	return a.yield(e)
}

// Nearest explains the rules that look at the event's index, have no hit on it, and are
// the fewest clauses short of one: at most n, those with more clauses that hold before
// others. elsewhere counts the rules that do not look at the index.
func (e *LineEvent) Nearest(n int) (near []*Explanation, elsewhere int) {
	type miss struct {
		e            *Explanation
		wrong, right int
	}
	var kept []miss
	for i := range e.Worker.Rules() {
		x := e.Worker.Explain(i)
		if !x.Index.Looks {
			elsewhere++
			continue
		}
		if x.Hit {
			continue
		}
		_, wrong, right := x.NearestStep()
		kept = append(kept, miss{x, wrong, right})
		slices.SortStableFunc(kept, func(a, b miss) int {
			return cmp.Or(cmp.Compare(a.wrong, b.wrong), cmp.Compare(b.right, a.right),
				cmp.Compare(a.e.Rule.Name, b.e.Rule.Name), cmp.Compare(a.e.Rule.ID, b.e.Rule.ID))
		})
		kept = kept[:min(n, len(kept))]
	}
	for _, m := range kept {
		near = append(near, m.e)
	}
	return near, elsewhere
}
