package scanner

import (
	"context"

	"coldcase/matchers"
	"coldcase/scanner/lines"
)

// documents yields the events of one input one by one, as a run sees them: the lines
// that are no bulk actions. It is for passes over evidence that was scanned before and
// for one goroutine.
type documents struct {
	r *lines.Reader
	b *lines.Batch
	w *matchers.Worker // is told of the bulk action before each document
	i int
	// action is the line of the bulk action that the document at hand belongs to.
	action    lines.Line
	hasAction bool
}

// newDocuments takes a batch from budget, which release gives back.
func newDocuments(ctx context.Context, r *lines.Reader, budget *lines.Budget, w *matchers.Worker) (*documents, error) {
	b, err := budget.Get(ctx)
	if err != nil {
		return nil, err
	}
	return &documents{r: r, b: b, w: w}, nil
}

func (d *documents) release() {
	d.end()
	d.b.Release()
}

// end ends the action of the document before.
func (d *documents) end() {
	if d.hasAction {
		d.w.EndAction()
		d.hasAction = false
	}
}

// next returns the next document, which is valid until the call after; the error is
// what lines.Reader.Next returns.
func (d *documents) next(ctx context.Context) (lines.Line, error) {
	d.end()
	for {
		if d.i >= len(d.b.Lines) {
			if err := d.r.Next(ctx, d.b); err != nil {
				return lines.Line{}, err
			}
			d.i = 0
		}
		l := d.b.Lines[d.i]
		d.i++
		if !l.Action {
			return l, nil
		}
		document, ok := d.w.Action(d.b.Bytes(l))
		if !ok {
			return l, nil
		}
		d.action, d.hasAction = l, true
		if doc, follows := d.b.Document(d.i - 1); document && follows {
			d.i++
			return doc, nil
		}
		d.end()
	}
}

// bytes returns the event of a line of the batch at hand.
func (d *documents) bytes(l lines.Line) []byte { return d.b.Bytes(l) }

// raw returns a line of the batch at hand as it stands in the input.
func (d *documents) raw(l lines.Line) []byte { return d.b.Raw(l) }
