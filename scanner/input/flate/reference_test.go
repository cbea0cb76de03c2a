package flate

import (
	"errors"
	"io"
)

// reference decodes DEFLATE data one bit at a time, as RFC 1951 describes it and
// with nothing in mind but to be plainly right. Which codes it accepts is what the
// standard library does.
type reference struct {
	in  []byte
	bit int
	decoded
	emptyCode bool // a block had no code for literals or none for distances
}

// bad is the position of damage.
type bad struct{ bit int }

func (bad) Error() string { return "corrupt" }

var errCut = io.ErrUnexpectedEOF

// decodeSlowly decodes what in begins with. The error is nil, errCut or bad.
func decodeSlowly(in, dict []byte) (r *reference) {
	r = &reference{in: in}
	r.out = append(r.out, dict...)
	defer func() {
		r.out, r.consumed = r.out[len(dict):], (r.bit+7)/8
		if p := recover(); p != nil {
			e, ok := p.(error)
			if !ok || e != errCut && !errors.As(e, new(bad)) {
				panic(p)
			}
			r.err = e
		}
	}()
	for last := false; !last; {
		at := r.bit
		last = r.bits(1) == 1
		switch r.bits(2) {
		case 0:
			r.stored(at)
		case 1:
			r.compressed(newSlowCode(fixedLens()), newSlowCode(fives()))
		case 2:
			lit, dist := r.codes(at)
			r.compressed(lit, dist)
		case 3:
			panic(bad{at})
		}
	}
	return r
}

func (r *reference) bits(n int) (v int) {
	for i := range n {
		if r.bit>>3 >= len(r.in) {
			panic(errCut)
		}
		v |= int(r.in[r.bit>>3]>>(r.bit&7)&1) << i
		r.bit++
	}
	return v
}

func (r *reference) stored(at int) {
	r.bit = (r.bit + 7) &^ 7
	n := r.bits(16)
	if r.bits(16) != ^n&0xffff {
		panic(bad{at})
	}
	for range n {
		r.out = append(r.out, byte(r.bits(8)))
	}
}

// slowCode holds the codes of each length in order, as in section 3.2.2.
type slowCode struct {
	first, count [17]int
	symbols      [17][]int
	longest      int
	ok           bool
}

func newSlowCode(lens []int) *slowCode {
	c := new(slowCode)
	for sym, n := range lens {
		if n > 0 {
			c.count[n]++
			c.symbols[n] = append(c.symbols[n], sym)
			c.longest = max(c.longest, n)
		}
	}
	code, total, space := 0, 0, 0.0
	for n := 1; n <= 15; n++ {
		code = (code + c.count[n-1]) << 1
		c.first[n] = code
		total += c.count[n]
		space += float64(c.count[n]) / float64(int(1)<<n)
	}
	c.ok = space == 1 || total == 0 || total == 1 && c.count[1] == 1
	return c
}

// symbol returns -1 for a code that no symbol has.
func (r *reference) symbol(c *slowCode) int {
	code := 0
	for n := 1; n <= c.longest; n++ {
		code = code<<1 | r.bits(1)
		if i := code - c.first[n]; i >= 0 && i < c.count[n] {
			return c.symbols[n][i]
		}
	}
	return -1
}

func (r *reference) codes(at int) (lit, dist *slowCode) {
	nlit, ndist, nmeta := r.bits(5)+257, r.bits(5)+1, r.bits(4)+4
	if nlit > 286 || ndist > 30 {
		panic(bad{at})
	}
	lens := make([]int, 19)
	for _, sym := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:nmeta] {
		lens[sym] = r.bits(3)
	}
	meta := newSlowCode(lens)
	if !meta.ok {
		panic(bad{at})
	}
	lens = lens[:0]
	for len(lens) < nlit+ndist {
		from := r.bit
		sym := r.symbol(meta)
		value, n := 0, 1
		switch {
		case sym < 0, sym == 16 && len(lens) == 0:
			panic(bad{from})
		case sym < 16:
			value = sym
		case sym == 16:
			value, n = lens[len(lens)-1], 3+r.bits(2)
		case sym == 17:
			n = 3 + r.bits(3)
		case sym == 18:
			n = 11 + r.bits(7)
		}
		for range n {
			lens = append(lens, value)
		}
		if len(lens) > nlit+ndist {
			panic(bad{from})
		}
	}
	lit, dist = newSlowCode(lens[:nlit]), newSlowCode(lens[nlit:])
	if !lit.ok || !dist.ok {
		panic(bad{at})
	}
	r.emptyCode = r.emptyCode || lit.longest == 0 || dist.longest == 0
	return lit, dist
}

// The tables of section 3.2.5.
var (
	slowLengths    = []int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	slowLengthBits = []int{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	slowDists      = []int{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
		4097, 6145, 8193, 12289, 16385, 24577}
	slowDistBits = []int{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

func (r *reference) compressed(lit, dist *slowCode) {
	for {
		at := r.bit
		sym := r.symbol(lit)
		switch {
		case sym < 0, sym > 285:
			panic(bad{at})
		case sym < 256:
			r.out = append(r.out, byte(sym))
			continue
		case sym == 256:
			return
		}
		length := slowLengths[sym-257] + r.bits(slowLengthBits[sym-257])
		at = r.bit
		if sym = r.symbol(dist); sym < 0 || sym > 29 {
			panic(bad{at})
		}
		far := slowDists[sym] + r.bits(slowDistBits[sym])
		if far > len(r.out) {
			panic(bad{at})
		}
		for range length {
			r.out = append(r.out, r.out[len(r.out)-far])
		}
	}
}

func fixedLens() []int {
	lens := make([]int, 288)
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 8
		}
	}
	return lens
}

func fives() []int {
	lens := make([]int, 32)
	for i := range lens {
		lens[i] = 5
	}
	return lens
}
