package matchers

import (
	"slices"
	"strconv"

	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// maxKeys bounds the join keys of one event for one step: evidence chooses the number
// of values of each field, and a key is made of every combination. Keys beyond it are
// counted in Account.Dropped.
const maxKeys = 1000

// join says how the records of a step find those that belong to them: by the values
// of some fields, one key for each combination of values (trap 20).
type join struct {
	keys   []query.Field
	values string // field whose values a threshold counts, "" for none
	whole  bool   // a field's values make one part together (alert suppression)
	apart  bool   // an event without one of the fields has a key of its own

	parts []keyPart
	count *keyPart
}

// keyPart reads one field of a key.
type keyPart struct {
	slot     int
	field    schema.Field
	optional bool
}

func (j *join) compile(m *Matcher) {
	part := func(f query.Field) keyPart {
		field := m.schema.Lookup(f.Name)
		return keyPart{m.layout.Slot(field.Path), field, f.Optional}
	}
	for _, f := range j.keys {
		j.parts = append(j.parts, part(f))
	}
	if j.values != "" {
		p := part(query.Field{Name: j.values})
		j.count = &p
	}
}

// texts returns the distinct values of the part in key form, sorted. A missing field
// is one null when it is optional, and otherwise nothing: the event then has no key.
func (p *keyPart) texts(ev *event.Event) []string {
	var out []string
	for _, v := range ev.Values(p.slot) {
		if v.Kind == event.Null && p.field.HasNullValue {
			v = event.Value{Kind: event.String, Text: []byte(p.field.NullValue)}
		}
		if v.Kind != event.Null && v.Kind != event.Object {
			out = append(out, p.text(v))
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) == 0 && p.optional {
		return []string{string(event.AppendKey(nil, event.KeyNull, nil))}
	}
	return out
}

// text writes a value so that values that are equal by their field's type are equal
// bytes. Numbers have their own kind, so that fields of different types never join.
func (p *keyPart) text(v event.Value) string { return string(p.append(nil, v)) }

func (p *keyPart) append(dst []byte, v event.Value) []byte {
	switch p.field.Type {
	case schema.Long, schema.Double:
		if n, ok := fieldNumber(v, p.field.Type == schema.Long); ok {
			return event.AppendKey(dst, event.KeyNumber, plainNumber(n))
		}
	case schema.IP:
		if a, ok := parseAddr(v.Text); ok {
			return event.AppendKey(dst, event.KeyText, []byte(a.String()))
		}
	case schema.Boolean:
		return event.AppendKey(dst, event.KeyBool, v.Text)
	case schema.Dynamic:
		if n, ok := fieldNumber(v, false); ok && v.Kind == event.Number {
			return event.AppendKey(dst, event.KeyNumber, plainNumber(n))
		}
		if v.Kind == event.Bool {
			return event.AppendKey(dst, event.KeyBool, v.Text)
		}
	}
	if p.field.Lower {
		return event.AppendKey(dst, event.KeyText, appendLowerUnicode(nil, v.Text))
	}
	return event.AppendKey(dst, event.KeyText, v.Text)
}

func plainNumber(n number) []byte {
	if n.whole {
		return strconv.AppendInt(nil, n.i, 10)
	}
	return strconv.AppendFloat(nil, n.f, 'g', -1, 64)
}

// one appends the key of an event whose key fields have one value each, as nearly all
// have; ok is false for others, which are for all.
func (j *join) one(dst []byte, ev *event.Event) (key []byte, ok bool) {
	for i := range j.parts {
		p := &j.parts[i]
		values := ev.Values(p.slot)
		if len(values) != 1 || values[0].Kind == event.Null || values[0].Kind == event.Object {
			return dst, false
		}
		dst = p.append(dst, values[0])
	}
	return dst, true
}

// all returns the keys of an event, one for each combination of its values, and how
// many were left out.
func (j *join) all(ev *event.Event, own func() string) (keys []string, dropped int) {
	keys = []string{""}
	for i := range j.parts {
		texts := j.parts[i].texts(ev)
		if len(texts) == 0 {
			return nil, 0
		}
		if j.apart && texts[0][0] == event.KeyNull {
			return []string{string(event.AppendKey(nil, event.KeyText, []byte(own())))}, 0
		}
		if j.whole {
			texts = []string{together(texts)}
		}
		var next []string
		for _, k := range keys {
			for _, t := range texts {
				if len(next) == maxKeys {
					dropped++
					continue
				}
				next = append(next, k+t)
			}
		}
		keys = next
	}
	return keys, dropped
}

// together makes one part of the values of a field.
func together(texts []string) string {
	if len(texts) == 1 {
		return texts[0]
	}
	var all []byte
	for i, t := range texts {
		if i > 0 {
			all = append(all, ", "...)
		}
		all = append(all, t[1:len(t)-2]...)
	}
	return string(event.AppendKey(nil, event.KeyText, all))
}

// counted returns the values that a threshold counts, nil for none.
func (j *join) counted(ev *event.Event) []string {
	if j.count == nil {
		return nil
	}
	return j.count.texts(ev)
}
