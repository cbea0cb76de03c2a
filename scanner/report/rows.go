package report

import (
	"encoding/json"
	"fmt"
	"io"
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
// is that of [CSV]. The error is w's.
func NewRowCSV(w io.Writer, columns []string, raw bool) (*RowWriter, error) {
	r := &RowWriter{w: w, columns: columns, row: (*RowWriter).csv, raw: raw}
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = csvCell(c, raw)
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

// RowTable keeps the first rows of a query for the screen.
type RowTable struct {
	columns []string
	rows    [][]string
	right   []bool // by column: all values are numbers
	total   int64
}

// Most rows that a table shows, and characters of a cell.
const (
	maxTableRows = 1000
	maxTableCell = 200
)

// NewRowTable returns a table without rows.
func NewRowTable(columns []string) *RowTable {
	t := &RowTable{columns: columns, right: make([]bool, len(columns))}
	for i := range t.right {
		t.right[i] = true
	}
	return t
}

// Add takes a copy of a row.
func (t *RowTable) Add(cells []any) {
	if t.total++; t.total > maxTableRows {
		return
	}
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = truncate(Safe(cellOf(c, ", ")), maxTableCell)
		switch c.(type) {
		case nil, int64, uint64, json.Number:
		default:
			t.right[i] = false
		}
	}
	t.rows = append(t.rows, row)
}

// Write draws the table and says how many rows there are.
func (t *RowTable) Write(w io.Writer, opt Options) error {
	var cols []column
	for i, c := range t.columns {
		cols = append(cols, column{title: truncate(Safe(c), maxTableCell), right: t.right[i], min: 8, soft: 24})
	}
	out := ""
	if len(cols) > 0 && len(t.rows) > 0 {
		lines, err := grid(cols, t.rows, opt.fitTo())
		if err != nil {
			return err
		}
		out = strings.Join(lines, "\n") + "\n"
	}
	switch {
	case t.total == 1:
		out += "1 row\n"
	case t.total > maxTableRows:
		out += fmt.Sprintf("%d rows, the first %d are shown; --csv FILE and --jsonl FILE hold all\n", t.total, maxTableRows)
	default:
		out += fmt.Sprintf("%d rows\n", t.total)
	}
	_, err := io.WriteString(w, out)
	return err
}
