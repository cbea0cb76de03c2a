package lines

import "bytes"

const (
	// maxFrames bounds the containers around an event that are looked into.
	maxFrames = 16
	// maxLook bounds the bytes of a key, and what stands between it and its value,
	// where a key may lead to events. It is less than what a batch keeps free.
	maxLook = 2 << 10
)

// framer finds the elements of a JSON text: events, hits and rows, in whatever
// containers. It reads each byte once and keeps nothing of them, so that a response
// may be longer than memory. Objects at the top are candidates: they are events,
// unless they turn out to be responses before any key is met that no response has.
type framer struct {
	frames  []frame
	m       machine
	doing   activity // what the machine is at
	cand    int      // the frame of the object that may be event or response; -1 for none
	sure    bool     // the candidate has a telling key
	pending bool     // an element at the top has ended; what follows it is not seen yet
	table   *table   // the columns of the response
	head    int      // where the columns' names begin, from the candidate's start
	// held is the number of bytes from the start of the element or candidate to the
	// position.
	held int
}

// frame is an open container.
type frame struct {
	kind  frameKind
	phase state // firstKey, anyKey, firstValue, anyValue or after
	sure  bool  // a response, of which nothing else needs to be said
}

// activity is what a machine is used for.
type activity uint8

const (
	nothing activity = iota
	anElement
	aRow
	aValue // of no interest
	theColumns
)

// step is why framer.next returned.
type step uint8

const (
	on      step = iota // for framer's own use: nothing yet
	starved             // all bytes are used up, but for a few that make no sense yet
	begun               // an element or candidate begins held bytes before the position
	ended               // an element has ended at the position
	rowed               // a row has ended there
	opened              // the candidate is a response, and no event
	barren              // a response without events has ended there
	doubted             // what was taken for a response has a key that none has
	lineEnd             // a line has ended, outside of all containers
	astray              // the byte at the position cannot stand there
)

// reset makes the framer ready for the top of a text.
func (f *framer) reset() {
	f.frames, f.doing, f.cand, f.sure, f.pending, f.table, f.held = f.frames[:0], nothing, -1, false, false, nil, 0
}

// regain makes the framer ready for an element of the innermost container, whatever was
// under way in it. Where that is no array of elements, it starts again at the top.
func (f *framer) regain() {
	frames := f.frames
	if f.cand >= 0 {
		frames = frames[:f.cand]
	}
	table := f.table
	f.reset()
	if n := len(frames); n > 0 && frames[n-1].kind.isArray() && frames[n-1].kind != ofSequences {
		f.frames, f.table = frames, table
		f.frames[n-1].phase = anyValue
	}
}

// level counts the containers around the element or candidate.
func (f *framer) level() int {
	if f.cand >= 0 {
		return f.cand
	}
	return len(f.frames)
}

// idle reports whether no element is under way.
func (f *framer) idle() bool {
	return f.cand < 0 && !f.pending && (f.doing == nothing || f.doing == aValue)
}

// next goes on from b[i] to the next step. final says that nothing follows b.
func (f *framer) next(b []byte, i int, final bool) (end int, s step) {
	start := i - f.held
	for s == on {
		if f.doing != nothing {
			i, s = f.follow(b, i, start)
			continue
		}
		if f.pending {
			if !final && spaces(b, i) == len(b) {
				f.held = i - start
				return i, starved
			}
			f.pending, s = false, ended
			break
		}
		if len(f.frames) == 0 {
			i = spaces(b, i)
		} else {
			i = blanks(b, i)
		}
		if i == len(b) {
			s = starved
			break
		}
		i, s = f.token(b, i, &start, final)
	}
	if f.held = i - start; s == ended || s == rowed || s == barren {
		// The caller needs the start once more.
		return i, s
	}
	if f.idle() && s != begun {
		f.held = 0
	}
	return i, s
}

// follow runs the machine over the value at hand.
func (f *framer) follow(b []byte, i, start int) (end int, s step) {
	i, p := f.m.run(b, i)
	switch {
	case p == more:
		return i, starved
	case p == broken:
		return i, astray
	}
	doing := f.doing
	f.doing = nothing
	switch doing {
	case anElement:
		return i, f.element()
	case aRow:
		return i, rowed
	case theColumns:
		if start+f.head >= 0 && start+f.head < i { // not when it was too long to keep
			f.table = parseColumns(b[start+f.head : i])
		}
	}
	return i, on
}

