package matchers

import (
	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// anyFieldNode holds when the predicate holds for some field whose name matches a
// pattern (KQL "process.*:x", and free text, whose pattern is "*"). It looks at
// every leaf of the event; the fields' types are looked up as they appear.
type anyFieldNode struct {
	x      query.Expr
	name   *glob
	schema *schema.Schema
}

func (c *compiler) globNode(x query.Expr, f query.Field) (node, error) {
	c.tree = true
	if re, ok := x.(*query.Regexp); ok {
		if _, err := newRegexpTest(re.Patterns, true); err != nil {
			return nil, err
		}
	}
	return &anyFieldNode{x, newGlob(starPattern(f.Name)), c.schema}, nil
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

// eval compiles the predicate for each field that it meets. It is slow and rare:
// of Elastic's rules fifteen have such a name.
func (n *anyFieldNode) eval(s *scratch) bool {
	found := false
	s.tree.Leaves(func(l event.Leaf) bool {
		if l.Value.Kind != event.Null && n.name.match(l.Name) {
			found = n.holds(s, l)
		}
		return !found
	})
	return found
}

func (n *anyFieldNode) holds(s *scratch, l event.Leaf) bool {
	if _, ok := n.x.(*query.Exists); ok {
		return true
	}
	t, fold, err := newTest(n.x, n.schema.Lookup(string(l.Name)))
	if err != nil || t == nil {
		return false
	}
	if fold {
		l.Value.Text = appendLower(nil, l.Value.Text)
	}
	return t.match(s, l.Value)
}
