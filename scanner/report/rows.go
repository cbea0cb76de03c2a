package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// RowWriter writes the rows of a query, one after the other, in one format.
type RowWriter struct {
	w       io.Writer
	columns []string
	row     func(r *RowWriter, cells []any) error
	raw     bool
	buf     []byte
}

// NewRowCSV writes rows as CSV with a header; lists are joined by ';'. The formula guard
// is that of [CSV], but for names of columns that no spreadsheet can run: @timestamp is
// what programs look for. The error is w's.
func NewRowCSV(w io.Writer, columns []string, raw bool) (*RowWriter, error) {
	r := &RowWriter{w: w, columns: columns, row: (*RowWriter).csv, raw: raw}
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = csvCell(c, raw || plainName(c))
	}
	_, err := w.Write(appendRecord(nil, header))
	return r, err
}

// NewRowJSONL writes rows as JSON Lines: an object with the columns in their order.
func NewRowJSONL(w io.Writer, columns []string) *RowWriter {
	return &RowWriter{w: w, columns: columns, row: (*RowWriter).jsonl}
}

// Write writes a row: a JSON value for each column.
func (r *RowWriter) Write(cells []any) error { return r.row(r, cells) }

func (r *RowWriter) csv(cells []any) error {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = csvCell(cellOf(c, ";"), r.raw)
	}
	r.buf = appendRecord(r.buf[:0], row)
	_, err := r.w.Write(r.buf)
	return err
}

func (r *RowWriter) jsonl(cells []any) error {
	out := append(r.buf[:0], '{')
	for i, c := range cells {
		if i > 0 {
			out = append(out, ',')
		}
		for k, v := range [...]any{r.columns[i], c} {
			b, err := json.Marshal(v)
			if err != nil {
				return err
			}
			if k == 1 {
				out = append(out, ':')
			}
			out = append(out, b...)
		}
	}
	r.buf = append(out, "}\n"...)
	_, err := r.w.Write(r.buf)
	return err
}

// cellOf writes a value as text; null is nothing.
func cellOf(v any, separator string) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = cellOf(x, separator)
		}
		return strings.Join(parts, separator)
	}
	return fmt.Sprint(v)
}

// plainName reports whether a column's name is made of letters, digits, '_' and '.', with
// an '@' in front at most.
func plainName(name string) bool {
	name = strings.TrimPrefix(name, "@")
	for i := range len(name) {
		c := name[i]
		if c != '_' && c != '.' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return name != ""
}

// RowTable keeps the first rows of a query for the screen.
type RowTable struct {
	columns []string
	opt     Options
	rows    [][]string
	right   []bool // by column: all values are numbers
	dates   []bool // by column: all values are dates
	total   int64
	// Few leaves out columns without a value: nobody asked for these.
	Few bool
}

// Most rows that a table shows, and characters of a cell: of one that is fitted to the
// screen, and of one that is not.
const (
	maxTableRows = 1000
	maxTableCell = 200
	maxFullCell  = 64 << 10
)

// readable is the width in which most columns can be told apart, dateWidth that of a date.
// A screen that has no room for that gets a line for each value.
const (
	readable  = 12
	dateWidth = len("2006-01-02T15:04:05.000Z")
)

// NewRowTable returns a table without rows.
func NewRowTable(columns []string, opt Options) *RowTable {
	t := &RowTable{columns: columns, opt: opt}
	for range columns {
		t.right, t.dates = append(t.right, true), append(t.dates, true)
	}
	return t
}

// Add takes a copy of a row.
func (t *RowTable) Add(cells []any) {
	if t.total++; t.total > maxTableRows {
		return
	}
	most := maxTableCell
	if t.opt.Full {
		most = maxFullCell
	}
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = truncate(Safe(cellOf(c, ", ")), most)
		t.dates[i] = t.dates[i] && (c == nil || isDate(row[i]))
		switch c.(type) {
		case nil, int64, uint64, json.Number:
		default:
			t.right[i] = false
		}
	}
	t.rows = append(t.rows, row)
}

// isDate reports whether s is a date as a query writes it.
func isDate(s string) bool {
	return len(s) == dateWidth && s[4] == '-' && s[10] == 'T' && s[13] == ':' && s[23] == 'Z'
}

// Write draws the table and says how many rows there are.
func (t *RowTable) Write(w io.Writer) error {
	lines, err := t.lines()
	if err != nil {
		return err
	}
	if len(lines) > 0 {
		lines = append(lines, "")
	}
	_, err = io.WriteString(w, strings.Join(lines, "\n")+t.count()+"\n")
	return err
}

func (t *RowTable) count() string {
	switch {
	case t.total == 1:
		return "1 row"
	case t.total > maxTableRows:
		return fmt.Sprintf("%s rows, the first %s are shown; --csv FILE and --jsonl FILE hold all", number(t.total), number(maxTableRows))
	}
	return number(t.total) + " rows"
}

// lines draws a grid, or where that would tell nothing on a narrow screen, a line for each
// value.
func (t *RowTable) lines() ([]string, error) {
	shown := t.shown()
	if len(shown) == 0 || len(t.rows) == 0 {
		return nil, nil
	}
	var cols []column
	least := indent - gap
	for _, i := range shown {
		c := column{title: truncate(Safe(t.columns[i]), maxTableCell), right: t.right[i], min: readable, soft: 24}
		if t.dates[i] {
			c.min = dateWidth
		}
		cols = append(cols, c)
	}
	rows := make([][]string, len(t.rows))
	for k, row := range t.rows {
		for _, i := range shown {
			rows[k] = append(rows[k], row[i])
		}
	}
	for i, w := range naturalWidths(cols, rows) {
		least += min(w, cols[i].min) + gap
	}
	if width := t.opt.fitTo(); width > 0 && least > width {
		return valueLines(cols, rows, width), nil
	}
	return grid(cols, rows, t.opt.fitTo())
}

// shown are the places of the columns that are drawn.
func (t *RowTable) shown() (out []int) {
	for i := range t.columns {
		if !t.Few || slices.ContainsFunc(t.rows, func(row []string) bool { return row[i] != "" }) {
			out = append(out, i)
		}
	}
	return out
}

// valueLines draws a block for each row, with a line for each value that it has. Values are
// not fitted to width: they have the line for themselves.
func valueLines(cols []column, rows [][]string, width int) (out []string) {
	name := 0
	for _, c := range cols {
		name = max(name, displayWidth(c.title))
	}
	name = min(name, width/3)
	for n, row := range rows {
		out = append(out, fmt.Sprintf("row %s", number(int64(n+1))))
		for i, c := range cols {
			if row[i] == "" {
				continue
			}
			title := truncate(c.title, name)
			out = append(out, "  "+title+strings.Repeat(" ", name-displayWidth(title)+gap)+row[i])
		}
	}
	return out
}
