package input

import (
	"encoding/binary"
	"io"
	"slices"

	"coldcase/scanner/input/flate"
)

const (
	// bgzfHead is the length of the header of a BGZF member (SAM specification, section
	// 4.1): one extra field, and nothing but the size of the member in it.
	bgzfHead = 18
	// bgzfBlock is the most that one decodes to.
	bgzfBlock = 64 << 10
)

// bgzf splits gzip streams whose members say how long they are. Those of others end
// where decoding them ends.
var bgzf = splitter{cut: cutBGZF, decode: decodeMembers}

func cutBGZF(t *tape, b []byte) (out []byte, most int, ok bool) {
	head, _ := t.br.Peek(bgzfHead)
	if len(head) < bgzfHead || string(head[:4]) != "\x1f\x8b\x08\x04" || string(head[10:16]) != "\x06\x00BC\x02\x00" {
		return b, 0, false
	}
	n := int(binary.LittleEndian.Uint16(head[16:])) + 1
	if n < bgzfHead+8 {
		return b, 0, false
	}
	if out, ok = grab(t, b, n); !ok {
		return out, 0, false
	}
	size := binary.LittleEndian.Uint32(out[len(out)-4:])
	return out, int(size), size <= bgzfBlock
}

// decodeMembers decodes gzip members that follow one another without padding. Where they
// end does not matter, as long as the last ends with the units: a series that begins where
// they do goes the same way.
func decodeMembers(dst, units []byte, most int) (out []byte, ok bool) {
	z := gzipPool.Get().(*flate.GzipReader)
	defer func() {
		z.Reset(nil, 0, 0)
		gzipPool.Put(z)
	}()
	dst = slices.Grow(dst, most)
	src := &memory{units}
	for len(src.b) > 0 {
		z.Reset(src, 0, 0)
		if z.Member() != nil {
			return dst, false
		}
		for {
			p, err := z.Next()
			if err == io.EOF {
				break
			}
			if err != nil || len(dst)+len(p) > most {
				return dst, false
			}
			dst = append(dst, p...)
		}
	}
	return dst, true
}

// memory is a flate.Source of bytes at hand.
type memory struct{ b []byte }

func (m *memory) Peek(n int) ([]byte, error) {
	if n > len(m.b) {
		return m.b, io.EOF
	}
	return m.b[:n:n], nil
}

func (m *memory) Discard(n int) (int, error) {
	got := min(n, len(m.b))
	m.b = m.b[got:]
	if got < n {
		return got, io.EOF
	}
	return got, nil
}

func (m *memory) Buffered() int { return len(m.b) }
