package rows

import (
	"errors"
	"slices"
	"strings"
)

// Waiting is a row in front of what does not stream: what [Program.AppendRow] wrote of it,
// and the key that Lead groups it by.
type Waiting struct{ Key, Row string }

// errManyRows says that there are more rows than are followed.
var errManyRows = errors.New("more rows than are followed")

// Replay runs what does not stream over a few rows as if there were no others, in one
// window whose end is e.Now, and follows one to the result: the first that is wanted, else
// the first of all, else the first of those that got furthest. result is nil when none gets
// there. All rows are held in memory, at most maxRows; the errors are that there are
// more, and that of a row that is damaged.
//
// It makes what correlate's pipes make of the same rows (its tests hold one against the
// other), but for a STATS without keys over no rows, behind which no event stands.
func (t *Tracer) Replay(e *Env, in []Waiting, wanted func([]Value) bool) (way []Traced, result []Value, err error) {
	r := &replay{t: t, e: e}
	if err := r.begin(in); err != nil || len(in) == 0 {
		return nil, nil, err
	}
	for i, s := range t.p.Stages {
		if err := r.stage(s); err != nil {
			return nil, nil, err
		}
		if len(r.last().rows) == 0 {
			return r.way(len(r.tables)-1, r.dropped(i), t.p.Stages[i]), nil, nil
		}
	}
	rows := r.last().rows
	at := max(0, slices.IndexFunc(rows, func(x followed) bool { return wanted(t.p.Result(x.row)) }))
	return r.way(len(r.tables), at, nil), t.p.Result(rows[at].row), nil
}

// replay is one Replay under way.
type replay struct {
	t      *Tracer
	e      *Env
	tables []table // in front of the stages, and behind each
	n      int     // rows in all of them
}

// table is the rows at one point of the query, with the stage that made them; nil for the
// rows that wait.
type table struct {
	by   Stage
	rows []followed
}

// followed is a row, the row of the table before that it was made of, and how.
type followed struct {
	row     Row
	parent  int
	picks   []int // of MV_EXPAND
	grouped int   // rows of its group
}

func (r *replay) last() *table { return &r.tables[len(r.tables)-1] }

// add files e.Row behind the stage at hand.
func (r *replay) add(x followed) error {
	if r.n++; r.n > maxRows {
		return errManyRows
	}
	x.row = slices.Clone(r.e.Row)
	r.last().rows = append(r.last().rows, x)
	return nil
}

// begin reads the rows, and groups them where Lead does.
func (r *replay) begin(in []Waiting) error {
	p := r.t.p
	r.tables = append(r.tables, table{})
	for _, w := range in {
		if _, err := p.CutRow(r.e.Row, []byte(w.Row)); err != nil {
			return err
		}
		if err := r.add(followed{}); err != nil {
			return err
		}
	}
	if p.Lead == nil {
		return nil
	}
	g := newReplayGroups(r, p.Lead)
	r.tables = append(r.tables, table{by: p.Lead})
	for i, w := range in {
		copy(r.e.Row, r.tables[0].rows[i].row)
		if err := g.add(w.Key, i); err != nil {
			return err
		}
	}
	return g.finish()
}

// stage runs one stage over the last table.
func (r *replay) stage(s Stage) error {
	before := r.last().rows
	r.tables = append(r.tables, table{by: s})
	switch s := s.(type) {
	case *Each:
		return r.each(s, before)
	case *Sort:
		return r.sort(s, before)
	case *Limit:
		return r.pass(before[:min(int64(len(before)), s.N)], func(i int) int { return i })
	case *Group:
		return r.group(s, before)
	}
	panic("BUG: rows.replay: an unexpected stage")
}

func (r *replay) each(s *Each, before []followed) (err error) {
	for i := range before {
		copy(r.e.Row, before[i].row)
		f := &follower{each: s, e: r.e, read: func([]load) {}, furthest: -1, arrive: func(picks []int) bool {
			err = r.add(followed{parent: i, picks: slices.Clone(picks)})
			return err != nil
		}}
		if f.walk(); err != nil {
			return err
		}
	}
	return nil
}

// pass hands rows on as they are.
func (r *replay) pass(rows []followed, parent func(i int) int) error {
	for i := range rows {
		copy(r.e.Row, rows[i].row)
		if err := r.add(followed{parent: parent(i)}); err != nil {
			return err
		}
	}
	return nil
}

func (r *replay) sort(s *Sort, before []followed) error {
	keys, order := make([]string, len(before)), make([]int, len(before))
	for i := range before {
		copy(r.e.Row, before[i].row)
		keys[i], order[i] = string(s.Key(nil, r.e)), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(keys[a], keys[b]) })
	rows := make([]followed, len(before))
	for i, k := range order {
		rows[i] = before[k]
	}
	return r.pass(rows, func(i int) int { return order[i] })
}

