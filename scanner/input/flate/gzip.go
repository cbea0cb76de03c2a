package flate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// What can be wrong with a member beside its DEFLATE data.
var (
	// ErrHeader says that a member begins as one but has no valid header; it comes
	// wrapped with the reason.
	ErrHeader = errors.New("invalid member header")
	// ErrChecksum says that a member was decoded to its end but is not what was
	// stored; it comes wrapped with what was found. The next member follows.
	ErrChecksum = errors.New("checksum mismatch")
	// ErrTrailing says that what follows is neither a member nor padding.
	ErrTrailing = errors.New("trailing bytes that are no gzip member")
)

// trailerSize is the size of CRC-32 and length behind the data of a member.
const trailerSize = 8

// GzipReader decodes the members of a gzip file (RFC 1952) one by one:
//
//	z.Reset(src, 0, 0)
//	for err = z.Member(); err == nil; err = z.Member() {
//		for p, err = z.Next(); err == nil; p, err = z.Next() {
//			// use p
//		}
//		// io.EOF: the member is whole and verified
//	}
//	// io.EOF: there are no more
//
// It is for one goroutine at a time. The zero value needs a Reset. Like [Decoder],
// it consumes of src what it has decoded and no more, and allocates nothing but
// errors.
type GzipReader struct {
	d       Decoder
	src     Source
	stored  int64 // position behind what was consumed outside d
	decoded int64 // position where the member began
	block   int

	open       bool
	unverified bool // decoding began within the member
	crc, size  uint32
	pending    []byte // what Read has not yet returned
	err        error  // of the member, sticky

	headCRC uint32
	buf     [16]byte
}

// Reset makes z read from src, which stands before a member. stored and decoded are
// the positions that counting begins with, in bytes: 0 at the start of a file, or
// where a reader that skipped damage goes on. Checkpoints end.
func (z *GzipReader) Reset(src Source, stored, decoded int64) {
	z.src, z.stored, z.decoded = src, stored, decoded
	z.open, z.pending, z.err, z.block = false, nil, io.EOF, 0
	z.d.marks, z.d.bitReader = marks{}, bitReader{} // of a source that is no longer used
}

// Resume is Reset for the middle of a member: src begins at the byte that holds bit
// at.Bit. Next goes on from there. The member cannot be verified; those that follow
// it are.
func (z *GzipReader) Resume(src Source, at Checkpoint) error {
	z.Reset(src, at.Bit/8, at.Decoded)
	z.open, z.unverified = true, true
	z.err = z.d.Resume(src, at)
	return z.err
}

// Checkpoints is [Decoder.Checkpoints] for all members together. Call it after
// Reset. A Checkpoint counts from the start of the file, given that Reset was told
// where it is, and serves [GzipReader.Resume].
func (z *GzipReader) Checkpoints(every int64, offer func(Checkpoint)) {
	z.d.marks = marks{every: every, next: z.Decoded() + every, offer: offer}
}

// Member goes to the next member. Call it at the start and when Next has returned
// io.EOF, or ErrChecksum to ignore it. It returns io.EOF where nothing follows but the
// zeros that tapes are padded with, ErrTrailing with src before the first byte that
// is not zero, ErrHeader, io.ErrUnexpectedEOF, or an error of src.
func (z *GzipReader) Member() error {
	if z.open {
		z.close()
	}
	z.err = z.member()
	return z.err
}

func (z *GzipReader) member() error {
	head, err := z.src.Peek(2)
	if len(head) == 0 {
		return notNil(err)
	}
	if head[0] != 0x1f || len(head) == 2 && head[1] != 0x8b {
		return z.padding()
	}
	if err := z.header(); err != nil {
		return err
	}
	m := z.d.marks
	z.d.Reset(z.src, nil)
	z.d.marks = m
	z.d.discarded, z.d.before = z.stored, z.decoded
	z.open, z.unverified = true, false
	z.crc, z.size = 0, 0
	return nil
}

// close ends a member: positions go on from where its data ended.
func (z *GzipReader) close() {
	z.stored, z.decoded = z.d.Consumed(), z.d.Decoded()
	z.open, z.pending = false, nil
}

// Next returns a piece of the member as [Decoder.Next] does. io.EOF means that the
// member ended and that its checksum and length are right.
func (z *GzipReader) Next() ([]byte, error) {
	if z.err != nil {
		return nil, z.err
	}
	p, err := z.d.Next()
	if err != nil {
		z.err = err
		if err == io.EOF {
			z.close()
			z.err = z.trailer()
		}
		return nil, z.err
	}
	z.crc = crc32.Update(z.crc, crc32.IEEETable, p)
	z.size += uint32(len(p))
	return p, nil
}

// Read is Next for a caller who brings the room: it copies. A member is read with one
// of the two.
func (z *GzipReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(z.pending) == 0 {
		var err error
		if z.pending, err = z.Next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, z.pending)
	z.pending = z.pending[n:]
	return n, nil
}

// Consumed returns the position behind the last byte of src that was consumed.
func (z *GzipReader) Consumed() int64 {
	if z.open {
		return z.d.Consumed()
	}
	return z.stored
}

// Decoded returns the position behind the last byte that was decoded.
func (z *GzipReader) Decoded() int64 {
	if z.open {
		return z.d.Decoded()
	}
	return z.decoded
}

// BlockSize returns how many bytes the member takes as stored, header and trailer
// included, if it says so as BGZF does; otherwise 0. Nobody has verified it.
func (z *GzipReader) BlockSize() int { return z.block }

// trailer verifies the member that has ended.
func (z *GzipReader) trailer() error {
	b, err := z.take(trailerSize)
	if err != nil {
		return err
	}
	crc, size := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	switch {
	case z.unverified:
	case crc != z.crc:
		return fmt.Errorf("%w: CRC-32 is %08x, stored is %08x", ErrChecksum, z.crc, crc)
	case size != z.size:
		return fmt.Errorf("%w: length is %d modulo 2^32, stored is %d", ErrChecksum, z.size, size)
	}
	return io.EOF
}

// padding returns io.EOF when only zeros follow.
func (z *GzipReader) padding() error {
	for {
		b, err := z.some(1 << 30)
		if err != nil {
			return err
		}
		zeros := 0
		for zeros < len(b) && b[zeros] == 0 {
			zeros++
		}
		more := zeros == len(b)
		if err := z.discard(zeros); err != nil {
			return err
		}
		if !more {
			return ErrTrailing
		}
	}
}
