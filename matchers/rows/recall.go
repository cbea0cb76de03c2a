package rows

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"coldcase/rules/esql"
)

// Recall says of the commands that do not stream what a row of the result, as
// [Program.Object] writes it, still tells of them: the columns that no later command has
// changed. Conditions on others are Untold. It is for rows whose sources are not all known.
// columns are those of the row.
func (t *Tracer) Recall(e *Env, row map[string]any) (way []Traced, columns []Cell) {
	r := &recall{t: t, e: e, values: map[string]Value{}}
	for _, col := range t.p.Columns {
		cell := Cell{Name: col.Name}
		if v, ok := row[col.Name]; ok {
			if cell.Value, cell.Told = parseValue(v, col.Type); cell.Told {
				r.values[col.Name] = cell.Value
			}
		}
		columns = append(columns, cell)
	}
	if t.p.Lead != nil {
		way = append(way, r.group(t.p.Lead))
	}
	for _, s := range t.p.Stages {
		switch s := s.(type) {
		case *Each:
			for i := range s.ops {
				way = append(way, r.op(&s.ops[i]))
			}
		case *Group:
			way = append(way, r.group(s))
		case *Sort:
			way = append(way, Traced{At: s.at})
		case *Limit:
			way = append(way, Traced{At: s.at})
		}
	}
	return way, columns
}

// recall is one Recall under way.
type recall struct {
	t      *Tracer
	e      *Env
	values map[string]Value // of the result
}

// at puts the columns that are as they were behind a command into e.Row, and returns their
// slots.
func (r *recall) at(command int) (told map[int]bool) {
	told = map[int]bool{}
	clear(r.e.Row)
	for name, v := range r.values {
		if !r.changed(name, command+1) {
			slot := r.t.p.slots[name]
			told[slot], r.e.Row[slot] = true, v
		}
	}
	return told
}

// changed says whether a command, or one behind it, sets a column or takes its name away.
func (r *recall) changed(name string, from int) bool {
	for _, c := range r.t.p.q.Commands[from:] {
		if slices.Contains(setBy(c), name) {
			return true
		}
		switch c := c.(type) {
		case *esql.Rename:
			for _, p := range c.Pairs {
				if p.From == name {
					return true
				}
			}
		case *esql.Stats:
			if !groupsBy(c, name) && (!c.Inline || slices.Contains(namesIn(c.By), name)) {
				return true
			}
		}
	}
	return false
}

// groupsBy says whether a column is a key of a STATS as it is.
func groupsBy(c *esql.Stats, name string) bool {
	for _, by := range c.By {
		if ref, ok := by.X.(*esql.Ref); ok && by.Name == name && ref.Name == name {
			return true
		}
	}
	return false
}

// cells are the columns that a command makes, with the values that are still known.
func (r *recall) cells(names []string, told map[int]bool) (out []Cell) {
	for _, name := range names {
		slot, ok := r.t.p.slots[name]
		out = append(out, Cell{Name: name, Told: ok && told[slot]})
		if ok && told[slot] {
			out[len(out)-1].Value = r.e.Row[slot]
		}
	}
	return out
}

func (r *recall) op(o *op) Traced {
	told := r.at(o.from.at)
	out := Traced{At: o.from.at, Made: r.cells(setBy(o.from.Command), told)}
	if w, ok := o.from.Command.(*esql.Where); ok {
		out.Where = r.t.planOf(w).hold(r.e, told)
	}
	return out
}

func (r *recall) group(g *Group) Traced {
	c := r.t.p.q.Commands[g.at].(*esql.Stats)
	told := r.at(g.at)
	return Traced{At: g.at, Made: r.cells(setBy(c), told), Keys: r.cells(namesIn(c.By), told)}
}

// parseValue reads what Value.JSON wrote of a column with a type. ok is false for what has
// no such form.
func parseValue(x any, t esql.Type) (v Value, ok bool) {
	list, isList := x.([]any)
	switch {
	case x == nil:
		return nil, true
	case !isList:
		list = []any{x}
	}
	for _, item := range list {
		s, ok := parseScalar(item, t)
		if !ok || len(v) == maxList {
			return nil, false
		}
		v = append(v, s)
	}
	return v, true
}

func parseScalar(x any, t esql.Type) (Scalar, bool) {
	switch x := x.(type) {
	case bool:
		return truthOf(x).value()[0], t == esql.Boolean || t == esql.Dynamic
	case json.Number:
		return parseNumber(string(x), t)
	case string:
		if t == esql.Text || t == esql.Dynamic || t == esql.Null {
			t = esql.Keyword
		}
		if strings.HasPrefix(x, "base64:") { // may stand for other bytes
			return Scalar{}, false
		}
		return as(keyword(x), t)
	}
	return Scalar{}, false
}

func parseNumber(x string, t esql.Type) (Scalar, bool) {
	switch t {
	case esql.Integer, esql.Long:
		return parseWhole(x, t)
	case esql.UnsignedLong:
		n, err := strconv.ParseUint(x, 10, 64)
		return Scalar{Type: t, N: n}, err == nil
	case esql.Double:
		return parseDouble(x)
	case esql.Dynamic:
		if s, ok := parseWhole(x, esql.Long); ok && strings.Trim(x, "-0123456789") == "" {
			return s, true
		}
		return parseDouble(x)
	}
	return Scalar{}, false
}
