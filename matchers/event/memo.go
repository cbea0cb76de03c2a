package event

import "bytes"

// Documents of one host repeat whole objects byte for byte: host, agent, ecs,
// data_stream, often user. A memo keeps the last few texts that stood behind a key
// of the top object, each with what it added, so that a repeated one costs a
// comparison. Equal bytes are equally well formed: nothing is taken on trust.
type memo struct {
	past [memoWays]memory
	turn int
	// worth is how much the memo has paid off lately. Below zero it is given up, so
	// that objects that never repeat (process, event) are not copied again and again.
	worth int
}

// memory is one object as it stood in a line.
type memory struct {
	text  []byte // braces included
	adds  []memoAdd
	depth int // containers around it when it was checked; as deep or less is as good
	leaf  bool
}

// memoAdd is a value that the object added: text[at:end] of slot, and so on.
type memoAdd struct {
	slot, at, end int32
	kind          Kind
}

const (
	memoWays  = 4       // hosts interleave
	maxMemo   = 2 << 10 // bytes of one object
	maxMemos  = 64      // keys that have one
	memoStart = 16      // worth of a new memo: the misses it may have
	memoGain  = 4       // worth of a hit in misses
	memoMost  = 64      // the most worth that hits can heap up
	memoRetry = 512     // visits after which a memo that was given up is tried again
)

// memoObject reads the object at i behind a key of the top object.
func (x *extractor) memoObject(k *key, i, depth int) (end int, leaf bool) {
	if k.memo == nil {
		if x.memos >= maxMemos {
			return x.anyObject(k, i, depth)
		}
		x.memos++
		k.memo = &memo{worth: memoStart}
	}
	m := k.memo
	if m.worth < 0 {
		m.rest()
		return x.anyObject(k, i, depth)
	}
	for n := range m.past {
		old := &m.past[n]
		if len(old.text) > 0 && depth <= old.depth && bytes.HasPrefix(x.b[i:], old.text) {
			m.worth = min(m.worth+memoGain, memoMost)
			x.replay(old, i)
			return i + len(old.text), old.leaf
		}
	}
	m.worth--
	return x.record(k, m, i, depth)
}

// rest counts the visits since the memo was given up.
func (m *memo) rest() {
	if m.worth--; m.worth < -memoRetry {
		m.worth = memoStart
	}
}

func (x *extractor) anyObject(k *key, i, depth int) (end int, leaf bool) {
	if k.to == nil {
		return skip(x.b, i, depth)
	}
	return x.object(k.to, i+1, depth+1)
}

// record reads the object and remembers what it added, in place of the oldest
// memory. Objects with escaped texts are not kept: those texts are not in the line.
func (x *extractor) record(k *key, m *memo, i, depth int) (end int, leaf bool) {
	x.adds, x.start, x.recording = x.adds[:0], i, true
	end, leaf = x.anyObject(k, i, depth)
	if end >= 0 && end-i <= maxMemo && x.recording {
		old := &m.past[m.turn]
		m.turn = (m.turn + 1) % memoWays
		old.text = append(old.text[:0], x.b[i:end]...)
		old.adds = append(old.adds[:0], x.adds...)
		old.depth, old.leaf = depth, leaf
	}
	x.recording = false
	return end, leaf
}

func (x *extractor) replay(old *memory, i int) {
	text := x.b[i : i+len(old.text)]
	for _, a := range old.adds {
		if a.kind == Object {
			x.ev.addObject(int(a.slot))
			continue
		}
		x.ev.Add(int(a.slot), Value{a.kind, text[a.at:a.end:a.end]})
	}
}

// add adds the value x.b[i:end].
func (x *extractor) add(slot int, kind Kind, i, end int) {
	x.ev.Add(slot, Value{kind, x.b[i:end:end]})
	if x.recording {
		x.adds = append(x.adds, memoAdd{int32(slot), int32(i - x.start), int32(end - x.start), kind})
	}
}

func (x *extractor) addObject(slot int) {
	x.ev.addObject(slot)
	if x.recording && slot >= 0 {
		x.adds = append(x.adds, memoAdd{slot: int32(slot), kind: Object})
	}
}
