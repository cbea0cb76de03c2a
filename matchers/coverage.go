package matchers

import (
	"fmt"

	"coldcase/rules/query"
)

// Reasons for which a rule could not have fired on this evidence. The text after the
// colon, if any, names the field or value.
const (
	NoIndexSeen    = "index never seen"
	NoFieldSeen    = "field never present"
	NoCategorySeen = "event category never seen"
	NoOSSeen       = "OS never seen"
	NeverTrue      = "query never true"
)

// Coverage says whether a rule could have fired on evidence with this census: an
// abstract run of its tree in which a leaf on a field that no event had is false,
// event.category and host.os.type have only the values that were seen, and every
// other leaf may be either. reason begins with one of the constants above, detail
// names the field or the index patterns.
func (c *Census) Coverage(rule int) (reason, detail string, ok bool) {
	for i := int(c.m.stepOf[rule]); i < len(c.m.steps) && int(c.m.steps[i].rule) == rule; i++ {
		st := &c.m.steps[i]
		if !c.lists.Has(st.list) {
			return NoIndexSeen, "", false
		}
		if !st.need {
			continue
		}
		if out := c.outcome(st.x); !out.canTrue {
			reason, detail = c.blame(st.x)
			return reason, detail, false
		}
		if name := c.missingKey(st.join); name != "" {
			return NoFieldSeen, name, false
		}
	}
	return "", "", true
}

// missingKey names a field that a step's key needs and no event had.
func (c *Census) missingKey(j *join) string {
	if j == nil {
		return ""
	}
	for _, p := range j.parts {
		if !p.optional && !c.present[p.slot] {
			return p.field.Name
		}
	}
	return ""
}

// outcomes are what a predicate can be on this evidence.
type outcomes struct{ canTrue, canFalse bool }

var either = outcomes{true, true}

func (c *Census) outcome(x query.Expr) outcomes {
	switch x := x.(type) {
	case *query.Const:
		return outcomes{x.Value, !x.Value}
	case *query.Not:
		out := c.outcome(x.X)
		return outcomes{out.canFalse, out.canTrue}
	case *query.And:
		all := outcomes{canTrue: true}
		for _, part := range x.X {
			out := c.outcome(part)
			all = outcomes{all.canTrue && out.canTrue, all.canFalse || out.canFalse}
		}
		return all
	case *query.Or:
		one := outcomes{canFalse: true}
		for _, part := range x.X {
			out := c.outcome(part)
			one = outcomes{one.canTrue || out.canTrue, one.canFalse && out.canFalse}
		}
		return one
	case *query.Nested, *query.Script:
		return either
	}
	return c.leafOutcome(x)
}

func (c *Census) leafOutcome(x query.Expr) outcomes {
	f, ok := query.LeafField(x)
	if !ok {
		panic(fmt.Sprintf("BUG: matchers.leafOutcome: unexpected %T", x))
	}
	if f.Glob {
		return either
	}
	switch n := c.m.compiler.nodes[x].(type) {
	case constNode:
		return outcomes{bool(n), !bool(n)}
	case *existsNode:
		return outcomes{c.present[n.slot], true}
	case *leaf:
		return outcomes{c.present[n.slot] && c.valueSeen(n), true}
	case *costlyLeaf:
		return outcomes{c.present[n.slot] && c.valueSeen(&n.leaf), true}
	}
	return either
}

// valueSeen says whether a leaf about a closed field holds for a value that was
// seen. What a mapping puts in place of null was not counted.
func (c *Census) valueSeen(l *leaf) bool {
	for i, slot := range c.slots {
		if slot != int(l.slot) || l.null != nil {
			continue
		}
		found, complete := c.values[i].any(l.holdsText)
		return found || !complete
	}
	return true
}

// blame finds the part of an impossible predicate that makes it so: of an and the
// first that cannot be true, of an or the first.
func (c *Census) blame(x query.Expr) (reason, detail string) {
	switch x := x.(type) {
	case *query.And:
		for _, part := range x.X {
			if !c.outcome(part).canTrue {
				return c.blame(part)
			}
		}
	case *query.Or:
		if len(x.X) > 0 {
			return c.blame(x.X[0])
		}
	}
	f, ok := query.LeafField(x)
	if !ok {
		return NeverTrue, ""
	}
	slot, ok := c.m.layout.Lookup(c.m.schema.Lookup(f.Name).Path)
	if ok && !c.present[slot] {
		return NoFieldSeen, f.Name
	}
	switch f.Name {
	case "event.category":
		return NoCategorySeen, x.String()
	case "host.os.type":
		return NoOSSeen, x.String()
	}
	return NeverTrue, f.Name
}
