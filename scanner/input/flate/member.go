package flate

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Flags of a member header (RFC 1952, section 2.3.1).
const (
	flagHeaderCRC = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
	flagReserved  = 7 << 5
)

// maxText bounds a file name or comment in bytes. Neither is kept: the bound is for
// what looks like a header and is none.
const maxText = 64 << 10

// header reads the header of a member up to its DEFLATE data.
func (z *GzipReader) header() error {
	z.headCRC, z.block = 0, 0
	b, err := z.take(10)
	if err != nil {
		return noEOF(err)
	}
	if b[0] != 0x1f || b[1] != 0x8b {
		return fmt.Errorf("%w: begins with %#02x%02x", ErrHeader, b[0], b[1])
	}
	if b[2] != 8 {
		return fmt.Errorf("%w: compression method %d", ErrHeader, b[2])
	}
	flags := b[3]
	if flags&flagReserved != 0 {
		return fmt.Errorf("%w: reserved flags %#02x", ErrHeader, flags)
	}
	if flags&flagExtra != 0 {
		if err := z.extra(); err != nil {
			return err
		}
	}
	for _, f := range [...]byte{flagName, flagComment} {
		if flags&f != 0 {
			if err := z.text(); err != nil {
				return err
			}
		}
	}
	if flags&flagHeaderCRC != 0 {
		return z.headerCRC()
	}
	return nil
}

// headerCRC verifies the header so far.
func (z *GzipReader) headerCRC() error {
	want := uint16(z.headCRC)
	b, err := z.take(2)
	if err != nil {
		return err
	}
	if got := binary.LittleEndian.Uint16(b); got != want {
		return fmt.Errorf("%w: its checksum is %04x, stored is %04x", ErrHeader, want, got)
	}
	return nil
}

// extra reads the extra field. Subfields that do not fit it are passed over, since
// nothing but the size of BGZF blocks is wanted of them.
func (z *GzipReader) extra() error {
	b, err := z.take(2)
	if err != nil {
		return err
	}
	left := int(binary.LittleEndian.Uint16(b))
	for left >= 4 {
		if b, err = z.take(4); err != nil {
			return err
		}
		left -= 4
		bgzf := b[0] == 'B' && b[1] == 'C'
		n := min(int(binary.LittleEndian.Uint16(b[2:])), left)
		left -= n
		if bgzf && n == 2 {
			if b, err = z.take(2); err != nil {
				return err
			}
			z.block = int(binary.LittleEndian.Uint16(b)) + 1
			continue
		}
		if err := z.skip(n); err != nil {
			return err
		}
	}
	return z.skip(left)
}

// text passes over a zero-terminated text.
func (z *GzipReader) text() error {
	for left := maxText; left > 0; {
		b, err := z.some(left)
		if err != nil {
			return noEOF(err)
		}
		end := bytes.IndexByte(b, 0)
		if end >= 0 {
			return z.pass(b[:end+1])
		}
		left -= len(b)
		if err := z.pass(b); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: a name or comment of more than %d bytes", ErrHeader, maxText)
}

// skip passes over n bytes of the header.
func (z *GzipReader) skip(n int) error {
	for n > 0 {
		b, err := z.some(n)
		if err != nil {
			return noEOF(err)
		}
		n -= len(b)
		if err := z.pass(b); err != nil {
			return err
		}
	}
	return nil
}

// pass consumes b, which is what some returned or its beginning, as part of the
// header.
func (z *GzipReader) pass(b []byte) error {
	z.headCRC = crc32.Update(z.headCRC, crc32.IEEETable, b)
	return z.discard(len(b))
}

// take consumes n <= 16 bytes and returns them; they are valid until the next call.
func (z *GzipReader) take(n int) ([]byte, error) {
	for got := 0; got < n; {
		b, err := z.some(n - got)
		if err != nil {
			return nil, noEOF(err)
		}
		got += copy(z.buf[got:n], b)
		if err := z.pass(b); err != nil {
			return nil, err
		}
	}
	return z.buf[:n], nil
}

// some peeks at one byte or more, at most n.
func (z *GzipReader) some(n int) ([]byte, error) {
	if z.src.Buffered() == 0 {
		if b, err := z.src.Peek(1); len(b) == 0 {
			return nil, notNil(err)
		}
	}
	b, err := z.src.Peek(min(n, z.src.Buffered()))
	if len(b) == 0 {
		return nil, notNil(err)
	}
	return b, nil
}

// discard consumes n bytes that were peeked at.
func (z *GzipReader) discard(n int) error {
	n, err := z.src.Discard(n)
	z.stored += int64(n)
	return err
}
