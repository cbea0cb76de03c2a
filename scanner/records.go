package scanner

import (
	"encoding/hex"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
)

// RecordsOf makes the records that a scan emits for the hits of one rule on the event that
// w has matched last, with the content hash that identifies it. f are its facts, which are
// not valid afterwards; o is where the records say that it stands. For passes over evidence
// that was scanned before.
func RecordsOf(w *matchers.Worker, hits []matchers.Hit, rule int32, f matchers.Facts, o event.Origin) (out []*correlate.Record) {
	r := correlate.Record{Rule: rule, Time: f.Time, NoTime: f.NoTime, Sequence: f.Sequence, Origin: o,
		HostKey: string(f.HostKey), Host: string(f.Host), User: string(f.User), Index: string(f.Index), ID: string(f.ID)}
	r.IDHash = (&worker{}).idHash(f)
	for _, h := range hits {
		if h.Rule == rule {
			out = appendRecords(out, w, h, r)
		}
	}
	if len(out) > 0 {
		content := w.Content() // last: it ends what Match found
		for _, x := range out {
			x.Content = content
		}
	}
	return out
}

// appendRecords appends the records of one hit: one, or one for each row or join key.
func appendRecords(out []*correlate.Record, w *matchers.Worker, h matchers.Hit, x correlate.Record) []*correlate.Record {
	x.Step, x.Assumed, x.Beyond, x.Indicator = h.Step, h.Assumed, h.Beyond, w.Indicator(h)
	name, severity, risk := w.Overrides(h)
	x.Name, x.Severity, x.Risk = name, severity, int64(risk)
	rows := w.Rows(h)
	if !w.Joined(h) && len(rows) == 0 {
		return append(out, &x)
	}
	if w.Joined(h) {
		t, ok := w.Time(h)
		x.Time, x.NoTime = t, !ok
	}
	if len(rows) > 0 {
		_ = emitRows(rows, &x, func(r *correlate.Record) error { // which returns none
			y := *r
			out = append(out, &y)
			return nil
		})
		return out
	}
	keys, values := w.Keys(h, func() string {
		content := w.Content()
		return hex.EncodeToString(append(x.IDHash[:], content[:]...))
	})
	x.Values = values
	for _, key := range keys {
		y := x
		y.Key = key
		out = append(out, &y)
	}
	return out
}
