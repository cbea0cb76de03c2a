package flate

// storedHeader reads the length of a stored block, which begins at a whole byte.
func (d *Decoder) storedHeader(at int64) error {
	d.drop(d.nbits)
	n, err := d.take(16)
	if err != nil {
		return err
	}
	inverse, err := d.take(16)
	if err != nil {
		return err
	}
	if n != inverse^0xffff {
		return d.corrupt("length of a stored block does not match its complement", at)
	}
	d.left = n
	d.step = stepStored
	return nil
}

// stored copies what is left of a stored block as far as out has room. The bit
// buffer is empty.
func (d *Decoder) stored() error {
	for d.left > 0 {
		if d.wp >= outLimit {
			return nil
		}
		if err := d.more(); err != nil {
			return err
		}
		n := copy(d.out[d.wp:outLimit], d.in[d.ip:min(len(d.in), d.ip+d.left)])
		d.wp += n
		d.ip += n
		d.left -= n
	}
	d.step = stepHeader
	return nil
}