// element ends an element. One at the top waits for what follows it.
func (f *framer) element() step {
	if len(f.frames) > 0 {
		return ended
	}
	f.pending = true
	return on
}

// token takes the byte at b[i], which is no white space, between values.
func (f *framer) token(b []byte, i int, start *int, final bool) (end int, s step) {
	if len(f.frames) == 0 {
		return f.top(b, i, start)
	}
	top := &f.frames[len(f.frames)-1]
	c := b[i]
	switch {
	case c == ',' && top.phase == after:
		top.phase = anyKey
		if top.kind.isArray() {
			top.phase = anyValue
		}
		return i + 1, on
	case c == ']' && top.kind.isArray() && (top.phase == after || top.phase == firstValue):
		f.frames = f.frames[:len(f.frames)-1]
		return i + 1, on
	case c == '}' && !top.kind.isArray() && (top.phase == after || top.phase == firstKey):
		return i + 1, f.closeObject()
	case top.phase == after:
		return i, astray
	case top.kind.isArray():
		return f.member(b, i, start)
	case c == '"':
		return f.key(b, i, *start, final)
	}
	return i, astray
}

// top takes a byte outside of all containers. Elements may be separated by commas, as
// arrays that lost their brackets are, or by the record separator of RFC 7464.
func (f *framer) top(b []byte, i int, start *int) (end int, s step) {
	switch b[i] {
	case '\n':
		return i + 1, lineEnd
	case ',', 0x1e:
		return i + 1, on
	case '{':
		return f.candidate(i, start)
	case '[':
		f.frames = append(f.frames, frame{kind: anArray, phase: firstValue})
		return i + 1, on
	}
	return i, astray
}

// candidate begins an object that is an event or a response.
func (f *framer) candidate(i int, start *int) (end int, s step) {
	if len(f.frames) >= maxFrames {
		return i, astray
	}
	f.cand, f.sure, f.table = len(f.frames), false, nil
	f.frames = append(f.frames, frame{kind: aResponse, phase: firstKey})
	*start = i
	return i + 1, begun
}

// closeObject ends an object that is not followed by the machine: one that has led to
// events, or a candidate that has not.
func (f *framer) closeObject() step {
	n := len(f.frames) - 1
	f.frames = f.frames[:n]
	if n != f.cand {
		return on
	}
	f.cand = -1
	if f.sure || n > 0 && f.frames[n-1].kind == ofResponses {
		return barren
	}
	return f.element()
}

// member begins an element of an array.
func (f *framer) member(b []byte, i int, start *int) (end int, s step) {
	top := &f.frames[len(f.frames)-1]
	first := top.phase == firstValue
	top.phase = after
	switch c := b[i]; {
	case top.kind == ofRows:
		return f.begin(aRow, i, start)
	case c == '{' && (top.kind == anArray || top.kind == ofResponses):
		return f.candidate(i, start)
	case top.kind == ofSequences:
		if c == '{' && len(f.frames) < maxFrames {
			f.frames = append(f.frames, frame{kind: aSequence, phase: firstKey})
			return i + 1, on
		}
		f.value(aValue)
		return i, on
	case top.kind == anArray && c == '[':
		if len(f.frames) >= maxFrames {
			return i, astray
		}
		f.frames = append(f.frames, frame{kind: anArray, phase: firstValue})
		return i + 1, on
	case top.kind == anArray && first:
		return i, astray // a line of text may well begin with a bracket
	}
	return f.begin(anElement, i, start)
}

// begin lets the machine follow an element or row.
func (f *framer) begin(a activity, i int, start *int) (end int, s step) {
	f.value(a)
	*start = i
	return i, begun
}

func (f *framer) value(a activity) {
	f.doing = a
	f.m.begin()
}

