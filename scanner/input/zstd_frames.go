package input

import (
	"encoding/binary"
	"slices"

	"github.com/klauspost/compress/zstd"
)

const (
	// zstdBlock is the most that a block holds (RFC 8878, section 3.1.1.2.4).
	zstdBlock = 128 << 10
	// maxFilling bounds a skippable frame before a frame that is cut: parallel
	// compressors put the size of the frame there.
	maxFilling = 64 << 10
)

// zstdFrames splits zstd streams. limit is the longest window that is decoded without
// being lowered.
func zstdFrames(limit uint64) splitter {
	limit = min(limit, wideWindow)
	return splitter{
		cut: func(t *tape, b []byte) (out []byte, most int, ok bool) {
			c := &frameCutter{t: t, b: b, start: len(b), limit: limit}
			ok = c.fillings() && c.header() && c.blocks()
			return c.b, c.most, ok
		},
		decode: decodeFrames,
	}
}

// frameCutter follows one frame (RFC 8878, section 3.1.1) to its end.
type frameCutter struct {
	t     *tape
	b     []byte
	start int // of the frame in b
	limit uint64

	window   uint64
	sized    bool // the header says how long the content is
	checksum bool
	most     int
}

// grab appends n bytes and returns them, as far as the frame may be so long.
func (c *frameCutter) grab(n int) (p []byte, ok bool) {
	had := len(c.b)
	if had+n-c.start > maxUnit {
		return nil, false
	}
	c.b, ok = grab(c.t, c.b, n)
	return c.b[had:], ok
}

// fillings passes over skippable frames.
func (c *frameCutter) fillings() bool {
	for {
		head, _ := c.t.br.Peek(8)
		if len(head) < 8 || !isSkippable([4]byte(head)) {
			return len(head) > 4 && [4]byte(head) == zstdMagic
		}
		n := binary.LittleEndian.Uint32(head[4:])
		if n > maxFilling {
			return false
		}
		if _, ok := c.grab(8 + int(n)); !ok {
			return false
		}
	}
}

func (c *frameCutter) header() bool {
	head, ok := c.grab(5)
	if !ok {
		return false
	}
	desc := head[4]
	if desc&0x0b != 0 { // a dictionary, or the reserved bit
		return false
	}
	if head, ok = c.grab(headerLen(desc)); !ok {
		return false
	}
	head = c.b[len(c.b)-len(head)-5:]
	c.window = max(windowOf(head, desc), 1<<10)
	c.checksum = desc&4 != 0
	if n := contentSizeLen(desc); n > 0 {
		var b [8]byte
		copy(b[:], head[len(head)-n:])
		size := binary.LittleEndian.Uint64(b[:])
		if n == 2 {
			size += 256
		}
		if size > maxUnit {
			return false
		}
		c.sized, c.most = true, int(size)
	}
	return c.window <= c.limit
}

func (c *frameCutter) blocks() bool {
	for last := false; !last; {
		head, ok := c.grab(3)
		if !ok {
			return false
		}
		h := uint32(head[0]) | uint32(head[1])<<8 | uint32(head[2])<<16
		last = h&1 != 0
		if ok = c.block(h>>1&3, int(h>>3)); !ok {
			return false
		}
	}
	if !c.checksum {
		return true
	}
	_, ok := c.grab(4)
	return ok
}

// block follows a block of one of the three types that there are.
func (c *frameCutter) block(kind uint32, size int) bool {
	most := size
	switch {
	case size > zstdBlock, kind == 3:
		return false
	case kind == 1:
		size = 1 // repeated
	case kind == 2:
		most = zstdBlock
	}
	if !c.sized {
		if c.most += most; c.most > maxUnit {
			return false
		}
	}
	_, ok := c.grab(size)
	return ok
}

// decodeFrames decodes whole frames. The library checks all of a frame that it checks of
// a stream, down to references beyond the window.
func decodeFrames(dst, units []byte, most int) (out []byte, ok bool) {
	z := zstdPool.Get().(*zstd.Decoder)
	dst, err := z.DecodeAll(units, slices.Grow(dst, most))
	zstdPool.Put(z)
	return dst, err == nil && len(dst) <= most
}
