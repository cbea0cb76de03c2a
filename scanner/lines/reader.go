package lines

import (
	"bytes"
	"context"
	"errors"
	"io"

	"coldcase/scanner/input"
)

// maxEmptyReads bounds streams that return neither bytes nor an error.
const maxEmptyReads = 100

// Stats counts what a reader has come across so far.
type Stats struct {
	Lines int64 // handed out, or bad
	Blank int64
	Bad   []Bad // by kind
}

// Reader frames one stream. It is for one goroutine.
type Reader struct {
	r      io.Reader
	stream io.Reader // r, or what r transcodes
	input  int32
	budget *Budget
	stats  Stats
	serial int64 // of the next batch
	watch  func(Bad)
	err    error      // what ended the stream
	gap    *input.Gap // what stands behind the bytes read so far

	// carry is the beginning of the next batch: the end of what was read with the
	// last one. At most a batch long.
	carry []byte

	// Of the batch being filled. Always lineStart <= seen <= len(Buf): a line or
	// element begins at lineStart, and what is before seen was looked at.
	lineStart, seen int
	// base + i is the offset of Buf[i] in the decoded stream, for i >= lineStart; of
	// UTF-16, it is known for lineStart alone. See offset.
	base    int64
	number  int64 // of the line at lineStart
	passed  int64 // line ends behind lineStart that were discarded
	open    bool  // the last line is an action, and its document is at lineStart
	rows    bool  // rows of tables were handed out
	skip    bool  // the element at lineStart is too long, which is counted already
	started bool  // the byte order mark was looked for
	force   bool  // no more of the element at lineStart can be had before it is looked at

	shape shape
	text  textState
	json  jsonState
	csv   csvState
	wide  *utf16Reader // nil when the stream is not UTF-16
}

// shape is how the bytes at hand are framed.
type shape uint8

const (
	asText shape = iota // line by line
	asJSON
	asCSV
)

// scanned is how the framing of one shape ended.
type scanned uint8

const (
	usedUp   scanned = iota // more bytes are needed
	full                    // the batch has as many lines as it may
	reshaped                // the shape has changed
)

// NewReader returns a reader of r, which is the input with that index. An
// [input.Stream] stays the caller's to close.
func NewReader(r io.Reader, index int32, budget *Budget) *Reader {
	rd := &Reader{r: r, stream: r, input: index, budget: budget, number: 1}
	rd.text = textState{probing: true, first: true}
	rd.json.f.reset()
	return rd
}

// Watch makes the reader call f for each line or element that it counts as bad, in no
// strict order, where Stats names the first of each kind alone. It is called before Next.
func (r *Reader) Watch(f func(Bad)) { r.watch = f }

// Verbatim reports whether each line so far is what stands at its offset: that none was
// made of the row of a table, nor written as UTF-16.
func (r *Reader) Verbatim() bool { return r.wide == nil && !r.rows }

// Stats returns what was counted so far. Bad must not be changed.
func (r *Reader) Stats() Stats { return r.stats }

// Next fills b, a batch of the reader's budget, with the next lines: at least one,
// and as many as fit. When there are no more it returns what ended the stream:
// io.EOF, an *input.DamageError, input.ErrStopped, or the error of ctx; b is empty
// then. An *input.Gap does not end it: the line that it cuts is bad, and reading goes
// on behind. The lines are the same however the stream returns its bytes.
func (r *Reader) Next(ctx context.Context, b *Batch) error {
	b.reset()
	b.Input, b.encoding = r.input, r.encoding()
	b.Buf = append(b.Buf, r.carry...)
	r.carry = r.carry[:0]
	for {
		if err := r.fill(b); err != nil {
			return r.stop(b, err)
		}
		more := r.scan(b)
		switch {
		case !more && r.ending() && r.unwind(b):
			continue
		case !more && r.gap != nil:
			r.cross(b)
			continue
		case !more && r.err != nil:
			return r.last(b)
		case more, r.ready(b):
			r.commit(b)
			return nil
		}
		if err := r.room(ctx, b); err != nil {
			return r.stop(b, err)
		}
	}
}

