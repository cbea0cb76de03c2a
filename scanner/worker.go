package scanner

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"unicode/utf8"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/scanner/lines"
)

// worker is one goroutine of the pool with its scratch.
type worker struct {
	p     *pool
	match *matchers.Worker
	out   *correlate.Collector
	table *correlate.Table // of a query; nil for a scan
	err   error

	// baseline says that the batch is of an older archive.
	baseline bool
	events   int64
	actions  int64       // bulk action lines
	pieces   int64       // elements beyond the first on one line
	bad      []lines.Bad // of the batch at hand
	input    int32
	order    ordering

	ancestry *ancestry
	audit    *auditor   // nil without an audit
	part     *inputPart // of the input at hand; nil without a journal
	names    map[string]string
	scratch  []byte
	// whole and joined are the records of the event at hand, of rules that look at it alone
	// and of rules that join it with others: a collector keeps no record that it is given.
	whole, joined correlate.Record
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
					if err := w.document(b, &i); err != nil {
						return err
					}
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
	f, source := w.match.Facts()
	w.whole = correlate.Record{Time: f.Time, NoTime: f.NoTime, Sequence: f.Sequence, Origin: b.Origin(l),
		HostKey: w.name(f.HostKey), Host: w.name(f.Host), User: w.name(f.User), Index: w.name(f.Index), ID: string(f.ID)}
	w.whole.IDHash = w.idHash(f)
	w.joined = w.whole
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
	w.whole, w.joined = correlate.Record{}, correlate.Record{} // they point into the line
	return nil
}

// emitWhole writes the record of a hit that is a finding by itself.
func (w *worker) emitWhole(h matchers.Hit) error {
	r := &w.whole
	r.Rule, r.Assumed, r.Beyond = h.Rule, h.Assumed, h.Beyond
	name, severity, risk := w.match.Overrides(h)
	r.Name, r.Severity, r.Risk = name, severity, int64(risk)
	r.Indicator = w.match.Indicator(h)
	if rows := w.match.Rows(h); len(rows) > 0 {
		return emitRows(rows, r, w.out.Emit)
	}
	return w.out.Emit(r)
}

// describe adds what reports show of an event.
func describe(r *correlate.Record, f matchers.Facts, source, raw []byte) {
	r.Process, r.Command, r.Message = shorten(f.Process), shorten(f.Command), shorten(f.Message)
	r.LineHash, r.Event = sha256.Sum256(raw), source
}

// maxShown bounds the texts that a record repeats of its event, in bytes: cells of
// tables and CSV. The event itself is whole.
const maxShown = 32 << 10

// shorten cuts a text at a whole character.
func shorten(b []byte) string {
	if len(b) <= maxShown {
		return string(b)
	}
	n := maxShown
	for n > maxShown-utf8.UTFMax && !utf8.RuneStart(b[n]) {
		n--
	}
	return string(b[:n]) + "…"
}

// emitJoined writes a record for each join key of a hit. It carries no event, and only
// a fingerprint of its content: of the many that are joined few end up in a finding,
// and those are read again.
func (w *worker) emitJoined(h matchers.Hit) error {
	r := &w.joined
	if r.Content == [16]byte{} {
		r.Content = w.match.Fingerprint()
	}
	r.Rule, r.Step, r.Assumed, r.Beyond = h.Rule, h.Step, h.Assumed, h.Beyond
	r.Baseline, r.Indicator = w.baseline, w.match.Indicator(h)
	t, ok := w.match.Time(h)
	r.Time, r.NoTime = t, !ok
	r.Values = nil
	if rows := w.match.Rows(h); len(rows) > 0 {
		return emitRows(rows, r, w.out.Emit)
	}
	keys, values := w.match.Keys(h, func() string {
		content := w.match.Content()
		return hex.EncodeToString(append(r.IDHash[:], content[:]...))
	})
	r.Values = values
	for _, key := range keys {
		r.Key = key
		if err := w.out.Emit(r); err != nil {
			return err
		}
	}
	return nil
}

// idHash hashes an event's id within its scope; an event without id has zeros.
func (w *worker) idHash(f matchers.Facts) (out [16]byte) {
	if len(f.ID) == 0 {
		return out
	}
	w.scratch = append(append(append(w.scratch[:0], f.IDScope...), 0), f.ID...)
	sum := sha256.Sum256(w.scratch)
	copy(out[:], sum[:])
	return out
}

// maxNames bounds the names of hosts, users and indices of which a worker keeps one
// copy, so that naming them in every record costs nothing. Evidence may hold any number.
const maxNames = 4096

func (w *worker) name(b []byte) string {
	if s, ok := w.names[string(b)]; ok || len(b) == 0 {
		return s
	}
	s := string(b)
	if len(s) > maxName {
		return s
	}
	if len(w.names) >= maxNames || w.names == nil {
		w.names = map[string]string{}
	}
	w.names[s] = s
	return s
}

// maxName is the longest name worth keeping, in bytes.
const maxName = 256

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
