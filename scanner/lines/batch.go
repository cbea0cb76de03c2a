package lines

import "coldcase/matchers/event"

// Line is one line of a batch.
type Line struct {
	Start, End int32 // in Batch.Buf; the line end is not part of it
	Number     int64 // 1-based physical line of the input, blank ones counted
	Offset     int64 // of its first byte in the decoded stream
	// Action says that the line looks like the first line of a _bulk pair (index,
	// create, update) or like a delete. See Batch.Document.
	Action bool
}

// Batch is a run of whole lines of one input. It belongs to whoever holds it, from
// Budget.Get to Release, and is for one goroutine at a time.
type Batch struct {
	// Buf holds the bytes of all lines and what stood between them. It is valid
	// until the batch is filled again or released.
	Buf []byte
	// Lines are the lines that are not blank, in order.
	Lines []Line
	// Input is the index of the input in the run.
	Input int32

	budget *Budget
	base   []byte // the buffer the batch was made with
	class  int    // of Buf: 0 for base, else of a larger buffer lent by the budget
}

// Bytes returns a line of the batch without its end. Valid as long as Buf.
func (b *Batch) Bytes(l Line) []byte { return b.Buf[l.Start:l.End:l.End] }

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
	return event.Origin{Input: b.Input, Line: l.Number, Offset: l.Offset, Length: l.End - l.Start}
}

// Release gives the batch and its memory back to the budget. The batch must not be
// used after.
func (b *Batch) Release() {
	b.shrink()
	b.budget.batches.put(b)
}

// reset empties the batch for the next filling.
func (b *Batch) reset() {
	b.shrink()
	b.Buf, b.Lines = b.base[:0], b.Lines[:0]
}

// shrink gives a larger buffer back.
func (b *Batch) shrink() {
	if b.class > 0 {
		b.budget.large[b.class-1].buffers.put(b.Buf[:0])
	}
	b.class, b.Buf = 0, b.base[:0]
}
