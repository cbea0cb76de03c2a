package lzma2

import "io"

const (
	// probBits is the precision of a probability, probMoves how fast it adapts.
	probBits  = 11
	probMoves = 5
	// minRange is the least range that a bit is decoded with.
	minRange = 1 << 24
)

// prob is the probability that a bit is 0, in parts of 1<<probBits.
type prob = uint16

// even makes all bits as likely as not.
func even(probs []prob) {
	for i := range probs {
		probs[i] = 1 << (probBits - 1)
	}
}

// rangeDecoder takes bits from the compressed bytes of one chunk. After an error it
// goes on as over zeros: whoever takes bits looks at err before using them.
type rangeDecoder struct {
	src  io.ByteReader
	left int // compressed bytes of the chunk that were not taken yet

	rng, code uint32 // code < rng, but for damage
	err       error
}

// begin starts a chunk of n compressed bytes: a zero and the first of the code.
func (d *rangeDecoder) begin(n int) {
	d.left, d.rng, d.code, d.err = n, 1<<32-1, 0, nil
	if first := d.next(); first != 0 && d.err == nil {
		d.err = errChunk
	}
	for range 4 {
		d.code = d.code<<8 | d.next()
	}
}

// next takes a compressed byte.
func (d *rangeDecoder) next() uint32 {
	if d.err != nil {
		return 0
	}
	if d.left == 0 {
		d.err = errChunk
		return 0
	}
	c, err := d.src.ReadByte()
	if err != nil {
		d.err = noEOF(err)
		return 0
	}
	d.left--
	return uint32(c)
}

// fill widens the range.
func (d *rangeDecoder) fill() {
	d.rng <<= 8
	d.code = d.code<<8 | d.next()
}

// end reports whether the chunk ends here, as the encoder leaves it.
func (d *rangeDecoder) end() error {
	if d.rng < minRange {
		d.fill()
	}
	if d.err == nil && (d.code != 0 || d.left != 0) {
		d.err = errChunk
	}
	return d.err
}

// bit decodes one bit and adapts its probability.
func (d *rangeDecoder) bit(p *prob) uint32 {
	if d.rng < minRange {
		d.fill()
	}
	v := *p
	bound := (d.rng >> probBits) * uint32(v)
	if d.code < bound {
		d.rng = bound
		*p = v + (1<<probBits-v)>>probMoves
		return 0
	}
	d.rng -= bound
	d.code -= bound
	*p = v - v>>probMoves
	return 1
}

// direct decodes n bits that are as likely as not, the highest first.
func (d *rangeDecoder) direct(n uint32) (v uint32) {
	for ; n > 0; n-- {
		if d.rng < minRange {
			d.fill()
		}
		d.rng >>= 1
		b := uint32(0)
		if d.code >= d.rng {
			d.code -= d.rng
			b = 1
		}
		v = v<<1 | b
	}
	return v
}

// tree decodes n bits, the highest first, each with a probability that depends on those
// before. probs has 1<<n of them.
func (d *rangeDecoder) tree(probs []prob, n uint32) uint32 {
	m := uint32(1)
	for range n {
		m = m<<1 | d.bit(&probs[m])
	}
	return m - 1<<n
}

// reversed is tree with the lowest bit first.
func (d *rangeDecoder) reversed(probs []prob, n uint32) (v uint32) {
	m := uint32(1)
	for i := range n {
		b := d.bit(&probs[m])
		m = m<<1 | b
		v |= b << i
	}
	return v
}
