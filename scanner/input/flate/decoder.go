package flate

import "io"

const (
	// pieceSize is about how many bytes Next returns at most: enough that moving the
	// window costs little beside decoding, and not more than stays in the cache until
	// it is used.
	pieceSize = 128 << 10
	// slack is the room that decoding one round of symbols may take beyond wp,
	// scribbling behind what it decodes included; see fast.
	slack    = 1 << 10
	outLimit = window + pieceSize
	outSize  = outLimit + slack
)

// Decoder decodes one DEFLATE stream (RFC 1951). It is for one goroutine at a time.
// The zero value needs a Reset. It holds about 200 KiB and allocates nothing else,
// however many streams it decodes, but for errors.
type Decoder struct {
	bitReader

	// out[:wp] is what was decoded and may be referred to: all since the start of the
	// stream, or the window and more. A round begins with wp < outLimit and ends with
	// wp < outSize.
	out    [outSize]byte
	wp     int
	before int64 // decoded bytes before out[0]

	step  step
	final bool // the block is the last
	left  int  // bytes left of a stored block

	codes codes
	lit   *litTable
	dist  *distTable

	marks
	pending []byte // what Read has not yet returned
	err     error  // sticky
}

// step is what comes next in the stream.
type step uint8

const (
	stepHeader step = iota
	stepStored
	stepSymbols
)

// Reset makes d decode a stream that begins at the next byte of src, which is read
// by d alone until the stream ends or fails. What d returned before is no longer
// valid. dict, which may be nil, is what the stream may refer to as if it had been
// decoded before it; its last 32 KiB count. It is copied.
func (d *Decoder) Reset(src Source, dict []byte) {
	d.bitReader = bitReader{src: src}
	d.wp = copy(d.out[:], dict[max(0, len(dict)-window):])
	d.before = -int64(d.wp)
	d.step, d.final, d.left = stepHeader, false, 0
	d.marks = marks{}
	d.pending, d.err = nil, nil
}

// Next decodes a piece and returns it; the piece is valid until the next call of
// any method of d that decodes or resets. Bytes and an error never come together:
// every byte before the damage is returned before the error. The error is io.EOF
// at the end of the stream, io.ErrUnexpectedEOF when src ends before, a
// *[CorruptError], or one of src; it stays.
//
// When Next returns, src stands behind the last byte of which a bit was used.
func (d *Decoder) Next() ([]byte, error) {
	if d.err != nil {
		return nil, d.err
	}
	if d.wp >= outLimit {
		d.slide()
	}
	start := d.wp
	for d.wp < outLimit && d.err == nil {
		if d.flushed() && d.wp > start {
			break
		}
		d.err = d.decode()
	}
	if err := d.settle(); err != nil && (d.err == nil || d.err == io.EOF) {
		d.err = err
	}
	if d.wp == start {
		return nil, d.err
	}
	return d.out[start:d.wp:d.wp], nil
}

// Read is Next for a caller who brings the room: it copies. A stream is read with one
// of the two.
func (d *Decoder) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(d.pending) == 0 {
		var err error
		if d.pending, err = d.Next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, d.pending)
	d.pending = d.pending[n:]
	return n, nil
}

// Consumed returns how many bytes of src were consumed since Reset.
func (d *Decoder) Consumed() int64 { return d.discarded + int64(d.ip) }

// Decoded returns how many bytes were decoded since Reset.
func (d *Decoder) Decoded() int64 { return d.before + int64(d.wp) }

// slide moves the window to the front of out.
func (d *Decoder) slide() {
	keep := min(d.wp, window)
	d.before += int64(d.wp - keep)
	copy(d.out[:keep], d.out[d.wp-keep:d.wp])
	d.wp = keep
}

// flushed reports whether the writer may be waiting for its reader: a block has
// ended and nothing is known to follow.
func (d *Decoder) flushed() bool {
	return d.step == stepHeader && d.ip == len(d.in) && d.src.Buffered() == d.ip
}

// decode goes on with the current block until it ends or out is full, or to the
// next one. io.EOF stands for the end of the stream.
func (d *Decoder) decode() error {
	switch d.step {
	case stepStored:
		return d.stored()
	case stepSymbols:
		return d.symbols()
	}
	if d.final {
		d.acc, d.nbits = 0, 0 // the padding of the last byte
		return io.EOF
	}
	d.mark()
	return d.header()
}

// corrupt describes damage that begins at a bit.
func (d *Decoder) corrupt(why string, bit int64) error {
	return &CorruptError{Why: why, Bit: bit}
}
