package index

import "math/bits"

// lookup finds the rules of a key. In front of its slots stands a filter of at least 32
// bits a key, so that nearly all keys that nobody wants cost one look at a few kilobytes.
// One lookup serves all atoms of a table: the less memory an event touches, the more of
// it is still in the processor's cache when the next event of its class comes.
type lookup struct {
	filter []uint64
	shift  uint // a hash's high bits choose the filter's bit
	slots  []lookupSlot
	mask   uint64
	rules  []int32
}

// lookupSlot is one key with its part of the rules; count is 0 where it is free.
type lookupSlot struct {
	key          uint64
	first, count uint32
}

// newLookup takes the rules by key: keys stand at the first free slot from their hash
// on, in slots that are at most half full.
func newLookup(byKey map[uint64][]int32) *lookup {
	size := max(6, bits.Len(uint(len(byKey)*32)))
	l := &lookup{filter: make([]uint64, 1<<size/64), shift: uint(64 - size),
		slots: make([]lookupSlot, 1<<bits.Len(uint(len(byKey)*2)))}
	l.mask = uint64(len(l.slots) - 1)
	for key, rules := range byKey {
		h := key * mix1 >> l.shift
		l.filter[h>>6] |= 1 << (h & 63)
		i := key * mix1 >> 32 & l.mask
		for l.slots[i].count > 0 {
			i = (i + 1) & l.mask
		}
		l.slots[i] = lookupSlot{key, uint32(len(l.rules)), uint32(len(rules))}
		l.rules = append(l.rules, rules...)
	}
	return l
}

// find sets the rules of a key in dst.
func (l *lookup) find(dst []uint64, key uint64) {
	if h := key * mix1 >> l.shift; l.filter[h>>6]&(1<<(h&63)) != 0 {
		l.findSlot(dst, key)
	}
}

func (l *lookup) findSlot(dst []uint64, key uint64) {
	for i := key * mix1 >> 32 & l.mask; ; i = (i + 1) & l.mask {
		s := &l.slots[i]
		if s.count == 0 {
			return
		}
		if s.key == key {
			set(dst, l.rules[s.first:s.first+s.count])
			return
		}
	}
}

// findGrams looks at every gram of b.
func (l *lookup) findGrams(dst []uint64, b []byte, salt uint64) {
	filter, shift := l.filter, l.shift
	for ; len(b) >= gramSize; b = b[1:] {
		k := gramKey(b) ^ salt
		if h := k * mix1 >> shift; filter[h>>6]&(1<<(h&63)) != 0 {
			l.findSlot(dst, k)
		}
	}
}

func set(dst []uint64, rules []int32) {
	for _, r := range rules {
		dst[r>>6] |= 1 << (uint(r) & 63)
	}
}
