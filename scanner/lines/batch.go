package lines

import (
	"coldcase/matchers/event"
)

// Line is one line of a batch, or one element of an array, response or table.
type Line struct {
	Start, End int32 // in Batch.Buf; the line end is not part of it
	Number     int64 // 1-based physical line of the input on which it starts, blank ones counted
	Offset     int64 // of its first byte in the decoded stream

	size  int32  // in the decoded stream
	table uint16 // 1 more than the place in Batch.tables of the table that it is a row of
	// Action says that the line looks like the first line of a _bulk pair (index,
	// create, update) or like a delete. See Batch.Document.
	Action bool
}

// Batch is a run of whole lines of one input. It belongs to whoever holds it, from
// Budget.Get to Release, and is for one goroutine at a time.
type Batch struct {
	// Buf holds the bytes of all lines and what stood between them, as UTF-8. It is
	// valid until the batch is filled again or released.
	Buf []byte
	// Lines are the lines that are not blank, in order.
	Lines []Line
	// Input is the index of the input in the run.
	Input int32
	// Serial numbers the batches of an input, from 0.
	Serial int64

	budget   *Budget
	base     []byte // the buffer the batch was made with
	class    int    // of Buf: 0 for base, else of a larger buffer lent by the budget
	encoding encoding
	tables   []*table
	made     []byte // the event of the row at hand
	raw      []byte // the line at hand as it was written
}

// maxKeptMade bounds the memory that is kept for one row or line from batch to batch.
const maxKeptMade = 1 << 20

// Bytes returns a line of the batch without its end: the event to match. That of a row
// of a table is made up of the names of the columns and the row's cells; it is valid
// until Bytes is next called, any other as long as Buf.
func (b *Batch) Bytes(l Line) []byte {
	text := b.Buf[l.Start:l.End:l.End]
	if l.table == 0 {
		return text
	}
	b.made = b.tables[l.table-1].appendEvent(b.made[:0], text, b.budget.maxLine)
	return b.made
}

// Raw returns a line of the batch as it stands in the decoded stream, at its offset:
// what proves it. It differs from Bytes for rows of tables and where the stream is
// UTF-16, and is valid until Raw is next called.
func (b *Batch) Raw(l Line) []byte {
	text := b.Buf[l.Start:l.End:l.End]
	if b.encoding == utf8Text {
		return text
	}
	b.raw = b.encoding.append(b.raw[:0], text)
	return b.raw
}

// Document returns the line that the action in b.Lines[i] is about: the physical
// line after it. ok is false when there is none: the input ended, or the line was
// blank, too long or cut off. (A delete has none by its nature; that is for the
// caller, who parses it.)
func (b *Batch) Document(i int) (l Line, ok bool) {
	if i+1 >= len(b.Lines) || b.Lines[i+1].Number != b.Lines[i].Number+1 {
		return Line{}, false
	}
	return b.Lines[i+1], true
}

// Origin returns where a line of the batch stands in the evidence.
func (b *Batch) Origin(l Line) event.Origin {
	return event.Origin{Input: b.Input, Line: l.Number, Offset: l.Offset, Length: l.size}
}

// Release gives the batch and its memory back to the budget. The batch must not be
// used after.
func (b *Batch) Release() {
	b.shrink()
	b.budget.batches.put(b)
}

// tableOf returns what stands for a table in Line.table; nil is none.
func (b *Batch) tableOf(t *table) uint16 {
	if t == nil {
		return 0
	}
	if n := len(b.tables); n == 0 || b.tables[n-1] != t {
		b.tables = append(b.tables, t)
	}
	// Each table was a text of its own in Buf, of which there are fewer than lines.
	return uint16(len(b.tables))
}

// reset empties the batch for the next filling.
func (b *Batch) reset() {
	b.shrink()
	b.Buf, b.Lines = b.base[:0], b.Lines[:0]
	clear(b.tables)
	b.tables, b.encoding = b.tables[:0], utf8Text
	if cap(b.made) > maxKeptMade {
		b.made = nil
	}
	if cap(b.raw) > maxKeptMade {
		b.raw = nil
	}
}

// shrink gives a larger buffer back.
func (b *Batch) shrink() {
	if b.class > 0 {
		b.budget.large[b.class-1].buffers.put(b.Buf[:0])
	}
	b.class, b.Buf = 0, b.base[:0]
}
