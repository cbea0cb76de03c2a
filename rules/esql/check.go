package esql

import (
	"fmt"
	"maps"
	"slices"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// checker follows the columns through a query and gives every expression its type. It
// refuses what Elasticsearch's verifier refuses: unknown columns, operands of a wrong type,
// aggregates in the wrong place.
type checker struct {
	src source.Text
	m   Mapping
	q   *Query
	at  *scope
	// afterGroups is set behind STATS and LIMIT, where rows are no documents any more.
	afterGroups bool
	// aggregates says whether an aggregate function may stand here.
	aggregates aggregateMode
	// keys are the names behind BY while the aggregates of a STATS are checked.
	keys map[string]bool
}

type aggregateMode uint8

const (
	noAggregates aggregateMode = iota
	wantAggregate
	insideAggregate
)

func check(q *Query, m Mapping) error {
	q.mapping = m
	c := &checker{src: q.src, m: m, q: q, at: newScope(Table{}, m)}
	columns := 0
	for i, cmd := range append(q.Commands[:len(q.Commands):len(q.Commands)], q.Skipped...) {
		changed, err := c.command(cmd)
		if err != nil {
			return err
		}
		if columns += len(c.at.Columns); columns > maxColumns {
			return c.errorf(cmd.Span(), "more than %d columns behind all commands", maxColumns)
		}
		switch {
		case i >= len(q.Commands):
		case changed || i == 0:
			q.Tables = append(q.Tables, c.at.Table)
			c.at = newScope(c.at.Table, m)
		default:
			q.Tables = append(q.Tables, q.Tables[i-1])
		}
	}
	return nil
}

func (c *checker) errorf(at source.Span, format string, args ...any) error {
	return c.src.Errorf(at, format, args...)
}

// command checks one command and makes c.at the table that it yields. changed is false
// when that is the table it was given.
func (c *checker) command(cmd Command) (changed bool, err error) {
	before := len(c.at.Columns)
	switch cmd := cmd.(type) {
	case *From:
		return true, c.from(cmd)
	case *Row:
		return true, c.row(cmd)
	case *Eval:
		return true, c.assign(cmd.Fields)
	case *Where:
		err = c.condition(cmd.X)
		return len(c.at.Columns) > before, err
	case *Stats:
		return true, c.stats(cmd)
	case *Keep:
		return true, c.keep(cmd)
	case *Drop:
		return true, c.drop(cmd)
	case *Rename:
		return true, c.rename(cmd)
	case *Sort:
		err = c.sort(cmd)
		return len(c.at.Columns) > before, err
	case *Limit:
		c.afterGroups = true
		return false, nil
	case *MvExpand:
		return true, c.mvExpand(cmd)
	case *Grok:
		return true, c.grok(cmd)
	case *Dissect:
		return true, c.dissect(cmd)
	case *Completion:
		return true, c.completion(cmd)
	}
	panic(fmt.Sprintf("BUG: esql.command: unexpected %T", cmd))
}

func (c *checker) from(cmd *From) error {
	if c.m.Names == nil {
		c.at.Columns = []Column{{Name: "*", Glob: anyName}}
	} else {
		c.at.Open = true
		for _, name := range slices.Sorted(slices.Values(c.m.Names)) {
			col := c.m.field(name)
			col.source = true
			c.at.Columns = append(c.at.Columns, col)
		}
	}
	for _, name := range cmd.Metadata {
		t, ok := metadata[name]
		if !ok {
			return c.errorf(cmd.at, "unknown metadata %q, expected one of %v", name, slices.Sorted(maps.Keys(metadata)))
		}
		c.at.Columns = append(c.at.Columns, Column{Name: name, Type: t, source: true})
	}
	c.at.reindex()
	return nil
}

func (c *checker) row(cmd *Row) error {
	c.at.Open = c.q.Nullify
	err := c.assign(cmd.Fields)
	for i := range c.at.Columns {
		c.at.Columns[i].source = true
	}
	return err
}

// column returns what a name stands for, and adds the column that SET unmapped_fields
// makes of an unknown one.
func (c *checker) column(name string) (Column, bool) {
	_, known := c.at.index[name]
	col, ok := c.at.column(name)
	if ok && !known && col.source && c.q.Nullify {
		c.at.nullify(col)
	}
	return col, ok
}

func (c *checker) assign(fields []Assign) error {
	for _, f := range fields {
		if err := c.value(f.X); err != nil {
			return err
		}
		c.at.set(assigned(f))
	}
	return nil
}

// assigned is the column that an assignment makes. A plain copy of a field still holds the
// field's values.
func assigned(f Assign) Column {
	out := Column{Name: f.Name, Type: f.X.Type()}
	if ref, ok := f.X.(*Ref); ok {
		out.Field, out.Expanded, out.plain = ref.Field, ref.Expanded, ref.plain
	}
	return out
}

// value checks an expression whose result becomes a column.
func (c *checker) value(x Expr) error {
	if err := c.expr(x); err != nil {
		return err
	}
	if !storable.has(x.Type()) {
		return c.errorf(x.Span(), "a column cannot hold a %s", x.Type())
	}
	return nil
}

func (c *checker) condition(x Expr) error { return c.want(x, setOf(Boolean), "the condition") }

// want checks x and wants its type in the set.
func (c *checker) want(x Expr, set types, who string) error {
	if err := c.expr(x); err != nil {
		return err
	}
	if !set.has(x.Type()) {
		return c.errorf(x.Span(), "%s must be %s, found a %s", who, set, x.Type())
	}
	return nil
}

func (c *checker) sort(cmd *Sort) error {
	for _, k := range cmd.Keys {
		if err := c.want(k.X, orderable, "a sort key"); err != nil {
			return err
		}
	}
	return nil
}

// drop removes columns. Its names mean the table in front of it: one may stand there twice.
func (c *checker) drop(cmd *Drop) error {
	before := c.at.Columns
	for _, n := range cmd.Names {
		pattern := n.Pattern
		if pattern == nil {
			pattern = literalPattern(n.Text)
		}
		named := func(col Column) bool { return col.Glob == nil && matches(pattern, col.Name) }
		if !c.at.documents() && !slices.ContainsFunc(before, named) {
			return c.errorf(n.at, "unknown column %s", n)
		}
		c.at.remove(named)
		c.at.hide(pattern)
	}
	return nil
}

func (c *checker) rename(cmd *Rename) error {
	for _, r := range cmd.Pairs {
		col, ok := c.column(r.From)
		if !ok {
			return c.unknown(r.at, r.From)
		}
		if r.From == r.To {
			continue
		}
		col.Name = r.To
		c.at.change(r.From, col)
		c.at.hide(literalPattern(r.From))
	}
	return nil
}

func (c *checker) mvExpand(cmd *MvExpand) error {
	col, ok := c.column(cmd.Name)
	if !ok {
		return c.unknown(cmd.at, cmd.Name)
	}
	col.Expanded = true
	c.at.change(cmd.Name, col)
	return nil
}

func (c *checker) grok(cmd *Grok) error {
	if err := c.want(cmd.X, texts, "the input of GROK"); err != nil {
		return err
	}
	for _, out := range cmd.Outputs {
		c.at.set(out)
	}
	return nil
}

func (c *checker) dissect(cmd *Dissect) error {
	if err := c.want(cmd.X, texts, "the input of DISSECT"); err != nil {
		return err
	}
	for _, name := range cmd.Pattern.Outputs {
		c.at.set(Column{Name: name, Type: Keyword})
	}
	return nil
}

func (c *checker) completion(cmd *Completion) error {
	if err := c.want(cmd.Prompt, texts, "the prompt of COMPLETION"); err != nil {
		return err
	}
	c.at.set(Column{Name: cmd.Target, Type: Keyword})
	return nil
}

func (c *checker) unknown(at source.Span, name string) error {
	if _, ok := metadata[name]; ok {
		return c.errorf(at, "unknown column %s: FROM needs METADATA %s", name, name)
	}
	var known []string
	for _, col := range c.at.Columns {
		if col.Glob == nil {
			known = append(known, printName(col.Name))
		}
	}
	return c.errorf(at, "unknown column %s%s", printName(name), meant(printName(name), known))
}

// keep chooses columns. An exact name counts more than a pattern, a pattern more than "*";
// of equals the last mention does, and says where the column goes (D:keep). "*" also keeps
// what the table reads as null.
func (c *checker) keep(cmd *Keep) error {
	k := keeper{rank: map[string]int{}}
	open := false
	for _, n := range cmd.Names {
		open = open || c.at.Open && len(n.Pattern) == 1
		if n.Pattern == nil {
			col, ok := c.at.column(n.Text)
			if !ok {
				return c.unknown(n.at, n.Text)
			}
			k.add(col, 1)
			continue
		}
		if err := c.keepPattern(&k, n); err != nil {
			return err
		}
	}
	c.at.Columns, c.at.Open = k.columns, open
	c.at.reindex()
	return nil
}

func (c *checker) keepPattern(k *keeper, n Name) error {
	rank, found := 2, false
	all := len(n.Pattern) == 1
	if all {
		rank = 3
	}
	for _, col := range c.at.Columns {
		switch {
		case col.Glob == nil && !matches(n.Pattern, col.Name):
			continue
		case col.Glob == nil, all, slices.Equal(col.Glob, n.Pattern):
		case len(col.Glob) > 1:
			return unsupported(c.src, n.at, "a pattern of names within another")
		default:
			col = Column{Name: n.Text, Glob: n.Pattern}
		}
		k.add(col, rank)
		found = true
	}
	if !found && !c.at.Open {
		return c.errorf(n.at, "no column matches %s", n)
	}
	return nil
}

// keeper collects the columns of a KEEP.
type keeper struct {
	columns []Column
	rank    map[string]int
}

func (k *keeper) add(col Column, rank int) {
	key := col.Name
	if col.Glob != nil {
		key = "*" + query.Pattern.String(col.Glob)
	} else {
		key = "." + key
	}
	if old, ok := k.rank[key]; ok {
		if old < rank {
			return
		}
		k.columns = slices.DeleteFunc(k.columns, func(c Column) bool {
			return c.Name == col.Name && (c.Glob == nil) == (col.Glob == nil)
		})
	}
	k.rank[key] = rank
	k.columns = append(k.columns, col)
}
