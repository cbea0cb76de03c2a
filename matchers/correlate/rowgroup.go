package correlate

import (
	"bytes"
	"errors"
	"math"

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
	n, left := 0, rows.MaxSpread
	s.g.Keys(s.q.env, func(key []byte) {
		if failed != nil {
			return
		}
		if failed = s.q.step(); failed != nil {
			return
		}
		s.buf = t.append(s.g.AppendRow(s.buf[:0], s.q.env.Row))
		if left -= len(s.buf); left < 0 && n > 0 {
			s.q.stats.Dropped++
			return
		}
		n++
		failed = s.sorter.Add(AppendInt(AppendText(nil, string(key)), s.n), s.buf)
	})
	return failed
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
	if err := w.q.step(); err != nil {
		return err
	}
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

// joinStage is INLINE STATS: what is computed of its groups is put into each row, and rows
// come out in the order in which they came in. A row with lists among its keys has a group
// for each combination of their values.
//
//	rows by key -> results by key;  members by key -> results by number of the row
type joinStage struct {
	q                *rowPipe
	g                *rows.Group
	next             int
	grouped, members *Sorter // rows by key, for the aggregates; and which row has which key
	results, out     *Sorter
	n                int64
	buf              []byte
	joined           []byte // results of the row at hand
}

func newJoinStage(q *rowPipe, g *rows.Group, next int) *joinStage {
	return &joinStage{q: q, g: g, next: next, grouped: q.sorter(), members: q.sorter(), results: q.sorter(), out: q.sorter()}
}

// Kinds of entries of a key, in their order.
const (
	joinResult = iota
	joinMember
)

// lastPart comes behind the groups of a row: the row itself.
const lastPart = math.MaxInt64

func (s *joinStage) row(t *track) error {
	s.n++
	var failed error
	part, left := int64(0), rows.MaxSpread
	s.g.Keys(s.q.env, func(k []byte) {
		if failed != nil {
			return
		}
		if failed = s.q.step(); failed != nil {
			return
		}
		key := AppendText(nil, string(k))
		s.buf = (&track{}).append(s.g.AppendRow(s.buf[:0], s.q.env.Row))
		if left -= len(s.buf); left < 0 && part > 0 {
			s.q.stats.Dropped++
			return
		}
		failed = errors.Join(s.grouped.Add(AppendInt(key[:len(key):len(key)], s.n), s.buf),
			s.members.Add(AppendInt(AppendInt(append(key, joinMember), s.n), part), nil))
		part++
	})
	if failed != nil {
		return failed
	}
	s.g.PutKeys(s.q.env)
	s.buf = t.append(s.g.AppendWhole(s.buf[:0], s.q.env.Row))
	return s.out.Add(AppendInt(AppendInt(nil, s.n), lastPart), s.buf)
}

func (s *joinStage) end() error {
	err := s.compute()
	if err == nil {
		err = s.spread()
	}
	if err == nil {
		err = Merge([]*Sorter{s.out}, s.give)
	}
	s.n = 0
	return errors.Join(err, s.close())
}

// compute files the results of each group.
func (s *joinStage) compute() error {
	w := &groupWalk{q: s.q, g: s.g, tail: groupTail, finish: func(key []byte, state *rows.State, _ *backing) error {
		s.g.Finish(s.q.env, state)
		entry := AppendInt(AppendInt(append(bytes.Clone(key), joinResult), 0), 0)
		return s.results.Add(entry, s.g.AppendResults(nil, s.q.env.Row))
	}}
	if err := Merge([]*Sorter{s.grouped}, w.take); err != nil {
		return err
	}
	return w.end()
}

// spread files the results of each group for each of its rows.
func (s *joinStage) spread() error {
	var results []byte
	return Merge([]*Sorter{s.results, s.members}, func(key, payload []byte) error {
		if err := s.q.step(); err != nil {
			return err
		}
		place := key[len(key)-2*groupTail:]
		if key[len(key)-2*groupTail-1] == joinResult {
			results = append(results[:0], payload...)
			return nil
		}
		return s.out.Add(place, results)
	})
}

// give hands a row on, behind the results of its groups.
func (s *joinStage) give(key, payload []byte) error {
	if !bytes.Equal(key[groupTail:], AppendInt(nil, lastPart)) {
		joined, ok := rows.AppendJoined(s.joined, payload)
		if s.joined = joined; !ok {
			s.q.stats.Dropped++
		}
		return nil
	}
	rest, err := s.g.CutWhole(s.q.env.Row, payload)
	if err != nil {
		return err
	}
	dropped, err := s.g.Join(s.q.env.Row, s.joined)
	if err != nil {
		return err
	}
	s.q.stats.Dropped += dropped
	s.joined = s.joined[:0]
	t, err := cutTrack(rest)
	if err != nil {
		return err
	}
	return s.q.row(s.next, t)
}

func (s *joinStage) close() error {
	return errors.Join(s.grouped.Close(), s.members.Close(), s.results.Close(), s.out.Close())
}
