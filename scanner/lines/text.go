package lines

import (
	"bytes"
	"fmt"
	"math"
)

// textState is what a reader knows while it frames line by line.
type textState struct {
	// probing says that lines are looked at: the next object or array may be of another
	// shape. It ends with the first object that is a line of its own.
	probing bool
	first   bool // no line was looked at yet
	holed   bool // the NUL bytes before lineStart are counted already
	next    fate
	// from is the offset from which on lines are looked at: what stands before it has
	// been found to be lines.
	from int64
}

// fate is what is to become of the line at lineStart.
type fate uint8

const (
	asUsual fate = iota
	// cutLine follows a gap: it is a line only if it is whole.
	cutLine
	// lostLine belongs to something that broke, which is counted already, unless an
	// object begins there.
	lostLine
	// namedLine is the first line of an input of unknown shape, which is counted.
	namedLine
)

// asText goes on line by line. From Buf[from] on, lines are looked at.
func (r *Reader) asText(b *Batch, from int) {
	r.shape, r.seen, r.text.probing, r.text.next = asText, r.lineStart, true, asUsual
	r.text.from = r.base + int64(from) // UTF-16 text is never shorter than this
	if r.wide != nil && from <= len(b.Buf) {
		r.text.from = r.offset(b, from)
	}
	r.json.f.reset()
}

// asJSON goes on with the JSON text that begins on the line at lineStart.
func (r *Reader) asJSON() {
	r.shape, r.seen = asJSON, r.lineStart
	r.text.next = asUsual
	r.json.fresh, r.json.settled, r.json.seeking, r.json.sign = true, false, false, nil
	r.json.f.reset()
}

// scanText takes the lines that end in the buffer.
func (r *Reader) scanText(b *Batch) scanned {
	for {
		if len(b.Lines) == maxLines {
			return full
		}
		if r.text.probing && r.probe(b) {
			return reshaped
		}
		i := bytes.IndexByte(b.Buf[r.seen:], '\n')
		if i < 0 {
			break
		}
		end := r.seen + i
		if n := end - r.lineStart; n <= 2 && n > 0 && isOpen(b.Buf[r.lineStart]) && r.isLone(b, end) {
			r.asJSON()
			return reshaped
		}
		r.line(b, end)
		r.move(b, end+1)
		r.seen = end + 1
		r.number++
	}
	r.seen = len(b.Buf)
	return usedUp
}

// isLone reports whether the line that ends before Buf[end] is but an opening bracket:
// a text of several lines begins there.
func (r *Reader) isLone(b *Batch, end int) bool {
	return r.mayProbe() && isLone(b.Buf[r.lineStart:end])
}

func isOpen(c byte) bool { return c == '{' || c == '[' }

func isLone(line []byte) bool {
	line = bytes.Trim(line, " \t\r")
	return len(line) == 1 && isOpen(line[0])
}

func (r *Reader) mayProbe() bool {
	return !r.skip && r.text.next != cutLine && r.base+int64(r.lineStart) >= r.text.from
}

// probe looks at how the line at lineStart begins. It reports true when the shape has
// changed.
func (r *Reader) probe(b *Batch) bool {
	if !r.mayProbe() {
		return false
	}
	i := spaces(b.Buf, r.lineStart)
	if i == len(b.Buf) || b.Buf[i] == '\n' || r.text.next == lostLine && i > r.lineStart {
		return false
	}
	first := r.text.first
	r.text.first = false
	if isOpen(b.Buf[i]) {
		r.asJSON()
		return true
	}
	if !first {
		return false
	}
	if r.header(b) {
		return true
	}
	if !holdsObject(b.Buf[r.lineStart:]) {
		seen, _, _ := bytes.Cut(b.Buf[i:min(len(b.Buf), i+maxNamed)], []byte{'\n'})
		r.bad(kindUnknown + fmt.Sprintf(", begins with %+q", trimCR(seen)))
		r.text.next = namedLine
	}
	return false
}

// maxNamed bounds what is shown of an input of unknown shape.
const maxNamed = 32

// holdsObject reports whether an object may begin anywhere in b.
func holdsObject(b []byte) bool {
	for {
		i := bytes.IndexByte(b, '{')
		if i < 0 {
			return false
		}
		b = b[i+1:]
		if i = blanks(b, 0); i == len(b) || b[i] == '"' || b[i] == '}' {
			return true
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
	case r.skip:
		r.skip = false
	case r.text.next != asUsual:
		r.oddLine(b, text)
	case len(text) > 0 && (text[0] == 0 || text[len(text)-1] == 0):
		r.holes(b, text)
	case len(text) > r.budget.maxLine:
		r.bad(r.budget.tooLong)
	case len(trimSpace(text)) == 0:
		r.stats.Blank++
		r.open = false
	default:
		r.addLine(b, text)
	}
	r.text.holed = false
}

// oddLine takes a line that is not to be taken as it is.
func (r *Reader) oddLine(b *Batch, text []byte) {
	switch r.text.next {
	case lostLine:
		return
	case cutLine:
		if isWhole(text) && len(text) <= r.budget.maxLine {
			r.addLine(b, text)
		} else if len(trimSpace(text)) > 0 {
			r.bad(kindCutOff)
		}
	}
	r.text.next = asUsual
}

func (r *Reader) addLine(b *Batch, text []byte) {
	n := int32(len(text))
	l := Line{Start: int32(r.lineStart), End: int32(r.lineStart) + n, Number: r.number, Offset: r.base + int64(r.lineStart), size: n}
	if r.wide != nil {
		l.size = int32(min(2*units(text), math.MaxInt32))
	}
	var document bool
	l.Action, document = isAction(text)
	b.Lines = append(b.Lines, l)
	// What follows an action is its document, whatever it looks like.
	r.open = document && !r.open && len(text) <= r.budget.action
}

// holes takes a line that begins or ends with NUL bytes, as a crash leaves them where a
// file had grown and was not written yet.
func (r *Reader) holes(b *Batch, text []byte) {
	whole := text
	text = bytes.TrimLeft(text, "\x00")
	if n := len(whole) - len(text); n > 0 {
		open := r.open
		if !r.text.holed {
			r.bad(KindNUL)
		}
		r.open = open
		r.move(b, r.lineStart+n)
	}
	line := bytes.TrimRight(text, "\x00")
	if len(line) > r.budget.maxLine {
		r.bad(r.budget.tooLong)
		return
	}
	if len(trimSpace(line)) > 0 {
		r.addLine(b, line)
	}
	if n := len(text) - len(line); n > 0 {
		open := r.open
		r.move(b, r.lineStart+len(line))
		r.bad(KindNUL)
		r.open = open
	}
}

// hole gives up the NUL bytes with which a line begins that is too long to keep.
func (r *Reader) hole(b *Batch) {
	n := r.lineStart
	for n < len(b.Buf) && b.Buf[n] == 0 {
		n++
	}
	if !r.text.holed {
		r.bad(KindNUL)
	}
	r.text.holed = true
	r.move(b, n)
	r.seen = max(r.seen, n)
}
