package lines

import "bytes"

// jsonState is what a reader knows while it frames JSON texts: arrays, objects over
// several lines or several on one, responses.
type jsonState struct {
	f framer
	// fresh says that the text at hand has begun with the line at lineStart, and that
	// nothing of it was taken yet: it may still turn out to be a line, or several.
	fresh bool
	// settled says that it is too long for that.
	settled bool
	// seeking says that the next element of a container is looked for, after damage.
	seeking  bool
	regained bool   // the element at hand was found so
	sign     []byte // how elements of the container begin
	known    []byte // how those of the last one did that held objects
	// long is what is to be counted when the element that is passed over, because it is
	// too long, has ended as one; it may still turn out to be a response.
	long Bad
}

// scanJSON takes the elements that end in the buffer.
func (r *Reader) scanJSON(b *Batch) scanned {
	for r.shape == asJSON {
		if len(b.Lines) == maxLines {
			return full
		}
		if r.json.seeking && !r.seek(b) {
			if r.shape != asJSON {
				return reshaped
			}
			return usedUp
		}
		var s step
		r.seen, s = r.json.f.next(b.Buf, r.seen, r.ending() || r.force)
		r.force = false
		switch s {
		case starved:
			if !r.json.fresh && r.json.f.idle() {
				r.advance(b, r.seen)
			}
			return usedUp
		case lineEnd:
			r.advance(b, r.seen)
			r.asText(b, r.lineStart)
		case doubted:
			r.advance(b, r.seen)
			r.bad(kindDoubt)
		case astray:
			r.broke(b)
		default:
			r.element(b, s)
		}
	}
	return reshaped
}

// element takes a step from element to element.
func (r *Reader) element(b *Batch, s step) {
	start := r.seen - r.json.f.held
	switch s {
	case begun:
		r.skip, r.json.settled = false, false
		if r.json.fresh && r.json.f.level() == 0 {
			return
		}
		r.advance(b, start)
	case ended:
		if r.isLine(b) {
			if r.skip {
				r.endSkip()
				r.skip = true
			}
			r.shape, r.text.probing = asText, false
			return
		}
		r.take(b, start, nil)
	case rowed:
		if !r.takeRow(b, start) {
			return
		}
	case barren:
		if !r.skip {
			r.bad(kindNoEvents)
		}
	case opened:
		r.skip = false
	}
	if r.json.fresh = false; s != begun {
		r.endSkip()
		r.advance(b, r.seen)
	}
}

// tooLongJSON passes over the element under way.
func (r *Reader) tooLongJSON(b *Batch) {
	r.json.long = Bad{r.budget.tooLong, 1, r.number, r.base + int64(r.lineStart)}
	if f := &r.json.f; f.level() > 0 && len(r.json.sign) == 0 {
		r.json.sign = append(r.json.sign, opening(b.Buf[r.seen-f.held:r.seen])...)
	}
}

// endSkip counts the element that was passed over.
func (r *Reader) endSkip() {
	if r.skip {
		r.count(r.json.long)
	}
	r.skip = false
}

// isLine reports whether the element that has just ended is a line of its own, and
// begins where the line begins.
func (r *Reader) isLine(b *Batch) bool {
	if !r.json.fresh || r.json.f.level() > 0 || r.passed > 0 {
		return false
	}
	end := spaces(b.Buf, r.seen)
	return (end == len(b.Buf) || b.Buf[end] == '\n') && bytes.IndexByte(b.Buf[r.lineStart:r.seen], '\n') < 0
}

// take hands out the element that ends at the position.
func (r *Reader) take(b *Batch, start int, t *table) {
	if r.skip {
		return
	}
	r.move(b, start)
	r.json.sign = append(r.json.sign[:0], opening(b.Buf[start:r.seen])...)
	if r.json.f.level() > 0 && t == nil {
		r.json.known = append(r.json.known[:0], r.json.sign...)
	}
	if r.seen-start > r.budget.maxLine {
		r.bad(r.budget.tooLong)
		return
	}
	r.add(b, start, r.seen, t)
}

// takeRow hands out the row that ends at the position. After damage, it has to have as
// many cells as there are columns: an array within a row looks like a row.
func (r *Reader) takeRow(b *Batch, start int) bool {
	t := r.json.f.table
	if !r.skip {
		if n := countCells(b.Buf[start:r.seen]); n != len(t.columns) {
			if r.json.regained {
				r.goOn(b, start+1)
				return false
			}
			r.bad(kindColumns)
			r.json.sign = append(r.json.sign[:0], opening(b.Buf[start:r.seen])...)
			return true
		}
	}
	r.json.regained = false
	r.take(b, start, t)
	return true
}

// broke goes on where a text has broken.
func (r *Reader) broke(b *Batch) {
	f := &r.json.f
	switch {
	case f.level() > 0 && !(r.json.fresh && f.idle()):
		r.brokeWithin(b)
	case r.skip, r.json.settled, isLone(firstLine(b.Buf[r.seen-f.held : r.seen])):
		r.brokeWhole(b)
	default:
		// It is no JSON text after all, but lines: this one, and what it was taken to
		// go on with.
		if !r.json.fresh && f.idle() {
			r.advance(b, r.seen)
		}
		from := r.lineStart + 1
		if n := bytes.LastIndexByte(b.Buf[r.lineStart:r.seen], '\n'); n >= 0 {
			from = r.lineStart + n + 1
		}
		r.asText(b, from)
	}
}

