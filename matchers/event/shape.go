package event

// extractor is what Extract knows: the wanted names as a trie of shapes, and what
// it has learned of the keys that stand at each.
type extractor struct {
	root *shape
	keys []key // never moved while a line is read
	more []keyMore
	kept int // bytes learned since the last forget, about

	turn uint32 // counts keys that were not expected

	b         []byte  // the line at hand
	top, path uint32  // what its keys were so far
	tape      []add   // what it added so far
	known     []known // the objects of it that are remembered, by offset
	source    int     // where its event begins
	metaIndex []byte  // its @metadata.index
	bare      bool    // its own top is the event: odd keys send it to Parse
}

// What an extractor keeps from line to line. Real evidence has some hundreds of keys
// and as many objects worth a memory; an attacker can make as many as there are
// bytes.
const (
	maxKept     = 1 << 20 // bytes learned
	maxKey      = 256     // bytes of a key's name
	maxKeptTape = 8192    // values
	minKeys     = 512     // keys that there is room for at first
	maxKeys     = 4096    // keys: their places are 16 bits wide
)

// Bytes that learning costs, with what maps and the allocator add, rounded up.
const (
	keyCost   = 256
	shapeCost = 448
)

// shape is a position in the trie of wanted names, or below it, with the keys seen
// there.
type shape struct {
	slot  int
	meta  bool // the name is @metadata.index
	wraps bool // the name is one that may carry a whole event as text
	kids  map[string]*shape
	keys  map[string]uint16
	first followers // the first keys of its objects
}

// key is one key seen in objects of a shape. Documents of one source repeat their
// keys in the same order, so the keys that came next last time are tried first,
// by a comparison, before anything is looked up.
//
// It is small, since a line of evidence passes by as many keys as it has: what few of
// them need is in keyMore, and other keys are named by their place.
type key struct {
	// The first, second and last eight bytes of text, which overlap in most keys. Of a
	// shorter text all three have the beginning, and shift drops what follows.
	head, mid, tail uint64
	next            followers
	size            uint16 // len(text)
	span            int32  // bytes that a line must still have for the words to be loaded
	slot            int32  // that of keyMore.to; noSlot, or textSlot
	tailAt          uint16
	id              uint16 // its place in extractor.keys
	midAt           uint8
	shift           uint8
	odd             bool // at the top of a line, it may mean an envelope: never predicted
	dotted          bool // there is something above
}

// keyMore is the rest of a key.
type keyMore struct {
	text  string // `"name":` as it usually stands in a line
	to    *shape // nil when nobody wants anything at or below it, and no object was seen there
	memo  *memo
	above []int32 // slots of wanted names that a dotted key passes through, innermost first
}

// followers are the keys that came next, as places in extractor.keys.
type followers struct {
	by  [ways]uint16 // after each of several paths that a line may have taken
	alt [3]uint16    // those that were displaced last
}

// A line's path is a hash of the keys at its top, and of those that were not expected
// behind the last of them. It tells sources and kinds of event apart.
const (
	waysBits      = 4
	ways          = 1 << waysBits
	pathShift     = 32 - waysBits
	displaceEvery = 32
)

func mixPath(path uint32, id uint16) uint32 { return (path + uint32(id)) * 0x9E3779B1 }

// Slots that are none.
const (
	noSlot   = -1
	metaSlot = -2 // the value is that of @metadata.index, which Extract itself wants
	textSlot = -3 // of a key: extractor.text decides
)

func newExtractor(l *Layout) extractor {
	x := extractor{root: newShape(l.root)}
	x.room(minKeys)
	meta := x.root.child("@metadata").child("index")
	meta.meta = true
	for _, wraps := range []*shape{x.root.child("message"), x.root.child("log"), x.root.child("event").child("original")} {
		wraps.wraps = true
	}
	return x
}

func newShape(n *node) *shape {
	s := &shape{slot: n.slot}
	for seg, kid := range n.kids {
		s.adopt(seg, newShape(kid))
	}
	return s
}

func (s *shape) adopt(seg string, kid *shape) {
	if s.kids == nil {
		s.kids = map[string]*shape{}
	}
	s.kids[seg] = kid
}

