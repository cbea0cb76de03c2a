package rows

import (
	"fmt"
	"slices"

	"coldcase/rules/esql"
)

// Tracer follows rows through the commands of a program, for people: what each command
// made of the row, and which one dropped it. It runs what the program runs, over the same
// compiled commands, and is slower. It belongs to one goroutine.
type Tracer struct {
	p     *Program
	plans map[*esql.Where]*conditionPlan
}

// NewTracer returns a tracer of the program.
func (p *Program) NewTracer() *Tracer {
	return &Tracer{p: p, plans: map[*esql.Where]*conditionPlan{}}
}

// Traced is one command on the way of a row. A WHERE that is run in two parts, of which
// one has to know NOW(), comes twice.
type Traced struct {
	At      int // place in the query's Commands
	Dropped bool
	// Where is what a WHERE asks. Partly is set when that is not all of it: the rest has to
	// know NOW() and is asked of a window.
	Where  *Condition
	Partly bool
	// Made are the columns that the command sets, Keys those that a STATS groups by.
	Made, Keys []Cell
	// Rows is how many values MV_EXPAND goes through, or how many rows a STATS groups; 0
	// when that is not known. Picked is the place of the value in the list, from 1.
	Rows, Picked int
}

// Cell is a column with its value. Told is unset when that is not known any more.
type Cell struct {
	Name  string
	Value Value
	Told  bool
}

// Named returns the values of a row of the result with the names of its columns.
func (p *Program) Named(values []Value) (out []Cell) {
	for i, c := range p.Columns {
		out = append(out, Cell{c.Name, values[i], true})
	}
	return out
}

// Commands returns the commands of the query that are run.
func (p *Program) Commands() []esql.Command { return p.q.Commands }

// Skipped returns those that are not: see [esql.Query.Skipped].
func (p *Program) Skipped() []esql.Command { return p.q.Skipped }

// Text returns the text of a command: see [esql.Query.Text].
func (p *Program) Text(c esql.Command) string { return p.q.Text(c) }

// Position returns the line and column of a command: see [esql.Query.Position].
func (p *Program) Position(c esql.Command) (line, col int) { return p.q.Position(c) }

// behind says whether a part of a command is run on the rows of a window.
func (p *Program) behind(at int) bool {
	return slices.ContainsFunc(p.Stages, func(s Stage) bool {
		each, ok := s.(*Each)
		return ok && slices.ContainsFunc(each.ops, func(o op) bool { return o.from.at == at })
	})
}

// Runs says whether a command is run at all: a SORT on which nothing depends is not, nor
// is a condition that every row of a window satisfies.
func (p *Program) Runs(at int) bool {
	switch p.q.Commands[at].(type) {
	case *esql.Sort:
		return slices.ContainsFunc(p.Stages, func(s Stage) bool {
			sort, ok := s.(*Sort)
			return ok && sort.at == at
		})
	case *esql.Where:
		return p.behind(at) || slices.ContainsFunc(p.first.ops, func(o op) bool { return o.from.at == at })
	}
	return true
}

// Streams returns how many of Commands stream, at least in part, FROM among them. Where a
// STATS comes next it is the next.
func (p *Program) Streams() int {
	n := 1
	if k := len(p.first.ops); k > 0 {
		n = p.first.ops[k-1].from.at + 1
	}
	return n
}

// Event follows the rows that an event makes through the commands that stream: the first
// that survives, else the first of those that got furthest. When one survives and Lead
// groups it, its group comes last.
func (t *Tracer) Event(e *Env, ev Event) (way []Traced, survived bool) {
	e.doc = ev.Document
	defer func() { e.doc = nil }()
	s := starter{t.p, e, ev}
	clear(e.Row)
	f := &follower{each: t.p.first, e: e, read: s.load, furthest: -1, arrive: func([]int) bool { return true }}
	f.walk()
	survived = f.furthest == len(t.p.first.ops)
	clear(e.Row)
	way = t.along(t.p.first, e, s.load, f.picks, f.furthest)
	if !survived {
		return way, false
	}
	s.load(t.p.loads)
	s.answer()
	if g := t.p.Lead; g != nil {
		way = append(way, t.joining(g, e))
	}
	return way, true
}

// joining says which group e.Row goes to, of several the first.
func (t *Tracer) joining(g *Group, e *Env) (out Traced) {
	out.At = g.at
	g.Keys(e, func([]byte) {
		if out.Picked++; out.Picked == 1 {
			out.Keys = g.cellsOf(t.p, func(k key) int { return k.slot }, e.Row)
		}
	})
	return out
}

// cellsOf names the keys of a group as they stand in a row.
func (g *Group) cellsOf(p *Program, slot func(key) int, r Row) (out []Cell) {
	for _, k := range g.by {
		out = append(out, Cell{p.names[k.column], r[slot(k)], true})
	}
	return out
}

