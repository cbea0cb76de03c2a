package lines

import (
	"bytes"
	"iter"
)

// Piece is an element found on a line that is not an event as a whole, or something on
// the line that is none.
type Piece struct {
	Line
	// Lost is the kind of bad line that begins there; empty for an element.
	Lost string
}

// maxPrefix bounds what syslog and container runtimes write before an object.
const maxPrefix = 1 << 10

// Pieces looks into a line of the batch that the parser of events has refused, and
// yields what is on it: objects without a line end between them, the hits of a response,
// the elements of an array, an object behind the header of a syslog line or between NUL
// bytes, or a whole line behind the first half of another. It yields nothing when there
// is no element other than the line itself. Parts of an object that is broken are no
// elements. Number is that of the line. A piece is valid until the next is yielded.
func (b *Batch) Pieces(l Line) iter.Seq[Piece] {
	return func(yield func(Piece) bool) {
		if l.table != 0 {
			return
		}
		s := splitter{b: b, line: l, text: b.Buf[l.Start:l.End], yield: yield, tables: len(b.tables)}
		s.f.reset()
		if s.i = s.prefix(); s.i >= 0 {
			s.split()
		}
	}
}

// splitter finds the pieces of one line.
type splitter struct {
	b      *Batch
	line   Line
	text   []byte
	f      framer
	i      int
	sign   []byte
	tables int // of the batch's own lines
	yield  func(Piece) bool
}

// prefix returns where the first element begins, -1 when there is none. Quotes are no
// part of any header: they tell that an object stands in another.
func (s *splitter) prefix() int {
	i := blanks(s.text, 0)
	if i == len(s.text) || s.text[i] == '{' || s.text[i] == '[' || s.text[i] == 0 {
		return i
	}
	head := s.text[:min(len(s.text), maxPrefix)]
	n := bytes.IndexByte(head, '{')
	if n < 0 || bytes.IndexByte(head[:n], '"') >= 0 {
		return -1
	}
	if v := blanks(s.text, n+1); v == len(s.text) || s.text[v] != '"' {
		return -1
	}
	return n
}

// split walks the line.
func (s *splitter) split() {
	for {
		var st step
		s.i, st = s.f.next(s.text, s.i, true)
		start := s.i - s.f.held
		switch st {
		case starved:
			if !s.f.idle() || len(s.f.frames) > 0 {
				s.lost(kindShort, start)
			}
			return
		case ended, rowed:
			if start == blanks(s.text, 0) && blanks(s.text, s.i) == len(s.text) || !s.element(start, st == rowed) {
				return
			}
		case barren:
			if !s.lost(kindNoEvents, start) {
				return
			}
		case doubted:
			if !s.lost(kindDoubt, s.i) {
				return
			}
		case astray:
			if !s.astray(start) {
				return
			}
		}
	}
}

func (s *splitter) element(start int, row bool) bool {
	var t *table
	if row {
		if t = s.f.table; countCells(s.text[start:s.i]) != len(t.columns) {
			return s.lost(kindColumns, start)
		}
	}
	s.sign = opening(s.text[start:s.i])
	p := Piece{Line: s.at(start)}
	p.End = s.line.Start + int32(s.i)
	p.size = int32(s.i - start)
	if s.b.encoding != utf8Text {
		p.size = int32(2 * units(s.text[start:s.i]))
	}
	if t != nil { // which takes the place of the table of the piece before
		s.b.tables = append(s.b.tables[:s.tables], t)
		p.table = uint16(s.tables + 1)
	}
	return s.yield(p)
}

// at returns the place of text[start:].
func (s *splitter) at(start int) Line {
	l := Line{Start: s.line.Start + int32(start), End: s.line.End, Number: s.line.Number, Offset: s.line.Offset + int64(start)}
	if s.b.encoding != utf8Text {
		l.Offset = s.line.Offset + 2*units(s.text[:start])
	}
	return l
}

func (s *splitter) lost(kind string, start int) bool {
	return s.yield(Piece{Line: s.at(min(start, len(s.text))), Lost: kind})
}

// astray goes on where the line breaks: behind NUL bytes, or with an element that begins
// like the one that breaks there.
func (s *splitter) astray(start int) bool {
	from := s.i
	if s.f.idle() {
		if s.text[from] == 0 {
			for s.i < len(s.text) && s.text[s.i] == 0 {
				s.i++
			}
			return s.lost(KindNUL, from)
		}
		start = from
	} else {
		if sign := opening(s.text[start:s.i]); len(sign) > 0 {
			s.sign = sign
		}
		from = max(start+1, s.i-len(s.sign)-8)
	}
	if !s.lost(kindBroken, start) || len(s.sign) == 0 {
		return false
	}
	n := bytes.Index(s.text[from:], s.sign)
	if n < 0 {
		return false
	}
	s.i = from + n
	s.f.regain()
	return true
}
