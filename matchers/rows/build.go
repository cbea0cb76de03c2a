package rows

import (
	"fmt"
	"slices"
	"time"

	"coldcase/rules/esql"
)

// builder makes a program of a query: what streams, what Lead is, and the stages.
type builder struct {
	p *Program
	c *compiler
	// pending are the fields that were not read yet, by column.
	pending map[string]load
	steps   []command
	// carried are the slots of the predicates that commands behind those that stream ask.
	carried []int
}

// command is a command of the query with its place in it. A WHERE may have been cut in
// two.
type command struct {
	esql.Command
	at int
}

func (b *builder) build() error {
	b.fields()
	b.steps = b.plan()
	n, err := b.stream()
	if err != nil {
		return err
	}
	rest := b.steps[n:]
	b.carry(rest)
	b.p.Timed = slices.ContainsFunc(rest, func(c command) bool { return usesNow(c.Command) })
	if len(rest) > 0 {
		if s, ok := rest[0].Command.(*esql.Stats); ok && !s.Inline && !usesNow(s) {
			if b.p.Lead, err = b.group(rest[0]); err != nil {
				return err
			}
			rest = rest[1:]
			if b.p.need, err = b.need(s, rest); err != nil {
				return err
			}
		}
	}
	if err := b.stages(rest); err != nil {
		return err
	}
	b.p.mask = b.maskOf(b.live(b.steps, n))
	b.p.grouped = b.p.mask
	if b.p.Lead != nil {
		b.p.mask = b.p.Lead.mask
		b.p.grouped = b.maskOf(b.live(b.steps, n+1))
	}
	b.p.loads = b.take(func(string) bool { return true })
	b.p.inputs = inputsOf(b.p, b.steps[:n])
	return nil
}

// fields notes what is to be read of each event.
func (b *builder) fields() {
	if _, ok := b.p.q.Commands[0].(*esql.From); !ok {
		return
	}
	for _, col := range b.p.q.Live(0) {
		if col.Glob == nil {
			b.pending[col.Name] = newLoad(b.p, col)
		}
	}
}

// take returns, and forgets, the pending fields of some columns, in the order of slots.
func (b *builder) take(wanted func(name string) bool) []load {
	var out []load
	for name, l := range b.pending {
		if wanted(name) {
			out = append(out, l)
			delete(b.pending, name)
		}
	}
	slices.SortFunc(out, func(x, y load) int { return x.slot - y.slot })
	return out
}

// plan lists the commands behind FROM or ROW: without a SORT that nothing depends on, and,
// where windows are asked for, with conditions on NOW() cut off those that stream.
func (b *builder) plan() []command {
	var out []command
	commands := b.p.q.Commands
	if row, ok := commands[0].(*esql.Row); ok {
		out = append(out, command{row, 0})
	}
	for i, c := range commands[1:] {
		if _, ok := c.(*esql.Sort); ok && !b.p.src.Ordered && !limited(commands[i+2:]) {
			continue
		}
		out = append(out, command{c, i + 1})
	}
	if !b.apart(out) {
		return out
	}
	var split []command
	for i, c := range out {
		if blocks(c) {
			return append(split, out[i:]...)
		}
		split = append(split, b.withoutNow(c)...)
	}
	return split
}

// apart says whether NOW() is not known while events stream: it is the end of a window, or
// of the evidence.
func (b *builder) apart(steps []command) bool {
	return b.p.src.Ordered || b.p.src.LookBack > 0 && slices.ContainsFunc(steps, blocks)
}

// limited says whether a LIMIT follows before rows are grouped.
func limited(commands []esql.Command) bool {
	for _, c := range commands {
		switch c := c.(type) {
		case *esql.Limit:
			return true
		case *esql.Stats:
			if !c.Inline {
				return false
			}
		}
	}
	return false
}

func blocks(c command) bool {
	switch c.Command.(type) {
	case *esql.Stats, *esql.Sort, *esql.Limit:
		return true
	}
	return false
}

// withoutNow puts the parts of a condition that do not look at NOW() in front, and leaves
// out those that every row of a window satisfies.
func (b *builder) withoutNow(c command) []command {
	w, ok := c.Command.(*esql.Where)
	if !ok || !usesNow(w) {
		return []command{c}
	}
	parts := []esql.Expr{w.X}
	if and, ok := w.X.(*esql.And); ok {
		parts = and.X
	}
	var plain, timed []esql.Expr
	for _, x := range parts {
		switch {
		case !mentionsNow(x):
			plain = append(plain, x)
		case !insideWindow(x, b.p.src.LookBack):
			timed = append(timed, x)
		}
	}
	var out []command
	for _, part := range [][]esql.Expr{plain, timed} {
		if len(part) > 0 {
			out = append(out, command{&esql.Where{X: &esql.And{X: part}}, c.at})
		}
	}
	return out
}

