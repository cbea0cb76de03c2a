package event

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"math/bits"
)

// secret is new for each process and nobody outside knows it: fingerprints cannot be made
// to collide. To reduce elsewhere, or later, what was mapped here, it has to go with it.
var secret = newSecret()

func newSecret() (words [4]uint64) {
	var b [32]byte
	rand.Read(b[:]) // does not fail
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(b[8*i:]) | 1
	}
	return words
}

// Fingerprint tells the content of an event from others within this process: what
// Content tells apart differs here, and what it holds equal is equal but for lists
// inside lists and keys that stand twice, which count as they are spelled. It is for
// the many events that are looked at together and of which few end up in a finding.
//
// source is an event's Source, which is well formed: it is read once more, without a
// tree and without allocating. Of the line that was extracted last, objects that repeat
// from event to event (host, agent) are known already.
func (p *Parser) Fingerprint(source []byte) (out [16]byte) {
	if len(source) == 0 {
		return out
	}
	f := printer{b: source, text: p.text}
	if p.extracted == &source[0] {
		f.known, f.base = p.fast.known, p.fast.source
	}
	f.value(space(source, 0), 0)
	p.text = f.text
	binary.LittleEndian.PutUint64(out[:], f.a)
	binary.LittleEndian.PutUint64(out[8:], f.c)
	return out
}

// printer sums the hashes of leaves, so that their order does not count; that of the
// values of one field is in each leaf's hash as its place in its list.
type printer struct {
	b     []byte
	a, c  uint64 // two lanes of the sum
	place uint64
	text  []byte  // unescaped
	known []known // objects of the line to come, by offset
	base  int     // offset of b in that line
}

// printed is what an object adds to the sums that hangs at a name, outside of lists.
type printed struct {
	name, a, c uint64
	done       bool
}

// members reads the members of the object at i, which hangs at a name, and returns its
// end.
func (f *printer) members(i int, at uint64) (end int) {
	if i = space(f.b, i+1); f.b[i] == '}' {
		return i + 1
	}
	for {
		end, escaped := stringEnd(f.b, i+1)
		name := nameBelow(at, f.string(i, end, escaped))
		i = f.value(space(f.b, space(f.b, end)+1), name)
		if i = space(f.b, i); f.b[i] != ',' {
			return i + 1
		}
		i = space(f.b, i+1)
	}
}

// string returns the text of the string at b[i:end], quotes included.
func (f *printer) string(i, end int, escaped bool) []byte {
	if !escaped {
		return f.b[i+1 : end-1]
	}
	if cap(f.text) > maxKeptText {
		f.text = nil
	}
	f.text = appendUnescaped(f.text[:0], f.b[i+1:end-1])
	return f.text
}

// object reads an object, if it must.
func (f *printer) object(i int, name uint64) (end int) {
	m := f.memory(i)
	if m == nil || f.place != 0 {
		return f.members(i, name)
	}
	if !m.print.done || m.print.name != name {
		a, c := f.a, f.c
		end = f.members(i, name)
		m.print = printed{name, f.a - a, f.c - c, true}
		return end
	}
	f.a, f.c = f.a+m.print.a, f.c+m.print.c
	return i + len(m.text)
}

// memory returns what the extractor remembers of the object at i; nil when it does not, or
// has given the memory to another object of the line meanwhile.
func (f *printer) memory(i int) *memory {
	at := int32(i + f.base)
	for len(f.known) > 0 && f.known[0].at < at {
		f.known = f.known[1:]
	}
	if len(f.known) == 0 || f.known[0].at != at || f.known[0].turn != f.known[0].memory.turn {
		return nil
	}
	return f.known[0].memory
}

// value reads the value at i, which hangs at a name.
func (f *printer) value(i int, name uint64) (end int) {
	switch f.b[i] {
	case '{':
		return f.object(i, name)
	case '[':
		return f.array(i, name)
	case '"':
		end, escaped := stringEnd(f.b, i+1)
		f.leaf(name, String, f.string(i, end, escaped))
		return end
	case 'n':
		return i + len("null")
	case 't', 'f':
		end = scalarEnd(f.b, i)
		f.leaf(name, Bool, f.b[i:end])
		return end
	}
	end = scalarEnd(f.b, i)
	f.leaf(name, Number, f.b[i:end])
	return end
}

// array reads the elements; their places are part of what they are.
func (f *printer) array(i int, name uint64) (end int) {
	if i = space(f.b, i+1); f.b[i] == ']' {
		return i + 1
	}
	outer := f.place
	for n := uint64(0); ; n++ {
		f.place = outer*listMix + n
		if i = space(f.b, f.value(i, name)); f.b[i] != ',' {
			f.place = outer
			return i + 1
		}
		i = space(f.b, i+1)
	}
}

// nameBelow hashes the segments of a key onto the name above it.
func nameBelow(at uint64, key []byte) uint64 {
	for {
		n := bytes.IndexByte(key, '.')
		if n < 0 {
			return bits.RotateLeft64(at, 17)*wordMix ^ hash(key)
		}
		at = bits.RotateLeft64(at, 17)*wordMix ^ hash(key[:n])
		key = key[n+1:]
	}
}

// Constants that spread bits: that of splitmix64, and a prime for lists in lists.
const (
	wordMix = 0x9E3779B97F4A7C15
	listMix = 1_000_003
)

func (f *printer) leaf(name uint64, kind Kind, text []byte) {
	x := mum(name^secret[0], hash(text)^secret[1])
	x = mum(x^secret[2], f.place<<3^uint64(kind)^secret[0])
	f.a += x
	f.c += mum(x^secret[1], wordMix)
}

// hash is a keyed hash of a text, sixteen bytes at a time; its length counts, so that no
// text continues another.
func hash(text []byte) uint64 {
	n, h := len(text), secret[3]
	for ; len(text) > 16; text = text[16:] {
		h = mum(binary.LittleEndian.Uint64(text)^secret[0], binary.LittleEndian.Uint64(text[8:])^h)
	}
	var lo, hi uint64
	switch {
	case len(text) >= 8:
		lo, hi = binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[len(text)-8:])
	case len(text) >= 4:
		lo, hi = uint64(binary.LittleEndian.Uint32(text)), uint64(binary.LittleEndian.Uint32(text[len(text)-4:]))
	case len(text) > 0:
		lo = uint64(text[0])<<16 | uint64(text[len(text)>>1])<<8 | uint64(text[len(text)-1])
	}
	return mum(secret[2]^uint64(n), mum(lo^secret[1], hi^h))
}

// mum folds the product of two words: each bit of either reaches all of the result.
func mum(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return hi ^ lo
}