// ending reports whether nothing joins up to the bytes in the buffer.
func (r *Reader) ending() bool { return r.err != nil || r.gap != nil }

// fill reads until the buffer is full; a larger one only until it holds the end of
// a line. What may follow that end must fit a batch, behind an action that is held
// back. The error is ErrStopped.
func (r *Reader) fill(b *Batch) error {
	piece := r.budget.batch - r.budget.action - 2
	for empty := 0; !r.ending() && len(b.Buf) < cap(b.Buf); {
		had := len(b.Buf)
		n, err := r.r.Read(b.Buf[had:min(cap(b.Buf), had+piece)])
		b.Buf = b.Buf[:had+n]
		if empty++; n > 0 {
			empty = 0
		}
		if err != nil {
			if err = r.interrupt(err); err != nil {
				return err
			}
			continue
		}
		switch {
		case empty == maxEmptyReads:
			r.err = io.ErrNoProgress
		case b.class > 0 && n > 0 && (r.shape != asText || bytes.IndexByte(b.Buf[had:], '\n') >= 0):
			return nil
		}
	}
	return nil
}

// interrupt takes an error of the stream. It returns ErrStopped alone.
func (r *Reader) interrupt(err error) error {
	if errors.Is(err, input.ErrStopped) {
		return err
	}
	// Not errors.As: the damage that ends a stream may wrap its first gap.
	if gap, ok := err.(*input.Gap); ok {
		r.gap = gap
		return nil
	}
	r.err = err
	return nil
}

// stop ends the reader without a word on the bytes it holds: they were not read,
// which is for whoever stopped it to say.
func (r *Reader) stop(b *Batch, err error) error {
	r.err, r.gap, r.skip, r.shape = err, nil, true, asText
	r.text.probing = false
	r.carry = r.carry[:0]
	r.lineStart, r.seen = 0, 0
	b.reset()
	return err
}

// ready reports whether b may be handed out as it is. An action waits for its
// document.
func (r *Reader) ready(b *Batch) bool {
	return len(b.Lines) > 1 || len(b.Lines) == 1 && !r.open
}

// scan takes the lines and elements that end in the buffer. It reports true when it
// left some, because the batch has as many as it may.
func (r *Reader) scan(b *Batch) (more bool) {
	if !r.started {
		r.started = true
		if r.mark(b) {
			return false // what was read is to be read again, transcoded
		}
	}
	s := reshaped
	for s == reshaped {
		switch r.shape {
		case asText:
			s = r.scanText(b)
		case asJSON:
			s = r.scanJSON(b)
		case asCSV:
			s = r.scanCSV(b)
		}
	}
	if s == usedUp && r.skip {
		r.discard(b)
	}
	return s == full
}

// mark passes over a UTF-8 byte order mark. It tells UTF-16 by its marks, or by a
// zero beside a first brace or bracket, and reports true when it has put a transcoder
// before the stream.
func (r *Reader) mark(b *Batch) (transcoded bool) {
	head := b.Buf[:min(len(b.Buf), 3)]
	if bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		r.lineStart, r.seen = 3, 3
		return false
	}
	wide := newUTF16(b.Buf, r.r)
	if wide == nil {
		return false
	}
	wide.err, wide.gap = r.err, r.gap
	r.err, r.gap = nil, nil
	r.wide, r.r = wide, wide
	r.base = int64(wide.mark)
	b.Buf = b.Buf[:0]
	b.encoding = r.encoding()
	return true
}

// encoding is how the stream was written.
func (r *Reader) encoding() encoding {
	if r.wide == nil {
		return utf8Text
	}
	return r.wide.encoding
}

// offset returns where Buf[i] stands in the decoded stream. i is not before lineStart.
func (r *Reader) offset(b *Batch, i int) int64 {
	if r.wide == nil {
		return r.base + int64(i)
	}
	return r.base + int64(r.lineStart) + 2*units(b.Buf[r.lineStart:i])
}

