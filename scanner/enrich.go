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
//	wanted -> Fetch -> (number of the finding, place of the record)
//	merged by number -> finding with its events -> file
//
// All three are sorters that spill, so that memory is bounded.
type enricher struct {
	cfg    Config
	file   func(*correlate.Finding) error
	wanted *correlate.Sorter
	parts  *correlate.Sorter
	n      int64
	// workers describe what is read again, one for each reader; mu guards what they share.
	workers []*matchers.Worker
	mu      sync.Mutex

	failed int64 // records whose line could not be read again
	why    error // the first reason
}

func newEnricher(cfg Config, dir string, budget int, file func(*correlate.Finding) error) *enricher {
	return &enricher{cfg: cfg, file: file, wanted: correlate.NewSorter(dir, budget), parts: correlate.NewSorter(dir, budget)}
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
		key := correlate.AppendInt(r.AppendOrigin(nil), e.n)
		if err := e.wanted.Add(correlate.AppendInt(key, int64(i)), r.Append(partKey(nil, e.n, i+1))); err != nil {
			return err
		}
	}
	return e.parts.Add(partKey(nil, e.n, 0), f.Append(nil))
}

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
	chunk := &fetchedChunk{}
	err := correlate.Merge([]*correlate.Sorter{e.wanted}, func(_, payload []byte) error {
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
		part := r.Append(nil)
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
		if err := e.parts.Add(c.keys[i], c.records[i].Append(nil)); err != nil {
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
