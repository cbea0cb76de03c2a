package matchers

import (
	"encoding/binary"

	"coldcase/matchers/event"
)

// rowMemo remembers the rows that a rule in ES|QL made of the values of its fields (see
// rows.Program.Inputs). Evidence repeats its hosts, users and agents, and a rule that asks
// for no more of an event makes the same row again and again. It is for one goroutine.
type rowMemo struct {
	// rows are by the values, as appendInputs has them. When there are too many they are
	// past, of which only those that come again are kept.
	rows, past   map[string]memoRow
	asked, known int
	off          bool
}

// memoRow is the only row of an event, or that the event makes none.
type memoRow struct {
	hit  RowHit
	none bool
}

// Bounds of a memo: rows, twice, and bytes of the values of one and of the row. One that knows
// less than half of what it is asked is given up.
const (
	maxMemoRows  = 384
	maxMemoBytes = 512
	memoTrial    = 2048
)

// recall returns the row that values make, if that is known.
func (m *rowMemo) recall(values []byte) (row memoRow, known bool) {
	if row, known = m.rows[string(values)]; !known {
		if row, known = m.past[string(values)]; known {
			m.remember(values, row)
		}
	}
	if m.asked++; known {
		m.known++
	}
	if m.asked == memoTrial {
		if m.known < m.asked/2 {
			*m = rowMemo{off: true}
		}
		m.asked, m.known = 0, 0
	}
	return row, known
}

// remember notes the row that values make.
func (m *rowMemo) remember(values []byte, row memoRow) {
	if m.off || len(values)+len(row.hit.Key)+len(row.hit.Row) > maxMemoBytes {
		return
	}
	if m.rows == nil || len(m.rows) >= maxMemoRows {
		m.rows, m.past = map[string]memoRow{}, m.rows
	}
	m.rows[string(values)] = row
}

// appendInputs appends the values of fields so that others have other bytes.
func appendInputs(dst []byte, ev *event.Event, fields []int) []byte {
	for _, slot := range fields {
		values := ev.Values(slot)
		dst = binary.AppendUvarint(dst, uint64(len(values)))
		for _, v := range values {
			dst = append(dst, byte(v.Kind))
			dst = append(binary.AppendUvarint(dst, uint64(len(v.Text))), v.Text...)
			if len(dst) > maxMemoBytes {
				return dst // is not remembered
			}
		}
	}
	return dst
}
