package flate

import "math/bits"

// A decoding table is indexed by the next bits of the stream, root of them; codes
// that are longer go on in a subtable of the same slice. What all entries share:
//
//	bits 0-5   how many bits the entry consumes: its code and its extra bits
//	bits 8-11  the length of its code; within a subtable, of the rest of its code
//	odd        the entry needs a second look: a subtable, or one of the flags below
//
// An entry with odd and subtable set consumes the root bits; bits 8-11 hold the
// width of the subtable, bits 16-27 where it starts.
const (
	consumeMask = 0x3f
	codeShift   = 8
	codeMask    = 0xf
	odd         = 1 << 12
	subtable    = 1 << 13
	invalid     = 1 << 14 // no symbol has this code, or the symbol means nothing
	perBit      = 1<<codeShift | 1

	subShift = 16
	subMask  = 0xfff
)

// maxCode is the longest code in bits (RFC 1951, section 3.2.7).
const maxCode = 15

// maxSymbols is the largest alphabet: that of the fixed literals and lengths.
const maxSymbols = 288

// entry is the element type of a decoding table.
type entry interface{ uint32 | uint64 }

// canon is a set of code lengths, sorted.
type canon struct {
	count  [maxCode + 1]int
	max    int
	sorted [maxSymbols]uint16 // symbols that have a code, by length and then by value
}

// sort takes code lengths, 0 for symbols without a code. It reports false for those
// that the standard library refuses as well: oversubscribed ones and ones that leave
// codes unassigned, unless there is no code at all or a single one of one bit.
func (c *canon) sort(lens []uint8) bool {
	clear(c.count[:])
	for _, n := range lens {
		c.count[n&maxCode]++
	}
	c.count[0] = 0
	c.max = maxCode
	for c.max > 0 && c.count[c.max] == 0 {
		c.max--
	}
	var next [maxCode + 1]int
	used, at := 0, 0
	for n := 1; n <= c.max; n++ {
		next[n] = at
		at += c.count[n]
		used = used<<1 + c.count[n]
	}
	if used != 1<<c.max && !(used == 1 && c.max == 1) && c.max != 0 {
		return false
	}
	for sym, n := range lens {
		if n != 0 {
			c.sorted[next[n&maxCode]] = uint16(sym)
			next[n&maxCode]++
		}
	}
	return true
}

// build fills table with the canonical code (RFC 1951, section 3.2.2) in which
// symbol i has a code of lens[i] bits and the entry symbols[i]. It reports false,
// and leaves the table undefined, for code lengths that canon refuses. table must
// have room for the subtables of the worst code.
func build[E entry](table []E, root int, c *canon, symbols []E, lens []uint8) bool {
	if !c.sort(lens) {
		return false
	}
	// Codes enter with their bits reversed, since the stream has their first bit
	// lowest. The table of n bits holds the one of n-1 bits twice; what is assigned
	// no code stays invalid, which begins here.
	table[0] = odd | invalid
	code, done := 0, 0
	for n := 1; n <= root; n++ {
		half := 1 << (n - 1)
		copy(table[half:2*half], table[:half])
		for range c.count[n] {
			table[code] = symbols[c.sorted[done]] + E(n)*perBit
			code = increment(code, n)
			done++
		}
	}
	if c.max > root {
		buildLong(table, root, c, symbols, code, done)
	}
	return true
}

// buildLong adds the codes that are longer than root, from the done-th symbol on,
// which has the reversed code given.
func buildLong[E entry](table []E, root int, c *canon, symbols []E, code, done int) {
	prefix, start, end, width := -1, 0, 1<<root, 0
	for n := root + 1; n <= c.max; n++ {
		for left := c.count[n]; left > 0; left-- {
			if p := code & (1<<root - 1); p != prefix {
				prefix, start = p, end
				width = c.subWidth(n-root, root, left)
				end += 1 << width
				table[p] = odd | subtable | E(start)<<subShift | E(width)<<codeShift | E(root)
			}
			e := symbols[c.sorted[done]] + E(n-root)*perBit
			for i := code >> root; i < 1<<width; i += 1 << (n - root) {
				table[start+i] = e
			}
			code = increment(code, n)
			done++
		}
	}
}

// subWidth returns the width of the subtable that begins with a code of root+width
// bits, of which left have not been assigned: as many bits as the codes need that
// fill it.
func (c *canon) subWidth(width, root, left int) int {
	for used := left; used < 1<<width && root+width < c.max; {
		width++
		used = used<<1 + c.count[root+width]
	}
	return width
}

// increment returns the reversed code of n bits that follows code; after the last
// one, any.
func increment(code, n int) int {
	free := 1<<n - 1 ^ code
	if free == 0 {
		return code
	}
	bit := 1 << (bits.Len(uint(free)) - 1)
	return code&(bit-1) | bit
}
