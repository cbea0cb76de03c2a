package input

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const tarBlock = 512

// isTarHeader reports whether b begins with the header of a tar member: one whose
// checksum holds.
func isTarHeader(b []byte) bool {
	if len(b) < tarBlock || b[0] == 0 {
		return false
	}
	b = b[:tarBlock]
	want, err := strconv.ParseUint(strings.Trim(string(b[148:156]), " \x00"), 8, 32)
	if err != nil {
		return false
	}
	sum := uint64(8 * ' ')
	for i, c := range b {
		if i < 148 || i >= 156 {
			sum += uint64(c)
		}
	}
	return sum == want
}

// isUstar reports whether b begins with a header that also has a magic number, as all
// but the oldest have.
func isUstar(b []byte) bool {
	return len(b) >= tarBlock && string(b[257:262]) == "ustar" && isTarHeader(b)
}

// tarIndex reads a tar archive from its beginning to its end, over damage: at a place
// that is no header it goes on with the next one.
type tarIndex struct {
	r tarSource
	t *tar.Reader

	// visit gets each member, with its content to be read or not.
	visit func(h *tar.Header, e *entry, content io.Reader) error
	lost  []string // what was passed over, and why
	ended int64    // where the last member ended
}

// tarSource is the bytes of an archive, counted. Gaps end a Read like other errors.
type tarSource struct {
	br   *bufio.Reader
	at   *io.SectionReader // what br reads, when that has offsets; nil otherwise
	n    int64
	gap  *Gap  // met, and not dealt with
	err  error // the last error that was no gap
	junk int64 // bytes passed over that are not zero
}

var errNoSeek = errors.New("not seekable")

// Seek serves the library to pass over content that nobody reads.
func (s *tarSource) Seek(offset int64, whence int) (int64, error) {
	switch {
	case s.at == nil || whence != io.SeekCurrent:
		return 0, errNoSeek // the library reads instead
	case offset > s.at.Size()-s.n:
		return 0, io.ErrUnexpectedEOF
	}
	if offset > 0 {
		s.n += offset
		s.at.Seek(s.n, io.SeekStart) // cannot fail: n is not negative
		s.br.Reset(s.at)
	}
	return s.n, nil
}

// pass drops n bytes that are buffered.
func (s *tarSource) pass(n int) {
	b, _ := s.br.Peek(n)
	s.junk += int64(len(bytes.Trim(b, "\x00")))
	s.br.Discard(len(b))
	s.n += int64(len(b))
}

func (s *tarSource) Read(p []byte) (int, error) {
	if s.gap != nil {
		return 0, s.gap
	}
	n, err := s.br.Read(p)
	s.n += int64(n)
	if g, ok := err.(*Gap); ok {
		s.gap = g
	} else if err != nil {
		s.err = err
	}
	return n, err
}

// newTarIndex reads r, or at where it is not nil.
func newTarIndex(r io.Reader, at *io.SectionReader) *tarIndex {
	if at != nil {
		at = io.NewSectionReader(at, 0, at.Size())
		r = at
	}
	x := &tarIndex{r: tarSource{br: bufio.NewReaderSize(r, 64<<10), at: at}}
	x.t = tar.NewReader(&x.r)
	return x
}

// maxTarLosses is how many damaged places of an archive are named one by one.
const maxTarLosses = 100

// run returns the error of visit, or ErrStopped; all else is in lost.
func (x *tarIndex) run() error {
	for {
		h, err := x.t.Next()
		switch {
		case err == nil:
			if err := x.member(h); err != nil {
				return err
			}
			continue
		case errors.Is(err, ErrStopped):
			return err
		}
		from := x.r.n
		x.r.junk = 0
		if !x.resume() {
			return x.end(err, from)
		}
		if err == io.EOF && x.r.junk == 0 {
			continue // another archive behind the end of one
		}
		x.lose(fmt.Sprintf("tar: %s at byte %d: went on at byte %d", x.reason(err), from, x.r.n))
	}
}

// end says how the archive ended.
func (x *tarIndex) end(err error, from int64) error {
	switch {
	case errors.Is(x.r.err, ErrStopped):
		return ErrStopped
	case x.r.err != io.EOF:
		x.lose(x.reason(x.r.err))
	case err == io.EOF && x.r.junk > 0:
		x.lose(fmt.Sprintf("tar: bytes behind the end of the archive at byte %d", from))
	case err == io.EOF && from < x.ended+2*tarBlock:
		x.lose(fmt.Sprintf("tar: no end mark at byte %d: members may be missing", from))
	case err != io.EOF && err != tar.ErrHeader:
		x.lose(fmt.Sprintf("tar: %s at byte %d", x.reason(err), from))
	case err == tar.ErrHeader:
		x.lose(fmt.Sprintf("tar: no header at byte %d, nor behind it", from))
	}
	return nil
}

func (x *tarIndex) reason(err error) string {
	if g, ok := err.(*Gap); ok {
		return g.Why
	}
	return reasonOf(err)
}

func (x *tarIndex) lose(why string) {
	if len(x.lost) < maxTarLosses {
		x.lost = append(x.lost, why)
	}
}

// resume looks for the next header and makes it the next. It reports false at the end.
func (x *tarIndex) resume() bool {
	for {
		x.r.gap = nil
		b, err := x.r.br.Peek(tarBlock)
		if len(b) < tarBlock {
			x.r.pass(len(b))
			if _, gap := err.(*Gap); gap {
				continue
			}
			x.r.err = err
			return false
		}
		if isUstar(b) {
			x.t = tar.NewReader(&x.r)
			return true
		}
		// The magic stands at the same place in every header: on to the next that may be one.
		all, _ := x.r.br.Peek(x.r.br.Buffered())
		if i := bytes.Index(all[258:], []byte("ustar")); i >= 0 {
			x.r.pass(i + 1)
		} else {
			x.r.pass(len(all) - 257 - 4)
		}
	}
}

// member visits one member. What the visit leaves of its content is passed over here,
// so that a gap in it is known before the entry is used.
func (x *tarIndex) member(h *tar.Header) error {
	e := &entry{offset: x.r.n, stored: h.Size, size: h.Size}
	x.ended = e.offset
	if h.Size < 1<<62 {
		x.ended += (h.Size + tarBlock - 1) / tarBlock * tarBlock
	}
	if at := x.r.at; at != nil && h.Size > at.Size()-e.offset {
		e.size = max(0, at.Size()-e.offset)
		e.stored, e.cut = e.size, "tar: unexpected end"
	}
	if err := x.visit(h, e, upToGap{x.t}); err != nil {
		return err
	}
	if x.r.at != nil {
		return nil // the library seeks
	}
	_, err := io.Copy(io.Discard, onlyReader{x.t})
	switch got := x.r.n - e.offset; {
	case errors.Is(err, ErrStopped):
		return err
	case err != nil:
		e.size = min(e.size, got)
		e.stored = e.size
		e.cut = "tar: " + x.reason(err)
		if x.r.gap != nil {
			e.cut = x.r.gap.Why
		}
	}
	return nil
}

// upToGap ends where bytes of the archive are missing: a member is not glued over it.
type upToGap struct{ r io.Reader }

func (c upToGap) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if g, gap := err.(*Gap); gap {
		err = errors.New(g.Why)
	}
	return n, err
}
