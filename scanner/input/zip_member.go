package input

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Methods of ZIP members (APPNOTE.TXT, 4.4.5).
const (
	zipStored  = 0
	zipDeflate = 8
	zipBzip2   = 12
	zipOldZstd = 20
	zipZstd    = 93
	zipXz      = 95
	zipAES     = 99
)

// whyZipChecksum is said of members that were decoded whole.
const whyZipChecksum = "zip: the member is not what the archive says it is"

// unzip makes c, the stored bytes of e, what they unpack to.
func unzip(c *content, e *entry, lim Limits) {
	u := &unzipped{e: e}
	switch e.method {
	case zipStored:
		// For other archives in it, c.at stays.
		u.r, c.r = io.NewSectionReader(c.at, 0, e.stored), u
		return
	case zipDeflate:
		f := flatePool.Get().(*inflater)
		f.br.Reset(c.at)
		f.z.(flate.Resetter).Reset(f.br, nil)
		u.r, c.under = f, f
	default:
		lim.Stored, lim.Decoded = nil, nil
		s := newStream(c.at, lim, origin{scale: e.archive.scale})
		u.r, c.under = s, s
	}
	c.at, c.r = nil, u
}

// inflater is a DEFLATE decoder with its buffer. Close gives it back.
type inflater struct {
	z  io.ReadCloser
	br *bufio.Reader
}

var flatePool = sync.Pool{New: func() any {
	br := bufio.NewReaderSize(nil, bufSize)
	return &inflater{z: flate.NewReader(br), br: br}
}}

func (f *inflater) Read(p []byte) (int, error) { return f.z.Read(p) }

func (f *inflater) Close() error {
	f.br.Reset(nil)
	flatePool.Put(f)
	return nil
}

// unzipped holds a member to the size and the checksum that the archive states.
type unzipped struct {
	r   io.Reader
	e   *entry
	n   int64
	crc uint32
	end bool // and what is to be said was said
}

func (u *unzipped) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.n += int64(n)
	u.crc = crc32.Update(u.crc, crc32.IEEETable, p[:n])
	switch {
	case err == nil:
		return n, nil
	case err == io.EOF:
		return n, u.ended()
	}
	if _, gap := err.(*Gap); gap || errors.Is(err, ErrStopped) {
		return n, err
	}
	return n, u.damaged(fmt.Errorf("zip: %w", err))
}

func (u *unzipped) ended() error {
	switch {
	case u.end, u.e.summed && u.n == u.e.size && u.crc == u.e.crc:
		return io.EOF
	case u.e.method == zipStored && u.n < u.e.size:
		return u.damaged(io.ErrUnexpectedEOF)
	}
	u.end = true
	why := whyZipChecksum
	if !u.e.summed {
		why = "zip: no checksum: the archive has no directory"
	}
	return &Gap{Why: why, StoredOffset: u.n, Unverified: u.n, joined: true}
}

func (u *unzipped) damaged(err error) error {
	return &lastUnit{err: err, offset: u.n, unverified: u.n, expected: func(int64) int64 { return max(0, u.e.size-u.n) }}
}
