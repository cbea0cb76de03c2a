package rows

import (
	"fmt"
	"slices"

	"coldcase/rules/esql"
)

// Group is STATS or INLINE STATS: how rows find their group, how a group's state grows,
// and what row is made of it.
type Group struct {
	// Inline groups give what they compute to the rows that they are made of.
	Inline bool

	by         []key
	aggregates []aggregate
	results    []result
	at         int   // place of the command in the query
	mask       []int // slots that are looked at of the rows of a group
	whole      []int // slots of the rows that INLINE STATS gives results to
}

// key is one expression behind BY. Its value stands in slot while rows are grouped. That is
// its column, so that aggregates see the value of the group under its name; but where the
// key is a column under its own name, they see what the row has: all values of a list.
type key struct {
	slot, column int
	x            value
}

func (b *builder) key(by esql.Assign) (key, error) {
	v, err := b.c.value(by.X)
	k := key{x: v, column: b.p.slot(by.Name)}
	k.slot = k.column
	if ref, ok := by.X.(*esql.Ref); ok && ref.Name == by.Name {
		k.slot = b.p.slot("\x01" + by.Name)
	}
	return k, err
}

// result is one column that is computed of aggregates.
type result struct {
	slot int
	x    value
}

// aggregate is one call of an aggregate function.
type aggregate struct {
	fresh func(Limits) state
	args  []value
	where cond // nil for none
}

// group compiles a STATS.
func (b *builder) group(c command) (*Group, error) {
	x := c.Command.(*esql.Stats)
	g := &Group{Inline: x.Inline, at: c.at}
	for _, by := range x.By {
		k, err := b.key(by)
		if err != nil {
			return nil, err
		}
		g.by = append(g.by, k)
	}
	for _, a := range x.Aggs {
		if err := b.result(g, a); err != nil {
			return nil, err
		}
	}
	g.masks(b, x)
	return g, nil
}

// masks notes what of the rows is needed: their keys and what aggregates look at; behind
// INLINE STATS also what they had.
func (g *Group) masks(b *builder, x *esql.Stats) {
	in, looked := b.p.q.Live(g.at-1), map[string]bool{}
	for _, a := range x.Aggs {
		noteRefs(a.X, looked)
		if a.Where != nil {
			noteRefs(a.Where, looked)
		}
	}
	g.mask = b.maskOf(slices.DeleteFunc(slices.Clone(in), func(c esql.Column) bool { return !looked[c.Name] }))
	if g.Inline {
		g.whole = append(b.maskOf(in), b.maskOf(b.p.q.Live(g.at))...)
	}
	for _, k := range g.by {
		g.mask, g.whole = append(g.mask, k.slot), append(g.whole, k.column)
	}
	slices.Sort(g.mask)
	slices.Sort(g.whole)
	g.mask, g.whole = slices.Compact(g.mask), slices.Compact(g.whole)
}

// result compiles one column. Of several with a name the last counts, and a key's name
// comes before it.
func (b *builder) result(g *Group, a esql.Aggregate) error {
	slot := b.p.slot(a.Name)
	if slices.ContainsFunc(g.by, func(k key) bool { return k.column == slot }) {
		return nil
	}
	c := &compiler{p: b.p, aggregates: &g.aggregates}
	if a.Where != nil {
		where, err := b.c.cond(a.Where)
		if err != nil {
			return err
		}
		c.where = where
	}
	v, err := c.value(a.X)
	if err != nil {
		return err
	}
	g.results = slices.DeleteFunc(g.results, func(r result) bool { return r.slot == slot })
	g.results = append(g.results, result{slot, v})
	return nil
}

// aggregate compiles the call of an aggregate function inside of an expression: its
// result is looked up when the group is finished.
func (c *compiler) aggregate(x *esql.Call) (value, error) {
	inner := &compiler{p: c.p}
	a := aggregate{where: c.where}
	for _, arg := range x.Args {
		v, err := inner.value(arg)
		if err != nil {
			return nil, err
		}
		a.args = append(a.args, v)
	}
	a.fresh = newState(x)
	if a.fresh == nil {
		return nil, fmt.Errorf("function %s cannot be run", x.Func.Name)
	}
	i := len(*c.aggregates)
	*c.aggregates = append(*c.aggregates, a)
	return func(e *Env) Value { return e.aggregates[i] }, nil
}

// Keys calls yield for each group that e.Row belongs to, with the keys in their columns:
// one for each combination of the values of lists. key tells groups apart and orders
// them; it is valid during the call. The row is as it was afterwards.
func (g *Group) Keys(e *Env, yield func(key []byte)) {
	values, before := e.keys[:0], e.held[:0]
	for _, k := range g.by {
		values, before = append(values, deduped(k.x(e))), append(before, e.Row[k.slot])
	}
	e.keys, e.held = values, before
	n := 0
	g.combine(e, values, e.key[:0], &n, yield)
	for i := len(g.by) - 1; i >= 0; i-- {
		e.Row[g.by[i].slot] = before[i]
	}
}

