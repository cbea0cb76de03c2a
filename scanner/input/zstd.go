package input

import (
	"bufio"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

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

// zstdDecoder reads any number of frames.
type zstdDecoder struct {
	z       *zstd.Decoder
	win     *windowReader
	err     error // the first that the library returned
	drained bool  // nothing is withheld any more
}

func openZstd(br *bufio.Reader, lim Limits) decoder {
	d := &zstdDecoder{z: zstdPool.Get().(*zstd.Decoder), win: newWindowReader(br, lim)}
	d.err = d.z.Reset(d.win)
	return d
}

// Read asks once more after an error: the library withholds the last block of a
// frame whose checksum or size is wrong, and hands it out when it is asked again.
func (d *zstdDecoder) Read(p []byte) (int, error) {
	for {
		n, err := d.z.Read(p)
		if d.err == nil {
			d.err = err
		}
		switch {
		case n > 0:
			return n, nil
		case d.err == io.EOF:
			return 0, io.EOF
		case d.drained:
			return 0, d.win.explain(d.err)
		}
		d.drained = d.err != nil
	}
}

func (d *zstdDecoder) release() {
	if d.win.release() {
		return
	}
	if d.z.Reset(nil) == nil {
		zstdPool.Put(d.z)
	}
}
