package input

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

const (
	// blockSize is how much is read from a file at once.
	blockSize = 128 << 10
	// aheadBlocks bounds how far reading and hashing run ahead of decoding:
	// (aheadBlocks + 2) * blockSize is what one stream holds of its stored bytes.
	aheadBlocks = 2
	// maxEmptyReads bounds readers that return neither bytes nor an error.
	maxEmptyReads = 100
)

var blockPool = sync.Pool{New: func() any { return new([blockSize]byte) }}

// block is a piece of the input as stored, and the gap behind it, if there is one. It
// goes back to blockPool when it has been decoded.
type block struct {
	buf *[blockSize]byte
	n   int
	gap *Gap
}

// source reads the stored bytes of one input, ahead of whoever decodes them, and
// hashes them on the way, so that SHA-256 costs a stream no time of its own.
//
// One goroutine, readAhead, owns r until it ends and is the only sender on blocks;
// it closes blocks. Its results (sum, whole, cause) are written before that close
// and read after it. It ends at the end of r, on a read error, or when stop or done
// is closed; a read from a terminal or pipe that never returns outlives the stream.
type source struct {
	blocks chan block
	stop   chan struct{}
	done   <-chan struct{}

	cur    block
	pos    int    // consumed of cur
	joined []*Gap // met so far that lost nothing
	ended  bool   // blocks was seen closed

	hashed   atomic.Int64
	progress *atomic.Int64 // may be nil
	sum      [sha256.Size]byte
	whole    bool
	cause    error
}

// newSource starts reading r. progress, when not nil, grows by what is read.
func newSource(r io.Reader, done <-chan struct{}, progress *atomic.Int64) *source {
	s := &source{
		blocks:   make(chan block, aheadBlocks),
		stop:     make(chan struct{}),
		done:     done,
		progress: progress,
	}
	go s.readAhead(r)
	return s
}

func (s *source) readAhead(r io.Reader) {
	defer close(s.blocks)
	h := sha256.New()
	for empty := 0; empty < maxEmptyReads; empty++ {
		if s.stopped() {
			s.cause = ErrStopped
			return
		}
		b := block{buf: blockPool.Get().(*[blockSize]byte)}
		var err error
		b.n, err = r.Read(b.buf[:])
		if b.n > 0 {
			empty = 0
			h.Write(b.buf[:b.n])
			s.count(b.n)
		}
		var gap bool
		if b.gap, gap = err.(*Gap); gap {
			empty, err = 0, nil
		}
		if !s.send(b) {
			return
		}
		if err == io.EOF {
			h.Sum(s.sum[:0])
			s.whole = true
			return
		}
		if err != nil {
			s.cause = err
			return
		}
	}
	s.cause = io.ErrNoProgress
}

// send passes b on. It reports false when the stream was stopped.
func (s *source) send(b block) bool {
	if b.n == 0 && b.gap == nil {
		blockPool.Put(b.buf)
		return true
	}
	select {
	case s.blocks <- b:
		return true
	case <-s.stop:
	case <-s.done:
	}
	blockPool.Put(b.buf)
	s.cause = ErrStopped
	return false
}

func (s *source) count(n int) {
	s.hashed.Add(int64(n))
	if s.progress != nil {
		s.progress.Add(int64(n))
	}
}

func (s *source) stopped() bool {
	select {
	case <-s.stop:
		return true
	case <-s.done:
		return true
	default:
		return false
	}
}

// Read returns stored bytes in order, and a *Gap where some are missing.
func (s *source) Read(p []byte) (int, error) {
	for s.pos == s.cur.n {
		if g := s.cur.gap; g != nil {
			s.cur.gap = nil
			if !g.joined {
				return 0, g
			}
			s.joined = append(s.joined, g)
		}
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.cur.buf[s.pos:s.cur.n])
	s.pos += n
	return n, nil
}

// next replaces the consumed block. After the last one it returns io.EOF, or what
// ended the reading.
func (s *source) next() error {
	s.drop()
	if s.ended {
		return s.end()
	}
	select {
	case b, ok := <-s.blocks:
		if !ok {
			s.ended = true
			return s.end()
		}
		s.cur = b
		return nil
	case <-s.done:
		return ErrStopped
	}
}

func (s *source) end() error {
	if s.whole {
		return io.EOF
	}
	return s.cause
}

func (s *source) drop() {
	if s.cur.buf != nil {
		blockPool.Put(s.cur.buf)
	}
	s.cur, s.pos = block{}, 0
}

// drain consumes what is left, for the hash alone. It returns nil at the end.
func (s *source) drain() error {
	for {
		if err := s.next(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// close ends the reading. Unless wait, it does not wait for a read that is under way.
func (s *source) close(wait bool) {
	close(s.stop)
	s.drop()
	for wait {
		b, ok := <-s.blocks
		if !ok {
			return
		}
		blockPool.Put(b.buf)
	}
}

// hash returns the SHA-256 of all stored bytes in hex, if all were read.
func (s *source) hash() (string, bool) {
	if !s.ended || !s.whole {
		return "", false
	}
	return hex.EncodeToString(s.sum[:]), true
}

// changed reports whether f, opened as was, does not hold what was read from it.
// Files of /proc and the like state a size of 0 whatever they hold.
func changed(f *os.File, was os.FileInfo, read int64) bool {
	now, err := f.Stat()
	if err != nil || !was.Mode().IsRegular() {
		return false
	}
	if now.Size() == 0 && was.Size() == 0 {
		return false
	}
	return now.Size() != was.Size() || now.Size() != read
}
