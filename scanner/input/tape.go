package input

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"sync"
)

const (
	// bufSize is the buffer between the stored blocks and a decoder.
	bufSize = 16 << 10
	// keepBytes is how far a tape goes back: further than a decoder runs on over a
	// damaged place before it notices, and than sane looks ahead.
	keepBytes = 256 << 10
)

var bufPool = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, bufSize) }}

// tape is the stored bytes of a stream as its decoder reads them: buffered, counted,
// and the last of them to be had again, because damage is noticed after it was passed.
type tape struct {
	br  *bufio.Reader // what decoders read; its source is the tape itself
	src io.Reader

	keep  int    // how many bytes can be had again; 0: none
	hist  []byte // the last bytes that src returned, at most 2*keep
	back  int    // how many at the end of hist are to be read again
	taken int64  // bytes that src returned, but for those in again
	gap   *Gap   // met, and returned until it is passed: a Peek must not swallow it
	err   error  // the last that src returned, other than a *Gap

	again [][]byte // what was returned and comes again, before the gap
}

func newTape(src io.Reader) *tape {
	t := &tape{br: bufPool.Get().(*bufio.Reader), src: src}
	t.br.Reset(t)
	return t
}

// Read fills the buffer; decoders read br.
func (t *tape) Read(p []byte) (int, error) {
	if t.back > 0 {
		n := copy(p, t.hist[len(t.hist)-t.back:])
		t.back -= n
		return n, nil
	}
	if len(t.again) > 0 {
		n := copy(p, t.again[0])
		if t.again[0] = t.again[0][n:]; len(t.again[0]) == 0 {
			t.again[0] = nil
			t.again = t.again[1:]
		}
		t.taken += int64(n)
		t.remember(p[:n])
		return n, nil
	}
	if t.gap != nil {
		return 0, t.gap
	}
	n, err := t.src.Read(p)
	t.taken += int64(n)
	t.remember(p[:n])
	if g, ok := err.(*Gap); ok {
		t.gap = g
	} else if err != nil {
		t.err = err
	}
	return n, err
}

// pass goes on behind the gap that a read met.
func (t *tape) pass() { t.gap = nil }

func (t *tape) remember(b []byte) {
	if t.keep == 0 {
		return
	}
	if len(b) >= t.keep {
		t.hist, b = t.hist[:0], b[len(b)-t.keep:]
	}
	if len(t.hist)+len(b) > 2*t.keep {
		t.hist = t.hist[:copy(t.hist, t.hist[len(t.hist)-t.keep:])]
	}
	if len(t.hist)+len(b) > max(cap(t.hist), 2*bufSize) && cap(t.hist) < histSize {
		t.hist = append(histPool.Get().(*[histSize]byte)[:0], t.hist...)
	}
	t.hist = append(t.hist, b...)
}

// histSize is the length of what most tapes keep; short streams take less.
const histSize = 2 * keepBytes

var histPool = sync.Pool{New: func() any { return new([histSize]byte) }}

// remind makes the tape keep the last n bytes from now on, and what is buffered.
func (t *tape) remind(n int) {
	t.keep = n
	b, _ := t.br.Peek(t.br.Buffered())
	t.remember(b)
}

// offset is the stored offset of the next byte of br.
func (t *tape) offset() int64 { return t.taken - int64(t.back) - int64(t.br.Buffered()) }

// oldest is the lowest stored offset that the tape can go back to.
func (t *tape) oldest() int64 { return t.taken - int64(len(t.hist)) }

// rewind makes the byte at a stored offset the next, or the oldest that is kept. The
// offset must not lie beyond what was read.
func (t *tape) rewind(offset int64) {
	t.back = int(t.taken - max(offset, t.oldest()))
	t.br.Reset(t)
}

// unread makes pieces, which are the last bytes that were read from br, the next again,
// however many they are. The tape keeps them, and nothing before them.
func (t *tape) unread(pieces [][]byte) {
	at := t.offset()
	for _, p := range pieces {
		at -= int64(len(p))
	}
	b, _ := t.br.Peek(t.br.Buffered())
	pieces = append(pieces, bytes.Clone(b), bytes.Clone(t.hist[len(t.hist)-t.back:]))
	pieces = slices.DeleteFunc(pieces, func(p []byte) bool { return len(p) == 0 })
	t.again = append(pieces, t.again...)
	// An error stands behind these bytes now; the source returns it again.
	t.taken, t.back, t.hist, t.err = at, 0, t.hist[:0], nil
	t.br.Reset(t)
}

// broken reports that the source failed: what follows cannot be had.
func (t *tape) broken() bool { return t.err != nil && t.err != io.EOF }

func (t *tape) release() {
	t.br.Reset(nil)
	bufPool.Put(t.br)
	if cap(t.hist) == histSize {
		histPool.Put((*[histSize]byte)(t.hist[:histSize]))
	}
	t.hist = nil
}
