package flate

import (
	"math/rand/v2"
	"slices"
)

// bitWriter makes DEFLATE data that no compressor would.
type bitWriter struct {
	b []byte
	n int // bits
}

// bits appends the n lowest bits of v, lowest first.
func (w *bitWriter) bits(v, n int) {
	for i := range n {
		if w.n&7 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n>>3] |= byte(v>>i&1) << (w.n & 7)
		w.n++
	}
}

// code appends the n lowest bits of v, highest first.
func (w *bitWriter) code(v, n int) {
	for i := n - 1; i >= 0; i-- {
		w.bits(v>>i, 1)
	}
}

// writeCode is a canonical code to write with.
type writeCode struct {
	lens, codes []int
}

func newWriteCode(lens []int) writeCode {
	c := writeCode{lens, make([]int, len(lens))}
	code := 0
	for n := 1; n <= 15; n++ {
		for sym, l := range lens {
			if l == n {
				c.codes[sym] = code
				code++
			}
		}
		code <<= 1
	}
	return c
}

func (w *bitWriter) symbol(c writeCode, sym int) { w.code(c.codes[sym], c.lens[sym]) }

// match appends a length and a distance.
func (w *bitWriter) match(lit, dist writeCode, length, far int) {
	i := symbolOf(slowLengths, length)
	w.symbol(lit, 257+i)
	w.bits(length-slowLengths[i], slowLengthBits[i])
	i = symbolOf(slowDists, far)
	w.symbol(dist, i)
	w.bits(far-slowDists[i], slowDistBits[i])
}

// symbolOf returns the last of bases that is no more than v.
func symbolOf(bases []int, v int) int {
	i, found := slices.BinarySearch(bases, v)
	if !found {
		i--
	}
	return i
}

// dynamicHeader appends the header of a block with codes of its own: each length as
// it is, in four bits.
func (w *bitWriter) dynamicHeader(last int, lit, dist []int) {
	w.bits(last, 1)
	w.bits(2, 2)
	w.bits(len(lit)-257, 5)
	w.bits(len(dist)-1, 5)
	w.bits(15, 4)
	for _, sym := range metaOrder {
		if sym < 16 {
			w.bits(4, 3)
		} else {
			w.bits(0, 3)
		}
	}
	for _, n := range append(slices.Clone(lit), dist...) {
		w.code(n, 4)
	}
}

// randomLens returns the lengths of a complete code of n symbols, none longer than
// 15 bits, most of them often near that.
func randomLens(rnd *rand.Rand, n int) []int {
	lens := []int{1, 1}
	deep := rnd.IntN(2) == 0
	for len(lens) < n {
		i := rnd.IntN(len(lens))
		if deep && rnd.IntN(4) > 0 {
			i = len(lens) - 1 - rnd.IntN(min(3, len(lens)))
		}
		if lens[i] == 15 {
			continue
		}
		lens[i]++
		lens = append(lens, lens[i])
	}
	rnd.Shuffle(n, func(i, j int) { lens[i], lens[j] = lens[j], lens[i] })
	return lens
}

// randomStream returns a stream of n blocks with random codes and random symbols.
// It refers no further back than there is data.
func randomStream(rnd *rand.Rand, n, symbols int) []byte {
	w := new(bitWriter)
	size := 0
	for i := range n {
		lit, dist := randomLens(rnd, 286), randomLens(rnd, 30)
		last := 0
		if i == n-1 {
			last = 1
		}
		w.dynamicHeader(last, lit, dist)
		lc, dc := newWriteCode(lit), newWriteCode(dist)
		literals := rnd.IntN(4)
		for range symbols {
			if size == 0 || rnd.IntN(4) < literals {
				w.symbol(lc, rnd.IntN(256))
				size++
				continue
			}
			length := 3 + rnd.IntN(256)
			far := 1 + rnd.IntN(min(size, 1<<rnd.IntN(16)))
			w.match(lc, dc, length, far)
			size += length
		}
		w.symbol(lc, 256)
	}
	return w.b
}
