package event

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math/bits"

	"github.com/valyala/fastjson"
)

// seed is secret and new for each process: fingerprints cannot be made to collide. To
// reduce elsewhere what was mapped here, the seed has to go with it.
var seed = maphash.MakeSeed()

// Fingerprint tells the content of the event that was last parsed from others within
// this process: what Content tells apart differs here, and what it holds equal is equal
// but for lists inside lists and keys that stand twice, which count as they are
// spelled. It is for the many events that are looked at together and of which few end
// up in a finding, and costs a fraction of Content.
func (p *Parser) Fingerprint() (out [16]byte) {
	if p.event == nil {
		return out
	}
	var f fingerprint
	f.walk(p.event, 0, 0)
	binary.LittleEndian.PutUint64(out[:], f.a)
	binary.LittleEndian.PutUint64(out[8:], f.b)
	return out
}

// fingerprint sums the hashes of leaves, so that their order does not count; that of the
// values of one field is in each leaf's hash as its place in its list.
type fingerprint struct {
	a, b uint64
	text Event // owns the text of numbers
}

func (f *fingerprint) walk(v *fastjson.Value, at, place uint64) {
	switch v.Type() {
	case fastjson.TypeObject:
		v.GetObject().Visit(func(key []byte, member *fastjson.Value) {
			f.walk(member, nameBelow(at, key), place)
		})
	case fastjson.TypeArray:
		for i, elem := range v.GetArray() {
			f.walk(elem, at, place*listMix+uint64(i))
		}
	case fastjson.TypeNull:
	default:
		f.leaf(at, place, f.text.scalar(v))
	}
}

// nameBelow hashes the segments of a key onto the name above it.
func nameBelow(at uint64, key []byte) uint64 {
	for {
		seg, rest, more := bytes.Cut(key, dot)
		at = bits.RotateLeft64(at, 17)*wordMix ^ maphash.Bytes(seed, seg)
		if !more {
			return at
		}
		key = rest
	}
}

var dot = []byte{'.'}

// Odd constants that spread bits: those of splitmix64, and a prime for lists in lists.
const (
	wordMix = 0x9E3779B97F4A7C15
	laneMix = 0xBF58476D1CE4E5B9
	listMix = 1_000_003
)

func (f *fingerprint) leaf(name, place uint64, v Value) {
	var b [25]byte
	binary.LittleEndian.PutUint64(b[:], name)
	binary.LittleEndian.PutUint64(b[8:], maphash.Bytes(seed, v.Text))
	binary.LittleEndian.PutUint64(b[16:], place)
	b[24] = byte(v.Kind)
	f.a += maphash.Bytes(seed, b[:])
	f.b += maphash.Bytes(seed, b[:24]) * laneMix
}