// combine goes through the combinations that begin with a key.
func (g *Group) combine(e *Env, values []Value, key []byte, n *int, yield func(key []byte)) {
	i := len(g.by) - len(values)
	if len(values) == 0 {
		e.key = key
		if *n++; *n <= maxRows+1 {
			yield(key)
		}
		return
	}
	slot := g.by[i].slot
	if len(values[0]) == 0 {
		e.Row[slot] = nil
		g.combine(e, values[1:], append(key, 'n'), n, yield)
		return
	}
	for k := range values[0] {
		if *n > maxRows {
			return
		}
		e.Row[slot] = values[0][k : k+1 : k+1]
		g.combine(e, values[1:], appendScalar(key, values[0][k]), n, yield)
	}
}

// PutKeys puts the keys of e.Row into their columns, lists and all.
func (g *Group) PutKeys(e *Env) {
	values := e.keys[:0]
	for _, k := range g.by {
		values = append(values, k.x(e))
	}
	for i, k := range g.by {
		e.Row[k.column] = values[i]
	}
	e.keys = values
}

// AppendRow appends the binary form of what the group needs of a row, keys included.
func (g *Group) AppendRow(dst []byte, r Row) []byte { return appendMasked(dst, r, g.mask) }

// AppendWhole appends the binary form of a row that gets results.
func (g *Group) AppendWhole(dst []byte, r Row) []byte { return appendMasked(dst, r, g.whole) }

// CutWhole reads what AppendWhole wrote.
func (g *Group) CutWhole(r Row, b []byte) (rest []byte, err error) { return cutMasked(r, b, g.whole) }

// CutRow reads what AppendRow wrote.
func (g *Group) CutRow(r Row, b []byte) (rest []byte, err error) { return cutMasked(r, b, g.mask) }

// Total reports whether there are no keys: all rows are one group, and none make one, too.
func (g *Group) Total() bool { return len(g.by) == 0 }

// State is what is known of one group. It belongs to one goroutine.
type State struct{ states []state }

// NewState returns the state of a group without rows.
func (g *Group) NewState(l Limits) *State {
	s := &State{states: make([]state, len(g.aggregates))}
	for i, a := range g.aggregates {
		s.states[i] = a.fresh(l)
	}
	return s
}

// Add adds e.Row to a group; the keys are in their columns.
func (g *Group) Add(e *Env, s *State) {
	var args [3]Value
	for i, a := range g.aggregates {
		if a.where != nil && a.where(e) != isTrue {
			continue
		}
		for k, arg := range a.args {
			args[k] = arg(e)
		}
		s.states[i].add(args[:len(a.args)])
	}
}

// Merge adds what another state of the same STATS has seen; later rows are merged into
// earlier ones. The other one is not to be used any more.
func (s *State) Merge(o *State) {
	for i := range s.states {
		s.states[i].merge(o.states[i])
	}
}

// Dropped returns how many values the state has left out at its limits.
func (s *State) Dropped() (n int64) {
	for _, x := range s.states {
		n += x.dropped()
	}
	return n
}

// Finish puts the row of a group into e.Row, in which the keys have to be those of the
// group. Nothing else stays of it.
func (g *Group) Finish(e *Env, s *State) {
	keys := make([]Value, len(g.by))
	for i, k := range g.by {
		keys[i] = e.Row[k.slot]
	}
	clear(e.Row)
	for i, k := range g.by {
		e.Row[k.column] = keys[i]
	}
	e.aggregates = e.aggregates[:0]
	for _, x := range s.states {
		e.aggregates = append(e.aggregates, x.result())
	}
	values := make([]Value, len(g.results))
	for i, r := range g.results {
		values[i] = r.x(e)
	}
	for i, r := range g.results {
		e.Row[r.slot] = values[i]
	}
}

// AppendResults appends the binary form of what Finish computed.
func (g *Group) AppendResults(dst []byte, r Row) []byte {
	for _, x := range g.results {
		dst = appendValue(dst, r[x.slot])
	}
	return dst
}

// maxJoined bounds the results that INLINE STATS gives to one row, in bytes: one with lists
// among its keys has many groups.
const maxJoined = 8 << 20

// AppendJoined appends what AppendResults wrote of one more group of a row. ok is false, and
// dst as it was, where that is too much for one row.
func AppendJoined(dst, results []byte) (out []byte, ok bool) {
	if len(dst) > 0 && len(dst)+len(results) > maxJoined {
		return dst, false
	}
	return append(dst, results...), true
}

// Join puts the results of the groups of a row into it: what AppendJoined made of them. A
// row with lists among its keys has several groups, and gets the values of all of them, in
// the order of Keys. It returns how many were left out at maxList.
func (g *Group) Join(r Row, results []byte) (dropped int64, err error) {
	for _, x := range g.results {
		r[x.slot] = nil
	}
	for len(results) > 0 && len(g.results) > 0 {
		for _, x := range g.results {
			var v Value
			if v, results, err = cutValue(results); err != nil {
				return 0, err
			}
			n := min(len(v), maxList-len(r[x.slot]))
			dropped += int64(len(v) - n)
			r[x.slot] = append(r[x.slot], v[:n]...)
		}
	}
	return dropped, nil
}