// advance moves lineStart on, past line ends and what is not to be kept.
func (r *Reader) advance(b *Batch, to int) {
	r.number += r.passed + int64(bytes.Count(b.Buf[r.lineStart:to], []byte{'\n'}))
	r.passed = 0
	r.move(b, to)
}

// move is advance without looking for line ends.
func (r *Reader) move(b *Batch, to int) {
	if r.wide != nil {
		// base + lineStart is the offset of lineStart.
		r.base = r.offset(b, to) - int64(to)
	}
	r.lineStart = to
}

// bad counts the line or element at lineStart as one that is not handed out.
func (r *Reader) bad(kind string) {
	r.open = false
	r.count(Bad{kind, 1, r.number, r.base + int64(r.lineStart)})
}

// count enters one bad line or element.
func (r *Reader) count(bad Bad) {
	r.stats.Lines++
	r.stats.Bad = AddBad(r.stats.Bad, bad)
	if r.watch != nil {
		r.watch(bad)
	}
}

// add hands out Buf[start:end] as an element of a table's or of no shape; lineStart is
// at start, or before it on the same line.
func (r *Reader) add(b *Batch, start, end int, t *table) {
	l := Line{Start: int32(start), End: int32(end), Number: r.number, Offset: r.offset(b, start), size: int32(end - start)}
	if r.wide != nil {
		l.size = int32(2 * units(b.Buf[start:end]))
	}
	r.rows = r.rows || t != nil
	l.table = b.tableOf(t)
	b.Lines = append(b.Lines, l)
}

// commit ends the batch after its last line and carries the rest over, an action
// whose document is not there yet included.
func (r *Reader) commit(b *Batch) {
	cut := r.lineStart
	if n := len(b.Lines) - 1; r.open && n > 0 {
		held := b.Lines[n]
		cut, r.number = int(held.Start), held.Number
		r.base, r.lineStart, r.seen = held.Offset-int64(cut), cut, cut
		b.Lines = b.Lines[:n]
		r.open = false
	}
	r.carry = append(r.carry, b.Buf[cut:]...)
	r.base += int64(cut)
	r.lineStart, r.seen = 0, r.seen-cut
	b.Buf = b.Buf[:cut]
	r.stats.Lines += int64(len(b.Lines))
	if len(b.Lines) > 0 {
		b.Serial = r.serial
		r.serial++
	}
}

// unwind looks again at what is left when nothing joins up to it, where it is not what
// its beginning promised. It reports true when there is something to scan.
func (r *Reader) unwind(b *Batch) bool {
	switch r.shape {
	case asJSON:
		return r.unwindJSON(b)
	case asCSV:
		return r.unwindCSV(b)
	}
	return false
}

// last takes what is left when the stream has ended, and returns how it ended when
// that is nothing.
func (r *Reader) last(b *Batch) error {
	r.tail(b, r.err == io.EOF)
	if r.wide != nil && r.wide.half() {
		r.bad(kindCutOff)
		r.wide.left = r.wide.left[:0]
	}
	r.commit(b)
	if len(b.Lines) == 0 {
		b.Buf = b.Buf[:0]
		return r.err
	}
	return nil
}

// tail takes what is left where nothing joins up to it. whole says that it may be taken
// for whole, because the stream has ended regularly.
func (r *Reader) tail(b *Batch, whole bool) {
	if r.shape == asJSON {
		r.tailJSON(b, whole)
	}
	if tail := b.Buf[r.lineStart:]; len(tail) > 0 && !r.skip {
		switch {
		case whole, len(tail) > r.budget.maxLine, isWhole(tail):
			r.endLine(b, len(b.Buf))
		case len(trimSpace(tail)) > 0:
			r.bad(kindCutOff)
		}
	}
	r.advance(b, len(b.Buf))
	r.seen, r.open, r.skip, r.force = len(b.Buf), false, false, false
}