func firstLine(b []byte) []byte {
	if n := bytes.IndexByte(b, '\n'); n >= 0 {
		return b[:n]
	}
	return nil
}

// brokeWhole gives up an object of several lines. What follows is lost up to a line
// that begins with an object: the parts of this one are no events.
func (r *Reader) brokeWhole(b *Batch) {
	if !r.skip {
		r.bad(r.brokenKind())
	}
	r.endSkip()
	to := r.seen
	from := to + 1
	if n := bytes.LastIndexByte(b.Buf[r.lineStart:to], '\n'); n >= 0 {
		to = r.lineStart + n + 1
		from = to
	}
	r.advance(b, to)
	r.asText(b, from)
	r.text.next = lostLine
}

// brokeWithin gives up an element of a container, or what stands between elements, and
// looks for the next.
func (r *Reader) brokeWithin(b *Batch) {
	f := &r.json.f
	from := r.seen
	if f.idle() {
		r.advance(b, from)
		r.bad(kindBroken)
	} else if !r.skip {
		start := r.seen - f.held
		r.bad(r.brokenKind())
		if len(r.json.sign) == 0 {
			r.json.sign = append(r.json.sign[:0], opening(b.Buf[start:r.seen])...)
		}
		// A text breaks no later than shortly after the beginning of the next element,
		// wherever it was cut: a string that swallows it ends with its first quote.
		from = max(start+1, r.seen-len(r.json.sign)-8)
	}
	r.endSkip()
	r.seekOn()
	r.goOn(b, from)
}

func (r *Reader) brokenKind() string {
	if r.json.f.held > r.budget.maxLine {
		return r.budget.tooLong
	}
	return kindBroken
}

// seekOn looks for the next element of the container at hand.
func (r *Reader) seekOn() {
	r.json.f.regain()
	r.json.seeking, r.json.fresh = true, false
}

// goOn looks for it from Buf[from] on.
func (r *Reader) goOn(b *Batch, from int) {
	r.seekOn()
	r.advance(b, from)
	r.seen = from
}

// seekWindow is how far is searched for one thing before the other is searched for: to
// the end of the buffer would take the square of it.
const seekWindow = 4 << 10

// seek looks for an element that begins like those before it, or a line that begins
// with an object, which is outside of the container. It reports false when there is
// none in the buffer, or when the shape has changed.
func (r *Reader) seek(b *Batch) bool {
	sign := r.json.sign
	for overlap := max(len(sign), 2) - 1; ; {
		rest := b.Buf[r.seen:min(len(b.Buf), r.seen+seekWindow+overlap)]
		last := r.seen+len(rest) == len(b.Buf)
		like, outside, none := -1, bytes.Index(rest, []byte("\n{")), max(len(rest)-overlap, 0)
		if len(sign) > 0 {
			like = bytes.Index(rest, sign)
		}
		switch {
		case like >= 0 && (outside < 0 || like <= outside+1):
			r.advance(b, r.seen+like)
			r.seen = r.lineStart
			r.json.f.regain()
			r.json.seeking, r.json.regained = false, true
			return true
		case outside >= 0 && !(r.ending() && last) && bytes.HasPrefix(sign, rest[outside+1:]):
			none = outside // it may be alike yet
		case outside >= 0:
			r.advance(b, r.seen+outside+1)
			r.json.seeking = false
			r.asText(b, r.lineStart)
			return false
		}
		r.advance(b, r.seen+none)
		r.seen = r.lineStart
		if last {
			return false
		}
	}
}

// unwindJSON takes the text at hand for lines, where it was no more than begun: it has
// line ends in it and does not begin as texts of several lines do.
func (r *Reader) unwindJSON(b *Batch) bool {
	j := &r.json
	if !j.fresh || j.settled || r.skip || j.f.idle() || j.f.level() > 0 {
		return false
	}
	line := firstLine(b.Buf[r.lineStart:])
	if line == nil || isLone(line) {
		return false
	}
	r.asText(b, r.lineStart+1)
	return true
}

// tailJSON takes what is left of a text where nothing joins up to it. A line is left to
// tail.
func (r *Reader) tailJSON(b *Batch, whole bool) {
	f := &r.json.f
	switch idle := f.idle(); {
	case r.skip:
		r.endSkip()
	case r.json.fresh && f.level() == 0 && firstLine(b.Buf[r.lineStart:]) == nil:
		r.shape = asText
		return
	case !idle && len(b.Buf)-r.lineStart > r.budget.maxLine:
		r.bad(r.budget.tooLong)
	case !idle && whole:
		r.add(b, r.seen-f.held, len(b.Buf), nil) // whoever parses it says what is wrong
	case !idle:
		r.bad(kindCutOff)
	case idle && len(f.frames) > 0 && whole && !r.json.seeking:
		r.advance(b, len(b.Buf))
		r.bad(kindShort)
	}
	r.advance(b, len(b.Buf))
	if r.gap == nil {
		f.reset()
	}
}
