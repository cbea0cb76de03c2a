package lines

import (
	"bytes"
	"encoding/json"
	"strings"
)

// table is the columns of an ES|QL or SQL response or of a CSV file: what makes an event
// of a row. It is not changed once it is made.
type table struct {
	columns []column
	comma   byte // between the cells of CSV; 0 for rows that are JSON arrays
	guarded bool // cells of CSV have an apostrophe before what a spreadsheet would run
}

// column is what becomes of the cells in one place.
type column struct {
	key  []byte // `"name":`
	use  use
	list bool // of CSV: holds several values more often than not
}

// use is what a column is for.
type use uint8

const (
	aField use = iota
	theIndex
	theID
	theSource // the whole event
	noUse     // other metadata of hits
)

// maxColumns bounds the text of a response's columns, and of a header line, in bytes.
const maxColumns = 1 << 20

// parseColumns reads the columns of a response, [{"name":…,"type":…},…]; nil when it is
// something else.
func parseColumns(text []byte) *table {
	var columns []struct {
		Name string `json:"name"`
	}
	if len(text) > maxColumns || json.Unmarshal(text, &columns) != nil || len(columns) == 0 {
		return nil
	}
	t := &table{}
	for _, c := range columns {
		if c.Name == "" {
			return nil
		}
		t.add(c.Name)
	}
	return t
}

func (t *table) add(name string) {
	c := column{key: append(appendString(nil, []byte(name)), ':'), list: isList(name)}
	switch {
	case name == "_index":
		c.use = theIndex
	case name == "_id":
		c.use = theID
	case name == "_source":
		c.use = theSource
	case strings.HasPrefix(name, "_"):
		c.use = noUse
	}
	t.columns = append(t.columns, c)
}

// isList reports whether a field holds several values more often than not. CSV shows
// them as a list with commas, which nothing tells from a text with commas but the name.
func isList(name string) bool {
	switch name {
	case "tags", "event.category", "event.type", "host.ip", "host.mac", "process.env_vars", "process.Ext.ancestry",
		"dns.resolved_ip", "user.roles", "container.image.tag":
		return true
	}
	return strings.HasSuffix(name, ".args") || strings.HasPrefix(name, "related.")
}

// appendEvent appends the event that a row stands for: a hit when it has an index or an
// id, else the bare fields by their dotted names. An event of more than limit bytes is
// cut off there, which makes it a bad line.
func (t *table) appendEvent(dst, row []byte, limit int) []byte {
	var meta, source []byte
	t.each(row, func(c *column, cell []byte) bool {
		switch c.use {
		case theIndex, theID:
			meta = append(append(append(meta, c.key...), t.value(nil, c, cell)...), ',')
		case theSource:
			if v := t.object(cell); v != nil {
				source = append(source, v...)
			}
		}
		return len(meta)+len(source) <= limit
	})
	if meta != nil || source != nil {
		dst = append(append(append(dst, '{'), meta...), `"_source":`...)
	}
	if source == nil {
		dst = t.appendFields(dst, row, limit)
	} else {
		dst = append(dst, source...)
	}
	if len(dst) >= limit {
		return dst[:limit]
	}
	if meta != nil || source != nil {
		dst = append(dst, '}')
	}
	return dst
}

func (t *table) appendFields(dst, row []byte, limit int) []byte {
	dst = append(dst, '{')
	none := len(dst)
	t.each(row, func(c *column, cell []byte) bool {
		if c.use != aField {
			return true
		}
		if len(dst) > none {
			dst = append(dst, ',')
		}
		dst = t.value(append(dst, c.key...), c, cell)
		return len(dst) < limit
	})
	return append(dst, '}')
}

// each calls yield for the cells of a row that are not missing.
func (t *table) each(row []byte, yield func(c *column, cell []byte) bool) {
	if t.comma != 0 {
		t.eachCSV(row, yield)
		return
	}
	i := 0
	eachCell(row, func(cell []byte) bool {
		c := &t.columns[min(i, len(t.columns)-1)]
		i++
		return string(cell) == "null" || yield(c, cell)
	})
}

// value appends a cell as JSON.
func (t *table) value(dst []byte, c *column, cell []byte) []byte {
	if t.comma == 0 {
		return append(dst, cell...)
	}
	return appendCell(dst, c, cell)
}

// object returns a cell that holds a JSON object.
func (t *table) object(cell []byte) []byte {
	if len(cell) > 0 && cell[0] == '{' && json.Valid(cell) {
		return cell
	}
	return nil
}

// eachCell calls yield for the elements of a JSON array, which a machine has followed.
func eachCell(row []byte, yield func(cell []byte) bool) {
	var m machine
	i := blanks(row, 1)
	for i < len(row) && row[i] != ']' {
		m.begin()
		end, p := m.run(row, i)
		if p != done || !yield(row[i:end]) {
			return
		}
		if i = blanks(row, end); i < len(row) && row[i] == ',' {
			i = blanks(row, i+1)
		}
	}
}

// countCells counts the elements of a row; -1 when it is no array.
func countCells(row []byte) (n int) {
	if len(row) == 0 || row[0] != '[' {
		return -1
	}
	eachCell(row, func([]byte) bool { n++; return true })
	return n
}

const hexDigits = "0123456789abcdef"

// appendString appends a text as a JSON string. Bytes that are not UTF-8 stay.
func appendString(dst, text []byte) []byte {
	dst = append(dst, '"')
	for {
		n := textStop(text)
		dst = append(dst, text[:n]...)
		if n == len(text) {
			return append(dst, '"')
		}
		switch c := text[n]; {
		case c == '"', c == '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		text = text[n+1:]
	}
}

// trimCR removes the first half of a line end.
func trimCR(text []byte) []byte { return bytes.TrimSuffix(text, []byte{'\r'}) }
