package correlate

import (
	"bytes"
	"errors"

	"coldcase/matchers/rows"
)

// groupStage is STATS: rows are sorted by their keys, so that the state of one group at a
// time is in memory.
type groupStage struct {
	q      *rowPipe
	g      *rows.Group
	next   int
	sorter *Sorter
	n      int64
	buf    []byte
}

func (s *groupStage) row(t *track) error {
	s.n++
	var failed error
	s.g.Keys(s.q.env, func(key []byte) {
		if failed == nil {
			failed = s.add(key, t)
		}
	})
	return failed
}

func (s *groupStage) add(key []byte, t *track) error {
	s.buf = t.append(s.g.AppendRow(s.buf[:0], s.q.env.Row))
	return s.sorter.Add(AppendInt(AppendText(nil, string(key)), s.n), s.buf)
}

// groupTail is what follows the key of a group in the key of an entry.
const groupTail = 8

func (s *groupStage) end() error {
	w := &groupWalk{q: s.q, g: s.g, tail: groupTail, finish: s.finish}
	err := Merge([]*Sorter{s.sorter}, w.take)
	if err == nil {
		err = w.end()
	}
	if err == nil && !w.any && s.g.Total() {
		s.g.Finish(s.q.env, s.g.NewState(rows.DefaultLimits)) // of no rows: one row
		err = s.q.row(s.next, &track{})
	}
	s.n = 0
	return errors.Join(err, s.sorter.Close())
}

func (s *groupStage) finish(key []byte, state *rows.State, behind *backing) error {
	s.g.Finish(s.q.env, state)
	return s.q.row(s.next, &track{behind, groupID(key)})
}

func (s *groupStage) close() error { return s.sorter.Close() }

// groupWalk makes groups of entries that are sorted by key.
type groupWalk struct {
	q      *rowPipe
	g      *rows.Group
	tail   int // length of what follows the key of a group in that of an entry
	finish func(key []byte, state *rows.State, behind *backing) error

	any    bool
	key    []byte
	keys   rows.Row // the row whose keys are those of the group
	state  *rows.State
	behind *backing
}

func (w *groupWalk) take(key, payload []byte) error {
	group := key[:len(key)-w.tail]
	if w.state == nil || !bytes.Equal(group, w.key) {
		if err := w.end(); err != nil {
			return err
		}
		w.key = append(w.key[:0], group...)
		w.state = w.g.NewState(rows.DefaultLimits)
		w.behind = nil
	}
	rest, err := w.g.CutRow(w.q.env.Row, payload)
	if err != nil {
		return err
	}
	t, err := cutTrack(rest)
	if err != nil {
		return err
	}
	w.any = true
	w.keys = append(w.keys[:0], w.q.env.Row...)
	w.g.Add(w.q.env, w.state)
	switch {
	case t.behind == nil:
	case w.behind == nil:
		w.behind = t.behind
	default:
		w.behind.add(t.behind)
	}
	return nil
}

// end finishes the group at hand. The keys are in env.Row then.
func (w *groupWalk) end() error {
	if w.state == nil {
		return nil
	}
	copy(w.q.env.Row, w.keys)
	w.q.stats.Dropped += w.state.Dropped()
	state := w.state
	w.state = nil
	return w.finish(w.key, state, w.behind)
}

// joinStage is INLINE STATS: what is computed of a group is put into its rows, which come
// out in the order in which they came in.
//
//	rows by key -> results by key;  both by key -> rows by number
type joinStage struct {
	q              *rowPipe
	g              *rows.Group
	next           int
	grouped, whole *Sorter // rows by key, for the aggregates; and as they are
	results, out   *Sorter
	n              int64
	buf            []byte
}

func newJoinStage(q *rowPipe, g *rows.Group, next int) *joinStage {
	return &joinStage{q: q, g: g, next: next, grouped: q.sorter(), whole: q.sorter(), results: q.sorter(), out: q.sorter()}
}

// Kinds of entries of a key, in their order.
const (
	joinResult = iota
	joinRow
	joinAlone // a row with a list among its keys
)

func (s *joinStage) row(t *track) error {
	s.n++
	var failed error
	key := []byte(nil)
	s.g.Keys(s.q.env, func(k []byte) {
		key = append(key[:0], k...)
		entry := AppendInt(AppendText(nil, string(k)), s.n)
		s.buf = (&track{}).append(s.g.AppendRow(s.buf[:0], s.q.env.Row))
		failed = errors.Join(failed, s.grouped.Add(entry, s.buf))
	})
	if failed != nil {
		return failed
	}
	kind := byte(joinRow)
	if !s.g.Single(s.q.env) {
		kind, key = joinAlone, key[:0]
	}
	s.buf = t.append(s.g.AppendRow(s.buf[:0], s.q.env.Row))
	return s.whole.Add(AppendInt(append(AppendText(nil, string(key)), kind), s.n), s.buf)
}

func (s *joinStage) end() error {
	err := s.join()
	s.n = 0
	return errors.Join(err, s.close())
}

func (s *joinStage) join() error {
	w := &groupWalk{q: s.q, g: s.g, tail: groupTail, finish: func(key []byte, state *rows.State, _ *backing) error {
		s.g.Finish(s.q.env, state)
		entry := AppendInt(append(bytes.Clone(key), joinResult), 0)
		return s.results.Add(entry, s.g.AppendResults(nil, s.q.env.Row))
	}}
	if err := Merge([]*Sorter{s.grouped}, w.take); err != nil {
		return err
	}
	if err := w.end(); err != nil {
		return err
	}
	var results []byte // of the key at hand; nil for rows that join nothing
	err := Merge([]*Sorter{s.results, s.whole}, func(key, payload []byte) error {
		switch key[len(key)-groupTail-1] {
		case joinResult:
			results = append(make([]byte, 0, len(payload)+1), payload...)
			return nil
		case joinAlone:
			return s.give(key, payload, nil)
		}
		return s.give(key, payload, results)
	})
	if err != nil {
		return err
	}
	return Merge([]*Sorter{s.out}, func(_, payload []byte) error {
		rest, err := s.g.CutJoined(s.q.env.Row, payload)
		if err != nil {
			return err
		}
		t, err := cutTrack(rest)
		if err != nil {
			return err
		}
		return s.q.row(s.next, t)
	})
}

// give puts the results of a group into one of its rows.
func (s *joinStage) give(key, payload, results []byte) error {
	rest, err := s.g.CutRow(s.q.env.Row, payload)
	if err != nil {
		return err
	}
	if err := s.g.Join(s.q.env.Row, results); err != nil {
		return err
	}
	s.buf = append(s.g.AppendJoined(s.buf[:0], s.q.env.Row), rest...)
	return s.out.Add(key[len(key)-groupTail:], s.buf)
}

func (s *joinStage) close() error {
	return errors.Join(s.grouped.Close(), s.whole.Close(), s.results.Close(), s.out.Close())
}
