package event

// Kind is the JSON kind of a Value.
type Kind uint8

// The kinds of Value. Null stands for an explicit null (a mapping's null_value may
// replace it; every other predicate passes over it). Object marks that a wanted
// name turned out to be an object with at least one value that is not null below
// it: only Exists looks at it.
const (
	Null Kind = iota
	String
	Number
	Bool
	Object
)

// Value is one scalar of an event. Text is the unescaped string, the number as
// written, or "true"/"false"; empty for Null and Object. Text belongs to the Event
// and is valid until it is next reset, or its line or parser is used again.
type Value struct {
	Kind Kind
	Text []byte
}

// Origin is where an event stands in the evidence.
type Origin struct {
	Input  int32 // index of the input in the run
	Line   int64 // 1-based line on which the event starts
	Offset int64 // byte offset of its line in the decompressed stream
	Length int32 // length of the line in bytes, without its end
}

// Leaf is one scalar with its full dotted name, for predicates that look at all
// fields.
type Leaf struct {
	Name  []byte
	Value Value
}

// Event is the wanted part of one line: the values of each slot of a Layout. It is
// scratch, owned by one worker, and reused from line to line; nothing in it
// survives the next Reset. The zero value is ready for use.
type Event struct {
	slots   []run
	values  []Value // of all slots, those of each in a row
	touched []int32
	text    []byte // unescaped strings, and numbers of the reference parser
	// Index and ID are those of a hit envelope, bulk action or Beats metadata (nil
	// when the line has none).
	Index, ID []byte
	// Source is the unwrapped event, a JSON object, well formed: as it stands in the line,
	// or in a string of the line.
	Source []byte
}

// run is where the values of a slot stand: values[at:at+n]. Up to at+room is free for
// more of them.
type run struct {
	at, n, room int32
	isObj       bool // an Object value is in it already
}

// What an Event keeps from one line to the next. One odd line must not decide for
// good how much memory a worker holds.
const (
	maxKeptValues = 8192
	maxKeptText   = 1 << 20 // bytes
)

// Reset prepares ev for an event of a layout with n slots. Cost is proportional to
// what the last event filled.
func (ev *Event) Reset(n int) {
	for _, s := range ev.touched {
		ev.slots[s] = run{}
	}
	ev.touched = ev.touched[:0]
	if len(ev.slots) < n {
		ev.slots = append(ev.slots, make([]run, n-len(ev.slots))...)
	}
	if cap(ev.values) > maxKeptValues {
		ev.values = nil
	}
	ev.values = ev.values[:0]
	if cap(ev.text) > maxKeptText {
		ev.text = nil
	}
	ev.text = ev.text[:0]
	ev.Index, ev.ID, ev.Source = nil, nil, nil
}

// Add appends a value to a slot. v.Text must stay valid until the next Reset.
func (ev *Event) Add(slot int, v Value) {
	r := &ev.slots[slot]
	if r.n != 0 {
		ev.addTo(r, v)
		return
	}
	ev.touched = append(ev.touched, int32(slot))
	r.at, r.n = int32(len(ev.values)), 1
	ev.values = append(ev.values, v)
}

// addTo appends a value to those of a slot that has some.
func (ev *Event) addTo(r *run, v Value) {
	switch last := r.at + r.n; {
	case int(last) == len(ev.values):
		ev.values = append(ev.values, v)
	case r.n < r.room:
		ev.values[last] = v
	default:
		ev.move(r, v)
	}
	r.n++
}

// move makes room behind the values of a slot, and adds v without counting it. Twice as
// much as there is, so that slots which take turns cost no more than their values.
func (ev *Event) move(r *run, v Value) {
	old := ev.values[r.at : r.at+r.n]
	r.at, r.room = int32(len(ev.values)), 2*r.n
	ev.values = append(append(ev.values, old...), v)
	for len(ev.values) < int(r.at+r.room) {
		ev.values = append(ev.values, Value{})
	}
}

// addObject gives a wanted name its one Object value.
func (ev *Event) addObject(slot int) {
	if slot < 0 || ev.slots[slot].isObj {
		return
	}
	ev.slots[slot].isObj = true
	ev.Add(slot, Value{Kind: Object})
}

// unescaped puts the text of a well-formed JSON string into the event. A text from
// before stays valid when the buffer moves: it keeps its old array alive.
func (ev *Event) unescaped(s []byte) []byte {
	start := len(ev.text)
	ev.text = appendUnescaped(ev.text, s)
	return ev.text[start:len(ev.text):len(ev.text)]
}

// Values returns the values of a slot in the order of the line, explicit nulls
// included; empty when the field is absent. It is valid until the next Reset.
func (ev *Event) Values(slot int) []Value {
	r := ev.slots[slot]
	return ev.values[r.at : r.at+r.n : r.at+r.n]
}

// Touched lists the slots that have values, in the order in which they were first
// filled. It is valid until the next Reset.
func (ev *Event) Touched() []int32 { return ev.touched }
