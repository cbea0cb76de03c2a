package event

import (
	"bytes"
	"math/bits"
)

// Documents of one host repeat whole objects byte for byte: host, agent, ecs,
// data_stream, often user, and code signatures further down. A memo keeps texts that
// stood behind a key, each with what it added, so that a repeated one costs a
// comparison. Equal bytes are equally well formed: nothing is taken on trust.
//
// A text is looked for in one set of two, which two of its words choose: those at
// which texts that met in one set were found to differ.
type memo struct {
	past   [2 * memoSets]*memory
	at, by int // offsets of the words
	moves  int // how often they were changed
	// worth is how much the memo has paid off lately. Below zero it is given up, so
	// that objects that never repeat (process, event) are not copied again and again.
	worth int
	pause int // visits for which it will be given up next
}

// memory is one object as it stood in a line.
type memory struct {
	text  []byte // braces included
	adds  []add  // from the start of text
	depth int    // containers around it when it was checked; as deep or less is as good
	leaf  bool
	turn  uint32  // counts the texts that stood here
	print printed // of text
}

// known is an object of the line at hand that is remembered.
type known struct {
	at     int32 // offset in the line
	turn   uint32
	memory *memory
}

const (
	maxMemo   = 2 << 10 // bytes of one object
	memoStart = 16      // worth of a new memo: the misses it may have
	memoGain  = 4       // worth of a hit in misses
	memoMost  = 64      // the most worth that hits can heap up
	memoRetry = 512     // visits after which a memo that was given up is tried again

	memoLongest = 64 << 10 // the same after many tries, each twice as far off as the one before
	memoMoves   = 8        // how often a memo may choose other words: each time, some of it is lost
	memoSetBits = 5
	memoSets    = 1 << memoSetBits // hosts interleave

	// Bytes that each takes.
	memoCost   = 576
	memoryCost = 120
	addCost    = 16
)

// memoObject reads the object at i behind a key.
func (x *extractor) memoObject(k *keyMore, i, depth int) (end int, leaf bool) {
	m := k.memo
	if m == nil {
		if x.kept >= maxKept {
			return x.objectOf(k, i, depth)
		}
		x.kept += memoCost
		m = &memo{worth: memoStart, pause: memoRetry, at: 1, by: 1}
		k.memo = m
	}
	if m.worth < 0 {
		m.rest()
		return x.objectOf(k, i, depth)
	}
	set := m.set(m.words(x.b, i))
	for _, old := range m.past[set : set+2] {
		if old != nil && depth <= old.depth && bytes.HasPrefix(x.b[i:], old.text) {
			m.worth = min(m.worth+memoGain, memoMost)
			m.pause = memoRetry
			x.known = append(x.known, known{int32(i), old.turn, old})
			x.replay(old, i)
			return i + len(old.text), old.leaf
		}
	}
	m.worth--
	return x.record(k, i, depth)
}

// rest counts the visits since the memo was given up.
func (m *memo) rest() {
	if m.worth--; m.worth < -m.pause {
		m.worth, m.pause = memoStart, min(2*m.pause, memoLongest)
	}
}

// words mixes the two words that tell the text at b[i:] from others.
func (m *memo) words(b []byte, i int) uint64 {
	if i+max(m.at, m.by)+8 > len(b) {
		return 0
	}
	return word(b, i+m.at) ^ bits.RotateLeft64(word(b, i+m.by), 24)
}

// set returns the first of the two places where a text with these words would be.
func (m *memo) set(words uint64) int {
	return int(words*wordMix>>(64-memoSetBits)) * 2
}

// objectOf reads the object without a memo.
func (x *extractor) objectOf(k *keyMore, i, depth int) (end int, leaf bool) {
	s := x.below(k)
	if s == nil {
		return skip(x.b, i, depth)
	}
	return x.object(s, i+1, depth+1)
}

// record reads the object and remembers what it added.
func (x *extractor) record(k *keyMore, i, depth int) (end int, leaf bool) {
	start, known0 := len(x.tape), len(x.known)
	end, leaf = x.objectOf(k, i, depth)
	if end < 0 || end-i > maxMemo || x.kept >= maxKept {
		return end, leaf
	}
	old := x.place(k.memo, x.b[i:end])
	x.kept -= old.size()
	old.text = append(emptied(old.text, end-i, 128), x.b[i:end]...)
	old.adds = append(emptied(old.adds, len(x.tape)-start, 4), x.tape[start:]...)
	for n := range old.adds {
		old.adds[n].at -= int32(i)
		old.adds[n].end -= int32(i)
	}
	old.depth, old.leaf = depth, leaf
	old.turn++
	old.print = printed{}
	// In place of what is known inside of it.
	x.known = append(x.known[:known0], known{int32(i), old.turn, old})
	x.kept += old.size()
	return end, leaf
}

// emptied returns s, or something larger that takes n elements, emptied. Sizes are
// powers of two, so that a place that is used for one text after the other soon has
// what it takes.
func emptied[E any](s []E, n, least int) []E {
	if n <= cap(s) {
		return s[:0]
	}
	return make([]E, 0, max(least, 1<<bits.Len(uint(n-1))))
}

// place returns where to remember a text: the older place of its set.
func (x *extractor) place(m *memo, text []byte) *memory {
	words := m.words(text, 0)
	set := m.set(words)
	if old := m.past[set]; old != nil && m.words(old.text, 0) == words {
		x.tellApart(m, old.text, text)
		set = m.set(m.words(text, 0))
	}
	old := m.past[set+1]
	if old == nil {
		old = &memory{}
		x.kept += old.size()
	}
	m.past[set+1], m.past[set] = m.past[set], old
	return old
}

// size is the memory's bytes.
func (m *memory) size() int {
	return memoryCost + cap(m.text) + cap(m.adds)*addCost
}

// tellApart makes the word at which two texts begin to differ one of those that
// choose a set.
func (x *extractor) tellApart(m *memo, a, b []byte) {
	n, most := 0, min(len(a), len(b))
	for n < most && a[n] == b[n] {
		n++
	}
	n = max(min(n, most-8), 1)
	if n == m.at || n == m.by || m.moves == memoMoves {
		return
	}
	m.moves++
	m.at, m.by = n, m.at
	past := m.past
	m.past = [2 * memoSets]*memory{}
	for _, old := range past {
		if old == nil {
			continue
		}
		set := m.set(m.words(old.text, 0))
		if lost := m.past[set+1]; lost != nil {
			x.kept -= lost.size()
		}
		m.past[set+1], m.past[set] = m.past[set], old
	}
}

// replay adds what the object added when it was read.
func (x *extractor) replay(old *memory, i int) {
	n := len(x.tape)
	x.tape = append(x.tape, old.adds...)
	tape := x.tape[n:]
	for n := range tape {
		tape[n].at += int32(i)
		tape[n].end += int32(i)
	}
}
