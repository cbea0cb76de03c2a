package input

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"coldcase/scanner/input/flate"
)

var errTrailing = errors.New("trailing bytes that are no gzip member")

func isGzip(head []byte) bool {
	return len(head) >= 2 && head[0] == 0x1f && head[1] == 0x8b
}

var gzipPool = sync.Pool{New: func() any { return new(flate.GzipReader) }}

// gzipMember is the unit of a gzip stream (RFC 1952, section 2.2). It looks between
// members itself, because the library cannot tell the zero padding of tapes, which
// gzip(1) accepts, from bytes that do not belong there.
type gzipMember struct {
	t *tape
	z *flate.GzipReader
	// ahead is what sane reads through: its own buffer, so that it may stop anywhere.
	ahead  *bufio.Reader
	places *places // may be nil
}

func openGzip(t *tape, lim Limits) decoder {
	d := newSeries(t, &gzipMember{t: t, z: gzipPool.Get().(*flate.GzipReader)})
	d.ahead = newAhead(bgzf, lim)
	return d
}

func (m *gzipMember) begin() error {
	if err := padding(m.t.br); err != nil {
		return err
	}
	head, err := m.t.br.Peek(2)
	if len(head) == 0 {
		return err
	}
	if head[0] != 0x1f || len(head) == 2 && !isGzip(head) {
		return errTrailing
	}
	offset := m.t.offset()
	m.z.Reset(m.t.br, 0, 0)
	m.places.member(m.z, offset)
	return noEOF(m.z.Member())
}

// padding passes over zeros.
func padding(br *bufio.Reader) error {
	for {
		c, err := br.ReadByte()
		if err != nil {
			return err
		}
		if c != 0 {
			return br.UnreadByte()
		}
	}
}

func (m *gzipMember) Read(p []byte) (int, error) {
	n, err := m.z.Read(p)
	if errors.Is(err, flate.ErrChecksum) {
		err = errChecksum
	}
	return n, err
}

// find looks for the magic number with the only method there is and no reserved flag.
func (m *gzipMember) find(b []byte) int {
	for i := 0; ; i++ {
		j := bytes.Index(b[i:], []byte("\x1f\x8b\x08"))
		if j < 0 {
			return -1
		}
		if i += j; i+3 < len(b) && b[i+3]>>5 == 0 {
			return i
		}
	}
}

// sane reports whether the member at the tape's position decodes: to its end, to the
// end of the stream, or for a while.
func (m *gzipMember) sane() bool {
	look := &io.LimitedReader{R: m.t.br, N: saneStored}
	if m.ahead == nil {
		m.ahead = bufio.NewReaderSize(look, 512)
	}
	m.ahead.Reset(look)
	m.z.Reset(m.ahead, 0, 0)
	if err := m.z.Member(); err != nil {
		return false
	}
	n, err := io.CopyN(io.Discard, onlyReader{m}, saneDecoded)
	switch err {
	case nil, io.EOF:
		return true
	case io.ErrUnexpectedEOF, errChecksum:
		return n > 0
	}
	return false
}

// onlyReader hides what else a reader can do.
type onlyReader struct{ io.Reader }

// from is right behind the magic number: a damaged member may have been decoded far
// into the next.
func (m *gzipMember) from(start int64) int64 { return start + 1 }

// missing reads the size of the damaged member, which stands before the next one.
func (m *gzipMember) missing(end, size int64) (int64, bool) {
	m.t.rewind(end - 4)
	b, err := m.t.br.Peek(4)
	if err != nil || end < 18 {
		return 0, false
	}
	n := int64(binary.LittleEndian.Uint32(b))
	return n - size&0xffffffff, n >= size&0xffffffff
}

func (m *gzipMember) release() {
	m.z.Reset(nil, 0, 0)
	gzipPool.Put(m.z)
}
