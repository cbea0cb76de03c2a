package schema

import (
	"sort"
	"strings"
)

// maxName is the length in bytes of the longest field name that is looked up.
const maxName = 4096

// Schema is a set of fields. It is immutable and safe for concurrent use.
type Schema struct {
	fields map[string]Field
	// above holds the names that have fields below them without being mapped
	// themselves: process, of process.name.
	above    map[string]bool
	stated   map[string]bool // the names that a mapping states, by WithMapping
	warnings []string
}

// build makes a schema of fields; it owns the map from then on. Implied objects and
// nested paths are worked out here, once.
func build(fields map[string]Field, warnings []string) *Schema {
	s := &Schema{fields: fields, above: map[string]bool{}, warnings: warnings}
	for name := range fields {
		for p := parent(name); p != "" && !s.above[p]; p = parent(p) {
			if _, ok := fields[p]; !ok {
				s.above[p] = true
			}
		}
	}
	for name, f := range fields {
		if n := s.nestedAbove(f.Path); n != f.Nested {
			f.Nested = n
			fields[name] = f
		}
	}
	return s
}

// parent cuts the last segment off a dotted name, "" at the top.
func parent(name string) string {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return ""
	}
	return name[:i]
}

// nestedAbove returns the innermost nested path that name lies below, "".
func (s *Schema) nestedAbove(name string) string {
	for p := parent(name); p != ""; p = parent(p) {
		if f, ok := s.fields[p]; ok && f.Type == Nested {
			return p
		}
	}
	return ""
}

// Names returns the names of all mapped fields and multi-fields, sorted. The slice
// is the caller's. Field name wildcards expand over it.
func (s *Schema) Names() []string {
	out := make([]string, 0, len(s.fields))
	for name := range s.fields {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// Warnings returns what [Schema.WithMapping] had to decide by itself, in a stable
// order: conflicts between indices, parts of the mapping that it does not use. The
// slice belongs to the schema and must not be changed.
func (s *Schema) Warnings() []string { return s.warnings }

// NestedPath reports whether path itself is mapped as nested.
func (s *Schema) NestedPath(path string) bool {
	f, ok := s.fields[path]
	return ok && f.Type == Nested
}

// Lookup says how name behaves in a query. It never fails: in this order, name is
//
//   - mapped, as a field, an alias or a multi-field;
//   - below a flattened field: a keyword under any sub-key;
//   - an object that has mapped fields below it;
//   - .text, .caseless or .keyword of a mapped string field, computed from it
//     (query-semantics.md, Decision 5);
//   - below endgame: that is not in ECS, and its values are keywords;
//   - unknown: Dynamic, Known false, Path the name itself (Decision 3).
//
// A name longer than maxName bytes is unknown: no mapping has one, and looking at
// each of its prefixes would cost its length squared.
func (s *Schema) Lookup(name string) Field {
	if len(name) > maxName {
		return Field{Name: name, Path: name}
	}
	if f, ok := s.fields[name]; ok {
		return f
	}
	if root, ok := s.belowFlattened(name); ok {
		return s.flattenedLeaf(name, root)
	}
	if s.above[name] {
		return s.leaf(name, Object)
	}
	if f, ok := s.computed(name); ok {
		return f
	}
	if strings.HasPrefix(name, "endgame.") && len(name) > len("endgame.") {
		return s.leaf(name, Keyword)
	}
	return Field{Name: name, Path: name, Nested: s.nestedAbove(name)}
}

func (s *Schema) leaf(name string, t Type) Field {
	return Field{Name: name, Path: name, Type: t, Known: true, Nested: s.nestedAbove(name)}
}

// belowFlattened returns the nearest mapped field above name, and whether it is flattened.
func (s *Schema) belowFlattened(name string) (root Field, ok bool) {
	for p := parent(name); p != ""; p = parent(p) {
		if f, ok := s.fields[p]; ok {
			return f, f.Type == Flattened
		}
	}
	return Field{}, false
}

// flattenedLeaf is a leaf below a flattened field, whose limit is that of each.
func (s *Schema) flattenedLeaf(name string, root Field) Field {
	f := s.leaf(name, Keyword)
	f.IgnoreAbove = root.IgnoreAbove
	return f
}

// computed returns the field of a suffix that no mapping states, when the name
// before the suffix is a known string field.
func (s *Schema) computed(name string) (Field, bool) {
	p := parent(name)
	if p == "" {
		return Field{}, false
	}
	f, ok := s.fields[p]
	if root, below := s.belowFlattened(p); !ok && below {
		f, ok = s.flattenedLeaf(p, root), true
	}
	if !ok || f.Path != p {
		return Field{}, false // a multi-field or an alias has no sub-fields
	}
	return subField(f, name[len(p):])
}

// subField returns the sub-field of f that suffix (".text") names: analysed,
// lower-cased, or as it is. Only strings have one.
func subField(f Field, suffix string) (Field, bool) {
	switch f.Type {
	case Keyword, Wildcard, ConstantKeyword, Text:
	default:
		return Field{}, false
	}
	sub := Field{Name: f.Name + suffix, Path: f.Path, Known: true, Nested: f.Nested}
	switch suffix {
	case ".text":
		sub.Type = Text
	case ".caseless":
		sub.Type, sub.Lower, sub.IgnoreAbove = Keyword, true, f.IgnoreAbove
	case ".keyword":
		sub.Type, sub.IgnoreAbove = Keyword, f.IgnoreAbove
	default:
		return Field{}, false
	}
	return sub, true
}