// endLine takes the last line, which has no end.
func (r *Reader) endLine(b *Batch, end int) {
	if r.shape == asCSV {
		r.row(b, end)
		return
	}
	r.line(b, end)
}

// cross goes on behind a gap. What joins up to nothing there is passed over.
func (r *Reader) cross(b *Batch) {
	spread := r.shape == asJSON && !r.json.f.idle() && (r.passed > 0 || firstLine(b.Buf[r.lineStart:]) != nil)
	wrapped := r.shape == asJSON || r.shape == asText && r.text.probing
	r.tail(b, false)
	r.gap = nil
	if r.wide != nil {
		r.base += r.wide.cross()
	}
	switch {
	case r.shape == asCSV:
		r.csv.lost = true
	case r.shape == asJSON && len(r.json.f.frames) > 0 || wrapped && len(r.json.known) > 0:
		// The beginning of the next response may be lost: then its hits are all that
		// tells them.
		r.shape = asJSON
		if r.seekOn(); len(r.json.sign) == 0 {
			r.json.sign = append(r.json.sign, r.json.known...)
		}
	default:
		r.asText(b, r.lineStart+1)
		r.text.next = cutLine
		if spread { // the rest of an object of several lines is lost with its beginning
			r.text.next = lostLine
		}
	}
}

// room makes room for more of the line at lineStart. Errors are those of ctx and
// ErrStopped.
func (r *Reader) room(ctx context.Context, b *Batch) error {
	switch partial := len(b.Buf) - r.lineStart; {
	case len(b.Lines) == 0 && r.lineStart > 0:
		r.shift(b)
		return nil
	case len(b.Buf) < cap(b.Buf):
		return nil
	case partial > r.budget.maxLine+1: // one byte may be a '\r'
		r.tooLong(b)
		return nil
	}
	if s, ok := r.stream.(interface{ Reserve() error }); ok {
		if err := s.Reserve(); err != nil {
			return err
		}
	}
	r.json.settled = true
	return r.budget.grow(ctx, b)
}

// tooLong gives the line at lineStart up.
func (r *Reader) tooLong(b *Batch) {
	switch {
	case r.shape == asText && !r.skip && b.Buf[r.lineStart] == 0:
		r.hole(b) // what follows it may be short enough
		return
	case r.shape == asJSON && r.seen < len(b.Buf):
		r.force = true
		return
	case r.shape == asJSON && !r.skip:
		r.tooLongJSON(b)
	case !r.skip:
		r.bad(r.budget.tooLong)
	}
	r.skip = true
	r.discard(b)
	r.demote(b)
}

// shift drops what stands before lineStart, which is nothing to hand out.
func (r *Reader) shift(b *Batch) {
	n := copy(b.Buf, b.Buf[r.lineStart:])
	b.Buf = b.Buf[:n]
	r.base += int64(r.lineStart)
	r.seen -= r.lineStart
	r.lineStart = 0
	r.demote(b)
}

// discard drops the line at lineStart as far as it was looked at.
func (r *Reader) discard(b *Batch) {
	dropped := r.seen - r.lineStart
	if r.shape != asText {
		r.passed += int64(bytes.Count(b.Buf[r.lineStart:r.seen], []byte{'\n'}))
	}
	if r.wide != nil {
		r.base += 2*units(b.Buf[r.lineStart:r.seen]) - int64(dropped)
	}
	r.base += int64(dropped)
	n := copy(b.Buf[r.lineStart:], b.Buf[r.seen:])
	b.Buf = b.Buf[:r.lineStart+n]
	r.seen = r.lineStart
}

// demote moves what is in a larger buffer back, for others to use it.
func (r *Reader) demote(b *Batch) {
	if b.class == 0 || len(b.Buf) > cap(b.base) {
		return
	}
	content := append(b.base[:0], b.Buf...)
	b.shrink()
	b.Buf = content
}
