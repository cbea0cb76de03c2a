package diff

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"coldcase/matchers/correlate"
	"coldcase/scanner/claim"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// maxProblems bounds the problems of one side that are named.
const maxProblems = 20

// readSide reads a file in any form and compression that evidence may have, and files
// its items by number.
func (d *differ) readSide(side *Side, in input.Input, number int, items *correlate.Sorter) error {
	s, err := input.Open(in, d.cfg.Stdin, input.Limits{Done: d.ctx.Done()})
	if err != nil {
		return fmt.Errorf("%s: %w", in.Name, input.WithoutPath(err))
	}
	r := &sideReader{d: d, side: side, number: number, items: items}
	return errors.Join(r.read(s), s.Close())
}

// sideReader reads one side.
type sideReader struct {
	d      *differ
	side   *Side
	number int
	items  *correlate.Sorter
	n      int64
	known  bool // whether it holds findings or alerts
}

func (r *sideReader) read(s *input.Stream) error {
	budget := lines.NewBudget(0, claim.MaxLine, 1)
	b, err := budget.Get(r.d.ctx)
	if err != nil {
		return err
	}
	defer b.Release()
	framed := lines.NewReader(s, 0, budget)
	for {
		if err := framed.Next(r.d.ctx, b); err != nil {
			return r.end(framed, err)
		}
		for _, l := range b.Lines {
			if l.Action {
				continue // of a _bulk file; its document is the next line
			}
			if err := r.take(l, b.Bytes(l)); err != nil {
				return err
			}
		}
	}
}

// end looks at what ended the file, and at the lines that were none.
func (r *sideReader) end(framed *lines.Reader, err error) error {
	if r.d.ctx.Err() != nil {
		return r.d.ctx.Err()
	}
	if err != io.EOF {
		r.problem("%v", err)
	}
	for _, bad := range framed.Stats().Bad {
		r.side.BadLines += bad.Count
		r.problem("line %d: %s (%d lines)", bad.Line, bad.Kind, bad.Count)
	}
	return nil
}

func (r *sideReader) problem(format string, args ...any) {
	if len(r.side.Problems) < maxProblems {
		r.side.Problems = append(r.side.Problems, fmt.Sprintf(format, args...))
	}
}

// take reads one line. The first one that is a finding or an alert says what the file
// holds.
func (r *sideReader) take(l lines.Line, text []byte) error {
	x, err := readItem(text)
	alert := err == nil && x.Alert != nil
	switch {
	case err == nil && !r.known:
		r.known, r.side.Alerts = true, alert
	case err == nil && alert != r.side.Alerts:
		err = errors.New("findings and alerts in one file")
	}
	if err != nil {
		r.side.BadLines++
		r.problem("line %d: %v", l.Number, err)
		return nil
	}
	if alert && x.Alert.Member {
		r.side.Members++
		return nil
	}
	r.n++
	x.Side, x.N = r.number, r.n
	r.side.Items++
	if x.Candidate {
		r.side.Candidates++
	}
	return x.addTo(r.items, correlate.AppendInt(nil, x.number()))
}

// readItem reads a finding or an alert.
func readItem(text []byte) (*item, error) {
	if bytes.Contains(text[:min(len(text), 256)], []byte(claim.Schema)) {
		return findingItem(text)
	}
	return alertItem(text)
}
