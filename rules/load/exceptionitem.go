package load

import (
	"strings"
	"time"

	"coldcase/rules"
	"coldcase/rules/query"
)

// itemReader lowers one exception item (rule-types.md section 10): entries AND, each
// inverted where its operator is excluded.
type itemReader struct {
	object
	lists *valueLists
	dir   string // of the file, for value lists beside it
	// missing says which value list is not there, "" when all are.
	missing string
}

// into reads what both forms of an item share.
func (r *itemReader) into(x *rules.ExceptionItem, expires string) {
	x.Expire = r.time(expires)
	all := r.osTypes()
	entries := r.objects("entries")
	if len(entries) == 0 {
		r.fail("entries", "an exception needs at least one entry: without any it would leave out every event")
		return
	}
	for _, o := range entries {
		all = append(all, r.entry(o, ""))
	}
	if x.NotApplied = r.missing; x.NotApplied == "" {
		x.X = and(all)
	}
}

// time reads a date: RFC 3339 in JSON, a date of its own in TOML.
func (r *itemReader) time(key string) time.Time {
	v, ok := r.get(key)
	if !ok {
		return time.Time{}
	}
	switch v := v.(type) {
	case time.Time:
		if name := v.Location().String(); name != "datetime-local" && name != "date-local" && name != "time-local" {
			return v.UTC()
		}
		return time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), v.Nanosecond(), time.UTC)
	case string:
		for _, layout := range []string{time.RFC3339, "2006-01-02"} {
			if t, err := time.Parse(layout, v); err == nil {
				return t.UTC()
			}
		}
		r.fail(key, "expected an RFC 3339 time or a date, found %q", v)
	default:
		r.wrong(key, "a time", v)
	}
	return time.Time{}
}

// systems are the values of os_types.
var systems = []string{"linux", "macos", "windows"}

// osTypes lowers os_types: the host's type or the lower-cased name of its system.
func (r *itemReader) osTypes() []query.Expr {
	var values []query.Literal
	for _, s := range r.strs("os_types") {
		if !isOne(s, systems) {
			r.fail("os_types", "expected %s, found %q", strings.Join(systems, ", "), s)
		}
		values = append(values, query.Literal{Text: s})
	}
	if len(values) == 0 {
		return nil
	}
	return []query.Expr{&query.Or{X: []query.Expr{
		&query.Term{Field: query.Field{Name: "host.os.type"}, Values: values, Text: query.Phrase},
		&query.Term{Field: query.Field{Name: "host.os.name.caseless"}, Values: values, Text: query.Phrase},
	}}}
}

func isOne(s string, of []string) bool {
	for _, x := range of {
		if s == x {
			return true
		}
	}
	return false
}

// entry lowers one entry; parent is the path of a nested entry around it, "".
func (r *itemReader) entry(o object, parent string) query.Expr {
	name := o.str("field")
	if name == "" {
		o.fail("field", "the entry has no field")
	}
	if parent != "" {
		name = parent + "." + name
	}
	kind := o.str("type")
	x := r.test(o, kind, parent, query.Field{Name: name})
	switch op := o.str("operator"); {
	case op == "excluded":
		x = &query.Not{X: x}
	case op != "" && op != "included":
		o.fail("operator", "expected included or excluded, found %q", op)
	}
	// What an unknown key would change cannot be guessed.
	for k := range o.m {
		if !o.used[k] {
			o.fail(k, "unknown key in an exception's entry")
		}
	}
	return x
}

// test lowers what an entry says of its field.
func (r *itemReader) test(o object, kind, parent string, f query.Field) query.Expr {
	switch kind {
	case "match", "match_any":
		return &query.Term{Field: f, Values: literals(o, kind == "match_any"), Text: query.Phrase}
	case "exists":
		o.ignore("value")
		return &query.Exists{Field: f}
	case "wildcard":
		x := &query.Wildcard{Field: f, Text: query.AnyToken}
		for _, l := range literals(o, true) {
			x.Patterns = append(x.Patterns, query.EscapedPattern(l.Text))
		}
		return x
	case "list":
		return r.valueList(o, f)
	case "nested":
		if parent != "" {
			o.fail("type", "a nested entry stands inside a nested entry")
			break
		}
		return r.nested(o, f.Name)
	case "":
		o.fail("type", "the entry has no type")
	default:
		o.fail("type", "expected match, match_any, exists, wildcard, list or nested, found %q", kind)
	}
	return &query.Const{}
}

// nested lowers an entry about one element of an array of objects. That the array is
// mapped as nested is taken from the item: Kibana offers such an entry nowhere else.
func (r *itemReader) nested(o object, path string) query.Expr {
	var all []query.Expr
	for _, inner := range o.objects("entries") {
		all = append(all, r.entry(inner, path))
	}
	if len(all) == 0 {
		o.fail("entries", "the nested entry has no entries")
		return &query.Const{}
	}
	return &query.Nested{Path: path, X: and(all), Always: true}
}

// literals reads the value or values of an entry.
func literals(o object, many bool) []query.Literal {
	v, ok := o.get("value")
	if !ok {
		o.fail("value", "the entry has no value")
		return nil
	}
	list, ok := v.([]any)
	if !ok || !many {
		list = []any{v}
	}
	var out []query.Literal
	for _, item := range list {
		l, err := literal(item)
		if err != nil {
			o.fail("value", "%v", err)
			return nil
		}
		out = append(out, l)
	}
	if len(out) == 0 {
		o.fail("value", "the list of values is empty")
	}
	return out
}

// valueList lowers "is in list": Kibana's {"list":{"id","type"}}, or in TOML the id as
// the value and an optional list_type.
func (r *itemReader) valueList(o object, f query.Field) query.Expr {
	var id, kind string
	if l, ok := o.object("list"); ok {
		id, kind = l.str("id"), l.str("type")
	} else {
		id, kind = o.str("value"), o.str("list_type")
	}
	if id == "" {
		o.fail("list", "the entry names no value list")
		return &query.Const{}
	}
	values, why := r.lists.values(id, kind, r.dir)
	if why != "" {
		r.missing = why
		return &query.Const{}
	}
	if values.nets != nil {
		return &query.CIDR{Field: f, Nets: values.nets}
	}
	return &query.Term{Field: f, Values: values.texts, Text: query.Phrase}
}
