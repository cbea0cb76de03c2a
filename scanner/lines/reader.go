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
	input  int32
	budget *Budget
	stats  Stats
	err    error // what ended the stream

	// carry is the beginning of the next batch: the end of what was read with the
	// last one. At most a batch long.
	carry []byte

	// Of the batch being filled. Always lineStart <= seen <= len(Buf): a line begins
	// at lineStart, and there is no line end in Buf[lineStart:seen].
	lineStart, seen int
	// base + i is the offset of Buf[i] in the decoded stream, for i >= lineStart.
	base     int64
	number   int64 // of the line at lineStart
	open     bool  // the last line is an action, and its document is at lineStart
	skipping bool  // the line at lineStart is too long, which is counted already
	started  bool  // the byte order mark was looked for
	utf16    bool
}

// NewReader returns a reader of r, which is the input with that index. An
// [input.Stream] stays the caller's to close.
func NewReader(r io.Reader, index int32, budget *Budget) *Reader {
	return &Reader{r: r, input: index, budget: budget, number: 1}
}

// Stats returns what was counted so far. Bad must not be changed.
func (r *Reader) Stats() Stats { return r.stats }

// Next fills b, a batch of the reader's budget, with the next lines: at least one,
// and as many as fit. When there are no more it returns what ended the stream:
// io.EOF, an *input.DamageError, input.ErrStopped, or the error of ctx; b is empty
// then. The lines are the same however the stream returns its bytes.
func (r *Reader) Next(ctx context.Context, b *Batch) error {
	b.reset()
	b.Input = r.input
	b.Buf = append(b.Buf, r.carry...)
	r.carry, r.lineStart, r.seen = r.carry[:0], 0, 0
	for {
		if err := r.fill(b); err != nil {
			return r.stop(b, err)
		}
		switch more := r.scan(b); {
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

// fill reads until the buffer is full; a larger one only until it holds the end of
// a line. What may follow that end must fit a batch, behind an action that is held
// back. The error is ErrStopped.
func (r *Reader) fill(b *Batch) error {
	piece := r.budget.batch - r.budget.action - 2
	for empty := 0; r.err == nil && len(b.Buf) < cap(b.Buf); {
		had := len(b.Buf)
		n, err := r.r.Read(b.Buf[had:min(cap(b.Buf), had+piece)])
		b.Buf = b.Buf[:had+n]
		if empty++; n > 0 {
			empty = 0
		}
		switch {
		case errors.Is(err, input.ErrStopped):
			return err
		case err != nil:
			r.err = err
		case empty == maxEmptyReads:
			r.err = io.ErrNoProgress
		case b.class > 0 && bytes.IndexByte(b.Buf[had:], '\n') >= 0:
			return nil
		}
	}
	return nil
}

// stop ends the reader without a word on the bytes it holds: they were not read,
// which is for whoever stopped it to say.
func (r *Reader) stop(b *Batch, err error) error {
	r.err, r.skipping = err, true
	r.carry = r.carry[:0]
	b.reset()
	return err
}

// ready reports whether b may be handed out as it is. An action waits for its
// document.
func (r *Reader) ready(b *Batch) bool {
	return len(b.Lines) > 1 || len(b.Lines) == 1 && !r.open
}

// scan takes the lines that end in the buffer. It reports true when it left some,
// because the batch has as many as it may.
func (r *Reader) scan(b *Batch) (more bool) {
	if !r.started {
		r.started = true
		r.mark(b)
	}
	for {
		if len(b.Lines) == maxLines {
			return true
		}
		i := bytes.IndexByte(b.Buf[r.seen:], '\n')
		if i < 0 {
			break
		}
		r.line(b, r.seen+i)
		r.lineStart, r.seen = r.seen+i+1, r.seen+i+1
		r.number++
	}
	r.seen = len(b.Buf)
	if r.skipping {
		r.discard(b)
	}
	return false
}

// mark passes over a UTF-8 byte order mark, and tells UTF-16 by its marks, or by a
// zero beside a first brace.
func (r *Reader) mark(b *Batch) {
	head := b.Buf[:min(len(b.Buf), 3)]
	switch {
	case bytes.Equal(head, []byte("\xef\xbb\xbf")):
		r.lineStart, r.seen = 3, 3
	case len(head) >= 2:
		switch string(head[:2]) {
		case "\xff\xfe", "\xfe\xff", "{\x00", "\x00{":
			r.utf16 = true
		}
	}
}

// line takes the line that ends before Buf[end].
func (r *Reader) line(b *Batch, end int) {
	text := b.Buf[r.lineStart:end]
	if n := len(text); n > 0 && text[n-1] == '\r' {
		text = text[:n-1]
	}
	switch {
	case r.skipping:
		r.skipping = false
	case r.utf16:
		r.bad(KindUTF16)
	case len(text) > r.budget.maxLine:
		r.bad(r.budget.tooLong)
	case len(trimSpace(text)) == 0:
		r.stats.Blank++
		r.open = false
	default:
		r.add(b, text)
	}
}

func (r *Reader) add(b *Batch, text []byte) {
	action, document := isAction(text)
	b.Lines = append(b.Lines, Line{
		Start:  int32(r.lineStart),
		End:    int32(r.lineStart + len(text)),
		Number: r.number,
		Offset: r.base + int64(r.lineStart),
		Action: action,
	})
	// What follows an action is its document, whatever it looks like.
	r.open = document && !r.open && len(text) <= r.budget.action
}

// bad counts the line at lineStart as one that is not handed out.
func (r *Reader) bad(kind string) {
	r.open = false
	r.stats.Lines++
	r.stats.Bad = AddBad(r.stats.Bad, Bad{kind, 1, r.number, r.base + int64(r.lineStart)})
}

// commit ends the batch after its last line and carries the rest over, an action
// whose document is not there yet included.
func (r *Reader) commit(b *Batch) {
	cut := r.lineStart
	if n := len(b.Lines) - 1; r.open && n > 0 {
		cut, r.number = int(b.Lines[n].Start), b.Lines[n].Number
		b.Lines = b.Lines[:n]
		r.open = false
	}
	r.carry = append(r.carry, b.Buf[cut:]...)
	r.base += int64(cut)
	b.Buf = b.Buf[:cut]
	r.stats.Lines += int64(len(b.Lines))
}

// last takes what is left when the stream has ended, and returns how it ended when
// that is nothing.
func (r *Reader) last(b *Batch) error {
	if tail := b.Buf[r.lineStart:]; len(tail) > 0 && !r.skipping {
		switch {
		case r.utf16 && len(tail) == 1: // half of the last line end
		case r.err == io.EOF, len(tail) > r.budget.maxLine, isWhole(tail):
			r.line(b, len(b.Buf))
		case len(trimSpace(tail)) > 0:
			r.bad(KindCutOff)
		}
	}
	r.lineStart, r.open = len(b.Buf), false
	r.commit(b)
	if len(b.Lines) == 0 {
		b.Buf = b.Buf[:0]
		return r.err
	}
	return nil
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
		r.bad(r.budget.tooLong)
		r.skipping = true
		r.discard(b)
		r.demote(b)
		return nil
	}
	if s, ok := r.r.(interface{ Reserve() error }); ok {
		if err := s.Reserve(); err != nil {
			return err
		}
	}
	return r.budget.grow(ctx, b)
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

// discard drops the line at lineStart as far as it was read.
func (r *Reader) discard(b *Batch) {
	r.base += int64(len(b.Buf) - r.lineStart)
	b.Buf = b.Buf[:r.lineStart]
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
