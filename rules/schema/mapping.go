package schema

import (
	"bytes"
	"fmt"
	"maps"
	"sort"
)

// WithMapping returns a schema in which the fields of an exported Elasticsearch
// mapping override those of s; s itself is not changed. data is one JSON value or
// several, one after the other, each of one of these forms:
//
//	{"logs-a": {"mappings": {"properties": {...}}}, ...}   GET _mapping, elasticdump --type=mapping
//	{"logs-a": {"mappings": {"doc": {"properties": ...}}}} before Elasticsearch 7
//	{"mappings": {"properties": {...}}}
//	{"properties": {...}}
//
// Aliases, multi-fields, null_value, ignore_above, nested and a lower-casing
// normalizer are honoured. What is decided by guess, or left aside, is listed by
// [Schema.Warnings]. An error names line and column.
func (s *Schema) WithMapping(data []byte) (*Schema, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if len(data) > maxMapping {
		return nil, fmt.Errorf("mapping has %d bytes, more than %d", len(data), maxMapping)
	}
	r := newReader(data)
	bodies, err := readBodies(r)
	if err != nil {
		return nil, err
	}
	m := &mapping{r: r, fields: map[string]entry{}, warned: map[string]bool{}}
	for _, b := range bodies {
		if err := m.index(b); err != nil {
			return nil, err
		}
	}
	return s.override(m), nil
}

// body is the "mappings" object of one index.
type body struct {
	index string // "" for a bare mapping
	node  *node
}

// readBodies returns the mappings of a file in the order of their indices' names.
func readBodies(r *reader) ([]body, error) {
	var out []body
	for {
		n, err := r.next()
		if err != nil {
			return nil, err
		}
		if n == nil {
			break
		}
		if out, err = appendBodies(r, out, n); err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, r.errorf(0, "no mapping found: expected an object with \"properties\", or with indices")
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].index < out[j].index })
	return out, nil
}

// appendBodies tells the forms apart and appends what n holds to out.
func appendBodies(r *reader, out []body, n *node) ([]body, error) {
	if !n.object {
		return nil, r.errorf(n.offset, "expected a JSON object with a mapping")
	}
	if p := n.get("properties"); p != nil && p.object && p.get("mappings") == nil {
		return append(out, body{"", n}), nil
	}
	if m := n.get("mappings"); m != nil && m.object && m.get("mappings") == nil {
		return append(out, body{"", m}), nil
	}
	for _, mem := range n.members {
		m := mem.val.get("mappings")
		if m == nil || !m.object {
			return nil, r.errorf(mem.val.offset, "no \"mappings\" object for %q", mem.key)
		}
		out = append(out, body{mem.key, m})
	}
	return out, nil
}

// override returns s with the fields of m in place of its own. What s has below a
// name that m maps as a field goes: m states the sub-fields that there are.
func (s *Schema) override(m *mapping) *Schema {
	fields := make(map[string]Field, len(s.fields)+len(m.fields))
	for name, f := range s.fields {
		if !m.hides(name) {
			fields[name] = f
		}
	}
	own := maps.Clone(fields)
	for name, e := range m.fields {
		own[name] = e.field
	}
	for name, e := range m.fields {
		fields[name] = m.resolve(own, name, e)
	}
	sort.Strings(m.warnings)
	out := build(fields, m.warnings)
	out.stated = maps.Clone(s.stated)
	if out.stated == nil {
		out.stated = map[string]bool{}
	}
	for name := range m.fields {
		out.stated[name] = true
	}
	return out
}

// hides reports whether the mapping has, above name, something that is no object.
func (m *mapping) hides(name string) bool {
	for p := parent(name); p != ""; p = parent(p) {
		if e, ok := m.fields[p]; ok {
			return e.field.Type != Object && e.field.Type != Nested
		}
	}
	return false
}

// resolve follows an alias to its target. Elasticsearch allows no alias of an alias.
func (m *mapping) resolve(own map[string]Field, name string, e entry) Field {
	if e.alias == "" {
		return e.field
	}
	target, ok := own[e.alias]
	if !ok || m.fields[e.alias].alias != "" {
		m.warn("alias %s: its target %s is not mapped", name, e.alias)
		return Field{Name: name, Path: e.alias, Known: true}
	}
	target.Name = name
	return target
}