// key takes a key of an object that may lead to events, with the first byte of its value.
func (f *framer) key(b []byte, i, start int, final bool) (end int, s step) {
	top := &f.frames[len(f.frames)-1]
	name, v, ok := cutKey(b, i)
	if !ok {
		if !final && len(b)-i < maxLook {
			return i, starved
		}
		return i, f.stranger()
	}
	r := roleOf(top.kind, string(name))
	if r == telling {
		f.sure = true
	}
	switch {
	case r == toHits && b[v] == '{' && len(f.frames) < maxFrames:
		return f.enter(aHits, v)
	case r == toResponse && b[v] == '{' && len(f.frames) < maxFrames:
		return f.enter(aResponse, v)
	case r == toColumns && b[v] == '[' && f.cand >= 0:
		top.phase, f.head = after, v-start
		f.value(theColumns)
		return v, on
	case r >= toEvents:
		return f.array(b, i, v, r, final)
	case r == foreign && f.cand >= 0:
		return i, f.stranger()
	}
	top.phase = after
	f.value(aValue)
	if r == foreign && top.kind == aResponse && f.cand < 0 && !top.sure {
		top.sure = true
		return v, doubted
	}
	return v, on
}

// enter goes into an object.
func (f *framer) enter(k frameKind, v int) (end int, s step) {
	f.frames[len(f.frames)-1].phase = after
	f.frames = append(f.frames, frame{kind: k, phase: firstKey, sure: f.cand < 0})
	return v + 1, on
}

// array goes into the array at b[v] behind the key at b[i], if it holds what the key
// promises.
func (f *framer) array(b []byte, i, v int, r role, final bool) (end int, s step) {
	ok, needMore := leads(b, v, f.sure || r != toEvents, final)
	switch {
	case needMore && len(b)-i < maxLook:
		return i, starved
	case !ok || needMore, r == toRows && f.table == nil, len(f.frames) >= maxFrames:
		if f.cand >= 0 {
			return i, f.stranger()
		}
		f.frames[len(f.frames)-1].phase = after
		f.value(aValue)
		return v, on
	}
	f.frames[len(f.frames)-1].phase = after
	f.frames = append(f.frames, frame{kind: arrayOf(r), phase: firstValue})
	if f.cand < 0 {
		return v + 1, on
	}
	for i := f.cand; i < len(f.frames); i++ {
		f.frames[i].sure = f.sure
	}
	f.cand = -1
	return v + 1, opened
}

func arrayOf(r role) frameKind {
	switch r {
	case toResponses:
		return ofResponses
	case toSequences:
		return ofSequences
	case toRows:
		return ofRows
	}
	return ofEvents
}

// stranger hands the candidate, at one of its keys, over to the machine: it is an event.
func (f *framer) stranger() step {
	if f.cand < 0 {
		return astray // a key too long for a response
	}
	f.m.begin()
	for _, fr := range f.frames[f.cand:] {
		f.m.open(true)
		f.m.state = fr.phase
	}
	f.frames, f.cand, f.doing = f.frames[:f.cand], -1, anElement
	return on
}

// cutKey cuts the key at b[i] from its value, whose first byte is at b[value].
func cutKey(b []byte, i int) (name []byte, value int, ok bool) {
	b = b[:min(len(b), i+maxLook)]
	end := i + 1
	for {
		if end += textStop(b[end:]); end >= len(b) {
			return nil, 0, false
		}
		if b[end] == '"' {
			break
		}
		if end += 2; end > len(b) { // an escape; control characters are the machine's to refuse
			return nil, 0, false
		}
	}
	v := blanks(b, end+1)
	if v == len(b) || b[v] != ':' {
		return nil, 0, false
	}
	if v = blanks(b, v+1); v == len(b) {
		return nil, 0, false
	}
	return b[i+1 : end], v, true
}

// opening returns how an element begins: up to its first key. It is
// what a like element is searched by.
func opening(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	i := blanks(b, 1)
	if i == len(b) {
		return nil
	}
	if b[0] == '{' && b[i] == '"' {
		n := bytes.IndexByte(b[i+1:min(len(b), i+maxSign)], '"')
		if n < 0 {
			return nil
		}
		return b[:i+n+2]
	}
	if b[0] == '[' {
		return b[:1] // the cells of a row may be anything; they are counted
	}
	return nil
}

// maxSign bounds an opening.
const maxSign = 128
