package flate

// codes is what is needed to read the code lengths of a block, and the tables that
// come of it.
type codes struct {
	canon canon
	meta  metaTable
	lens  [maxLit + maxDist]uint8
	lit   litTable
	dist  distTable
}

// metaOrder is the order in which the lengths of the code length codes are stored
// (RFC 1951, section 3.2.7).
var metaOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// header reads the header of a block, its codes included.
func (d *Decoder) header() error {
	at := d.bitOffset()
	h, err := d.take(3)
	if err != nil {
		return err
	}
	d.final = h&1 != 0
	switch h >> 1 {
	case 0:
		return d.storedHeader(at)
	case 1:
		f := fixed()
		d.lit, d.dist = &f.lit, &f.dist
	case 2:
		if err := d.dynamic(at); err != nil {
			return err
		}
		d.lit, d.dist = &d.codes.lit, &d.codes.dist
	default:
		return d.corrupt("reserved block type", at)
	}
	d.step = stepSymbols
	return nil
}

// dynamic reads the codes of a block that brings its own.
func (d *Decoder) dynamic(at int64) error {
	n, err := d.take(14)
	if err != nil {
		return err
	}
	lits, dists, metas := n&31+257, n>>5&31+1, n>>10+4
	if lits > maxLit {
		return d.corrupt("more than 286 literal and length codes", at)
	}
	if dists > maxDist {
		return d.corrupt("more than 30 distance codes", at)
	}
	var lens [19]uint8
	for i := range metas {
		v, err := d.take(3)
		if err != nil {
			return err
		}
		lens[metaOrder[i]] = uint8(v)
	}
	c := &d.codes
	if !build(c.meta[:], metaRoot, &c.canon, metaSymbols[:], lens[:]) {
		return d.corrupt("bad code of code lengths", at)
	}
	if err := d.lengths(c.lens[:lits+dists]); err != nil {
		return err
	}
	if !buildLit(&c.lit, &c.canon, c.lens[:lits]) {
		return d.corrupt("bad literal and length code", at)
	}
	if !build(c.dist[:], distRoot, &c.canon, distSymbols[:], c.lens[lits:lits+dists]) {
		return d.corrupt("bad distance code", at)
	}
	return nil
}

// lengths reads the code lengths of both alphabets, which run into one another.
func (d *Decoder) lengths(lens []uint8) error {
	for i := 0; i < len(lens); {
		at := d.bitOffset()
		e, err := lookup(&d.bitReader, d.codes.meta[:], metaRoot)
		if err != nil {
			return err
		}
		if e&odd != 0 {
			return d.corrupt("invalid code length code", at)
		}
		sym := e >> valueShift
		if sym < 16 {
			lens[i] = uint8(sym)
			i++
			continue
		}
		if sym == 16 && i == 0 {
			return d.corrupt("no code length to repeat", at)
		}
		value, n, err := d.repetition(sym, lens, i)
		if err != nil {
			return err
		}
		if n > len(lens)-i {
			return d.corrupt("too many code lengths", at)
		}
		for range n {
			lens[i] = value
			i++
		}
	}
	return nil
}

// repetition reads how often which length is repeated from lens[i] on.
func (d *Decoder) repetition(sym uint32, lens []uint8, i int) (value uint8, n int, err error) {
	switch sym {
	case 16:
		n, err = d.take(2)
		return lens[i-1], n + 3, err
	case 17:
		n, err = d.take(3)
		return 0, n + 3, err
	}
	n, err = d.take(7)
	return 0, n + 11, err
}