func (r *replay) group(g *Group, before []followed) (err error) {
	groups := newReplayGroups(r, g)
	for i := range before {
		copy(r.e.Row, before[i].row)
		g.Keys(r.e, func(key []byte) {
			if err == nil {
				err = groups.add(string(key), i)
			}
		})
		if err != nil {
			return err
		}
	}
	if !g.Inline {
		return groups.finish()
	}
	results := groups.results()
	for i := range before {
		copy(r.e.Row, before[i].row)
		if err := r.join(g, results, i); err != nil {
			return err
		}
	}
	return nil
}

// join is INLINE STATS for one row: it gets what was computed of its groups.
func (r *replay) join(g *Group, results map[string]joined, parent int) error {
	var of joined
	g.Keys(r.e, func(key []byte) {
		x := results[string(key)]
		of.results, _ = AppendJoined(of.results, x.results)
		of.rows = max(of.rows, x.rows)
	})
	g.PutKeys(r.e)
	if _, err := g.Join(r.e.Row, of.results); err != nil {
		return err
	}
	return r.add(followed{parent: parent, grouped: of.rows})
}

// joined is what INLINE STATS computes of a group.
type joined struct {
	results []byte
	rows    int
}

// replayGroups are the groups of a STATS.
type replayGroups struct {
	r  *replay
	g  *Group
	of map[string]*replayGroup
}

type replayGroup struct {
	state *State
	keys  Row // the first row, with the keys in their columns
	first int // its place
	rows  int
}

func newReplayGroups(r *replay, g *Group) *replayGroups {
	return &replayGroups{r, g, map[string]*replayGroup{}}
}

// add adds e.Row, with the keys in their columns.
func (x *replayGroups) add(key string, place int) error {
	of, ok := x.of[key]
	if !ok && len(x.of) == maxRows {
		return errManyRows
	}
	if !ok {
		of = &replayGroup{x.g.NewState(DefaultLimits), slices.Clone(x.r.e.Row), place, 0}
		x.of[key] = of
	}
	of.rows++
	x.g.Add(x.r.e, of.state)
	return nil
}

func (x *replayGroups) sorted() []string {
	var keys []string
	for key := range x.of {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// finish files the row of each group, by key.
func (x *replayGroups) finish() error {
	for _, key := range x.sorted() {
		of := x.of[key]
		copy(x.r.e.Row, of.keys)
		x.g.Finish(x.r.e, of.state)
		if err := x.r.add(followed{parent: of.first, grouped: of.rows}); err != nil {
			return err
		}
	}
	return nil
}

func (x *replayGroups) results() map[string]joined {
	out := map[string]joined{}
	for key, of := range x.of {
		copy(x.r.e.Row, of.keys)
		x.g.Finish(x.r.e, of.state)
		out[key] = joined{x.g.AppendResults(nil, x.r.e.Row), of.rows}
	}
	return out
}

// dropped returns the row in front of a stage that dropped all which got furthest in it.
func (r *replay) dropped(stage int) (at int) {
	each, ok := r.t.p.Stages[stage].(*Each)
	if !ok {
		return 0
	}
	best := -1
	for i, x := range r.tables[len(r.tables)-2].rows {
		copy(r.e.Row, x.row)
		f := &follower{each: each, e: r.e, read: func([]load) {}, furthest: -1, arrive: func([]int) bool { return true }}
		if f.walk(); f.furthest > best {
			at, best = i, f.furthest
		}
	}
	return at
}

// way lists what the stages made of the row at a place of the last of n tables, and of
// those that it was made of. A stage that dropped it comes last; nil for none.
func (r *replay) way(n, at int, by Stage) (way []Traced) {
	places := make([]int, n)
	for i := n - 1; i >= 0; i-- {
		places[i] = at
		at = r.tables[i].rows[at].parent
	}
	for i := 1; i < n; i++ {
		x := &r.tables[i].rows[places[i]]
		way = append(way, r.traced(r.tables[i].by, r.tables[i-1].rows[places[i-1]].row, x)...)
	}
	if by != nil {
		way = append(way, r.traced(by, r.tables[n-1].rows[places[n-1]].row, nil)...)
	}
	return way
}

// traced is what a stage made of a row; nil when it dropped it.
func (r *replay) traced(s Stage, before Row, x *followed) []Traced {
	copy(r.e.Row, before)
	switch s := s.(type) {
	case *Each:
		if x != nil {
			return r.t.along(s, r.e, func([]load) {}, x.picks, len(s.ops))
		}
		f := &follower{each: s, e: r.e, read: func([]load) {}, furthest: -1, arrive: func([]int) bool { return true }}
		f.walk()
		copy(r.e.Row, before)
		return r.t.along(s, r.e, func([]load) {}, f.picks, f.furthest)
	case *Sort:
		return []Traced{{At: s.at}}
	case *Limit:
		return []Traced{{At: s.at, Dropped: x == nil}}
	case *Group:
		out := Traced{At: s.at, Rows: x.grouped, Keys: s.cellsOf(r.t.p, func(k key) int { return k.column }, x.row)}
		for _, c := range s.results {
			out.Made = append(out.Made, Cell{r.t.p.names[c.slot], x.row[c.slot], true})
		}
		return []Traced{out}
	}
	panic("BUG: rows.traced: an unexpected stage")
}
