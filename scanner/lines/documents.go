package lines

import (
	"context"
	"iter"

	"coldcase/matchers/event"
)

// actionReader is told of the bulk action before a document.
type actionReader interface {
	// Action reads a line that may be one: document says that one follows it, ok that it
	// is an action.
	Action(line []byte) (document, ok bool)
	EndAction()
}

// Documents yields the events of one input one by one, as a run sees them: the lines
// that are no bulk actions. It is for passes over evidence that was scanned before and
// for one goroutine.
type Documents struct {
	r *Reader
	b *Batch
	w actionReader
	i int
	// action is the line of the bulk action that the document at hand belongs to.
	action    Line
	hasAction bool
}

// NewDocuments takes a batch from budget, which Release gives back. w is told of the
// bulk action before each document, and of its end. The error is one of ctx.
func NewDocuments(ctx context.Context, r *Reader, budget *Budget, w actionReader) (*Documents, error) {
	b, err := budget.Get(ctx)
	if err != nil {
		return nil, err
	}
	return &Documents{r: r, b: b, w: w}, nil
}

// Release gives the batch back.
func (d *Documents) Release() {
	d.end()
	d.b.Release()
}

// end ends the action of the document before.
func (d *Documents) end() {
	if d.hasAction {
		d.w.EndAction()
		d.hasAction = false
	}
}

// Next returns the next document, which is valid until the call after; the error is
// what Reader.Next returns.
func (d *Documents) Next(ctx context.Context) (Line, error) {
	d.end()
	for {
		if d.i >= len(d.b.Lines) {
			if err := d.r.Next(ctx, d.b); err != nil {
				return Line{}, err
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

// Action returns the line of the bulk action before the document at hand, which may
// have none.
func (d *Documents) Action() (Line, bool) { return d.action, d.hasAction }

// Bytes is as Batch.Bytes.
func (d *Documents) Bytes(l Line) []byte { return d.b.Bytes(l) }

// Raw is as Batch.Raw.
func (d *Documents) Raw(l Line) []byte { return d.b.Raw(l) }

// Origin is as Batch.Origin.
func (d *Documents) Origin(l Line) event.Origin { return d.b.Origin(l) }

// Pieces is as Batch.Pieces.
func (d *Documents) Pieces(l Line) iter.Seq[Piece] { return d.b.Pieces(l) }
