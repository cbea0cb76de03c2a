package matchers

import (
	"coldcase/matchers/event"
	"coldcase/rules/query"
)

// anyField says whether x looks at fields by a pattern of their name.
func anyField(x query.Expr) bool {
	found := false
	query.Walk(x, func(x query.Expr) {
		if f, ok := query.LeafField(x); ok && f.Glob {
			found = true
		}
	})
	return found
}

// noteLongNames counts the event when it has a field that a predicate on any field passes
// over for the length of its name (maxFieldName). It is told of the event and of the rules
// that look at its index, not of what was evaluated: the two paths evaluate other things.
func (w *Worker) noteLongNames() {
	if len(w.ev.Source) <= maxFieldName || !w.m.anyFieldLooks(w.origin) || !event.MayHaveLongName(w.ev.Source, maxFieldName) {
		return
	}
	w.parseTree()
	found := false
	w.parser.Leaves(func(l event.Leaf) bool {
		found = l.Value.Kind != event.Null && len(l.Name) > maxFieldName
		return !found
	})
	if found {
		w.account.names++
	}
}

// anyFieldLooks says whether a rule with such a predicate looks at events of an origin.
func (m *Matcher) anyFieldLooks(o *origin) bool {
	for i, word := range m.anyFieldLists {
		if i < len(o.lists) && o.lists[i]&word != 0 {
			return true
		}
	}
	return false
}
