package rows

import (
	"fmt"
	"slices"

	"coldcase/rules/esql"
)

// Each is a run of commands that look at one row at a time.
type Each struct{ ops []op }

// op is one command, with the fields that it is the first to look at.
type op struct {
	loads []load
	// apply changes the row, false drops it; nil when expand is a slot.
	apply  func(e *Env) bool
	expand int
	from   command // what it was made of
}

// maxPicks bounds the values that MV_EXPAND goes through for one row: lists multiply, and
// what follows may drop all that is made of them.
const maxPicks = 64 * maxRows

// Run calls yield for each row that is made of e.Row, in e.Row. At most maxRows are made
// of it; dropped is how many more there would be, at least.
func (s *Each) Run(e *Env, yield func() error) (dropped int, err error) {
	n := 0
	cut := s.run(e, func([]load) {}, func() {
		if n++; err == nil && n <= maxRows {
			err = yield()
		}
	})
	return rowsOver(n, cut), err
}

// rowsOver is how many of n rows are left out, at least; cut says that there are more.
func rowsOver(n int, cut bool) int {
	over := max(0, n-maxRows)
	if cut {
		over++
	}
	return over
}

// AppendExpanded appends the values that MV_EXPAND has picked for a row.
func (s *Each) AppendExpanded(dst []byte, r Row) []byte {
	for _, o := range s.ops {
		if o.apply == nil {
			dst = appendValue(dst, r[o.expand])
		}
	}
	return dst
}

// run calls yield for each row that is made of e.Row. cut is set where it ended at
// maxPicks.
func (s *Each) run(e *Env, read func([]load), yield func()) (cut bool) {
	outer := e.picks // of the run that has come to this row
	e.picks = 0
	s.from(e, 0, read, yield)
	cut, e.picks = e.picks > maxPicks, outer
	return cut
}

// from runs the commands from one on.
func (s *Each) from(e *Env, i int, read func([]load), yield func()) {
	for ; i < len(s.ops); i++ {
		o := &s.ops[i]
		if len(o.loads) > 0 {
			read(o.loads)
		}
		if o.apply == nil {
			s.expand(e, i, read, yield)
			return
		}
		if !o.apply(e) {
			return
		}
	}
	yield()
}

// expand runs what follows for each value of a list.
func (s *Each) expand(e *Env, i int, read func([]load), yield func()) {
	slot := s.ops[i].expand
	list := e.Row[slot]
	if len(list) < 2 {
		s.from(e, i+1, read, yield)
		return
	}
	before := slices.Clone(e.Row)
	for k := range list {
		if e.picks++; e.picks > maxPicks {
			break
		}
		copy(e.Row, before)
		e.Row[slot] = list[k : k+1 : k+1]
		s.from(e, i+1, read, yield)
	}
	copy(e.Row, before)
}

// each compiles commands. Those that stream read fields as they go.
func (b *builder) each(commands []command, streams bool) (*Each, error) {
	out := &Each{}
	for _, c := range commands {
		o, err := b.op(c.Command)
		if err != nil {
			return nil, err
		}
		o.from = c
		if streams {
			names := namesOf(c.Command)
			o.loads = b.take(func(name string) bool { return names[name] })
		}
		out.ops = append(out.ops, o)
	}
	return out, nil
}

func (b *builder) op(c esql.Command) (op, error) {
	switch c := c.(type) {
	case *esql.Where:
		t, err := b.c.cond(c.X)
		return op{apply: func(e *Env) bool { return t(e) == isTrue }}, err
	case *esql.Row:
		return b.assign(c.Fields)
	case *esql.Eval:
		return b.assign(c.Fields)
	case *esql.Rename:
		return b.rename(c), nil
	case *esql.Grok:
		return b.grok(c)
	case *esql.Dissect:
		return b.dissect(c)
	case *esql.MvExpand:
		return op{expand: b.p.slot(c.Name)}, nil
	case *esql.Keep, *esql.Drop:
		return op{apply: func(*Env) bool { return true }}, nil // the tables know
	}
	panic(fmt.Sprintf("BUG: rows.op: unexpected %T", c))
}

func (b *builder) assign(fields []esql.Assign) (op, error) {
	type assignment struct {
		slot int
		x    value
	}
	var all []assignment
	for _, f := range fields {
		v, err := b.c.value(f.X)
		if err != nil {
			return op{}, err
		}
		all = append(all, assignment{b.p.slot(f.Name), v})
	}
	return op{apply: func(e *Env) bool {
		for _, a := range all {
			e.Row[a.slot] = a.x(e)
		}
		return true
	}}, nil
}

func (b *builder) rename(c *esql.Rename) op {
	var from, to []int
	for _, r := range c.Pairs {
		if r.From != r.To {
			from, to = append(from, b.p.slot(r.From)), append(to, b.p.slot(r.To))
		}
	}
	return op{apply: func(e *Env) bool {
		for i := range from {
			e.Row[to[i]], e.Row[from[i]] = e.Row[from[i]], nil
		}
		return true
	}}
}

// expressionsOf returns the expressions of a command.
func expressionsOf(c esql.Command) []esql.Expr {
	var out []esql.Expr
	switch c := c.(type) {
	case *esql.Where:
		out = append(out, c.X)
	case *esql.Row:
		out = values(c.Fields)
	case *esql.Eval:
		out = values(c.Fields)
	case *esql.Grok:
		out = append(out, c.X)
	case *esql.Dissect:
		out = append(out, c.X)
	case *esql.Sort:
		for _, k := range c.Keys {
			out = append(out, k.X)
		}
	case *esql.Stats:
		out = values(c.By)
		for _, a := range c.Aggs {
			if out = append(out, a.X); a.Where != nil {
				out = append(out, a.Where)
			}
		}
	}
	return out
}

func values(fields []esql.Assign) []esql.Expr {
	var out []esql.Expr
	for _, f := range fields {
		out = append(out, f.X)
	}
	return out
}

// namesOf returns the columns that a command looks at.
func namesOf(c esql.Command) map[string]bool {
	out := map[string]bool{}
	for _, x := range expressionsOf(c) {
		noteRefs(x, out)
	}
	switch c := c.(type) {
	case *esql.MvExpand:
		out[c.Name] = true
	case *esql.Rename:
		for _, r := range c.Pairs {
			out[r.From] = true
		}
	}
	return out
}

// noteRefs notes the columns that an expression looks at.
func noteRefs(x esql.Expr, names map[string]bool) {
	esql.Walk(x, func(x esql.Expr) bool {
		if ref, ok := x.(*esql.Ref); ok {
			names[ref.Name] = true
		}
		return true
	})
}
