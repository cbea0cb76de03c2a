package event

import "sort"

// Layout is the set of field names that anybody wants of an event, each with a
// slot. It is built while rules compile and immutable from then on.
type Layout struct {
	slots map[string]int
	names []string
	root  *node
}

// node is one name segment of the trie over the wanted names. Dotted keys walk
// several nodes at once.
type node struct {
	slot int // -1 when nobody wants the name that ends here
	kids map[string]*node
}

// NewLayout returns an empty layout.
func NewLayout() *Layout {
	return &Layout{slots: map[string]int{}, root: &node{slot: -1}}
}

// Slot returns the slot of the field with this dotted JSON name, adding it when it
// is new. It must not be called once the layout is in use.
func (l *Layout) Slot(name string) int {
	if s, ok := l.slots[name]; ok {
		return s
	}
	s := len(l.names)
	l.slots[name] = s
	l.names = append(l.names, name)
	n := l.root
	for _, seg := range splitName(name) {
		n = n.child(seg)
	}
	n.slot = s
	return s
}

func (n *node) child(seg string) *node {
	k := n.kids[seg]
	if k == nil {
		k = &node{slot: -1}
		if n.kids == nil {
			n.kids = map[string]*node{}
		}
		n.kids[seg] = k
	}
	return k
}

// Len returns the number of slots.
func (l *Layout) Len() int { return len(l.names) }

// Name returns the name of a slot.
func (l *Layout) Name(slot int) string { return l.names[slot] }

// Lookup returns the slot of a name that is already wanted.
func (l *Layout) Lookup(name string) (slot int, ok bool) {
	slot, ok = l.slots[name]
	return slot, ok
}

// Names returns the wanted names, sorted.
func (l *Layout) Names() []string {
	out := append([]string(nil), l.names...)
	sort.Strings(out)
	return out
}
