package input

import (
	"bufio"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
)

var errTrailing = errors.New("trailing bytes that are no gzip member")

func isGzip(head []byte) bool {
	return len(head) >= 2 && head[0] == 0x1f && head[1] == 0x8b
}

var gzipPool = sync.Pool{New: func() any { return new(gzip.Reader) }}

// gzipDecoder reads any number of members (RFC 1952, section 2.2). It looks between
// members itself, because the library cannot tell the zero padding of tapes, which
// gzip(1) accepts, from bytes that do not belong there.
type gzipDecoder struct {
	z    *gzip.Reader
	br   *bufio.Reader
	open bool // within a member
}

func openGzip(br *bufio.Reader, _ Limits) decoder {
	return &gzipDecoder{z: gzipPool.Get().(*gzip.Reader), br: br}
}

func (d *gzipDecoder) Read(p []byte) (int, error) {
	for {
		if !d.open {
			if err := d.member(); err != nil {
				return 0, err
			}
		}
		n, err := d.z.Read(p)
		if err == io.EOF {
			d.open, err = false, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// member opens the next member. It returns io.EOF where there is none.
func (d *gzipDecoder) member() error {
	head, err := d.br.Peek(2)
	if len(head) == 0 {
		return err
	}
	if head[0] != 0x1f || len(head) == 2 && !isGzip(head) {
		return d.padding()
	}
	// A header that is cut within a name ends in a bare io.EOF.
	if err := d.z.Reset(d.br); err != nil {
		return noEOF(err)
	}
	d.z.Multistream(false)
	d.open = true
	return nil
}

// padding returns io.EOF when only zeros follow.
func (d *gzipDecoder) padding() error {
	for {
		c, err := d.br.ReadByte()
		if err != nil {
			return err
		}
		if c != 0 {
			return errTrailing
		}
	}
}

func (d *gzipDecoder) release() { gzipPool.Put(d.z) }
