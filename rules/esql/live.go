package esql

import (
	"maps"
	"slices"

	"coldcase/rules/query"
)

// Blocking returns the number of commands in front of the first that needs all rows: STATS,
// INLINE STATS, SORT or LIMIT. The commands before it look at one row at a time, and make
// none, one or several of it.
func (q *Query) Blocking() int {
	for i, c := range q.Commands {
		switch c.(type) {
		case *Stats, *Sort, *Limit:
			return i
		}
	}
	return len(q.Commands)
}

// Live returns the columns of Tables[i] that later commands or the result need, sorted by
// name: rows need no others. A Glob column is among them when the result shows fields of
// the documents that no name stands for.
func (q *Query) Live(i int) []Column {
	last := len(q.Commands) - 1
	need, globs := map[string]bool{}, false
	for _, c := range q.Tables[last].Columns {
		if c.Glob == nil {
			need[c.Name] = true
		}
		globs = globs || c.Glob != nil
	}
	for k := last; k > i; k-- {
		if s, ok := q.Commands[k].(*Stats); ok && !s.Inline {
			globs = false
			clear(need)
		}
		before(q.Commands[k], need)
	}
	table := newScope(q.Tables[i], q.mapping)
	var out []Column
	for _, name := range slices.Sorted(maps.Keys(need)) {
		if c, ok := table.column(name); ok {
			out = append(out, c)
		}
	}
	for _, c := range q.Tables[i].Columns {
		if c.Glob != nil && globs {
			out = append(out, c)
		}
	}
	return out
}

// before turns the names that are needed behind a command into those needed in front of it.
func before(c Command, need map[string]bool) {
	switch c := c.(type) {
	case *Row, *Eval:
		fields := assigns(c)
		for i := len(fields) - 1; i >= 0; i-- {
			delete(need, fields[i].Name)
			refs(fields[i].X, need)
		}
	case *Rename:
		for i := len(c.Pairs) - 1; i >= 0; i-- {
			if p := c.Pairs[i]; need[p.To] {
				delete(need, p.To)
				need[p.From] = true
			}
		}
	case *MvExpand:
		need[c.Name] = true
	case *Stats:
		beforeStats(c, need)
	case *Grok:
		for _, o := range c.Outputs {
			delete(need, o.Name)
		}
		refs(c.X, need)
	case *Dissect:
		for _, name := range c.Pattern.Outputs {
			delete(need, name)
		}
		refs(c.X, need)
	default:
		for _, x := range expressions(c) {
			refs(x, need)
		}
	}
}

func assigns(c Command) []Assign {
	if row, ok := c.(*Row); ok {
		return row.Fields
	}
	return c.(*Eval).Fields
}

// beforeStats: the names of keys inside of aggregates are not columns of the input.
func beforeStats(c *Stats, need map[string]bool) {
	for _, a := range c.Aggs {
		delete(need, a.Name)
	}
	for _, a := range c.Aggs {
		refs(a.X, need)
		if a.Where != nil {
			refs(a.Where, need)
		}
	}
	for _, by := range c.By {
		delete(need, by.Name)
	}
	for _, by := range c.By {
		refs(by.X, need)
	}
}

// refs adds the columns that x reads.
func refs(x Expr, need map[string]bool) {
	Walk(x, func(x Expr) bool {
		if ref, ok := x.(*Ref); ok {
			need[ref.Name] = true
		}
		return true
	})
}

// Fields returns the names of the fields that the query reads from documents, sorted. every
// is set when its result shows whatever fields the documents have.
func (q *Query) Fields() (names []string, every bool) {
	set := map[string]bool{}
	for _, c := range q.Live(0) {
		if c.Field != "" {
			set[c.Field] = true
		}
		every = every || c.Glob != nil
	}
	for _, c := range q.Commands {
		walkCommand(c, func(x Expr) {
			var pushed query.Expr
			switch x := x.(type) {
			case *KQL:
				pushed = x.Query
			case *Match:
				set[x.Field.Field] = true
			}
			if pushed != nil {
				query.Fields(pushed, func(f query.Field) { set[f.Name] = true })
			}
		})
	}
	return slices.Sorted(maps.Keys(set)), every
}
