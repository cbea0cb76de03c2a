package event

// This file is the only one of the package that uses unsafe.

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// word loads eight bytes of b, at i. The caller sees to it that i >= 0 and
// i+8 <= len(b): each call stands behind that comparison (stringEnd, plainEnd, copyPlain,
// keyAt by span, memo.words) or loads from what was made long enough (setWords). That is
// the whole argument for unsafe, which spares the same two comparisons once more in the
// innermost loops: 7% of Extract.
func word(b []byte, i int) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), i))[:])
}

// stops flags, in their highest bits, the bytes of a word that end the plain part of a
// string: quote, backslash and what is below a space. A byte below 0x80 is flagged when
// its difference to a quote, to a backslash or down to a space is below zero. The lowest
// flag is exact; borrows can only flag bytes above it.
func stops(w uint64) uint64 {
	return (((w ^ lowBits*'"') - lowBits) | ((w ^ lowBits*'\\') - lowBits) | (w - lowBits*' ')) &^ w & highBits
}

// firstByte returns the place of the first byte that is flagged.
func firstByte(flags uint64) int { return bits.TrailingZeros64(flags) >> 3 }

// backslashes flags them, as stops does.
func backslashes(w uint64) uint64 {
	w ^= lowBits * '\\'
	return (w - lowBits) &^ w & highBits
}
