package scanner

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
)

// leaveFrom is from which row of a rule on a worker leaves rows out. Below it a second
// reading of the evidence would cost more than their records.
const leaveFrom = 4096

// lateRows reads events again whose rows a collector left out, because their group had not
// shown enough by then (see correlate.Collector.Leave), and emits those rows. It is rare
// that there are any: few groups show enough in the end.
type lateRows struct {
	cfg     Config
	readers []*recorder // one for each goroutine that reads
	lost    int64       // rows whose line could not be read again
	why     error       // the first reason
}

// readLate emits the rows that are needed after all into collectors of its own. An error
// is the temporary directory's.
func readLate(ctx context.Context, cfg Config, dir string, s shards, shown *correlate.Tallies) (*lateRows, error) {
	l := &lateRows{cfg: cfg}
	budget := int(cfg.MaxMemory) / reduceShare
	wanted := correlate.NewSorter(dir, budget)
	defer wanted.Close()
	for _, c := range s.collectors() {
		if err := c.LateRows(shown, wanted); err != nil {
			return nil, err
		}
	}
	var chunk []correlate.Late
	err := correlate.Merge([]*correlate.Sorter{wanted}, func(_, entry []byte) error {
		row, err := correlate.CutLate(entry)
		if err != nil {
			return err
		}
		if chunk = append(chunk, row); len(chunk) < fetchChunk {
			return nil
		}
		err = l.fetch(ctx, dir, chunk)
		chunk = chunk[:0]
		return err
	})
	if err == nil && len(chunk) > 0 {
		err = l.fetch(ctx, dir, chunk)
	}
	return l, err
}

// fetch reads the events of rows, which are in the order of the evidence.
func (l *lateRows) fetch(ctx context.Context, dir string, rows []correlate.Late) error {
	for len(l.readers) < max(1, l.cfg.Jobs) {
		l.readers = append(l.readers, &recorder{match: l.cfg.Matcher.NewWorker(false),
			out: correlate.NewCollector(dir, int(l.cfg.MaxMemory)/spillShare/l.cfg.Jobs)})
	}
	origins := make([]event.Origin, len(rows))
	for i, row := range rows {
		origins[i] = row.Origin
	}
	done := make([]bool, len(rows)) // each set by the reader of its line
	emitErrs := make([]error, len(l.readers))
	err := fetchAtOnce(context.WithoutCancel(ctx), l.cfg, len(l.readers), origins, func(reader, i int, line, _ []byte) error {
		ok, err := l.readers[reader].emitLate(rows[i], line)
		done[i] = ok
		if err != nil { // is kept: the reader goes on with other inputs
			emitErrs[reader] = err
		}
		return err
	})
	if emitErr := errors.Join(emitErrs...); emitErr != nil {
		return emitErr
	}
	for _, ok := range done {
		if ok {
			continue
		}
		if l.lost++; l.why == nil {
			l.why = cmp.Or(err, errNotAsScanned)
		}
	}
	return nil
}

// emitLate emits the row that the event on a line makes; ok is false when it makes none,
// and so is not what it was.
func (w *recorder) emitLate(row correlate.Late, line []byte) (ok bool, err error) {
	hits, err := w.match.Match(line)
	if len(line) > largeLine {
		defer w.match.Forget()
	}
	if err != nil {
		return false, nil
	}
	w.begin(row.Origin)
	defer w.end()
	for _, h := range hits {
		if h.Rule == row.Rule {
			return true, w.emitJoined(h)
		}
	}
	return false, nil
}

// collectors hold the rows.
func (l *lateRows) collectors() (out []*correlate.Collector) {
	for _, r := range l.readers {
		out = append(out, r.out)
	}
	return out
}

func (l *lateRows) notes() []string {
	if l.lost == 0 {
		return nil
	}
	return []string{fmt.Sprintf("rows of rules in ES|QL whose events could not be read a second time: %d (%v)", l.lost, l.why)}
}
