package input

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"io"
)

var errNoBzip2 = errors.New("trailing bytes that are no bzip2 stream")

const (
	bzip2Block = 0x314159265359 // the 48 bits before a block
	// bzip2Keep is how far a bzip2 stream goes back: a damaged block may be decoded over
	// as many bytes as the longest block has.
	bzip2Keep = 2 << 20
)

func isBzip2(head []byte) bool {
	return len(head) >= 4 && string(head[:3]) == "BZh" && '1' <= head[3] && head[3] <= '9'
}

// bzip2Unit is one block of a bzip2 stream. Blocks stand bit by bit behind each other,
// each with a checksum, and the library decodes them in runs. To go on behind a damaged
// one, it is given what follows as a stream of its own: with a header, and shifted to
// whole bytes.
type bzip2Unit struct {
	t       *tape
	z       io.Reader // the run; nil: none
	resumed bool      // the run began behind damage
	level   byte      // of the last header
	block   int64     // where the current block begins, or the byte after
	fresh   bool      // nothing of the current block was returned yet

	// What the library returned with the first Read of a block, which ended the block
	// before.
	next    []byte
	nextErr error
}

func openBzip2(t *tape, _ Limits) decoder {
	d := newSeries(t, &bzip2Unit{t: t, level: '9'})
	t.remind(bzip2Keep)
	return d
}

func (u *bzip2Unit) begin() error {
	u.fresh = true
	if u.z != nil && u.nextErr == nil {
		return nil // a block of the same run
	}
	err := u.nextErr
	u.nextErr = nil
	switch {
	case u.z == nil:
		return u.open()
	case err == io.EOF:
		return io.EOF
	case isFileChecksum(err) && u.resumed:
		// The checksum of all blocks cannot hold when some are missing.
		u.z = nil
		u.stepBack()
		return u.open()
	}
	u.z = nil
	if isFileChecksum(err) {
		return errChecksum
	}
	return err
}

// open begins a run at the tape's position.
func (u *bzip2Unit) open() error {
	if err := padding(u.t.br); err != nil {
		return err
	}
	head, _ := u.t.br.Peek(8)
	u.block = u.t.offset()
	shift, ok := bzip2Shift(head)
	switch {
	case isBzip2(head):
		u.block += 4
		u.z, u.resumed, u.level = bzip2.NewReader(u.t.br), false, head[3]
	case ok:
		u.levelBefore(u.block)
		u.z, u.resumed = bzip2.NewReader(&bitFeed{br: u.t.br, head: []byte{'B', 'Z', 'h', u.level}, shift: shift}), true
	case bytes.HasPrefix([]byte("BZh"), head[:min(len(head), 3)]):
		u.t.br.Discard(len(head))
		return io.ErrUnexpectedEOF
	default:
		return errNoBzip2
	}
	return nil
}

// levelBefore takes the level from a header right before a block, if there is one.
func (u *bzip2Unit) levelBefore(block int64) {
	if block-4 < u.t.oldest() {
		return
	}
	u.t.rewind(block - 4)
	if head, _ := u.t.br.Peek(4); isBzip2(head) {
		u.level = head[3]
	}
	u.t.rewind(block)
}

// stepBack undoes the byte that a shifted run reads ahead, when it is the first of a
// stream.
func (u *bzip2Unit) stepBack() {
	at := u.t.offset()
	u.t.rewind(at - 1)
	if head, _ := u.t.br.Peek(4); !isBzip2(head) {
		u.t.rewind(at)
	}
}

func (u *bzip2Unit) Read(p []byte) (int, error) {
	if len(u.next) > 0 {
		n := copy(p, u.next)
		u.next, u.fresh = u.next[n:], false
		return n, nil
	}
	before := u.t.offset()
	n, err := u.z.Read(p)
	checksum := err == bzip2.StructuralError("block checksum mismatch")
	if ended := u.t.offset() != before || err != nil && !checksum; ended && !u.fresh {
		u.next, u.nextErr = append([]byte(nil), p[:n]...), err
		u.block = before
		return 0, io.EOF
	}
	if n > 0 {
		u.fresh = false
	}
	if err == nil {
		return n, nil
	}
	if err == io.EOF || isFileChecksum(err) { // a stream without blocks
		u.nextErr = err
		return n, io.EOF
	}
	u.z = nil
	if checksum {
		err = errChecksum
	}
	return n, err
}

func isFileChecksum(err error) bool {
	return err == bzip2.StructuralError("file checksum mismatch")
}

// find looks for the bits that precede a block.
func (u *bzip2Unit) find(b []byte) int {
	for i := 0; i+8 <= len(b); i++ {
		if _, ok := bzip2Shift(b[i:]); ok {
			return i
		}
	}
	return -1
}

// bzip2Shift returns the bit of b[0] at which a block begins.
func bzip2Shift(b []byte) (shift uint, ok bool) {
	if len(b) < 8 {
		return 0, false
	}
	v := binary.BigEndian.Uint64(b)
	for shift = range uint(8) {
		if v<<shift>>16 == bzip2Block {
			return shift, true
		}
	}
	return 0, false
}

// sane: nothing but a block has its 48 bits.
func (u *bzip2Unit) sane() bool {
	u.z, u.next, u.nextErr = nil, nil, nil
	return true
}

func (u *bzip2Unit) from(start int64) int64 { return max(start-bzip2Keep, u.block) + 1 }

func (u *bzip2Unit) missing(int64, int64) (int64, bool) { return 0, false }

func (u *bzip2Unit) release() {}

// bitFeed is head, then what br holds, shifted left.
type bitFeed struct {
	br    *bufio.Reader
	head  []byte
	shift uint
	cur   byte
	state int // 0: cur is not read yet; 1: it is; 2: it was the last
}

func (f *bitFeed) ReadByte() (byte, error) {
	if len(f.head) > 0 {
		c := f.head[0]
		f.head = f.head[1:]
		return c, nil
	}
	if f.shift == 0 {
		return f.br.ReadByte()
	}
	if f.state == 2 {
		return 0, io.EOF
	}
	if f.state == 0 {
		c, err := f.br.ReadByte()
		if err != nil {
			return 0, err
		}
		f.cur, f.state = c, 1
	}
	next, err := f.br.ReadByte()
	if err == io.EOF {
		f.state = 2
	} else if err != nil {
		return 0, err
	}
	c := f.cur<<f.shift | next>>(8-f.shift)
	f.cur = next
	return c, nil
}

// Read reads one byte; the library uses ReadByte.
func (f *bitFeed) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := f.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}
