package input

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

var errNoFrame = errors.New("trailing bytes that are no frame")

// isZstd reports a frame or a skippable frame (RFC 8878, section 3.1).
func isZstd(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	m := [4]byte(head)
	return m == zstdMagic || isSkippable(m)
}

// zstdPool keeps decoders without background work (concurrency 1), so that one that
// is dropped needs no Close. Those that had a wide window are not put back.
var zstdPool = sync.Pool{New: func() any {
	// The window is limited by windowReader; the library's own limits would refuse
	// frames that it lets through.
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(1<<40), zstd.WithDecoderMaxMemory(1<<62))
	if err != nil {
		panic("BUG: input: zstd options: " + err.Error())
	}
	return z
}}

// zstdFrame is the unit of a zstd stream.
type zstdFrame struct {
	t       *tape
	z       *zstd.Decoder
	win     *windowReader
	err     error // the first that the library returned
	drained bool  // nothing is withheld any more
}

func openZstd(t *tape, lim Limits) decoder {
	f := newZstdFrame(t, lim)
	d := newSeries(t, f)
	d.ahead = newAhead(zstdFrames(f.win.limit), lim)
	return d
}

func newZstdFrame(t *tape, lim Limits) *zstdFrame {
	return &zstdFrame{t: t, z: zstdPool.Get().(*zstd.Decoder), win: newWindowReader(t.br, lim)}
}

func (f *zstdFrame) begin() error {
	for {
		head, err := f.t.br.Peek(4)
		switch {
		case len(head) == 0:
			return err
		case head[0] == 0:
			if err := padding(f.t.br); err != nil {
				return err
			}
			continue
		case len(head) < 4:
			return f.cut(head)
		case [4]byte(head) == zstdMagic:
			f.win.next(f.t.br)
			f.drained = false
			f.err = f.z.Reset(f.win)
			return f.err
		case !isSkippable([4]byte(head)):
			return errNoFrame
		}
		if err := f.pass(); err != nil {
			return err
		}
	}
}

// cut says what fewer bytes than a magic number are.
func (f *zstdFrame) cut(head []byte) error {
	if !bytes.HasPrefix(zstdMagic[:], head) && head[0]&0xf0 != 0x50 {
		return errNoFrame
	}
	_, err := io.CopyN(io.Discard, onlyReader{f.t.br}, 4)
	return noEOF(err)
}

// pass passes over a skippable frame.
func (f *zstdFrame) pass() error {
	head := make([]byte, 8)
	if _, err := io.ReadFull(f.t.br, head); err != nil {
		return noEOF(err)
	}
	_, err := io.CopyN(io.Discard, onlyReader{f.t.br}, int64(binary.LittleEndian.Uint32(head[4:])))
	return noEOF(err)
}

// Read asks once more after an error: the library withholds the last block of a
// frame whose checksum or size is wrong, and hands it out when it is asked again.
func (f *zstdFrame) Read(p []byte) (int, error) {
	for {
		n, err := f.z.Read(p)
		if f.err == nil {
			f.err = err
		}
		switch {
		case n > 0:
			return n, nil
		case f.err == io.EOF:
			return 0, io.EOF
		case f.drained && errors.Is(f.err, zstd.ErrCRCMismatch):
			return 0, errChecksum
		case f.drained:
			return 0, f.win.explain(f.err)
		}
		f.drained = f.err != nil
	}
}

func (f *zstdFrame) find(b []byte) int { return bytes.Index(b, zstdMagic[:]) }

// sane decodes the beginning of a frame, with the smallest window: no match in it
// reaches further back than what was decoded.
func (f *zstdFrame) sane() bool {
	win := newWindowReader(bufio.NewReaderSize(&io.LimitedReader{R: f.t.br, N: saneStored}, 16),
		Limits{ZstdWindow: minZstdWindow})
	win.next(win.r)
	if f.z.Reset(win) != nil {
		return false
	}
	n, err := io.CopyN(io.Discard, onlyReader{f.z}, saneDecoded)
	switch {
	case err == nil, err == io.EOF:
		return true
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, zstd.ErrCRCMismatch):
		return n > 0 || win.passed > 0
	}
	return false
}

func (f *zstdFrame) from(start int64) int64 { return start + 1 }

// missing: a frame need not say how long its content is, and what it says stands in
// its header, which may be what is damaged.
func (f *zstdFrame) missing(int64, int64) (int64, bool) { return 0, false }

func (f *zstdFrame) reserve() error { return f.win.reserve() }

func (f *zstdFrame) release() {
	if f.win.release() {
		return
	}
	if f.z.Reset(nil) == nil {
		zstdPool.Put(f.z)
	}
}
