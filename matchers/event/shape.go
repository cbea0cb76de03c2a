package event

// extractor is what Extract knows: the wanted names as a trie of shapes, and what
// it has learned of the keys that stand at each.
type extractor struct {
	root    *shape
	learned int // keys learned since the last forget
	memos   int // keys with a memo since the last forget

	ev        *Event
	b         []byte
	metaIndex []byte // @metadata.index of the line at hand
	bare      bool   // the line's own top is the event: odd keys send it to Parse

	recording bool      // an object is being read for its key's memo
	start     int       // where it begins
	adds      []memoAdd // what it added so far
}

// maxLearned and maxKey bound the keys that are remembered. Real evidence has some
// hundreds; an attacker can make as many as there are bytes.
const (
	maxLearned = 8192
	maxKey     = 256 // bytes of a key's name
)

// shape is a position in the trie of wanted names, with the keys seen there.
type shape struct {
	slot   int
	meta   bool // the name is @metadata.index
	kids   map[string]*shape
	keys   map[string]*key
	before key // stands for the opening brace: its successors are first keys
}

// key is one key seen in objects of a shape. Documents of one source repeat their
// keys in the same order, so the keys that came next last time are tried first,
// by a comparison, before anything is looked up.
type key struct {
	text  string // `"name":` as it usually stands in a line
	to    *shape // nil when nobody wants anything at or below it
	above []int  // slots of wanted names that a dotted key passes through, innermost first
	odd   bool   // at the top of a line, it may mean an envelope
	next  [3]*key
	memo  *memo // nil but for keys of the top object
}

func newExtractor(l *Layout) extractor {
	x := extractor{root: newShape(l.root)}
	meta := x.root.child("@metadata").child("index")
	meta.meta = true
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
		s.adopt(seg, &shape{slot: -1})
	}
	return s.kids[seg]
}

// forget drops what was learned, once it is more than real evidence needs.
func (x *extractor) forget() {
	x.learned, x.memos = 0, 0
	x.root.forget()
}

func (s *shape) forget() {
	s.keys = nil
	s.before.next = [3]*key{}
	for _, kid := range s.kids {
		kid.forget()
	}
}

// lookup returns the key with this name, learning it when it is new, and remembers
// that it came after prev. It returns nil when it is too long, or one too many on
// this line.
func (x *extractor) lookup(s *shape, prev *key, name []byte) *key {
	k := s.keys[string(name)]
	if k == nil {
		if len(name) > maxKey || x.learned >= 2*maxLearned {
			return nil
		}
		k = x.learn(s, string(name))
	}
	prev.next[2], prev.next[1], prev.next[0] = prev.next[1], prev.next[0], k
	return k
}

func (x *extractor) learn(s *shape, name string) *key {
	k := &key{text: `"` + name + `":`, odd: s == x.root && oddKeys[name]}
	k.resolve(s, name)
	if s.keys == nil {
		s.keys = map[string]*key{}
	}
	s.keys[name] = k
	x.learned++
	return k
}

// resolve walks the segments of the name.
func (k *key) resolve(s *shape, name string) {
	segs := splitName(name)
	for i, seg := range segs {
		if s = s.kids[seg]; s == nil {
			return
		}
		if i < len(segs)-1 && s.slot >= 0 {
			k.above = append([]int{s.slot}, k.above...)
		}
	}
	k.to = s
}
