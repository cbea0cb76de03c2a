package scanner

import (
	"crypto/sha256"
	"encoding/hex"
	"unicode/utf8"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
)

// recorder makes records of the hits of one goroutine.
type recorder struct {
	match *matchers.Worker
	out   *correlate.Collector
	// baseline says that the event is of an older archive.
	baseline bool
	names    map[string]string
	scratch  []byte
	// whole and joined are the records of the event at hand, of rules that look at it alone
	// and of rules that join it with others: a collector keeps no record that it is given.
	whole, joined correlate.Record
}

// begin prepares the records of the event of the last Match.
func (w *recorder) begin(at event.Origin) (f matchers.Facts, source []byte) {
	f, source = w.match.Facts()
	w.whole = correlate.Record{Time: f.Time, NoTime: f.NoTime, Sequence: f.Sequence, Origin: at,
		HostKey: w.name(f.HostKey), Host: w.name(f.Host), User: w.name(f.User), Index: w.name(f.Index), ID: string(f.ID)}
	w.whole.IDHash = w.idHash(f)
	w.joined = w.whole
	return f, source
}

// end forgets the event: its records point into the line.
func (w *recorder) end() { w.whole, w.joined = correlate.Record{}, correlate.Record{} }

// emitWhole writes the record of a hit that is a finding by itself.
func (w *recorder) emitWhole(h matchers.Hit) error {
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
func (w *recorder) emitJoined(h matchers.Hit) error {
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
func (w *recorder) idHash(f matchers.Facts) (out [16]byte) {
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

func (w *recorder) name(b []byte) string {
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
