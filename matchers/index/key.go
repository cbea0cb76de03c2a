package index

import (
	"encoding/binary"
	"math/bits"
)

// Keys stand for texts: texts that are equal but for the case of ASCII letters have
// equal keys. The other direction is left open, since a candidate is evaluated anyway:
// each byte takes part with bit 0x20 set, which lowers letters without a look at them
// and confuses few others, and of a long text only some parts take part.

const (
	caseBits32 = 0x20202020
	caseBits   = 0x2020202020202020
)

// head is the first eight bytes of b, or as many as there are.
func head(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b) | caseBits
	}
	return short(b)
}

// tail is the last eight bytes of b, or as many as there are.
func tail(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b[len(b)-8:]) | caseBits
	}
	return short(b)
}

// short is the bytes of a text of at most seven. Loads that overlap see the same bytes.
func short(b []byte) uint64 {
	n := len(b)
	var k uint64
	switch {
	case n >= 4:
		k = uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<((n-4)*8)
	case n > 0:
		k = uint64(b[0]) | uint64(b[n/2])<<(n/2*8) | uint64(b[n-1])<<((n-1)*8)
	}
	return (k | caseBits) & (1<<(n*8) - 1)
}

// Odd numbers that mix the parts of a key.
const (
	mix1 = 0x9E3779B97F4A7C15
	mix2 = 0xC2B2AE3D27D4EB4F
	mix3 = 0x165667B19E3779F9
)

// wholeKey is the key of a text for equality: its length, both its ends, and its middle.
func wholeKey(b []byte) uint64 {
	k := head(b)*mix1 ^ uint64(len(b))
	if n := len(b); n > 8 {
		k ^= bits.RotateLeft64(tail(b)*mix2, 29)
		if n > 16 {
			k ^= bits.RotateLeft64((binary.LittleEndian.Uint64(b[n/2-4:])|caseBits)*mix3, 47)
		}
	}
	return k
}

// endKey is the key of n bytes, at most endSize, out of what head returns.
func endKey(h uint64, n int) uint64 {
	return h&(1<<(n*8)-1) | uint64(n)<<56
}

// startKey and stopKey are the keys of the first and the last n bytes of b.
func startKey(b []byte, n int) uint64 { return endKey(head(b), n) }

func stopKey(b []byte, n int) uint64 { return endKey(head(b[len(b)-n:]), n) }

// gramKey is the key of the gramSize bytes at the start of b.
func gramKey(b []byte) uint64 { return uint64(binary.LittleEndian.Uint32(b) | caseBits32) }
