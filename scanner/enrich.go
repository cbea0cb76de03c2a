package scanner

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
)

// fetchChunk is how many lines are fetched in one ordered read of the inputs.
const fetchChunk = 100_000

// enricher completes findings whose records carry no event, by reading the lines again:
//
//	finding -> (its number, 0); each record's origin -> wanted, by input and line
//	wanted -> known, else Fetch -> (number of the finding, place of the record)
//	merged by number -> finding with its events -> file
//
// All are sorters that spill, so that memory is bounded.
type enricher struct {
	cfg    Config
	file   func(*correlate.Finding) error
	known  *correlate.Sorter // events that need not be read, by knownKey; may be nil
	wanted *correlate.Sorter
	parts  *correlate.Sorter
	n      int64
	// workers describe what is read again, one for each reader; mu guards what they share.
	workers []*matchers.Worker
	bufs    []scratch // of the readers
	mu      sync.Mutex
	buf     scratch

	failed int64 // records whose line could not be read again
	why    error // the first reason
}

func newEnricher(cfg Config, dir string, budget int, known *correlate.Sorter, file func(*correlate.Finding) error) *enricher {
	return &enricher{cfg: cfg, file: file, known: known, wanted: correlate.NewSorter(dir, budget/4), parts: correlate.NewSorter(dir, budget/2)}
}

func (e *enricher) close() {
	_ = e.wanted.Close() // the run's directory is removed as a whole
	_ = e.parts.Close()
}

// take files a finding that has its events and keeps the others for run.
func (e *enricher) take(f *correlate.Finding) error {
	if len(f.Records[0].Event) > 0 {
		return e.file(f)
	}
	e.n++
	for i, r := range f.Records {
		if err := e.wanted.Add(wantedKey(r, e.n, int64(i)), e.buf.keep(r.Append(partKey(e.buf, e.n, i+1)))); err != nil {
			return err
		}
	}
	return e.parts.Add(partKey(nil, e.n, 0), e.buf.keep(f.Append(e.buf)))
}

// wantedKey orders what is wanted by its place in the evidence. Findings are numbered
// from 1, so that a known event comes in front of all who want it.
func wantedKey(r *correlate.Record, n, part int64) []byte {
	return correlate.AppendInt(correlate.AppendInt(r.AppendOrigin(nil), n), part)
}

func knownKey(r *correlate.Record) []byte { return wantedKey(r, 0, 0) }

const originKeySize = 16

// partKey orders a finding before its records.
func partKey(dst []byte, n int64, part int) []byte {
	return correlate.AppendInt(correlate.AppendInt(dst, n), int64(part))
}

const partKeySize = 16

// run fetches what is wanted and files the completed findings.
func (e *enricher) run(ctx context.Context) error {
	if e.n == 0 {
		return nil
	}
	for range max(1, e.cfg.Jobs) {
		e.workers = append(e.workers, e.cfg.Matcher.NewWorker(true))
	}
	e.bufs = make([]scratch, len(e.workers))
	chunk, here := &fetchedChunk{}, &knownEvent{}
	sorters := []*correlate.Sorter{e.wanted}
	if e.known != nil {
		sorters = append(sorters, e.known)
	}
	err := correlate.Merge(sorters, func(key, payload []byte) error {
		if bytes.Equal(key[originKeySize:originKeySize+8], numberZero) {
			return here.set(key, payload)
		}
		if bytes.HasPrefix(key, here.origin) && here.origin != nil {
			return e.complete(payload, &here.record)
		}
		if err := chunk.add(payload); err != nil {
			return err
		}
		if len(chunk.records) < fetchChunk {
			return nil
		}
		return e.fetch(ctx, chunk)
	})
	if err != nil {
		return err
	}
	if err := e.fetch(ctx, chunk); err != nil {
		return err
	}
	return e.merge()
}

// numberZero is the number of a finding in the key of a known event.
var numberZero = correlate.AppendInt(nil, 0)

