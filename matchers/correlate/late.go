package correlate

import (
	"encoding/binary"
	"errors"

	"coldcase/matchers"
	"coldcase/matchers/event"
)

// Late is a row that was left out, because its group had shown too little by then. When
// the group shows enough in the end, the event has to be read again and the row emitted.
type Late struct {
	Rule         int32
	event.Origin // of the event that makes it
	group        uint64
}

// Share makes the collector add its rows to tallies that others share. From the leaveFrom-th
// row of a rule on it may leave rows out, below 0 none: whoever allows it emits LateRows
// before a reduction. It is called before the first Emit.
func (c *Collector) Share(t *Tallies, leaveFrom int) {
	c.tallies, c.leaveFrom = t, int32(leaveFrom)
	if leaveFrom >= 0 {
		c.made = make([]int32, len(t.programs))
	}
}

// Unshare lets go of the tallies, when no further row is emitted.
func (c *Collector) Unshare() { c.tallies, c.scratch = nil, tallyScratch{} }

// Leave says whether the row of an event need not be emitted, and notes in its place where
// the event stands. The rows of some rules are as many as the events and mostly say the
// same, and of most groups no finding comes.
func (c *Collector) Leave(rule int32, row matchers.RowHit, at event.Origin) (bool, error) {
	if c.made == nil || !c.tallies.needs(rule) {
		return false, nil
	}
	if c.made[rule] < c.leaveFrom {
		c.made[rule]++
		return false, nil
	}
	group := groupHash(rule, row.Key)
	met, err := c.tallies.note(rule, group, row.Row, row.Shown, &c.scratch)
	if met || err != nil {
		return false, err
	}
	c.payload = (&Late{rule, at, group}).append(c.payload[:0])
	return true, c.late.Add(c.payload)
}

// LateRows adds to out, in the order of the evidence, what was left out and may be needed
// after all, by what is known of the groups in the whole run. CutLate reads an entry.
func (c *Collector) LateRows(whole *Tallies, out *Sorter) (err error) {
	eachErr := c.late.Each(func(entry []byte) {
		if err != nil {
			return
		}
		var l Late
		if l, err = CutLate(entry); err == nil && whole.shows(l.Rule, l.group) {
			c.key = AppendInt(AppendInt(AppendInt(c.key[:0], int64(l.Input)), l.Offset), int64(l.Rule))
			err = out.Add(c.key, entry)
		}
	})
	return errors.Join(err, eachErr)
}

func (l *Late) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, l.group)
	for _, n := range [...]int64{int64(l.Rule), int64(l.Input), l.Line, l.Offset, int64(l.Length)} {
		dst = binary.AppendVarint(dst, n)
	}
	return dst
}

// CutLate reads an entry of LateRows. The error says that the temporary file was changed
// behind our back.
func CutLate(b []byte) (l Late, err error) {
	if len(b) < 8 {
		return l, errRecord
	}
	l.group, b = binary.BigEndian.Uint64(b), b[8:]
	var n [5]int64
	for i := range n {
		if n[i], b, err = cutInt(b); err != nil {
			return l, err
		}
	}
	l.Rule, l.Origin = int32(n[0]), event.Origin{Input: int32(n[1]), Line: n[2], Offset: n[3], Length: int32(n[4])}
	return l, nil
}
