package correlate

import (
	"context"
	"errors"
	"fmt"

	"coldcase/matchers/rows"
)

// rowPipe runs the stages of a query over the rows of one window after the other. A row
// is in env.Row while it is handed on; what needs all rows is sorted, and spills.
//
//	row -> each -> group: sorted by key -> one row a key -> sort -> limit -> out
type rowPipe struct {
	p      *rows.Program
	env    *rows.Env
	dir    string
	budget int
	stats  *Stats
	stages []rowStage
	out    func(t *track) error
	ctx    context.Context // that ends a query; nil for a rule, of which what was found is told
	steps  int             // since ctx was looked at
}

// stepsBetween is how many rows go by between two looks at the context.
const stepsBetween = 1 << 10

// step is told of each row that a stage takes; an error is that of the context.
func (q *rowPipe) step() error {
	if q.steps++; q.ctx == nil || q.steps < stepsBetween {
		return nil
	}
	q.steps = 0
	return q.ctx.Err()
}

// track is what goes with a row.
type track struct {
	// behind is the events behind it; nil when nobody asks.
	behind *backing
	// id tells rows of a window apart, and is the same for the same in other windows: the
	// keys of the group that it is, else the event that it is of.
	id []byte
}

// rowStage is one stage. row takes env.Row; end says that the window has no more.
type rowStage interface {
	row(t *track) error
	end() error
	close() error
}

// newRowPipe returns a pipe whose rows end in out.
func newRowPipe(p *rows.Program, dir string, budget int, stats *Stats, out func(t *track) error) *rowPipe {
	q := &rowPipe{p: p, env: p.NewEnv(), dir: dir, budget: budget, stats: stats, out: out}
	for i, s := range p.Stages {
		q.stages = append(q.stages, q.stage(s, i+1))
	}
	return q
}

func (q *rowPipe) stage(s rows.Stage, next int) rowStage {
	switch s := s.(type) {
	case *rows.Each:
		return &eachStage{q, s, next}
	case *rows.Limit:
		return &limitStage{q: q, limit: s.N, next: next}
	case *rows.Sort:
		return &sortStage{q: q, s: s, next: next, sorter: q.sorter()}
	case *rows.Group:
		if s.Inline {
			return newJoinStage(q, s, next)
		}
		return &groupStage{q: q, g: s, next: next, sorter: q.sorter()}
	}
	panic(fmt.Sprintf("BUG: correlate.stage: unexpected %T", s))
}

func (q *rowPipe) sorter() *Sorter { return NewSorter(q.dir, q.budget) }

// row hands env.Row to the stage with a number.
func (q *rowPipe) row(stage int, t *track) error {
	if err := q.step(); err != nil {
		return err
	}
	if stage == len(q.stages) {
		return q.out(t)
	}
	return q.stages[stage].row(t)
}

// end ends the window.
func (q *rowPipe) end() error {
	for _, s := range q.stages {
		if err := s.end(); err != nil {
			return err
		}
	}
	return nil
}

// close removes what was spilled.
func (q *rowPipe) close() error {
	var errs []error
	for _, s := range q.stages {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

// eachStage runs commands that look at one row.
type eachStage struct {
	q    *rowPipe
	s    *rows.Each
	next int
}

func (s *eachStage) row(t *track) error {
	n := len(t.id)
	dropped, err := s.s.Run(s.q.env, func() error {
		// Rows that MV_EXPAND makes of one are told apart by their values.
		own := track{t.behind, s.s.AppendExpanded(t.id[:n:n], s.q.env.Row)}
		return s.q.row(s.next, &own)
	})
	s.q.stats.Dropped += int64(dropped)
	return err
}

func (s *eachStage) end() error   { return nil }
func (s *eachStage) close() error { return nil }

// limitStage hands the first rows on.
type limitStage struct {
	q        *rowPipe
	limit, n int64
	next     int
}

func (s *limitStage) row(t *track) error {
	if s.n == s.limit {
		return nil
	}
	s.n++
	return s.q.row(s.next, t)
}

func (s *limitStage) end() error   { s.n = 0; return nil }
func (s *limitStage) close() error { return nil }

// append writes the track behind a row.
func (t *track) append(dst []byte) []byte {
	dst = appendShort(dst, string(t.id))
	if t.behind == nil {
		return dst
	}
	return t.behind.append(dst)
}

// cutTrack reads what append wrote at the end of an entry.
func cutTrack(b []byte) (*track, error) {
	id, b, err := cutShort(b)
	if err != nil {
		return nil, err
	}
	t := &track{id: append([]byte(nil), id...)}
	if len(b) > 0 {
		t.behind, _, err = cutBacking(b)
	}
	return t, err
}

// sortStage is SORT. Rows that are equal keep their order.
type sortStage struct {
	q      *rowPipe
	s      *rows.Sort
	next   int
	sorter *Sorter
	n      int64
	buf    []byte
}

func (s *sortStage) row(t *track) error {
	s.n++
	key := AppendInt(s.s.Key(nil, s.q.env), s.n)
	s.buf = t.append(s.s.AppendRow(s.buf[:0], s.q.env.Row))
	return s.sorter.Add(key, s.buf)
}

func (s *sortStage) end() error {
	err := Merge([]*Sorter{s.sorter}, func(_, payload []byte) error {
		rest, err := s.s.CutRow(s.q.env.Row, payload)
		if err != nil {
			return err
		}
		t, err := cutTrack(rest)
		if err != nil {
			return err
		}
		return s.q.row(s.next, t)
	})
	s.n = 0
	return errors.Join(err, s.sorter.Close())
}

func (s *sortStage) close() error { return s.sorter.Close() }
