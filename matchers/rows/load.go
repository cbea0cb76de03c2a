package rows

import (
	"coldcase/rules/esql"
)

// load reads one column of FROM.
type load struct {
	slot int
	read func(e *Env, ev Event) Value
	// field is the slot of the event's field, where that is all that is read and no time;
	// else -1.
	field int
}

// newLoad takes a column of FROM: a field, or metadata.
func newLoad(p *Program, col esql.Column) load {
	l := load{slot: p.slot(col.Name), field: -1}
	if col.Field != "" {
		f := field{typ: col.Type, schema: p.src.Schema.Lookup(col.Field)}
		f.slot = p.src.Slot(f.schema.Path)
		if f.typ != esql.Date {
			l.field = f.slot
		}
		l.read = func(e *Env, ev Event) Value { return f.read(e, ev.Event) }
		return l
	}
	read := metadata(p, col.Name)
	l.read = func(_ *Env, ev Event) Value { return read(ev) }
	return l
}

// metadata reads what FROM ... METADATA names. What an export does not tell is null; of
// _ignored it tells what it follows from.
func metadata(p *Program, name string) func(ev Event) Value {
	text := func(b []byte) Value {
		if len(b) == 0 {
			return nil
		}
		return textValue(string(b))
	}
	switch name {
	case "_id":
		return func(ev Event) Value { return text(ev.ID) }
	case "_index":
		return func(ev Event) Value { return text([]byte(ev.Stood)) }
	case "_source":
		return func(ev Event) Value { return text(ev.Source) }
	case "_ignored":
		p.Whole = true
		return ignoredOf(p.src.Schema).read
	}
	return func(Event) Value { return nil }
}
