package matchers

import (
	"cmp"
	"slices"
	"time"
)

// maxActiveWords bounds the words of an activity: at a slot of a minute they cover five
// days and a half without a break, at two hours most of two years.
const maxActiveWords = 128

// activity is the set of slots of time in which there were events. A slot is a minute at
// first, and twice as long whenever the set has grown too large. The length is decided by
// the set alone (it is the shortest at which the set fits), so neither the order of events
// nor how they were divided among workers changes anything.
type activity struct {
	level uint8 // a slot is 1<<level minutes
	words []activeWord
	cur   int // the word used last
}

// activeWord is 64 slots, of which bit i stands for slot 64*key+i since 1970.
type activeWord struct {
	key  int32
	bits uint64
}

// add notes an event, by the minute since 1970.
func (a *activity) add(minute int64) {
	slot := minute >> a.level
	key := int32(slot >> 6)
	if a.cur >= len(a.words) || a.words[a.cur].key != key {
		a.cur = a.find(key)
	}
	a.words[a.cur].bits |= 1 << (slot & 63)
	if len(a.words) > maxActiveWords {
		a.fit()
	}
}

// find returns the place of a word, which it makes when there is none.
func (a *activity) find(key int32) int {
	i, ok := slices.BinarySearchFunc(a.words, key, func(w activeWord, key int32) int { return cmp.Compare(w.key, key) })
	if !ok {
		a.words = slices.Insert(a.words, i, activeWord{key: key})
	}
	return i
}

// fit makes slots longer until the words are few enough.
func (a *activity) fit() {
	for len(a.words) > maxActiveWords {
		a.coarsen()
	}
}

// coarsen doubles the slots.
func (a *activity) coarsen() {
	a.level++
	a.cur = 0
	n := 0
	for _, w := range a.words {
		half := activeWord{w.key >> 1, pairs(w.bits) << (32 * (w.key & 1))}
		if n > 0 && a.words[n-1].key == half.key {
			a.words[n-1].bits |= half.bits
			continue
		}
		a.words[n] = half
		n++
	}
	a.words = a.words[:n]
}

// pairs returns 32 bits, each set when one of two neighbours of x is.
func pairs(x uint64) uint64 {
	x = (x | x>>1) & 0x5555555555555555
	x = (x | x>>1) & 0x3333333333333333
	x = (x | x>>2) & 0x0f0f0f0f0f0f0f0f
	x = (x | x>>4) & 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	return (x | x>>16) & 0x00000000ffffffff
}

// merge adds the slots of b.
func (a *activity) merge(b *activity) {
	for a.level < b.level {
		a.coarsen()
	}
	other := activity{level: b.level, words: slices.Clone(b.words)}
	for other.level < a.level {
		other.coarsen()
	}
	for _, w := range other.words {
		a.words[a.find(w.key)].bits |= w.bits
	}
	a.cur = 0
	a.fit()
}

// slot is how long a slot is.
func (a *activity) slot() time.Duration { return time.Minute << a.level }

// slots lists the slots with events, in order.
func (a *activity) slots() []int64 {
	var out []int64
	for _, w := range a.words {
		for i := range int64(64) {
			if w.bits>>i&1 == 1 {
				out = append(out, int64(w.key)<<6+i)
			}
		}
	}
	return out
}
