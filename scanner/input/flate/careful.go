package flate

import "math/bits"

const (
	whyLength = "invalid literal or length code"
	whyDist   = "invalid distance code"
	whyFar    = "distance to before the beginning"
)

// symbols decodes symbols until the block ends or out is full: many at once where
// in has as much as that needs, one by one at its edges.
func (d *Decoder) symbols() error {
	for d.wp < outLimit {
		if len(d.in)-d.ip < fastInput {
			if end, err := d.symbol(); end || err != nil {
				return err
			}
			continue
		}
		switch d.fast() {
		case atBlockEnd:
			d.step = stepHeader
			return nil
		case badLength:
			return d.corrupt(whyLength, d.bitOffset())
		case badDist:
			return d.corrupt(whyDist, d.bitOffset())
		case farDist:
			return d.corrupt(whyFar, d.bitOffset())
		}
	}
	return nil
}

// symbol decodes one literal, or one length and distance. It reports the end of the
// block.
func (d *Decoder) symbol() (end bool, err error) {
	at := d.bitOffset()
	e, err := lookup(&d.bitReader, d.lit[:], litRoot)
	if err != nil {
		return false, err
	}
	switch {
	case e&literal != 0:
		d.out[d.wp] = byte(e >> valueShift)
		d.wp++
		return false, nil
	case e&odd == 0:
		return false, d.match(e)
	case e&blockEnd != 0:
		d.step = stepHeader
		return true, nil
	}
	return false, d.corrupt(whyLength, at)
}

// match copies what a length and the distance that comes next refer to.
func (d *Decoder) match(e uint32) error {
	extra, err := d.extra(uint64(e >> lengthExtra & lengthExtras))
	if err != nil {
		return err
	}
	length := int(e>>valueShift&lengthMask) + extra
	at := d.bitOffset()
	f, err := lookup(&d.bitReader, d.dist[:], distRoot)
	if err != nil {
		return err
	}
	if f&odd != 0 {
		return d.corrupt(whyDist, at)
	}
	if extra, err = d.extra(f >> distExtra); err != nil {
		return err
	}
	dist := int(f>>valueShift&distMask) + extra
	if dist > d.wp {
		return d.corrupt(whyFar, at)
	}
	repeat(d.out[:], uint(d.wp), uint(dist), uint(length))
	d.wp += length
	return nil
}

// extra consumes the extra bits that mask stands for.
func (d *Decoder) extra(mask uint64) (int, error) { return d.take(uint(bits.Len64(mask))) }

// lookup consumes the code that comes next and returns its entry; extra bits are
// left to the caller. It never takes more bytes than the code needs: bits that are
// missing count as 0, which makes the entry found the one with the shortest of all
// codes that may yet come.
func lookup[E entry](r *bitReader, table []E, root uint) (E, error) {
	for {
		e := table[r.acc&(1<<root-1)]
		need := uint(0)
		if e&subtable != 0 {
			need = root
			e = table[uint64(e>>subShift&subMask)+r.acc>>root&(1<<(e>>codeShift&codeMask)-1)]
		}
		need += uint(e >> codeShift & codeMask)
		if need <= r.nbits {
			r.drop(need)
			return e, nil
		}
		if err := r.pull(); err != nil {
			return 0, err
		}
	}
}
