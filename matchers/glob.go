package matchers

import (
	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// anyFieldNode holds when the predicate holds for some field whose name matches a
// pattern (KQL "process.*:x", and free text, whose pattern is "*"). It looks at
// every leaf of the event. It is slow and rare: of Elastic's rules fifteen have such a
// name.
type anyFieldNode struct {
	name   *glob
	exists bool
	tests  map[fieldKind]kindTest // none where no value can satisfy the predicate
	schema *schema.Schema
	nested string // path of the path:{...} around it, "" for none
	// root is the flattened field that all fields are below; nil for fields of any type.
	root *schema.Field
	// roots are the flattened fields that the pattern names as a whole: all below them are
	// meant, whatever their own names. Each ends in a dot.
	roots []string
}

// fieldKind is what newTest wants to know of a field.
type fieldKind struct {
	typ   schema.Type
	lower bool
}

type kindTest struct {
	test test
	fold bool
}

func (c *compiler) globNode(x query.Expr, f query.Field) (node, error) {
	c.tree = true
	n := &anyFieldNode{name: newGlob(starPattern(f.Name)), tests: map[fieldKind]kindTest{}, schema: c.schema, nested: c.nested,
		root: c.flattenedRoot(f)}
	n.roots = c.flattenedNamed(n.name)
	if _, n.exists = x.(*query.Exists); n.exists {
		return n, nil
	}
	for typ := schema.Dynamic; typ <= schema.Other; typ++ {
		for _, lower := range []bool{false, true} {
			t, fold, err := newTest(x, schema.Field{Type: typ, Lower: lower})
			if err != nil {
				return nil, err
			}
			if t != nil {
				n.tests[fieldKind{typ, lower}] = kindTest{t, fold}
			}
		}
	}
	return n, nil
}

// starPattern reads a field name in which only '*' is wild.
func starPattern(s string) query.Pattern {
	p := query.LikePattern(s)
	for i, part := range p {
		if part.Kind == query.One {
			p[i] = query.Part{Kind: query.Lit, Text: "?"}
		}
	}
	return p
}

// maxFieldName is the length in bytes of the longest field name that is looked at.
// Every leaf below a long key has a long name: without a limit one line could ask for
// its own length squared. No mapping has such a name.
const maxFieldName = 4096

func (n *anyFieldNode) eval(s *scratch) bool {
	found := false
	look := func(l event.Leaf) bool {
		found = n.holds(s, l)
		return !found
	}
	if n.nested != "" {
		s.tree.ElementLeaves(s.around, n.nested, look)
	} else {
		s.tree.Leaves(look)
	}
	return found
}

func (n *anyFieldNode) holds(s *scratch, l event.Leaf) bool {
	if l.Value.Kind == event.Null || len(l.Name) > maxFieldName || !n.names(l.Name) {
		return false
	}
	if n.exists {
		return true
	}
	f := n.typeOf(s, l.Name)
	t, ok := n.tests[fieldKind{f.Type, f.Lower}]
	if !ok {
		return false
	}
	switch text := l.Value.Text; {
	case f.Lower:
		s.normal = appendLowerUnicode(s.normal[:0], text)
		l.Value.Text = s.normal
	case t.fold && hasUpper(text):
		s.normal = appendLower(s.normal[:0], text)
		l.Value.Text = s.normal
	}
	if s.strict && tooLong(l.Value.Text, f.IgnoreAbove) {
		return false
	}
	return t.test.match(s, l.Value)
}

// names says whether the predicate is about a field of that name.
func (n *anyFieldNode) names(name []byte) bool {
	if n.name.match(name) {
		return true
	}
	for _, root := range n.roots {
		if len(name) >= len(root) && string(name[:len(root)]) == root {
			return true
		}
	}
	return false
}

// typeOf returns the type of a field that was met.
func (n *anyFieldNode) typeOf(s *scratch, name []byte) schema.Field {
	if n.root != nil {
		return *n.root
	}
	return s.fieldNamed(n.schema, name)
}

// Bounds of scratch.fields: evidence chooses the names.
const (
	maxKnownFields = 4096
	maxKnownName   = 256 // bytes
)

// fieldNamed looks a name up, remembering it for the lines to come.
func (s *scratch) fieldNamed(sch *schema.Schema, name []byte) schema.Field {
	if f, ok := s.fields[string(name)]; ok {
		return f
	}
	f := sch.Lookup(string(name))
	if len(s.fields) < maxKnownFields && len(name) <= maxKnownName {
		if s.fields == nil {
			s.fields = map[string]schema.Field{}
		}
		s.fields[string(name)] = f
	}
	return f
}
