package lzma2

// minGrowth is what a dictionary takes first: a header may ask for gigabytes that the
// data never fill.
const minGrowth = 64 << 10

// dict is the decoded bytes that matches refer to. It grows up to its size with what is
// decoded, and goes round from then on.
type dict struct {
	size  int    // at most
	buf   []byte // len(buf) <= size
	pos   int    // of the next byte, 0 <= pos <= len(buf)
	full  int    // bytes that may be referred to, at most len(buf)
	count uint32 // bytes since the last reset, modulo 1<<32
}

// reset forgets what was decoded.
func (d *dict) reset() { d.full, d.count = 0, 0 }

// room returns how many bytes may be written in one piece from pos on, at least one.
func (d *dict) room() int {
	if d.pos < len(d.buf) {
		return len(d.buf) - d.pos
	}
	if len(d.buf) == d.size {
		d.pos = 0
		return len(d.buf)
	}
	more := make([]byte, min(d.size, max(minGrowth, 2*len(d.buf))))
	copy(more, d.buf)
	d.buf = more
	return len(d.buf) - d.pos
}

// wrote counts n bytes that were put at pos.
func (d *dict) wrote(n int) {
	d.pos += n
	d.full = min(d.full+n, len(d.buf))
	d.count += uint32(n)
}

// put appends a byte, for which there is room.
func (d *dict) put(c byte) {
	d.buf[d.pos] = c
	d.wrote(1)
}

// back returns the byte that was written dist bytes ago, 0 when there is none.
func (d *dict) back(dist uint32) byte {
	if uint64(dist) > uint64(d.full) {
		return 0
	}
	i := d.pos - int(dist)
	if i < 0 {
		i += len(d.buf)
	}
	return d.buf[i]
}

// repeat appends n bytes again that begin dist bytes ago, for which there is room;
// 0 < dist <= full.
func (d *dict) repeat(dist uint32, n int) {
	i := d.pos - int(dist)
	if i < 0 {
		i += len(d.buf)
	}
	if int(dist) >= n && i+n <= len(d.buf) {
		copy(d.buf[d.pos:d.pos+n], d.buf[i:i+n])
		d.wrote(n)
		return
	}
	for at := d.pos; at < d.pos+n; at++ {
		d.buf[at] = d.buf[i]
		if i++; i == len(d.buf) {
			i = 0
		}
	}
	d.wrote(n)
}
