package correlate

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"
)

// spillBlock is the size in bytes of a compressed block of a run: the memory that
// each run needs while it is merged is about three times that.
const spillBlock = 64 << 10

// run is a spilled file, sorted.
type run struct {
	name    string
	largest int // bytes that are kept of its largest entry
}

func (r run) memory() int { return r.largest + 3*spillBlock }

// There are many runs, one behind the other, and what each is written and read with is as
// large as some hundred records.
var (
	runWriters = sync.Pool{New: func() any { return s2.NewWriter(nil, s2.WriterBlockSize(spillBlock), s2.WriterConcurrency(1)) }}
	runReaders = sync.Pool{New: func() any {
		r := s2.NewReader(nil, s2.ReaderMaxBlockSize(spillBlock), s2.ReaderAllocBlock(spillBlock))
		return &runReader{blocks: r, r: bufio.NewReaderSize(r, 4<<10)}
	}}
)

// runReader decompresses a run.
type runReader struct {
	blocks *s2.Reader
	r      *bufio.Reader
}

// runFile opens the file of the next run, and tells the largest entry in it. Compressed
// streams one behind the other are read as one.
func (s *Sorter) runFile() (f *os.File, largest int, err error) {
	if s.grows && len(s.runs) > 0 {
		f, err = os.OpenFile(s.runs[0].name, os.O_APPEND|os.O_WRONLY, 0)
		return f, s.runs[0].largest, err
	}
	f, err = os.CreateTemp(s.dir, "run-*")
	return f, 0, err
}

// writeRun writes what fill puts, in its order, as one run; behind the one that there is
// when runs grow.
func (s *Sorter) writeRun(fill func(put func(key, payload []byte) error) error) error {
	f, largest, err := s.runFile()
	if err != nil {
		return fmt.Errorf("spill: %w", err)
	}
	w := runWriters.Get().(*s2.Writer)
	w.Reset(f)
	var head [2 * binary.MaxVarintLen64]byte
	err = fill(func(key, payload []byte) error {
		kept := len(key)
		if len(payload) <= maxAhead {
			kept += len(payload)
		}
		largest = max(largest, kept)
		n := binary.PutUvarint(head[:], uint64(len(key)))
		n += binary.PutUvarint(head[n:], uint64(len(payload)))
		for _, b := range [...][]byte{head[:n], key, payload} {
			if _, err := w.Write(b); err != nil {
				return err
			}
		}
		return nil
	})
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	w.Reset(nil)
	runWriters.Put(w)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if s.grows {
		s.runs = s.runs[:0]
	}
	s.runs = append(s.runs, run{f.Name(), largest})
	if err != nil {
		return fmt.Errorf("spill: %w", err)
	}
	return nil
}

func eachOfRun(r run, yield func(key []byte)) error {
	c, err := openRun(r.name)
	if err != nil {
		return err
	}
	defer c.close()
	for {
		ok, err := c.next()
		if err != nil || !ok {
			return err
		}
		yield(c.key())
	}
}

// runCursor walks a spilled run.
type runCursor struct {
	f *os.File
	*runReader
	buf    []byte // the key, and the payload if that is kept
	keyN   int
	unread int // bytes of a payload that is not kept, still to be read
}

func openRun(name string) (*runCursor, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("spill: %w", err)
	}
	r := runReaders.Get().(*runReader)
	r.blocks.Reset(f)
	r.r.Reset(r.blocks)
	return &runCursor{f: f, runReader: r}, nil
}

func (c *runCursor) key() []byte { return c.buf[:c.keyN] }

// close is called once, and ends the cursor.
func (c *runCursor) close() {
	_ = c.f.Close() // opened for reading: nothing to lose
	c.blocks.Reset(nil)
	runReaders.Put(c.runReader)
	c.runReader = nil
}

func (c *runCursor) payload(long *[]byte) ([]byte, error) {
	if c.unread == 0 {
		return c.buf[c.keyN:], nil
	}
	*long = slices.Grow((*long)[:0], c.unread)[:c.unread]
	c.unread = 0
	if _, err := io.ReadFull(c.r, *long); err != nil {
		return nil, fmt.Errorf("spill: %w", err)
	}
	return *long, nil
}

// next moves on to the next entry.
func (c *runCursor) next() (bool, error) {
	if _, err := c.r.Discard(c.unread); err != nil {
		return false, fmt.Errorf("spill: %w", err)
	}
	c.unread = 0
	key, err := binary.ReadUvarint(c.r)
	if err == io.EOF {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("spill: %w", err)
	}
	size, err := binary.ReadUvarint(c.r)
	if err != nil || key > 1<<30 || size > 1<<30 {
		return false, fmt.Errorf("spill: %w", errRecord)
	}
	c.keyN = int(key)
	if size > maxAhead {
		c.unread, size = int(size), 0
	}
	c.buf = slices.Grow(c.buf[:0], int(key+size))[:key+size]
	if _, err := io.ReadFull(c.r, c.buf); err != nil {
		return false, fmt.Errorf("spill: %w", err)
	}
	return true, nil
}
