package flate

import "sync"

// Entries of the table of literals and lengths, beside what table.go says:
//
//	literal, bit 15    bits 16-23 hold it. With pair, bit 7, bits 24-31 hold the next
//	                   one, which the entry consumes as well; bits 8-11 are the
//	                   length of the first code alone
//	length             bits 16-24 hold the shortest length, bits 25-29 the mask of
//	                   the extra bits, which follow the code
//	odd | blockEnd     the end of the block
//
// Entries of the table of distances: bits 16-31 hold the shortest distance, bits
// 32-47 the mask of the extra bits.
const (
	literal  = 1 << 15
	pair     = 1 << 7
	pairBit  = 7
	blockEnd = 1 << 6

	valueShift   = 16
	lengthMask   = 0x1ff
	lengthExtra  = 25
	lengthExtras = 0x1f
	distMask     = 0xffff
	distExtra    = 32
)

const (
	endOfBlock  = 256
	firstLength = 257

	maxLit    = 286 // of a dynamic block; 286 and 287 mean nothing
	maxDist   = 30  // likewise 30 and 31
	maxLength = 258
	window    = 32 << 10
)

// Table sizes. The worst code of 286 symbols takes 1332 entries with 10 root bits,
// that of 30 symbols 402 with 8 (as enough.c of zlib counts them); a power of two
// makes every masked index valid.
const (
	litRoot  = 10
	litSize  = 2048
	distRoot = 8
	distSize = 512
	metaRoot = 7
)

type (
	litTable  [litSize]uint32
	distTable [distSize]uint64
	metaTable [1 << metaRoot]uint32
)

// Entries of each symbol without the length of its code.
var (
	litSymbols  = makeLitSymbols()
	distSymbols = makeDistSymbols()
	metaSymbols = makeMetaSymbols()
)

// lengthBits and distBits are the numbers of extra bits (RFC 1951, section 3.2.5).
func lengthBits(sym int) int { return max(0, (sym-firstLength-4)/4) }
func distBits(sym int) int   { return max(0, sym/2-1) }

func makeLitSymbols() (s [maxSymbols]uint32) {
	for i := range endOfBlock {
		s[i] = literal | uint32(i)<<valueShift
	}
	s[endOfBlock] = odd | blockEnd
	length := 3
	for i := firstLength; i < maxLit; i++ {
		n := lengthBits(i)
		if i == maxLit-1 {
			length, n = maxLength, 0
		}
		s[i] = uint32(length)<<valueShift | (1<<n-1)<<lengthExtra | uint32(n)
		length += 1 << n
	}
	for i := maxLit; i < maxSymbols; i++ {
		s[i] = odd | invalid
	}
	return s
}

func makeDistSymbols() (s [32]uint64) {
	dist := 1
	for i := range maxDist {
		n := distBits(i)
		s[i] = uint64(dist)<<valueShift | (1<<n-1)<<distExtra | uint64(n)
		dist += 1 << n
	}
	s[30], s[31] = odd|invalid, odd|invalid
	return s
}

func makeMetaSymbols() (s [19]uint32) {
	for i := range s {
		s[i] = uint32(i) << valueShift
	}
	return s
}

// fixedTables are those of blocks with fixed codes (RFC 1951, section 3.2.6).
type fixedTables struct {
	lit  litTable
	dist distTable
}

var fixed = sync.OnceValue(func() *fixedTables {
	var lens [maxSymbols]uint8
	for i := range lens {
		switch {
		case i < 144, i >= 280:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		default:
			lens[i] = 7
		}
	}
	var dist [32]uint8
	for i := range dist {
		dist[i] = 5
	}
	t := new(fixedTables)
	if !buildLit(&t.lit, new(canon), lens[:]) || !build(t.dist[:], distRoot, new(canon), distSymbols[:], dist[:]) {
		panic("BUG: flate: the fixed codes are not complete")
	}
	return t
})

// buildLit is build for literals and lengths, with pairs of literals.
func buildLit(t *litTable, c *canon, lens []uint8) bool {
	if !build(t[:], litRoot, c, litSymbols[:], lens) {
		return false
	}
	// From the end: what an entry refers to lies before it and has no pair yet. No
	// branches: literals and lengths alternate at random.
	for i := uint32(1<<litRoot - 1); i < 1<<litRoot; i-- {
		e := t[i]
		n := e & consumeMask
		f := t[i>>n&(1<<litRoot-1)]
		m := f & consumeMask
		both := (e & f >> 15 & 1) & ((n + m - litRoot - 1) >> 31)
		t[i] = e + -both&(f&0xff0000<<8+pair+m)
	}
	return true
}
