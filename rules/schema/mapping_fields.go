package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// maxWarnings bounds what a hostile mapping can make us say.
const maxWarnings = 200

// entry is a field of a mapping while it is read.
type entry struct {
	field Field
	alias string // target of an alias, "" for other types
	index string
}

// mapping collects the fields of all indices of a mapping file.
type mapping struct {
	r        *reader
	fields   map[string]entry
	now      string // index at hand
	warned   map[string]bool
	warnings []string
}

// warn notes a decision, each text once.
func (m *mapping) warn(format string, args ...any) {
	w := fmt.Sprintf(format, args...)
	if m.warned[w] || len(m.warnings) > maxWarnings {
		return
	}
	m.warned[w] = true
	if len(m.warnings) == maxWarnings {
		w = "further warnings about the mapping are left out"
	}
	m.warnings = append(m.warnings, w)
}

// index adds the fields of one index: directly below "mappings", or, before
// Elasticsearch 7, below the name of a document type.
func (m *mapping) index(b body) error {
	m.now = b.index
	if rt := b.node.get("runtime"); rt != nil && len(rt.members) > 0 {
		m.warn("runtime fields are not computed: %s", m.place("runtime"))
	}
	if p := b.node.get("properties"); p != nil {
		return m.properties("", p)
	}
	for _, mem := range b.node.members {
		if p := mem.val.get("properties"); p != nil && mem.key != "_default_" {
			if err := m.properties("", p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *mapping) place(name string) string {
	if m.now == "" {
		return name
	}
	return m.now + ": " + name
}

// properties adds the fields of one "properties" object. Recursion is bounded by
// the depth limit of the reader.
func (m *mapping) properties(prefix string, n *node) error {
	if !n.object {
		return m.r.errorf(n.offset, "\"properties\" is no object")
	}
	for _, mem := range n.members {
		if err := m.property(prefix+mem.key, mem.val); err != nil {
			return err
		}
	}
	return nil
}

// property adds the field name, its multi-fields and what lies below it.
func (m *mapping) property(name string, n *node) error {
	if !n.object {
		return m.r.errorf(n.offset, "field %q: expected an object with a type", shown(name))
	}
	if name == "" || len(name) > maxName {
		return m.r.errorf(n.offset, "field %q: a name has 1 to %d bytes", shown(name), maxName)
	}
	f, err := m.field(name, n)
	if err != nil {
		return err
	}
	if err := m.add(n, entry{f, n.text("path"), m.now}); err != nil {
		return err
	}
	if subs := n.get("fields"); subs != nil {
		if err := m.multiFields(f, subs); err != nil {
			return err
		}
	}
	if p := n.get("properties"); p != nil {
		return m.properties(name+".", p)
	}
	return nil
}

// field reads the attributes of a field.
func (m *mapping) field(name string, n *node) (Field, error) {
	f := Field{Name: name, Path: name, Known: true}
	typ := n.text("type")
	known := true
	if typ == "" {
		typ = "object"
	}
	if typ != "alias" {
		f.Type, known = typeOf(typ)
	}
	if !known {
		m.warn("%s: type %s is not known; only exists is defined on it", m.place(shown(name)), shown(typ))
	}
	if v := n.get("value"); v != nil && !v.null && f.Type == ConstantKeyword {
		f.Constant, f.HasConstant = v.scalar, true
	}
	if v := n.get("null_value"); v != nil && !v.null {
		f.NullValue, f.HasNullValue = v.scalar, true
	}
	if v := n.get("ignore_above"); v != nil && f.Type != Object {
		limit, err := strconv.Atoi(v.scalar)
		if err != nil || limit < 0 {
			return f, m.r.errorf(v.offset, "field %q: ignore_above is no length", shown(name))
		}
		f.IgnoreAbove = limit
	}
	f.Lower = m.lower(name, n.text("normalizer"))
	return f, nil
}

// lower reports whether a normalizer lowers its values. Its definition stands in
// the index' settings, which an exported mapping does not have: the name decides.
func (m *mapping) lower(name, normalizer string) bool {
	switch {
	case normalizer == "":
		return false
	case strings.Contains(strings.ToLower(normalizer), "lowercase"):
		return true
	default:
		m.warn("%s: normalizer %s is not known; values are taken as they are", m.place(shown(name)), shown(normalizer))
		return false
	}
}

// multiFields adds the sub-fields of f, whose values come from f.
func (m *mapping) multiFields(f Field, subs *node) error {
	if !subs.object {
		return m.r.errorf(subs.offset, "field %q: \"fields\" is no object", shown(f.Name))
	}
	for _, mem := range subs.members {
		if !mem.val.object {
			return m.r.errorf(mem.val.offset, "field %q: expected an object with a type", shown(f.Name+"."+mem.key))
		}
		sub, err := m.field(f.Name+"."+mem.key, mem.val)
		if err != nil {
			return err
		}
		sub.Path = f.Path
		if err := m.add(mem.val, entry{field: sub, index: m.now}); err != nil {
			return err
		}
	}
	return nil
}

// add keeps e unless an earlier index has the name: the first by name counts.
func (m *mapping) add(n *node, e entry) error {
	if e.field.Type != Dynamic {
		e.alias = "" // path is an attribute of an alias only
	} else if e.alias == "" {
		return m.r.errorf(n.offset, "alias %q has no path", shown(e.field.Name))
	}
	old, ok := m.fields[e.field.Name]
	if !ok {
		if len(m.fields) >= maxFields {
			return m.r.errorf(n.offset, "more than %d fields", maxFields)
		}
		m.fields[e.field.Name] = e
		return nil
	}
	if old.field.Type != e.field.Type {
		m.warn("%s is mapped differently by %s; the mapping of %s is used",
			shown(e.field.Name), shown(e.index), shown(old.index))
	}
	return nil
}

// shown cuts a name from the file to a length that can be printed.
func shown(name string) string {
	const limit = 200
	if len(name) > limit {
		name = name[:limit] + "..."
	}
	return strings.ToValidUTF8(name, "\uFFFD")
}
