package correlate

import (
	"context"
	"errors"

	"coldcase/matchers/rows"
)

// Table takes the rows of one worker for a query that is asked over all evidence at once.
// It is for one goroutine.
type Table struct {
	sorter *Sorter
	buf    []byte
}

// NewTable returns a table that spills to dir beyond budget bytes.
func NewTable(dir string, budget int) *Table { return &Table{sorter: NewSorter(dir, budget)} }

// tableTail is the length of what follows the key of a group: origin and number of row.
const tableTail = 3 * 8

// Add takes a copy of a row: Key and Row of the record, in the order of Origin and Step.
func (t *Table) Add(r *Record) error {
	key := AppendInt(r.AppendOrigin(AppendText(nil, r.Key)), int64(r.Step))
	t.buf = (&track{}).append(append(t.buf[:0], r.Row...))
	return t.sorter.Add(key, t.buf)
}

// Close removes what was spilled.
func (t *Table) Close() error { return t.sorter.Close() }

// Tabulate runs what of a query does not stream over the rows of all tables and yields
// the rows of its result, by [rows.Program.Columns]. now is NOW(), in milliseconds. A row
// is valid during the call; an error of yield ends the walk and is returned, and so does
// one of ctx. Others are the temporary directory's. stats counts what was left out at a
// bound.
func Tabulate(ctx context.Context, p *rows.Program, tables []*Table, dir string, budget int, now int64, stats *Stats, yield func(row []rows.Value) error) error {
	pipe := newRowPipe(p, dir, budget, stats, nil)
	pipe.ctx = ctx
	pipe.out = func(*track) error { return yield(p.Result(pipe.env.Row)) }
	pipe.env.Now = now
	var sorters []*Sorter
	for _, t := range tables {
		sorters = append(sorters, t.sorter)
	}
	err := pipe.tabulate(sorters)
	if err == nil {
		err = pipe.end()
	}
	return errors.Join(err, pipe.close())
}

// tabulate hands rows, or groups of Lead, to the stages.
func (q *rowPipe) tabulate(sorters []*Sorter) error {
	if q.p.Lead == nil {
		return Merge(sorters, func(_, payload []byte) error {
			if _, err := q.p.CutGrouped(q.env.Row, payload); err != nil {
				return err
			}
			return q.row(0, &track{})
		})
	}
	g := q.p.Lead
	w := &groupWalk{q: q, g: g, tail: tableTail, finish: func(_ []byte, state *rows.State, _ *backing) error {
		g.Finish(q.env, state)
		return q.row(0, &track{})
	}}
	err := Merge(sorters, w.take)
	if err == nil {
		err = w.end()
	}
	if err == nil && !w.any && g.Total() {
		g.Finish(q.env, g.NewState(rows.DefaultLimits))
		err = q.row(0, &track{})
	}
	return err
}
