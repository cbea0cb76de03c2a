package lines

import (
	"bytes"
	"encoding/json"
	"io"
)

// csvState is what a reader knows while it frames CSV.
type csvState struct {
	table  *table
	header []byte
	quoted bool // the position is within quotes
	lost   bool // behind a gap, no whole row was found yet
	cell   []byte
}

// header looks whether the line at lineStart names the columns of CSV, as Discover of
// Kibana exports it. It reports true when the shape has changed.
func (r *Reader) header(b *Batch) bool {
	n := bytes.IndexByte(b.Buf[r.lineStart:], '\n')
	end := r.lineStart + n + 1
	if n < 0 {
		n, end = len(b.Buf)-r.lineStart, len(b.Buf)
		if !r.ending() {
			return false
		}
	}
	line := trimCR(b.Buf[r.lineStart : r.lineStart+n])
	t := parseHeader(line)
	if t == nil {
		return false
	}
	r.csv = csvState{table: t, header: bytes.Clone(line)}
	r.shape = asCSV
	r.advance(b, end)
	r.seen = end
	return true
}

// parseHeader reads a header line; nil when it is none. Two fields at least, all of
// names that fields have, and among them one that only an export of events has.
func parseHeader(line []byte) *table {
	if len(line) > maxColumns {
		return nil
	}
	for _, comma := range []byte(",;\t") {
		if t := headerOf(line, comma); t != nil {
			return t
		}
	}
	return nil
}

func headerOf(line []byte, comma byte) *table {
	t := &table{comma: comma}
	telling, dotted := false, 0
	var name []byte
	for rest, more := line, true; more; {
		var ok bool
		if name, rest, more, ok = cutCSV(name[:0], rest, comma); !ok {
			return nil
		}
		if bytes.HasPrefix(name, []byte("'@")) {
			t.guarded, name = true, name[1:]
		}
		if !isName(name) {
			return nil
		}
		telling = telling || string(name) == "@timestamp" || string(name) == "_source"
		if bytes.IndexByte(name, '.') > 0 {
			dotted++
		}
		t.add(string(name))
	}
	if len(t.columns) < 2 || !telling && dotted < 2 {
		return nil
	}
	return t
}

// isName reports whether a name is one that a field has.
func isName(name []byte) bool {
	for i, c := range name {
		switch {
		case c-'0' <= 9, c|0x20 >= 'a' && c|0x20 <= 'z', c == '_':
		case i == 0 && c != '@', i > 0 && c != '.' && c != '-':
			return false
		}
	}
	return len(name) > 0 && len(name) <= 512
}

// scanCSV takes the rows that end in the buffer.
func (r *Reader) scanCSV(b *Batch) scanned {
	for len(b.Lines) < maxLines {
		var ok bool
		if r.seen, ok = r.csv.end(b.Buf, r.seen, r.ending()); !ok {
			return usedUp
		}
		r.row(b, r.seen)
	}
	return full
}

// end looks for the end of the row from b[i] on, and returns where it stands, or how far
// it has come.
func (s *csvState) end(b []byte, i int, final bool) (end int, ok bool) {
	for {
		if s.quoted {
			n := bytes.IndexByte(b[i:], '"')
			if n < 0 {
				return len(b), false
			}
			if i += n; i+1 == len(b) && !final {
				return i, false // there may be another
			}
			if i++; i < len(b) && b[i] == '"' {
				i++
				continue
			}
			s.quoted = false
		}
		n := bytes.IndexAny(b[i:], "\"\n")
		if n < 0 {
			return len(b), false
		}
		if i += n; b[i] == '\n' {
			return i, true
		}
		s.quoted = true
		i++
	}
}

// row takes the row that ends before Buf[end].
func (r *Reader) row(b *Batch, end int) {
	text := trimCR(b.Buf[r.lineStart:end])
	next := min(end+1, len(b.Buf))
	switch {
	case r.skip:
		r.skip = false
	case len(text) > r.budget.maxLine:
		r.bad(r.budget.tooLong)
	case len(trimSpace(text)) == 0:
		r.stats.Blank++
	case r.csv.fits(text):
		r.csv.lost = false
		if !bytes.Equal(text, r.csv.header) { // another export may follow
			r.add(b, r.lineStart, r.lineStart+len(text), r.csv.table)
		}
	default:
		next = r.badRow(text, next)
	}
	r.csv.quoted = false
	r.advance(b, next)
	r.seen = next
}

// badRow counts a row that has not as many cells as there are columns, and returns where
// to go on: a row of several lines may be so because a quote is missing, or too many.
func (r *Reader) badRow(text []byte, next int) int {
	if !r.csv.lost { // what a gap has cut is counted already
		r.bad(kindColumns)
	}
	if n := bytes.IndexByte(text, '\n'); n >= 0 && len(text) <= r.budget.batch/2 {
		return r.lineStart + n + 1
	}
	return next
}

