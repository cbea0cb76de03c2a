package input

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"coldcase/scanner/input/lzma2"
)

// What is wrong with an xz stream.
var (
	errNoXz     = errors.New("trailing bytes that are no xz stream")
	errXzHeader = errors.New("invalid header")
	errXzIndex  = errors.New("invalid index")
	errXzSize   = errors.New("wrong size of a block")
)

const xzMagic = "\xfd7zXZ\x00"

func isXz(head []byte) bool { return bytes.HasPrefix(head, []byte(xzMagic)) }

// xzChecks are the checksums of blocks by their number in the stream's flags (the .xz
// file format, 2.1.1.2); xzCRC64 is what encoders use unless told otherwise.
const (
	xzCRC32  = 1
	xzCRC64  = 4
	xzSHA256 = 10
)

// xzCheckLen is the length of a checksum by its number.
var xzCheckLen = [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}

// xzUnit is one block of an xz stream. The streams themselves are read here, because a
// damaged block is passed over by the header of the next, which carries a checksum of
// its own; lzma2 decodes what is within a block.
type xzUnit struct {
	window
	t     *tape
	in    bool // within a stream, and not behind its index
	check byte // number of the checksum

	head   xzHead
	data   int64 // stored offset of the block's data
	lzma   *lzma2.Reader
	sum    hash.Hash // nil when it cannot be checked
	length uint64    // decoded so far
}

func openXz(t *tape, lim Limits) decoder {
	return newSeries(t, &xzUnit{t: t, window: newWindow(lim), check: xzCRC64, lzma: new(lzma2.Reader)})
}

func (u *xzUnit) begin() error {
	for {
		head, err := u.t.br.Peek(lookahead)
		switch {
		case len(head) == 0 && u.in:
			return noEOF(err)
		case len(head) == 0:
			return err
		case isXz(head):
			if err := u.stream(); err != nil {
				return err
			}
			continue
		case head[0] == 0 && u.in:
			u.in = false
			if err := u.index(); err != nil {
				return err
			}
			continue
		case head[0] == 0:
			if err := padding(u.t.br); err != nil {
				return err
			}
			continue
		}
		return u.open(head)
	}
}

// stream reads the header of a stream (2.1.1).
func (u *xzUnit) stream() error {
	b := make([]byte, 12)
	if _, err := io.ReadFull(u.t.br, b); err != nil {
		return noEOF(err)
	}
	if crc32.ChecksumIEEE(b[6:8]) != binary.LittleEndian.Uint32(b[8:]) || b[6] != 0 || b[7]>>4 != 0 {
		return errXzHeader
	}
	u.in, u.check = true, b[7]&15
	return nil
}

// open begins the block whose header head begins with.
func (u *xzUnit) open(head []byte) error {
	h, err := parseXzHead(head)
	switch {
	case err == nil:
	case err == io.ErrUnexpectedEOF && u.in, !u.in && bytes.HasPrefix([]byte(xzMagic), head):
		u.t.br.Discard(len(head))
		return io.ErrUnexpectedEOF
	case !u.in:
		return errNoXz
	default:
		return err
	}
	size := min(uint64(h.dict), u.limit)
	if err := u.admit(size); err != nil {
		return err
	}
	u.t.br.Discard(h.size)
	u.in, u.head, u.length, u.data = true, h, 0, u.t.offset()
	u.lzma.Reset(u.t.br, int(size))
	switch u.check {
	case xzCRC32:
		u.sum = crc32.NewIEEE()
	case xzCRC64:
		u.sum = crc64.New(crc64Table)
	case xzSHA256:
		u.sum = sha256.New()
	default:
		u.sum = nil
	}
	return nil
}

var crc64Table = crc64.MakeTable(crc64.ECMA)

func (u *xzUnit) Read(p []byte) (int, error) {
	n, err := u.lzma.Read(p)
	if u.sum != nil {
		u.sum.Write(p[:n])
	}
	u.length += uint64(n)
	if err == io.EOF {
		err = u.close()
	}
	return n, err
}

// close reads what follows the data of a block (3.2 to 3.4). io.EOF is a block that is
// whole.
func (u *xzUnit) close() error {
	packed := u.t.offset() - u.data
	b := make([]byte, int(-packed&3)+xzCheckLen[u.check])
	if _, err := io.ReadFull(u.t.br, b); err != nil {
		return noEOF(err)
	}
	pad, check := b[:-packed&3], b[-packed&3:]
	h := u.head
	switch {
	case len(bytes.Trim(pad, "\x00")) > 0, h.packed >= 0 && h.packed != packed,
		h.length >= 0 && uint64(h.length) != u.length:
		return errXzSize
	case u.sum == nil:
		return io.EOF
	}
	sum := u.sum.Sum(nil)
	if u.check != xzSHA256 {
		reverse(sum) // the format has them with the lowest byte first
	}
	if !bytes.Equal(sum, check) {
		return errChecksum
	}
	return io.EOF
}

