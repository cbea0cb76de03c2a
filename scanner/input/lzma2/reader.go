package lzma2

import (
	"errors"
	"io"
)

// What is wrong with a stream, beside io.ErrUnexpectedEOF and what its source returns.
var (
	errHeader   = errors.New("invalid header of a chunk")
	errChunk    = errors.New("a chunk does not end where it says")
	errDistance = errors.New("reference to bytes before the beginning or beyond the dictionary")
)

// Source is where compressed bytes come from. No byte behind the end of the stream is
// taken from it, nor one behind a damaged place before it is noticed.
type Source interface {
	io.Reader
	io.ByteReader
}

// Reader decodes one LZMA2 stream at a time. It is for one goroutine; the zero value
// must be Reset first.
type Reader struct {
	src   Source
	dict  dict
	coder coder

	left   int  // decoded bytes of the chunk that are still to come
	packed bool // the chunk is compressed
	again  int  // bytes of a match that are still to come
	needs  need // of the next chunk
	err    error
}

// need is what must be set anew before a chunk can be decoded.
type need int

const (
	needDict  need = iota // the dictionary: nothing stands before the stream
	needProps             // the properties of LZMA
	needNothing
)

// Reset makes r read the stream that src holds next, with what memory it has. size is the
// largest distance in bytes that may be referred to, at least 1; memory is taken as it is
// decoded.
func (r *Reader) Reset(src Source, size int) {
	buf := r.dict.buf
	if len(buf) > size {
		buf = buf[:size]
	}
	r.src, r.coder.src = src, src
	r.dict = dict{size: size, buf: buf}
	r.left, r.packed, r.again, r.needs, r.err = 0, false, 0, needDict, nil
}

// Read returns decoded bytes. All that stand before damage are returned before the
// error, which is sticky; io.EOF is the regular end. Bytes and an error never come
// together.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, r.err
	}
	for r.err == nil {
		if r.left == 0 {
			r.err = r.chunk()
			continue
		}
		n := min(len(p), r.left, r.dict.room())
		start := r.dict.pos
		if r.packed {
			r.err = r.decode(n)
		} else {
			r.err = r.copy(n)
		}
		n = copy(p, r.dict.buf[start:r.dict.pos])
		r.left -= n
		if n > 0 {
			return n, nil
		}
	}
	return 0, r.err
}

// decode decodes n bytes, for which there is room, into the dictionary, or as many as
// there are.
func (r *Reader) decode(n int) error {
	d, c := &r.dict, &r.coder
	for end := d.pos + n; d.pos < end; {
		if r.again > 0 {
			n := min(r.again, end-d.pos)
			d.repeat(c.rep[0]+1, n)
			r.again -= n
			continue
		}
		literal, match := c.symbol(d)
		switch {
		case c.err != nil:
			return c.err
		case match == 0:
			d.put(literal)
		case uint64(c.rep[0]) >= uint64(d.full):
			return errDistance
		default:
			r.again = match
		}
	}
	return nil
}

// copy copies n bytes of an uncompressed chunk, or fewer.
func (r *Reader) copy(n int) error {
	n, err := r.src.Read(r.dict.buf[r.dict.pos:][:n])
	r.dict.wrote(n)
	return noEOF(err)
}

// chunk ends the chunk before and reads the header of the next. io.EOF is the end of the
// stream.
func (r *Reader) chunk() error {
	if r.packed {
		if r.again > 0 {
			return errChunk
		}
		if err := r.coder.end(); err != nil {
			return err
		}
	}
	r.packed = false
	control, err := r.src.ReadByte()
	switch {
	case err != nil:
		return noEOF(err)
	case control == 0:
		return io.EOF
	case control >= 0xe0 || control == 1:
		r.dict.reset()
		r.needs = needProps
	case r.needs == needDict:
		return errHeader
	}
	if control < 0x80 {
		return r.plain(control)
	}
	return r.compressed(control)
}

// plain reads the rest of the header of an uncompressed chunk.
func (r *Reader) plain(control byte) error {
	if control > 2 {
		return errHeader
	}
	n, err := r.uint16()
	r.left = n + 1
	return err
}

// compressed reads the rest of the header of a compressed chunk, and what the range
// decoder begins with.
func (r *Reader) compressed(control byte) error {
	size, err := r.uint16()
	if err != nil {
		return err
	}
	packed, err := r.uint16()
	if err != nil {
		return err
	}
	if control >= 0xc0 {
		props, err := r.src.ReadByte()
		if err != nil {
			return noEOF(err)
		}
		if !r.coder.properties(props) {
			return errHeader
		}
		r.needs = needNothing
	}
	if r.needs != needNothing {
		return errHeader
	}
	if control >= 0xa0 {
		r.coder.reset()
	}
	r.left, r.packed = int(control&0x1f)<<16+size+1, true
	r.coder.begin(packed + 1)
	return r.coder.err
}

// uint16 reads a number, the higher byte first.
func (r *Reader) uint16() (int, error) {
	hi, err := r.src.ReadByte()
	if err != nil {
		return 0, noEOF(err)
	}
	lo, err := r.src.ReadByte()
	return int(hi)<<8 | int(lo), noEOF(err)
}

// noEOF is err for what must not end here.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
