package matchers

import (
	"fmt"
	"strings"

	"github.com/valyala/fastjson"

	"coldcase/rules/query"
)

// nestedNode holds when one element of an array of objects satisfies x by itself
// (KQL path:{...}).
type nestedNode struct {
	path string
	// below is the path within the element of the scope around, "" when there is none.
	below string
	x     node
	slots func() int
}

func (c *compiler) nestedNode(x *query.Nested) (node, error) {
	if !x.Always && !c.schema.NestedPath(x.Path) {
		return constNode(false), nil
	}
	if c.nested != "" && !within(c.nested, x.Path) {
		return nil, fmt.Errorf("nested query on %s inside one on %s", x.Path, c.nested)
	}
	outer := c.nested
	c.nested, c.tree = x.Path, true
	n, err := c.node(x.X)
	c.nested = outer
	return &nestedNode{x.Path, strings.TrimPrefix(x.Path[len(outer):], "."), n, c.layout.Len}, err
}

func (n *nestedNode) eval(s *scratch) bool {
	found := false
	n.elements(s, func(elem *fastjson.Value) { found = found || n.holds(s, elem) })
	return found
}

// elements calls yield for each element that the node looks at.
func (n *nestedNode) elements(s *scratch, yield func(elem *fastjson.Value)) {
	switch {
	case s.around == nil:
		s.tree.Elements(n.path, yield)
	case n.below == "": // path:{...path:{...}}: the same element
		yield(s.around)
	default:
		s.tree.ElementsBelow(s.around, n.below, yield)
	}
}

// holds evaluates x on one element, in a scratch of its own.
func (n *nestedNode) holds(s *scratch, elem *fastjson.Value) bool {
	if s.sub == nil {
		s.sub = &scratch{}
	}
	sub := s.sub
	s.tree.FillElement(&sub.elem, elem, n.path)
	sub.reset(&sub.elem, n.slots(), s.now)
	sub.tree, sub.strict, sub.plain, sub.around, sub.limit = s.tree, s.strict, s.plain, elem, 0
	yes := n.x.eval(sub)
	s.limit += sub.limit
	return yes
}