func reverse(b []byte) {
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
}

// index passes over the index of a stream, and its footer (4 and 2.1.2). Nothing of
// the content is lost when they are damaged.
func (u *xzUnit) index() error {
	r := &indexReader{u.t.br, crc32.NewIEEE(), 0}
	r.ReadByte() // the zero that it begins with
	n, err := binary.ReadUvarint(r)
	for i := uint64(0); i < n && err == nil; i++ {
		if _, err = binary.ReadUvarint(r); err == nil {
			_, err = binary.ReadUvarint(r)
		}
	}
	for r.n%4 != 0 && err == nil {
		_, err = r.ReadByte()
	}
	if err != nil {
		return noEOF(err)
	}
	want := r.sum.Sum32()
	b := make([]byte, 16)
	if _, err := io.ReadFull(u.t.br, b); err != nil {
		return noEOF(err)
	}
	foot := b[4:]
	if binary.LittleEndian.Uint32(b) != want || string(foot[10:]) != "YZ" ||
		crc32.ChecksumIEEE(foot[4:10]) != binary.LittleEndian.Uint32(foot) {
		return errXzIndex
	}
	return nil
}

// indexReader sums and counts what is read.
type indexReader struct {
	r   io.ByteReader
	sum hash.Hash32
	n   int64
}

func (r *indexReader) ReadByte() (byte, error) {
	c, err := r.r.ReadByte()
	if err == nil {
		r.sum.Write([]byte{c})
		r.n++
	}
	return c, err
}

// find looks for the header of a stream or of a block.
func (u *xzUnit) find(b []byte) int {
	for i, c := range b {
		if c == xzMagic[0] && isXz(b[i:]) {
			return i
		}
		if c == 0 {
			continue
		}
		if _, err := parseXzHead(b[i:]); err == nil {
			return i
		}
	}
	return -1
}

// sane checks the header of a stream; that of a block was checked when it was found.
func (u *xzUnit) sane() bool {
	b, err := u.t.br.Peek(12)
	return err == nil && (!isXz(b) || crc32.ChecksumIEEE(b[6:8]) == binary.LittleEndian.Uint32(b[8:]))
}

// from is behind the header of the block, which would be found again.
func (u *xzUnit) from(start int64) int64 { return max(start+1, u.data) }

func (u *xzUnit) missing(int64, int64) (int64, bool) { return 0, false }

func (u *xzUnit) release() { u.window.release() }

// xzHead is the header of a block.
type xzHead struct {
	size           int   // its own length
	packed, length int64 // of the data as stored and decoded; -1: not told
	dict           int64 // dictionary of the LZMA2 filter
}

// parseXzHead reads the header that b begins with (3.1), of blocks that have the LZMA2
// filter alone: no other is of use for text.
func parseXzHead(b []byte) (xzHead, error) {
	h := xzHead{packed: -1, length: -1}
	if len(b) < 2 {
		return h, io.ErrUnexpectedEOF
	}
	if h.size = (int(b[0]) + 1) * 4; b[0] == 0 || b[1]&0x3f != 0 {
		return h, errXzHeader
	}
	if h.size > len(b) {
		return h, io.ErrUnexpectedEOF
	}
	rest := b[2 : h.size-4]
	for _, f := range []struct {
		flag byte
		dst  *int64
	}{{0x40, &h.packed}, {0x80, &h.length}} {
		if b[1]&f.flag == 0 {
			continue
		}
		v, n := binary.Uvarint(rest)
		if n <= 0 || v > 1<<62 {
			return h, errXzHeader
		}
		*f.dst, rest = int64(v), rest[n:]
	}
	// Filter 0x21 with one byte of properties, then padding.
	if len(rest) < 3 || rest[0] != 0x21 || rest[1] != 1 || rest[2] > 40 || len(bytes.Trim(rest[3:], "\x00")) > 0 {
		return h, errXzHeader
	}
	if crc32.ChecksumIEEE(b[:h.size-4]) != binary.LittleEndian.Uint32(b[h.size-4:]) {
		return h, errXzHeader
	}
	d := int64(rest[2])
	h.dict = min((2|d&1)<<(d/2+11), 1<<32-1)
	return h, nil
}
