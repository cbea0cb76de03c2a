package matchers

import (
	"coldcase/matchers/event"
	"coldcase/rules/schema"
)

// existsNode holds when a field has a value that is not null: "" counts, [] and
// [null] do not, an object counts when anything in it exists. A mapping's
// null_value makes an explicit null exist (query-semantics 0.2).
type existsNode struct {
	slot  int
	field schema.Field
}

func (n *existsNode) eval(s *scratch) bool {
	for _, v := range s.ev.Values(n.slot) {
		if v.Kind == event.Null && !n.field.HasNullValue {
			continue
		}
		if s.strict && tooLong(v.Text, n.field.IgnoreAbove) {
			continue
		}
		return true
	}
	return false
}
