package lines

import (
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"coldcase/scanner/input"
)

// encoding is how the text of a stream is written.
type encoding uint8

const (
	utf8Text encoding = iota
	littleEndian
	bigEndian
)

func (e encoding) order() interface {
	binary.ByteOrder
	binary.AppendByteOrder
} {
	if e == bigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// utf16Reader transcodes a stream of UTF-16 for the framer. Surrogates without a
// partner are written as if they were characters, in three bytes that are not UTF-8:
// so every stream can be written again as it was, byte for byte, and nothing of it
// needs to be kept beside its text.
type utf16Reader struct {
	src      io.Reader
	encoding encoding
	mark     int    // size of the byte order mark
	left     []byte // read and not transcoded yet
	text     []byte // transcoded and not returned yet
	room     []byte // what text is in
	err      error  // what src returned last, to be passed on behind left
	gap      *input.Gap
	buf      []byte
}

// newUTF16 returns a reader of what begins with head and goes on with src, nil when it
// is not UTF-16: that is told by its marks, or by a zero beside a first brace or bracket.
func newUTF16(head []byte, src io.Reader) *utf16Reader {
	u := &utf16Reader{src: src}
	if len(head) < 2 {
		return nil
	}
	switch string(head[:2]) {
	case "\xff\xfe":
		u.encoding, u.mark = littleEndian, 2
	case "\xfe\xff":
		u.encoding, u.mark = bigEndian, 2
	case "{\x00", "[\x00":
		u.encoding = littleEndian
	case "\x00{", "\x00[":
		u.encoding = bigEndian
		if len(head) >= 3 && head[2] != 0 { // a hole of one byte
			return nil
		}
	default:
		return nil
	}
	u.left = append(u.left, head[u.mark:]...)
	u.buf, u.room = make([]byte, utf16Piece), make([]byte, 0, utf16Piece)
	return u
}

const utf16Piece = 16 << 10

// Read returns text as UTF-8.
func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.text) == 0 {
		var used int
		u.text, used = u.encoding.decode(u.room[:0], u.left, u.ending())
		u.left = u.left[:copy(u.left, u.left[used:])]
		switch {
		case used > 0:
		case u.ending():
			return 0, u.pass()
		default:
			u.fill()
		}
	}
	n := copy(p, u.text)
	u.text = u.text[n:]
	return n, nil
}

// ending reports whether nothing joins up to what is left.
func (u *utf16Reader) ending() bool { return u.err != nil || u.gap != nil }

// pass passes on what the stream returned.
func (u *utf16Reader) pass() error {
	if gap := u.gap; gap != nil {
		u.gap = nil
		return gap
	}
	return u.err
}

// fill reads on. An empty read is as good as any: whoever reads counts them.
func (u *utf16Reader) fill() {
	for empty := 0; empty < maxEmptyReads; empty++ {
		n, err := u.src.Read(u.buf)
		u.left = append(u.left, u.buf[:n]...)
		if gap, ok := err.(*input.Gap); ok { // not errors.As, as in Reader.interrupt
			u.gap = gap
		} else if err != nil {
			u.err = err
		}
		if n > 0 || err != nil {
			return
		}
	}
	u.err = io.ErrNoProgress
}

// half reports whether the stream has ended within a character, but for half a line end.
func (u *utf16Reader) half() bool {
	return len(u.left) == 1 && u.left[0] != 0 && u.left[0] != '\n' && u.left[0] != '\r'
}

// cross goes on behind a gap, which may have left an odd number of bytes: text is mostly
// ASCII, and tells by its zeros. It returns the number of bytes passed over.
func (u *utf16Reader) cross() (passed int64) {
	passed = int64(len(u.left))
	u.left = u.left[:0]
	for !u.ending() && len(u.left) < 64 {
		u.fill()
	}
	zeros := [2]int{}
	for i, c := range u.left[:min(len(u.left), 64)&^1] {
		if c == 0 {
			zeros[i&1]++
		}
	}
	high := 1 // the place of a zero
	if u.encoding == bigEndian {
		high = 0
	}
	if zeros[1-high] > zeros[high] {
		u.left = u.left[:copy(u.left, u.left[1:])]
		passed++
	}
	return passed
}

// decode appends the text of b to dst as far as there is room, and returns how much of b
// was used: an odd byte, and unless it is final, a first half of a pair are left.
func (e encoding) decode(dst, b []byte, final bool) (text []byte, used int) {
	order := e.order()
	for len(b)-used >= 2 && cap(dst)-len(dst) >= utf8.UTFMax {
		c := rune(order.Uint16(b[used:]))
		used += 2
		switch {
		case c < utf8.RuneSelf:
			dst = append(dst, byte(c))
			continue
		case !utf16.IsSurrogate(c):
		case len(b)-used >= 2:
			if pair := utf16.DecodeRune(c, rune(order.Uint16(b[used:]))); pair != utf8.RuneError {
				c = pair
				used += 2
			}
		case !final && c < 0xdc00:
			return dst, used - 2
		}
		dst = appendRune(dst, c)
	}
	return dst, used
}

// appendRune appends a character, or a surrogate as if it were one.
func appendRune(dst []byte, c rune) []byte {
	if utf16.IsSurrogate(c) {
		return append(dst, 0xe0|byte(c>>12), 0x80|byte(c>>6)&0x3f, 0x80|byte(c)&0x3f)
	}
	return utf8.AppendRune(dst, c)
}

// append writes text, which decode has made, as it was.
func (e encoding) append(dst, text []byte) []byte {
	order := e.order()
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		if c == utf8.RuneError && size == 1 && len(text)-i >= 3 { // a surrogate
			c, size = rune(text[i]&0x0f)<<12|rune(text[i+1]&0x3f)<<6|rune(text[i+2]&0x3f), 3
		}
		i += size
		if c < 0x10000 {
			dst = order.AppendUint16(dst, uint16(c))
			continue
		}
		hi, lo := utf16.EncodeRune(c)
		dst = order.AppendUint16(order.AppendUint16(dst, uint16(hi)), uint16(lo))
	}
	return dst
}

// units counts the 16-bit units of a text that decode has made.
func units(text []byte) int64 {
	n := len(text)
	for _, c := range text {
		switch {
		case c&0xc0 == 0x80:
			n--
		case c >= 0xf0:
			n++
		}
	}
	return int64(n)
}