// insideWindow recognises @timestamp >= NOW() - span with a span of at least the window.
func insideWindow(x esql.Expr, lookBack time.Duration) bool {
	cmp, ok := x.(*esql.Compare)
	if !ok || cmp.Op != ">=" && cmp.Op != ">" || !isTimestamp(cmp.L) {
		return false
	}
	age, ok := beforeNow(cmp.R)
	return ok && lookBack > 0 && age >= lookBack
}

func isTimestamp(x esql.Expr) bool {
	ref, ok := x.(*esql.Ref)
	return ok && ref.Field == "@timestamp"
}

// beforeNow recognises NOW() - span.
func beforeNow(x esql.Expr) (age time.Duration, ok bool) {
	a, ok := x.(*esql.Arith)
	if !ok || a.Op != '-' {
		return 0, false
	}
	call, ok := a.L.(*esql.Call)
	if !ok || call.Func.Name != "NOW" {
		return 0, false
	}
	s, ok := esql.FoldSpan(a.R)
	if !ok || s.Months != 0 || s.Days > 10_000 || s.Days < 0 {
		return 0, false
	}
	return s.Duration + time.Duration(s.Days)*24*time.Hour, true
}

// stream compiles the commands that need one row at a time and no window, and returns how
// many there are.
func (b *builder) stream() (n int, err error) {
	windowed := b.apart(b.steps)
	for n < len(b.steps) && !blocks(b.steps[n]) && !(windowed && usesNow(b.steps[n].Command)) {
		n++
	}
	b.p.first, err = b.each(b.steps[:n], true)
	return n, err
}

// stages compiles what follows.
func (b *builder) stages(rest []command) error {
	for len(rest) > 0 {
		n := 0
		for n < len(rest) && !blocks(rest[n]) {
			n++
		}
		if n > 0 {
			each, err := b.each(rest[:n], false)
			if err != nil {
				return err
			}
			b.p.Stages = append(b.p.Stages, each)
			rest = rest[n:]
			continue
		}
		s, err := b.blocking(rest[0])
		if err != nil {
			return err
		}
		b.p.Stages = append(b.p.Stages, s)
		rest = rest[1:]
	}
	return nil
}

func (b *builder) blocking(c command) (Stage, error) {
	switch x := c.Command.(type) {
	case *esql.Limit:
		return &Limit{N: x.N, at: c.at}, nil
	case *esql.Stats:
		return b.group(c)
	case *esql.Sort:
		out := &Sort{at: c.at}
		for _, k := range x.Keys {
			v, err := b.c.value(k.X)
			if err != nil {
				return nil, err
			}
			out.keys = append(out.keys, sortKey{v, k.Desc, k.NullsFirst})
		}
		out.mask = b.maskOf(b.p.q.Live(c.at - 1))
		return out, nil
	}
	panic(fmt.Sprintf("BUG: rows.blocking: unexpected %T", c.Command))
}

// live returns the columns that are needed behind the first n steps.
func (b *builder) live(steps []command, n int) []esql.Column {
	q := b.p.q
	if n == len(steps) {
		return q.Tables[len(q.Tables)-1].Columns
	}
	return q.Live(max(0, steps[n].at-1))
}

// carry notes the predicates that commands ask when there is no document any more.
func (b *builder) carry(rest []command) {
	for _, c := range rest {
		for _, x := range expressionsOf(c.Command) {
			esql.Walk(x, func(x esql.Expr) bool {
				switch x.(type) {
				case *esql.KQL, *esql.Match:
					_, slot := b.p.predicate(x)
					b.carried = append(b.carried, slot)
				}
				return true
			})
		}
	}
}

// maskOf returns the slots of columns, and of the answers that are carried, sorted.
func (b *builder) maskOf(columns []esql.Column) []int {
	out := slices.Clone(b.carried)
	for _, c := range columns {
		if c.Glob == nil {
			out = append(out, b.p.slot(c.Name))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// usesNow says whether a command looks at NOW().
func usesNow(c esql.Command) bool {
	return slices.ContainsFunc(expressionsOf(c), mentionsNow)
}

func mentionsNow(x esql.Expr) bool {
	found := false
	esql.Walk(x, func(x esql.Expr) bool {
		call, ok := x.(*esql.Call)
		found = found || ok && call.Func.Name == "NOW"
		return !found
	})
	return found
}