func (s *shape) child(seg string) *shape {
	if s.kids[seg] == nil {
		s.adopt(seg, &shape{slot: noSlot})
	}
	return s.kids[seg]
}

// room makes room for n keys.
func (x *extractor) room(n int) {
	x.keys = append(make([]key, 0, n), x.keys...)
	x.more = append(make([]keyMore, 0, n), x.more...)
	if len(x.keys) == 0 {
		x.keys = append(x.keys, key{span: 1 << 30})
		x.more = append(x.more, keyMore{})
	}
}

// forget drops what was learned, once it is more than real evidence needs.
func (x *extractor) forget() {
	x.kept = 0
	clear(x.more)
	x.keys, x.more = x.keys[:1], x.more[:1]
	x.root.forget()
}

func (s *shape) forget() {
	s.keys = nil
	s.first = followers{}
	for _, kid := range s.kids {
		kid.forget()
	}
}

// lookup returns the key with this name, learning it when it is new, and remembers
// that it came next. It returns nil when it is too long, or one too many.
func (x *extractor) lookup(s *shape, next *followers, name []byte) *key {
	id, ok := s.keys[string(name)]
	if !ok {
		if len(name) > maxKey || x.kept >= maxKept || len(x.keys) == cap(x.keys) {
			return nil
		}
		id = x.learn(s, string(name))
	}
	k := &x.keys[id]
	if !k.odd {
		x.displace(next, id)
		x.path = mixPath(x.path, id)
	}
	return k
}

func (x *extractor) learn(s *shape, name string) (id uint16) {
	id = uint16(len(x.keys))
	x.keys = append(x.keys, key{odd: s == x.root && oddKeys[name], slot: noSlot, id: id})
	x.more = append(x.more, keyMore{text: `"` + name + `":`})
	k, more := &x.keys[id], &x.more[id]
	k.setWords(more.text)
	more.resolve(s, name)
	k.dotted = more.above != nil
	if more.to != nil {
		k.slot = more.to.keySlot()
	}
	if s.keys == nil {
		s.keys = map[string]uint16{}
	}
	s.keys[more.text[1:len(more.text)-2]] = id
	x.kept += keyCost + len(more.text)
	return id
}

// setWords prepares the comparison of at.
func (k *key) setWords(text string) {
	n := len(text)
	k.size, k.span = uint16(n), int32(n)
	if n < 8 {
		k.span, k.shift = 8, uint8(64-8*n)
	} else {
		k.tailAt = uint16(n - 8)
		k.midAt = uint8(min(n-8, 8))
	}
	padded := []byte(text + "\x00\x00\x00\x00\x00\x00\x00\x00")
	k.head, k.mid, k.tail = word(padded, 0), word(padded, int(k.midAt)), word(padded, int(k.tailAt))
}

// keyAt says whether k is at the line's i, spelled without white space.
func (x *extractor) keyAt(k *key, i int) bool {
	b := x.b
	return i+int(k.span) <= len(b) &&
		((word(b, i)^k.head)|(word(b, i+int(k.midAt))^k.mid)|(word(b, i+int(k.tailAt))^k.tail))<<(k.shift&63) == 0 &&
		(k.size <= 24 || string(b[i:i+int(k.size)]) == x.more[k.id].text)
}

// resolve walks the segments of the name.
func (k *keyMore) resolve(s *shape, name string) {
	segs := splitName(name)
	for i, seg := range segs {
		if s = s.kids[seg]; s == nil {
			return
		}
		if i < len(segs)-1 && s.slot >= 0 {
			k.above = append([]int32{int32(s.slot)}, k.above...)
		}
	}
	k.to = s
}

func (s *shape) keySlot() int32 {
	if s.meta || s.wraps {
		return textSlot
	}
	return int32(s.slot)
}

// below returns the shape of what stands behind k, nil when nobody wants it and
// there is no room to learn its keys.
func (x *extractor) below(k *keyMore) *shape {
	if k.to == nil && x.kept < maxKept {
		x.kept += shapeCost
		k.to = &shape{slot: noSlot}
	}
	return k.to
}
