package matchers

import (
	"fmt"

	"github.com/valyala/fastjson"

	"coldcase/matchers/event"
	"coldcase/rules/query"
)

// nestedNode holds when one element of an array of objects satisfies x by itself
// (KQL path:{...}).
type nestedNode struct {
	path  string
	x     node
	slots func() int
}

func (c *compiler) nestedNode(x *query.Nested) (node, error) {
	if !c.schema.NestedPath(x.Path) {
		return constNode(false), nil
	}
	if c.nested != "" && !within(c.nested, x.Path) {
		return nil, fmt.Errorf("nested query on %s inside one on %s", x.Path, c.nested)
	}
	outer := c.nested
	c.nested, c.tree = x.Path, true
	n, err := c.node(x.X)
	c.nested = outer
	return &nestedNode{x.Path, n, c.layout.Len}, err
}

func (n *nestedNode) eval(s *scratch) bool {
	if s.sub == nil {
		s.sub = &scratch{}
	}
	sub, ev := s.sub, &event.Event{}
	found := false
	s.tree.Elements(n.path, func(elem *fastjson.Value) {
		if found {
			return
		}
		s.tree.FillElement(ev, elem, n.path)
		sub.reset(ev, n.slots(), s.now)
		sub.tree, sub.strict = s.tree, s.strict
		found = n.x.eval(sub)
	})
	return found
}
