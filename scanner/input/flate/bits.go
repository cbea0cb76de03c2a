package flate

import "io"

// bitReader takes bits from a Source, the lowest of each byte first (RFC 1951,
// section 3.1.1).
//
// Between symbols nbits < 8, and the bits of acc from nbits on are 0: the bit buffer
// never holds a whole byte that is not needed, so that ip is the exact position.
type bitReader struct {
	src       Source
	in        []byte // peeked from src
	ip        int    // bytes of in that have entered acc
	acc       uint64
	nbits     uint
	discarded int64 // stored bytes before in
}

// bitOffset returns the position of the next bit, counted from the start of the
// stream.
func (r *bitReader) bitOffset() int64 {
	return (r.discarded+int64(r.ip))*8 - int64(r.nbits)
}

// settle discards from src what was consumed. A byte of which bits are left over
// counts as consumed.
func (r *bitReader) settle() error {
	n, err := r.src.Discard(r.ip)
	r.discarded += int64(n)
	r.in, r.ip = nil, 0
	return err
}

// more makes in hold at least one byte that was not read, asking src for no more
// than that: what waits behind it may never come. The error is
// io.ErrUnexpectedEOF at the end of src.
func (r *bitReader) more() error {
	if r.ip < len(r.in) {
		return nil
	}
	if err := r.settle(); err != nil {
		return err
	}
	if r.src.Buffered() == 0 {
		if b, err := r.src.Peek(1); len(b) == 0 {
			return noEOF(err)
		}
	}
	var err error
	if r.in, err = r.src.Peek(r.src.Buffered()); len(r.in) == 0 {
		return noEOF(err)
	}
	return nil
}

// pull appends one byte to the bit buffer.
func (r *bitReader) pull() error {
	if err := r.more(); err != nil {
		return err
	}
	r.acc |= uint64(r.in[r.ip]) << (r.nbits & 63)
	r.ip++
	r.nbits += 8
	return nil
}

// take consumes n <= 16 bits.
func (r *bitReader) take(n uint) (int, error) {
	for r.nbits < n {
		if err := r.pull(); err != nil {
			return 0, err
		}
	}
	v := int(r.acc & (1<<(n&63) - 1))
	r.drop(n)
	return v, nil
}

// drop consumes n <= nbits bits.
func (r *bitReader) drop(n uint) {
	r.acc >>= n & 63
	r.nbits -= n
}

// noEOF returns what the end of the source means within compressed data.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return notNil(err)
}

// notNil keeps a source that returns neither bytes nor an error from looking like
// one that goes on.
func notNil(err error) error {
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}
