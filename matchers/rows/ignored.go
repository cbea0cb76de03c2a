package rows

import (
	"slices"
	"sync"

	"coldcase/matchers/event"
	"coldcase/rules/esql"
	"coldcase/rules/schema"
)

// ignored makes _ignored of METADATA: the names of the fields, and multi-fields, of which
// Elasticsearch has left a value out of the index, for its length or because it is
// malformed. An archive does not hold it, but what it follows from. It is immutable.
//
// Fields that no schema has are not looked at, and neither are types of which values are
// not read (geo_point, ranges): such a name is missing in the list. A whole number too large
// for 32 bits is not malformed here, for a schema does not tell integer from long.
type ignored struct {
	fields  map[string][]ignorable // by the path that their values come from
	longest int                    // of the paths, in bytes
}

// ignorable is a field that may stand in _ignored.
type ignorable struct {
	schema.Field
	limits      [schema.Makers]int
	malformable bool
}

// ignoredOf returns what _ignored goes by under a schema. The one made last is kept: all
// rules of a run have the same schema.
func ignoredOf(s *schema.Schema) *ignored {
	lastIgnored.Lock()
	defer lastIgnored.Unlock()
	if lastIgnored.schema != s {
		lastIgnored.schema, lastIgnored.ignored = s, newIgnored(s)
	}
	return lastIgnored.ignored
}

var lastIgnored struct {
	sync.Mutex
	schema  *schema.Schema
	ignored *ignored
}

func newIgnored(s *schema.Schema) *ignored {
	g := &ignored{fields: map[string][]ignorable{}}
	for _, name := range s.Names() {
		if !s.MayIgnore(name) {
			continue
		}
		f := ignorable{Field: s.Lookup(name)}
		f.malformable = s.Malformable(f.Field)
		for by := range f.limits {
			f.limits[by] = s.Limit(f.Field, schema.Maker(by))
		}
		g.fields[f.Path] = append(g.fields[f.Path], f)
		g.longest = max(g.longest, len(f.Path))
	}
	return g
}

// read returns the names for an event, sorted and distinct as the index has them. It looks
// at all leaves of the event, not only at the fields that rules want: only events that a
// rule's predicate lets pass come here.
func (g *ignored) read(ev Event) Value {
	by := schema.MakerOf(ev.Stood)
	names := map[string]bool{}
	ev.Leaves(func(l event.Leaf) bool {
		if len(l.Name) > g.longest {
			return true
		}
		for i := range g.fields[string(l.Name)] {
			f := &g.fields[string(l.Name)][i]
			if !names[f.Name] && f.leavesOut(l.Value, by) {
				names[f.Name] = true
			}
		}
		return true
	})
	if len(names) > maxList {
		return nil
	}
	var out Value
	for name := range names {
		out = append(out, keyword(name))
	}
	slices.SortFunc(out, less)
	return out
}

// leavesOut says whether an index leaves the value out.
func (f *ignorable) leavesOut(v event.Value, by schema.Maker) bool {
	if v.Kind == event.Null {
		if !f.HasNullValue {
			return false
		}
		v = event.Value{Kind: event.String, Text: []byte(f.NullValue)}
	}
	if f.malformable {
		return malformed(f.Type, v)
	}
	return schema.TooLong(v.Text, f.limits[by])
}

// malformed says whether a value is none of a type, after the conversions that an index
// makes: "12" is a number, and "" stands for none.
func malformed(t schema.Type, v event.Value) (bad bool) {
	switch t {
	case schema.Long, schema.Double:
		x, ok := parseDouble(string(v.Text))
		empty := v.Kind == event.String && len(v.Text) == 0
		return !empty && (!ok || t == schema.Long && !(x.float() >= -1<<63 && x.float() < 1<<64))
	case schema.Boolean:
		_, ok := fieldBoolean(v)
		return !ok
	case schema.Date:
		_, ok := event.ParseTime(v)
		return !ok
	}
	_, ok := as(keyword(string(v.Text)), esql.IP)
	return !ok
}