// knownEvent is the last of the known events.
type knownEvent struct {
	origin []byte // as in keys; nil before the first
	record correlate.Record
}

func (k *knownEvent) set(key, payload []byte) error {
	k.origin = append(k.origin[:0], key[:originKeySize]...)
	_, err := k.record.Decode(bytes.Clone(payload))
	return err
}

// complete files a record that is wanted with what is known of its event.
func (e *enricher) complete(payload []byte, known *correlate.Record) error {
	r := &correlate.Record{}
	if _, err := r.Decode(payload[partKeySize:]); err != nil {
		return err
	}
	r.Content, r.LineHash, r.Event = known.Content, known.LineHash, known.Event
	r.Process, r.Command, r.Message = known.Process, known.Command, known.Message
	return e.parts.Add(payload[:partKeySize], e.buf.keep(r.Append(e.buf)))
}

// fetchedChunk is a run of records whose lines are wanted, by input and line.
type fetchedChunk struct {
	keys    [][]byte
	records []*correlate.Record
	origins []event.Origin
}

func (c *fetchedChunk) add(payload []byte) error {
	r := &correlate.Record{}
	if _, err := r.Decode(payload[partKeySize:]); err != nil {
		return err
	}
	c.keys = append(c.keys, bytes.Clone(payload[:partKeySize]))
	c.records = append(c.records, r)
	c.origins = append(c.origins, r.Origin)
	return nil
}

// fetch reads the lines of a chunk. An input that cannot be read again costs the
// findings their events, not their places: it is said in the notes.
func (e *enricher) fetch(ctx context.Context, c *fetchedChunk) error {
	done := make([]bool, len(c.records)) // each set by the reader of its line
	var addErr error
	err := fetchAtOnce(context.WithoutCancel(ctx), e.cfg, len(e.workers), c.origins, func(reader, i int, line, raw []byte) error {
		r := c.records[i]
		done[i] = true
		e.describe(e.workers[reader], r, line, raw)
		part := e.bufs[reader].keep(r.Append(e.bufs[reader]))
		e.mu.Lock()
		defer e.mu.Unlock()
		if err := e.parts.Add(c.keys[i], part); err != nil {
			addErr = err
			return err
		}
		return nil
	})
	if addErr != nil {
		return addErr
	}
	for i, ok := range done {
		if ok {
			continue
		}
		e.failed++
		c.records[i].Content = [16]byte{} // a fingerprint means nothing in another run
		if e.why == nil {
			e.why = err
		}
		if err := e.parts.Add(c.keys[i], e.buf.keep(c.records[i].Append(e.buf))); err != nil {
			return err
		}
	}
	*c = fetchedChunk{}
	return nil
}

// describe adds what reports show of the event on a line.
func (e *enricher) describe(w *matchers.Worker, r *correlate.Record, line, raw []byte) {
	f, source, err := w.Describe(line)
	if err != nil {
		source = line // the input has changed: the line is shown as it is now
	}
	r.Content = w.Content()
	describe(r, f, bytes.Clone(source), raw)
}

// merge files each finding with its records, which follow it by key.
func (e *enricher) merge() error {
	var cur *correlate.Finding
	next := 0
	flush := func() error {
		if cur == nil {
			return nil
		}
		return e.file(cur)
	}
	err := correlate.Merge([]*correlate.Sorter{e.parts}, func(key, payload []byte) error {
		payload = bytes.Clone(payload)
		if bytes.Equal(key[partKeySize/2:], correlate.AppendInt(nil, 0)) {
			if err := flush(); err != nil {
				return err
			}
			cur, next = &correlate.Finding{}, 0
			return cur.Decode(payload)
		}
		_, err := cur.Records[next].Decode(payload)
		next++
		return err
	})
	if err != nil {
		return err
	}
	return flush()
}

func (e *enricher) notes() []string {
	if e.failed == 0 {
		return nil
	}
	return []string{fmt.Sprintf("events behind findings that could not be read a second time: %d (%v)", e.failed, e.why)}
}
