package input

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

var zstdMagic = [4]byte{0x28, 0xb5, 0x2f, 0xfd}

// isSkippable reports the magic of a frame that holds no content.
func isSkippable(m [4]byte) bool {
	return m[0]&0xf0 == 0x50 && m[1] == 0x2a && m[2] == 0x4d && m[3] == 0x18
}

const (
	minZstdWindow = 128 << 10 // the largest block: below it frames would not decode
	// wideWindow is the window up to which memory is not worth a queue: 8 MiB is
	// what every zstd decoder must support (RFC 8878, section 3.1.1.1.2).
	wideWindow = 8 << 20
)

// windowReader passes one frame after the other through and lowers the window of those
// that ask for more than the limit. It ends with io.EOF after each, until next. The library allocates the window a header asks for,
// whatever the frame holds: four bytes of a hostile file could claim terabytes. With
// a lower window a frame either decodes to the same bytes or fails, because the
// library refuses references beyond the window.
//
// It follows the frame format (RFC 8878, section 3.1.1) as far as needed to find
// the next header. Bytes it does not understand it passes on: the library will
// say what is wrong with them.
type windowReader struct {
	window
	r io.Reader

	step     func() error // stages the next header
	passed   int64        // whole blocks of the current frame
	staged   []byte
	buf      [24]byte
	remain   uint64 // bytes to pass on before the next step
	checksum uint64 // bytes of it after the last block: 4 or 0
	asked    uint64 // window of the current frame, if it was lowered
}

func newWindowReader(r io.Reader, lim Limits) *windowReader {
	w := &windowReader{r: r, window: newWindow(lim)}
	w.step = w.frame
	return w
}

// next makes r, which begins with a frame, what is read.
func (w *windowReader) next(r io.Reader) {
	w.r, w.step = r, w.frame
	w.staged, w.remain, w.asked, w.passed = nil, 0, 0, 0
}

// Read implements io.Reader.
func (w *windowReader) Read(p []byte) (int, error) {
	for {
		if len(w.staged) > 0 {
			n := copy(p, w.staged)
			w.staged = w.staged[n:]
			return n, nil
		}
		if w.remain > 0 {
			n, err := w.r.Read(p[:min(uint64(len(p)), w.remain)])
			w.remain -= uint64(n)
			return n, err
		}
		if err := w.step(); err != nil {
			return 0, err
		}
	}
}

// stage appends n bytes to what is staged. When the stream ends within them, what
// there is is passed on, and the library meets the end.
func (w *windowReader) stage(n int) (ok bool, err error) {
	had := len(w.staged)
	got, err := io.ReadFull(w.r, w.buf[had:had+n])
	w.staged = w.buf[:had+got]
	if err == io.ErrUnexpectedEOF || err == io.EOF && had > 0 {
		return false, nil
	}
	return err == nil, err
}

// frame stages a frame header.
func (w *windowReader) frame() error {
	if ok, err := w.stage(4); !ok {
		return err
	}
	if [4]byte(w.staged) != zstdMagic {
		w.remain = 1 << 62
		return nil
	}
	if ok, err := w.stage(1); !ok {
		return err
	}
	desc := w.staged[4]
	if ok, err := w.stage(headerLen(desc)); !ok {
		return err
	}
	w.checksum = uint64(desc & 4)
	w.step = w.block
	return w.admit(w.clamp(desc))
}

// headerLen is the length of what follows the frame header descriptor.
func headerLen(desc byte) int {
	n := [4]int{0, 1, 2, 4}[desc&3] + contentSizeLen(desc)
	if desc&0x20 == 0 {
		n++ // window descriptor
	}
	return n
}

func contentSizeLen(desc byte) int {
	if desc>>6 == 0 {
		return int(desc >> 5 & 1)
	}
	return 1 << (desc >> 6)
}

// clamp lowers the window of the staged header to the limit and returns what it is
// then.
func (w *windowReader) clamp(desc byte) uint64 {
	size := windowOf(w.staged, desc)
	if size <= w.limit {
		return size
	}
	w.asked = size
	log := byte(bits.Len64(w.limit) - 1)
	if desc&0x20 != 0 {
		// A single segment has its content for a window: give it one of its own.
		copy(w.buf[6:], w.staged[5:])
		w.staged = w.buf[:len(w.staged)+1]
		w.buf[4] = desc &^ 0x20
	}
	w.buf[5] = (log - 10) << 3
	return w.limit
}

// windowOf returns the window that a whole frame header asks for.
func windowOf(header []byte, desc byte) uint64 {
	if desc&0x20 == 0 {
		base := uint64(1) << (10 + header[5]>>3)
		return base + base/8*uint64(header[5]&7)
	}
	n := contentSizeLen(desc)
	var b [8]byte
	copy(b[:], header[len(header)-n:])
	// The format adds 256 to a size of two bytes: those are below any limit.
	return binary.LittleEndian.Uint64(b[:])
}

// block stages a block header and lets its content pass.
func (w *windowReader) block() error {
	if ok, err := w.stage(3); !ok {
		return err
	}
	h := uint64(w.staged[0]) | uint64(w.staged[1])<<8 | uint64(w.staged[2])<<16
	w.remain = h >> 3
	if h>>1&3 == 1 {
		w.remain = 1 // one byte, repeated
	}
	w.passed++
	if h&1 != 0 {
		w.remain += w.checksum
		w.step = func() error { return io.EOF }
	}
	return nil
}

// explain adds to a decoding error that the frame had asked for a longer window.
func (w *windowReader) explain(err error) error {
	if w.asked == 0 {
		return err
	}
	return fmt.Errorf("%w (the frame asks for a window of %d bytes, the limit is %d)", err, w.asked, w.limit)
}
