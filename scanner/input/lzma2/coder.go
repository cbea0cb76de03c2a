package lzma2

const (
	states     = 12     // what the last symbols were
	maxPos     = 1 << 4 // positions that probabilities may depend on
	minMatch   = 2      // shortest match
	alignBits  = 4      // lowest bits of a long distance
	litSize    = 0x300  // probabilities of a literal in one context
	maxLit     = 4      // most bits of context of a literal
	slotBits   = 6      // of the slot of a distance
	directSlot = 14     // from this slot on, some bits have no probability
	firstMatch = 7      // states from here on stand behind a match
)

// coder is the state of LZMA: probabilities, the last distances, the kind of the last
// symbols.
type coder struct {
	rangeDecoder

	lc, lp, posMask uint32
	state           uint32
	rep             [4]uint32 // the last distances, less 1

	isMatch, isRepLong            [states][maxPos]prob
	isRep, isRep0, isRep1, isRep2 [states]prob
	slots                         [4][1 << slotBits]prob
	special                       [128]prob
	align                         [1 << alignBits]prob
	matchLen, repLen              lengths
	literal                       [litSize << maxLit]prob
}

// lengths decodes the length of a match.
type lengths struct {
	high, higher prob
	low, mid     [maxPos][8]prob
	long         [256]prob
}

// properties takes what is encoded in one byte; false when it cannot be.
func (c *coder) properties(b byte) bool {
	if b >= 9*5*5 {
		return false
	}
	lc, lp, pb := uint32(b)%9, uint32(b)/9%5, uint32(b)/45
	if lc+lp > maxLit {
		return false
	}
	c.lc, c.lp, c.posMask = lc, lp, 1<<pb-1
	return true
}

// reset makes the state that of a fresh encoder; properties stay.
func (c *coder) reset() {
	c.state, c.rep = 0, [4]uint32{}
	for s := range states {
		even(c.isMatch[s][:])
		even(c.isRepLong[s][:])
	}
	for _, p := range [][]prob{c.isRep[:], c.isRep0[:], c.isRep1[:], c.isRep2[:], c.special[:], c.align[:],
		c.slots[0][:], c.slots[1][:], c.slots[2][:], c.slots[3][:], c.literal[:litSize<<(c.lc+c.lp)]} {
		even(p)
	}
	c.matchLen.reset()
	c.repLen.reset()
}

func (l *lengths) reset() {
	l.high, l.higher = 1<<(probBits-1), 1<<(probBits-1)
	for i := range maxPos {
		even(l.low[i][:])
		even(l.mid[i][:])
	}
	even(l.long[:])
}

func (l *lengths) decode(d *rangeDecoder, pos uint32) int {
	switch {
	case d.bit(&l.high) == 0:
		return minMatch + int(d.tree(l.low[pos][:], 3))
	case d.bit(&l.higher) == 0:
		return minMatch + 8 + int(d.tree(l.mid[pos][:], 3))
	}
	return minMatch + 16 + int(d.tree(l.long[:], 8))
}

// symbol decodes the next symbol: a literal, when n is 0, or a match of n bytes at the
// distance rep[0]+1. It means nothing when err is set afterwards.
func (c *coder) symbol(d *dict) (literal byte, n int) {
	pos := d.count & c.posMask
	if c.bit(&c.isMatch[c.state][pos]) == 0 {
		return c.byte(d), 0
	}
	if c.bit(&c.isRep[c.state]) == 0 {
		c.rep[3], c.rep[2], c.rep[1] = c.rep[2], c.rep[1], c.rep[0]
		n = c.matchLen.decode(&c.rangeDecoder, pos)
		c.rep[0] = c.distance(n)
		c.after(7, 10)
		return 0, n
	}
	if c.again(pos) {
		c.after(9, 11)
		return 0, 1
	}
	n = c.repLen.decode(&c.rangeDecoder, pos)
	c.after(8, 11)
	return 0, n
}

// after sets the state to what follows a symbol, behind a literal or a match.
func (c *coder) after(literal, match uint32) {
	if c.state < firstMatch {
		c.state = literal
	} else {
		c.state = match
	}
}

// again makes the distance that comes again the first. It reports whether one byte is all
// that does.
func (c *coder) again(pos uint32) bool {
	if c.bit(&c.isRep0[c.state]) == 0 {
		return c.bit(&c.isRepLong[c.state][pos]) == 0
	}
	i := 1
	if c.bit(&c.isRep1[c.state]) == 1 {
		i = 2 + int(c.bit(&c.isRep2[c.state]))
	}
	dist := c.rep[i]
	copy(c.rep[1:i+1], c.rep[:i])
	c.rep[0] = dist
	return false
}

// byte decodes a literal.
func (c *coder) byte(d *dict) byte {
	context := (d.count&(1<<c.lp-1))<<c.lc | uint32(d.back(1))>>(8-c.lc)
	probs := c.literal[litSize*context:][:litSize]
	m := uint32(1)
	if c.state >= firstMatch {
		// Behind a match the literal differs from what the match would have gone on with.
		like := uint32(d.back(c.rep[0] + 1))
		for same := true; same && m < 0x100; {
			like <<= 1
			want := like >> 8 & 1
			b := c.bit(&probs[(1+want)<<8+m])
			m = m<<1 | b
			same = b == want
		}
	}
	for m < 0x100 {
		m = m<<1 | c.bit(&probs[m])
	}
	switch {
	case c.state < 4:
		c.state = 0
	case c.state < 10:
		c.state -= 3
	default:
		c.state -= 6
	}
	return byte(m)
}

// distance decodes how far back a match of n bytes is, less 1.
func (c *coder) distance(n int) uint32 {
	slot := c.tree(c.slots[min(n-minMatch, 3)][:], slotBits)
	if slot < 4 {
		return slot
	}
	bits := slot>>1 - 1
	dist := (2 | slot&1) << bits
	if slot < directSlot {
		return dist + c.reversed(c.special[dist-slot:], bits)
	}
	return dist + c.direct(bits-alignBits)<<alignBits + c.reversed(c.align[:], alignBits)
}