// follower looks for the way of a row through commands that look at one row.
type follower struct {
	each *Each
	e    *Env
	read func([]load)
	// arrive is called for each row that survives, in e.Row; true ends the walk.
	arrive func(picks []int) bool

	furthest int   // the most commands that a row got past, -1 before the first
	picks    []int // the values that MV_EXPAND picked for that row, by place in the list
}

// walk is Each.run, with the picks.
func (f *follower) walk() {
	f.e.picks = 0
	f.from(0, nil)
}

func (f *follower) from(i int, picks []int) (ended bool) {
	for ; i < len(f.each.ops); i++ {
		o := &f.each.ops[i]
		if len(o.loads) > 0 {
			f.read(o.loads)
		}
		if o.apply == nil {
			return f.expand(i, picks)
		}
		if !o.apply(f.e) {
			f.note(i, picks)
			return false
		}
	}
	f.note(i, picks)
	return f.arrive(picks)
}

func (f *follower) note(passed int, picks []int) {
	if passed > f.furthest {
		f.furthest, f.picks = passed, slices.Clone(picks)
	}
}

func (f *follower) expand(i int, picks []int) (ended bool) {
	slot := f.each.ops[i].expand
	list := f.e.Row[slot]
	n := len(picks)
	if len(list) < 2 {
		return f.from(i+1, append(picks[:n:n], 0))
	}
	before := slices.Clone(f.e.Row)
	defer copy(f.e.Row, before)
	for k := range list {
		if f.e.picks++; f.e.picks > maxPicks {
			break
		}
		copy(f.e.Row, before)
		f.e.Row[slot] = list[k : k+1 : k+1]
		if f.from(i+1, append(picks[:n:n], k)) {
			return true
		}
	}
	return false
}

// along runs commands on e.Row as a walk did that got past some of them, and says what
// each made of it, the one that dropped it last.
func (t *Tracer) along(s *Each, e *Env, read func([]load), picks []int, passed int) (way []Traced) {
	for i := range s.ops[:min(passed+1, len(s.ops))] {
		o := &s.ops[i]
		if len(o.loads) > 0 {
			read(o.loads)
		}
		step := Traced{At: o.from.at, Dropped: i == passed}
		if o.apply == nil {
			pick := picks[0]
			picks = picks[1:]
			if step.Rows = len(e.Row[o.expand]); step.Rows > 1 {
				step.Picked = pick + 1
				e.Row[o.expand] = e.Row[o.expand][pick : pick+1 : pick+1]
			}
		} else {
			if w, ok := o.from.Command.(*esql.Where); ok {
				step.Where = t.planOf(w).hold(e, nil)
				step.Partly = s == t.p.first && t.p.behind(o.from.at)
			}
			o.apply(e)
		}
		step.Made = t.made(o.from.Command, e.Row)
		way = append(way, step)
	}
	return way
}

// planOf returns the plan of a WHERE, made once.
func (t *Tracer) planOf(w *esql.Where) *conditionPlan {
	p, ok := t.plans[w]
	if !ok {
		p = (&compiler{p: t.p}).plan(w.X)
		t.plans[w] = p
	}
	return p
}

// made returns the columns that a command has set in a row.
func (t *Tracer) made(c esql.Command, r Row) (out []Cell) {
	for _, name := range setBy(c) {
		if slot, ok := t.p.slots[name]; ok {
			out = append(out, Cell{name, r[slot], true})
		}
	}
	return out
}

// setBy returns the names of the columns that a command sets, each once.
func setBy(c esql.Command) (names []string) {
	switch c := c.(type) {
	case *esql.Row:
		names = namesIn(c.Fields)
	case *esql.Eval:
		names = namesIn(c.Fields)
	case *esql.Rename:
		for _, p := range c.Pairs {
			names = append(names, p.To)
		}
	case *esql.Grok:
		for _, o := range c.Outputs {
			names = append(names, o.Name)
		}
	case *esql.Dissect:
		names = append(names, c.Pattern.Outputs...)
	case *esql.MvExpand:
		names = append(names, c.Name)
	case *esql.Stats:
		for _, a := range c.Aggs {
			names = append(names, a.Name)
		}
	case *esql.From, *esql.Where, *esql.Keep, *esql.Drop, *esql.Sort, *esql.Limit:
	default:
		panic(fmt.Sprintf("BUG: rows.setBy: unexpected %T", c))
	}
	return distinctNames(names)
}

func namesIn(fields []esql.Assign) (names []string) {
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return names
}

func distinctNames(names []string) []string {
	out := names[:0:0]
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// Expands says whether one of Stages may make several rows of one.
func (p *Program) Expands() bool {
	return slices.ContainsFunc(p.Stages, func(s Stage) bool {
		each, ok := s.(*Each)
		return ok && slices.ContainsFunc(each.ops, func(o op) bool { return o.apply == nil })
	})
}
