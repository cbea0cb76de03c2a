package matchers

import (
	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// Evidence chooses how many values a field has and how long they are, and a script
// runs once for each combination of the values of its fields. Beyond these limits
// on one event it counts as false and is counted in scratch.limit.
const (
	maxRuns      = 100_000
	maxRunsBytes = 64 << 20 // bytes of the values that the runs look at
)

// scriptNode evaluates a three-valued predicate on every combination of the values
// of the fields that it mentions (InternalEqlScriptUtils.multiValueDocValues);
// null counts as false.
type scriptNode struct {
	mentions []*mention
	x        value
}

// mention is one occurrence of a field in a script. Each iterates by itself.
type mention struct {
	index, slot int
	field       schema.Field
	null        []byte // the mapping's null_value
}

// result is what a value node yields: null, a string, a number or a boolean.
type result struct {
	kind resultKind
	text []byte
	num  number
	yes  bool
}

type resultKind uint8

const (
	isNull resultKind = iota
	isText
	isNumber
	isBool
)

var null = result{}

func textResult(b []byte) result { return result{kind: isText, text: b} }
func numResult(n number) result  { return result{kind: isNumber, num: n} }
func boolResult(yes bool) result { return result{kind: isBool, yes: yes} }
func (r result) true() bool      { return r.kind == isBool && r.yes }

// value is a compiled value node.
type value interface{ value(s *scratch) result }

func (n *scriptNode) eval(s *scratch) bool {
	for len(s.pick) < len(n.mentions) {
		s.pick = append(s.pick, 0)
	}
	for i, m := range n.mentions {
		s.pick[i] = m.next(s, -1)
	}
	for runs, size := 0, 0; ; runs++ {
		if n.run(s) {
			return true
		}
		if !n.advance(s) {
			return false
		}
		if size += n.size(s); runs == maxRuns || size > maxRunsBytes {
			s.limit++
			return false
		}
	}
}

// run evaluates the script on the values picked. Texts that it computes live in the
// arena until it has run.
func (n *scriptNode) run(s *scratch) bool {
	start := len(s.arena)
	yes := n.x.value(s).true()
	s.arena = s.arena[:start]
	return yes
}

// size is the length of the values picked.
func (n *scriptNode) size(s *scratch) int {
	total := 0
	for i, m := range n.mentions {
		if k := s.pick[i]; k >= 0 {
			total += len(s.ev.Values(m.slot)[k].Text)
		}
	}
	return total
}

// advance moves to the next combination, the last mention fastest.
func (n *scriptNode) advance(s *scratch) bool {
	for i := len(n.mentions) - 1; i >= 0; i-- {
		m := n.mentions[i]
		if next := m.next(s, s.pick[i]); next >= 0 {
			s.pick[i] = next
			return true
		}
		s.pick[i] = m.next(s, -1)
	}
	return false
}

// next returns the index of the first usable value after i, -1 when there is none.
// A field without values is null in its one run.
func (m *mention) next(s *scratch, i int) int {
	vs := s.ev.Values(m.slot)
	for i++; i < len(vs); i++ {
		if vs[i].Kind != event.Object && (vs[i].Kind != event.Null || m.field.HasNullValue) {
			return i
		}
	}
	return -1
}

func (m *mention) value(s *scratch) result {
	i := s.pick[m.index]
	if i < 0 {
		return null
	}
	v := s.ev.Values(m.slot)[i]
	if v.Kind == event.Null {
		v = event.Value{Kind: event.String, Text: m.null}
	}
	return m.typed(s, v)
}

// typed is what doc-values hold of a JSON value.
func (m *mention) typed(s *scratch, v event.Value) result {
	switch m.field.Type {
	case schema.Long, schema.Double:
		return numberOrNull(v, m.field.Type == schema.Long)
	case schema.Boolean:
		return boolResult(string(v.Text) == "true")
	case schema.Dynamic:
		if v.Kind == event.Number {
			return numberOrNull(v, false)
		}
		if v.Kind == event.Bool {
			return boolResult(string(v.Text) == "true")
		}
	}
	if m.field.Lower {
		return textResult(s.lower(v.Text))
	}
	return textResult(v.Text)
}

func numberOrNull(v event.Value, whole bool) result {
	n, ok := fieldNumber(v, whole)
	if !ok {
		return null
	}
	return numResult(n)
}

// script compiles a Script.
func (c *compiler) script(x *query.Script) (node, error) {
	n := &scriptNode{}
	v, err := c.value(n, x.X)
	n.x = v
	return n, err
}
