package scanner

import (
	"errors"
	"slices"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/scanner/lines"
)

// worker is one goroutine of the pool with its scratch.
type worker struct {
	recorder
	p     *pool
	table *correlate.Table // of a query; nil for a scan
	err   error

	acting  bool // the event at hand stands behind a bulk action
	events  int64
	actions int64       // bulk action lines
	pieces  int64       // elements beyond the first on one line
	bad     []lines.Bad // of the batch at hand
	input   int32
	order   ordering

	ancestry *ancestry
	audit    *auditor   // nil without an audit
	part     *inputPart // of the input at hand; nil without a journal
}

// kindNoDocument is a bulk action that no document follows.
const kindNoDocument = "bulk action without a document"

// scan matches the lines of a batch. The error is the spill's.
func (w *worker) scan(b *lines.Batch) error {
	w.events, w.actions, w.pieces, w.bad = 0, 0, 0, w.bad[:0]
	w.input, w.order = b.Input, ordering{}
	defer w.count(b)
	w.baseline = int(b.Input) >= len(w.p.cfg.Inputs)
	w.match.SetBaseline(w.baseline)
	for i := 0; i < len(b.Lines); i++ {
		l := b.Lines[i]
		if l.Action {
			document, ok := w.match.Action(b.Bytes(l))
			if ok {
				w.actions++
				if document {
					w.acting = true
					if err := w.document(b, &i); err != nil {
						return err
					}
					w.acting = false
				}
				w.match.EndAction()
				continue
			}
		}
		if err := w.line(b, l); err != nil {
			return err
		}
	}
	return nil
}

// document scans the event behind the action in b.Lines[*i], which it moves on.
func (w *worker) document(b *lines.Batch, i *int) error {
	doc, ok := b.Document(*i)
	if !ok {
		w.actions-- // it is a bad line instead
		w.badLine(kindNoDocument, b.Lines[*i])
		return nil
	}
	*i++
	return w.line(b, doc)
}

// line scans a line. What is no event as a whole may hold several, or one beside what is
// none; only then is it looked into.
func (w *worker) line(b *lines.Batch, l lines.Line) error {
	bad, err := w.element(b, l)
	if bad == nil || err != nil {
		return err
	}
	n := int64(0)
	var lost []lines.Bad
	for p := range b.Pieces(l) {
		if n++; p.Lost != "" {
			lost = w.reject(lost, p.Lost, p.Line)
			continue
		}
		bad, err := w.element(b, p.Line)
		if err != nil {
			return err
		}
		if bad != nil {
			lost = w.reject(lost, bad.Kind, p.Line)
		}
	}
	w.pieces += max(n-1, 0)
	for _, x := range lost {
		w.bad = lines.AddBad(w.bad, x)
	}
	if n == 0 {
		w.badLine(bad.Kind, l)
	}
	return nil
}

// element matches one event and emits its hits; bad says why it is none.
func (w *worker) element(b *lines.Batch, l lines.Line) (bad *event.BadLine, err error) {
	size := int(l.End - l.Start)
	if size <= largeLine {
		return w.event(b, l)
	}
	weight := w.p.large.enter(size)
	bad, err = w.event(b, l)
	w.match.Forget()
	w.p.large.leave(weight)
	return bad, err
}

// event is element of a line that need not wait.
func (w *worker) event(b *lines.Batch, l lines.Line) (bad *event.BadLine, err error) {
	if w.audit != nil {
		w.audit.batch, w.audit.line = b, l
	}
	hits, err := w.match.Match(b.Bytes(l))
	if err != nil {
		if errors.As(err, &bad) {
			return bad, nil
		}
		return nil, err
	}
	w.events++
	if w.table != nil {
		return nil, w.tabulate(b, l, hits)
	}
	nanos, stamp, sane := w.match.Clock()
	w.order.note(l.Number, nanos, stamp, sane)
	if st, ok := w.match.Start(); ok && !w.baseline {
		if err := w.ancestry.take(st, b.Origin(l)); err != nil {
			return nil, err
		}
	}
	if len(hits) > 0 {
		err = w.emit(b, l, hits)
	}
	return nil, err
}

func (w *worker) badLine(kind string, l lines.Line) {
	w.bad = w.reject(w.bad, kind, l)
}

// reject adds a line or element that is no event to list.
func (w *worker) reject(list []lines.Bad, kind string, l lines.Line) []lines.Bad {
	bad := lines.Bad{Kind: kind, Count: 1, Line: l.Number, Offset: l.Offset}
	w.file(w.input, bad)
	return lines.AddBad(list, bad)
}

// file keeps the place of a bad line, where somebody asks for it.
func (w *worker) file(input int32, b lines.Bad) {
	if w.p.rejects == nil {
		return
	}
	w.p.rejects.take(input, b)
	if w.part != nil {
		w.part.reject(b)
	}
}

// emit writes a record for each hit. This is off the path of lines without hits.
func (w *worker) emit(b *lines.Batch, l lines.Line, hits []matchers.Hit) error {
	hits, err := w.leave(b.Origin(l), hits)
	if len(hits) == 0 || err != nil {
		return err
	}
	f, source := w.begin(b.Origin(l))
	defer w.end()
	for _, h := range hits {
		if w.baseline && w.p.cfg.Matcher.Rules()[h.Rule].Type != rules.KindNewTerms {
			continue
		}
		if w.match.Joined(h) {
			if err := w.emitJoined(h); err != nil {
				return err
			}
			continue
		}
		w.p.countHit(h.Rule)
		if w.whole.Event == nil {
			describe(&w.whole, f, source, b.Raw(l)) // before Content, which ends f
			w.whole.Content = w.match.Content()
		}
		if err := w.emitWhole(h); err != nil {
			return err
		}
	}
	return nil
}

// leave drops the hits of which a collector needs no more than the place of the event for
// now: see readLate. What a bulk action says of an event is not known when it is read
// again, and a hit of several rows is emitted whole.
func (w *worker) leave(at event.Origin, hits []matchers.Hit) (rest []matchers.Hit, err error) {
	if w.acting || w.baseline {
		return hits, nil
	}
	return slices.DeleteFunc(hits, func(h matchers.Hit) bool {
		made := w.match.Rows(h)
		if len(made) != 1 || !w.match.Joined(h) || err != nil {
			return false
		}
		var left bool
		left, err = w.out.Leave(h.Rule, made[0], at)
		return left
	}), err
}

// count adds what the batch held to its input and to the progress.
func (w *worker) count(b *lines.Batch) {
	in := w.p.inputs[b.Input]
	in.mu.Lock()
	defer in.mu.Unlock()
	in.order.put(b.Serial, &w.order)
	in.actions += w.actions
	in.pieces += w.pieces
	var bad int64
	for _, x := range w.bad {
		in.bad = lines.AddBad(in.bad, x)
		bad += x.Count
	}
	w.p.cfg.Progress.Events.Add(w.events)
	w.p.cfg.Progress.BadLines.Add(bad)
}
