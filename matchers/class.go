package matchers

import (
	"encoding/binary"
	"sync"

	"coldcase/matchers/event"
	"coldcase/matchers/index"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// classFields are the fields of low cardinality whose values, with the index
// candidates, make an event's class.
var classFields = []string{
	"event.kind", "event.category", "event.type", "event.action", "event.module", "event.dataset",
	"event.outcome", "event.provider", "host.os.type", "data_stream.dataset", "endgame.metadata.type",
	"event.code", "winlog.channel",
}

// Limits of classes. Events beyond them are of the general class of their origin, in
// which no leaf is settled, and beyond that matched without a class: slower, never less.
const (
	maxClasses     = 512
	maxGeneral     = 32 // general classes
	maxLists       = 1 << 12
	maxClassValues = 16 // values of one field
	maxClassKey    = 1024
)

// originKey is the length of the key of a general class: the number of the origin.
const originKey = 4

// class is what the rules amount to for events of one class. It is immutable.
type class struct {
	steps []int32 // number of the matcher's step, ascending
	nodes []node  // its reduced tree
	table *index.Table
}

// classes makes classes on demand and shares them between workers.
type classes struct {
	mu    sync.Mutex
	byKey map[string]*class
	slots []int // of classFields
	isOne map[int]bool
	lists map[string]uint32 // number of each distinct set of pattern lists
}

func newClasses(l *event.Layout) *classes {
	c := &classes{byKey: map[string]*class{}, isOne: map[int]bool{}, lists: map[string]uint32{}}
	for _, name := range classFields {
		s := l.Slot(name)
		c.slots = append(c.slots, s)
		c.isOne[s] = true
	}
	return c
}

// numberOf gives equal sets of pattern lists equal numbers, so that the class of an
// event depends on the rules that look at it and not on the name of its index. Sets
// beyond maxLists have no number: noNumber.
func (c *classes) numberOf(b schema.Bits) uint32 {
	key := make([]byte, 0, 8*len(b))
	for _, w := range b {
		key = binary.LittleEndian.AppendUint64(key, w)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ok := c.lists[string(key)]
	if !ok {
		if len(c.lists) >= maxLists {
			return noNumber
		}
		n = uint32(len(c.lists))
		c.lists[string(key)] = n
	}
	return n
}

const noNumber = 1<<32 - 1

// appendKey writes the class of an event: the number of its origin and the values of
// the class fields, each with its kind. ok is false when the event is of the general
// class of its origin, whose key is the first originKey bytes.
func (c *classes) appendKey(dst []byte, ev *event.Event, origin uint32) (key []byte, ok bool) {
	dst = binary.LittleEndian.AppendUint32(dst, origin)
	for _, s := range c.slots {
		values := ev.Values(s)
		if len(values) > maxClassValues {
			return dst, false
		}
		dst = append(dst, byte(len(values)))
		for _, v := range values {
			if len(dst)+len(v.Text) > maxClassKey {
				return dst, false
			}
			dst = append(dst, byte(v.Kind))
			dst = binary.LittleEndian.AppendUint16(dst, uint16(len(v.Text)))
			dst = append(dst, v.Text...)
		}
	}
	return dst, true
}

// class returns the class with this key, making it from the event at hand when it is
// new; nil when there are limit classes or more.
func (m *Matcher) class(key []byte, limit int, s *scratch, lists schema.Bits) *class {
	m.classes.mu.Lock()
	defer m.classes.mu.Unlock()
	if c, ok := m.classes.byKey[string(key)]; ok {
		return c
	}
	if len(m.classes.byKey) >= limit {
		return nil
	}
	general := len(key) == originKey
	c := m.newClass(lists, func(x query.Expr) (bool, bool) { return m.decide(x, s, general) })
	m.classes.byKey[string(key)] = c
	return c
}

// decide gives the value of a leaf about a class field on the event at hand, which
// is its value on every event of the class. A date may hang on the event's own time.
func (m *Matcher) decide(x query.Expr, s *scratch, general bool) (value, known bool) {
	f, ok := query.LeafField(x)
	if !ok || f.Glob {
		return false, false
	}
	n := m.compiler.nodes[x]
	if c, ok := n.(constNode); ok {
		return bool(c), true
	}
	field := m.schema.Lookup(f.Name)
	slot, ok := m.layout.Lookup(field.Path)
	if general || !ok || !m.classes.isOne[slot] || field.Type == schema.Date {
		return false, false
	}
	return n.eval(s), true
}

// newClass reduces the trees of the rules that look at the class's events.
func (m *Matcher) newClass(lists schema.Bits, decide index.Decide) *class {
	c := &class{}
	var trees []query.Expr
	for i, st := range m.steps {
		if !m.looksAt(lists, st) {
			continue
		}
		x := index.Reduce(st.x, decide)
		if k, ok := x.(*query.Const); ok && !k.Value {
			continue
		}
		n, err := m.compiler.node(x)
		if err != nil {
			panic("BUG: matchers.newClass: a reduced tree does not compile: " + err.Error())
		}
		c.steps = append(c.steps, int32(i))
		c.nodes = append(c.nodes, n)
		trees = append(trees, x)
	}
	c.table = index.NewTable(trees, m.schema, m.layout)
	return c
}