// unwindCSV looks again at what is left, where it is within quotes that never end. It
// reports true when there is something to scan.
func (r *Reader) unwindCSV(b *Batch) bool {
	text := b.Buf[r.lineStart:]
	n := bytes.IndexByte(text, '\n')
	if r.skip || n < 0 || r.err != io.EOF || len(text) > r.budget.batch/2 || r.csv.fits(trimCR(text)) {
		return false
	}
	if !r.csv.lost {
		r.bad(kindColumns)
	}
	r.csv.quoted = false
	r.advance(b, r.lineStart+n+1)
	r.seen = r.lineStart
	return true
}

// cutCSV cuts the first cell from a row and appends its text to dst. more says that
// another follows. ok is false where quotes are not as RFC 4180 has them.
func cutCSV(dst, row []byte, comma byte) (cell, rest []byte, more, ok bool) {
	if len(row) == 0 || row[0] != '"' {
		n := bytes.IndexByte(row, comma)
		if more = n >= 0; more {
			row, rest = row[:n], row[n+1:]
		}
		return append(dst, row...), rest, more, bytes.IndexByte(row, '"') < 0
	}
	for row = row[1:]; ; row = row[1:] {
		n := bytes.IndexByte(row, '"')
		if n < 0 {
			return dst, nil, false, false
		}
		dst = append(dst, row[:n]...)
		row = row[n+1:]
		switch {
		case len(row) == 0:
			return dst, nil, false, true
		case row[0] == comma:
			return dst, row[1:], true, true
		case row[0] != '"':
			return dst, nil, false, false
		}
		dst = append(dst, '"')
	}
}

// fits reports whether a row has a cell for each column, with quotes as they should be.
func (s *csvState) fits(row []byte) bool {
	n := 0
	for more := true; more; n++ {
		var ok bool
		if s.cell, row, more, ok = cutCSV(s.cell[:0], row, s.table.comma); !ok {
			return false
		}
	}
	if cap(s.cell) > maxKeptMade {
		s.cell = nil
	}
	return n == len(s.table.columns)
}

// eachCSV calls yield for the cells of a row that are not missing: Discover writes a
// dash for a field that an event has not.
func (t *table) eachCSV(row []byte, yield func(c *column, cell []byte) bool) {
	var buf []byte
	for i, more := 0, true; more && i < len(t.columns); i++ {
		var cell []byte
		cell, row, more, _ = cutCSV(buf[:0], row, t.comma)
		buf = cell
		if t.guarded && len(cell) > 1 && cell[0] == '\'' && bytes.IndexByte([]byte("=+-@"), cell[1]) >= 0 {
			cell = cell[1:]
		}
		if len(cell) == 0 || string(cell) == "-" {
			continue
		}
		if !yield(&t.columns[i], cell) {
			return
		}
	}
}

// appendCell appends a cell of CSV as JSON. Everything is a string, as for Elasticsearch
// a number may be; but dates and long numbers are shown for reading, and are turned back.
func appendCell(dst []byte, c *column, cell []byte) []byte {
	if c.use == aField {
		if c.list {
			return appendList(dst, cell)
		}
		if t := appendShownTime(dst, cell); t != nil {
			return t
		}
		if isGrouped(cell) {
			cell = bytes.ReplaceAll(cell, []byte{','}, nil)
		}
	}
	return appendString(dst, cell)
}

// appendList appends several values: a JSON array as it is, else what commas and spaces
// separate.
func appendList(dst, cell []byte) []byte {
	if cell[0] == '[' && json.Valid(cell) {
		return append(dst, cell...)
	}
	if !bytes.Contains(cell, []byte(", ")) {
		return appendString(dst, cell)
	}
	dst = append(dst, '[')
	for v := range bytes.SplitSeq(cell, []byte(", ")) {
		dst = append(appendString(dst, v), ',')
	}
	dst[len(dst)-1] = ']'
	return dst
}

// isGrouped reports whether a cell is a number with commas between thousands.
func isGrouped(cell []byte) bool {
	cell = bytes.TrimPrefix(cell, []byte{'-'})
	whole, _, _ := bytes.Cut(cell, []byte{'.'})
	groups := bytes.Split(whole, []byte{','})
	if len(whole) > 32 || len(groups) < 2 || len(groups[0]) > 3 {
		return false
	}
	for i, g := range groups {
		if len(g) == 0 || i > 0 && len(g) != 3 {
			return false
		}
	}
	for _, c := range cell {
		if c-'0' > 9 && c != ',' && c != '.' {
			return false
		}
	}
	return bytes.Count(cell, []byte{'.'}) <= 1
}
