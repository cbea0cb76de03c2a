package journal

import (
	"bufio"
	"encoding/binary"
	"io"
)

// reader walks the frames of a file.
type reader struct {
	r       *bufio.Reader
	pos     int64 // of the next frame
	size    int64
	started bool
	stored  []byte
	data    []byte
}

func newReader(f io.ReaderAt, size int64) *reader {
	return &reader{r: bufio.NewReaderSize(io.NewSectionReader(f, 0, size), 64<<10), size: size}
}

// next returns the next frame, valid until the call after; ok is false where no whole
// frame stands. The error is the file's.
func (r *reader) next() (f Frame, ok bool, err error) {
	if !r.started {
		r.started = true
		var b [len(magic)]byte
		if ok, err := r.full(b[:]); err != nil || !ok || string(b[:]) != magic {
			return f, false, err
		}
		r.pos = int64(len(magic))
	}
	var head [frameHead]byte
	if ok, err := r.full(head[:]); err != nil || !ok {
		return f, false, err
	}
	n := int64(binary.LittleEndian.Uint32(head[5:]))
	if n > maxStored || n > r.size-r.pos-frameHead {
		return f, false, nil
	}
	if int64(cap(r.stored)) < n {
		r.stored = make([]byte, n)
	}
	stored := r.stored[:n]
	if ok, err := r.full(stored); err != nil || !ok {
		return f, false, err
	}
	if sumOf(head[:9], stored) != binary.LittleEndian.Uint32(head[9:]) {
		return f, false, nil
	}
	f = Frame{Kind: Kind(head[0]), Number: binary.LittleEndian.Uint32(head[1:])}
	wasPacked := f.Kind&packed != 0
	if !f.unpack(r.data, stored) {
		return f, false, nil
	}
	if wasPacked {
		r.data = f.Data[:0]
	}
	if cap(r.stored) > 2*maxPacked { // of one large frame
		r.stored = nil
	}
	r.pos += frameHead + n
	return f, true, nil
}

// full fills b; ok is false at the end of the file.
func (r *reader) full(b []byte) (ok bool, err error) {
	_, err = io.ReadFull(r.r, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return false, nil
	}
	return err == nil, err
}
