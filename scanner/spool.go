package scanner

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/klauspost/compress/s2"
)

// spoolBlock is the size in bytes of a compressed block of a spool: writing and
// reading each need a few of them.
const spoolBlock = 64 << 10

// Spool keeps what standard input held in a temporary file, compressed, while a run
// reads it, so that Fetch can read it again. Memory is bounded. It is for one run;
// the caller closes it after the last Fetch.
type Spool struct {
	dir string

	// mu guards the rest: a read of standard input that is under way outlives the
	// stream that asked for it.
	mu     sync.Mutex
	file   *os.File
	w      *s2.Writer
	sealed bool
	err    error
}

// NewSpool returns a spool that makes its file in dir, which Run must not remove:
// "" means the system's temporary directory.
func NewSpool(dir string) *Spool { return &Spool{dir: dir} }

var errNoSpool = errors.New("standard input was not kept: it cannot be read a second time")

// tee returns a reader of r that keeps what it returns. An error is that of r, or of
// the file.
func (s *Spool) tee(r io.Reader) io.Reader { return &spoolReader{s, r} }

type spoolReader struct {
	s *Spool
	r io.Reader
}

func (t *spoolReader) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if serr := t.s.write(p[:n]); serr != nil {
		return 0, serr
	}
	return n, err
}

// write keeps b, unless the spool is sealed: nobody was given b then.
func (s *Spool) write(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sealed || s.err != nil || len(b) == 0 {
		return s.err
	}
	if s.file == nil {
		if s.file, s.err = os.CreateTemp(s.dir, "stdin-*"); s.err != nil {
			return s.fail(s.err)
		}
		s.w = s2.NewWriter(s.file, s2.WriterBlockSize(spoolBlock), s2.WriterConcurrency(1))
	}
	if _, err := s.w.Write(b); err != nil {
		return s.fail(err)
	}
	return nil
}

func (s *Spool) fail(err error) error {
	s.err = fmt.Errorf("spool of standard input: %w", err)
	return s.err
}

// seal ends the writing: from then on the spool can be opened.
func (s *Spool) seal() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sealed {
		return s.err
	}
	s.sealed = true
	if s.w != nil {
		if err := s.w.Close(); err != nil && s.err == nil {
			return s.fail(err)
		}
	}
	return s.err
}

// open returns what was kept, from its beginning. The caller closes it.
func (s *Spool) open() (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil || !s.sealed || s.err != nil {
		return nil, errors.Join(errNoSpool, s.err)
	}
	f, err := os.Open(s.file.Name())
	if err != nil {
		return nil, fmt.Errorf("spool of standard input: %w", err)
	}
	r := s2.NewReader(f, s2.ReaderMaxBlockSize(spoolBlock), s2.ReaderAllocBlock(spoolBlock))
	return struct {
		io.Reader
		io.Closer
	}{r, f}, nil
}

// Close removes the file. The spool keeps nothing from then on.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.file
	s.file, s.w, s.sealed = nil, nil, true
	if f == nil {
		return nil
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
