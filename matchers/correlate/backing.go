package correlate

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// backing is the events behind a row: the first of them, and how many there are.
type backing struct {
	// records are the earliest, in the order of events, each event once.
	records []*Record
	bytes   int // of records, about
	// counts are the events by cell of time, so that what several windows saw is counted
	// once. Cells ascend.
	counts      []cellCount
	first, last int64 // times, in nanoseconds
}

// cellCount is how many events lie in one cell of time.
type cellCount struct{ cell, n int64 }

// maxBacking bounds the records of one backing, in bytes. The first is always held.
const maxBacking = 1 << 20

// backed is what stands behind a row that one event made.
func backed(r *Record, cell int64) *backing {
	c := *r
	c.Row, c.Key, c.Step, c.Values = "", "", 0, nil
	return &backing{records: []*Record{&c}, bytes: sizeOf(&c), counts: []cellCount{{cell, 1}}, first: r.Time, last: r.Time}
}

func sizeOf(r *Record) int {
	size := keptOverhead
	for _, s := range r.texts() {
		size += len(*s)
	}
	return size
}

// total returns how many events there are.
func (b *backing) total() (n int64) {
	for _, c := range b.counts {
		n += c.n
	}
	return n
}

// add adds what stands behind another row; the same event may stand behind both.
func (b *backing) add(o *backing) {
	if o == nil || len(o.records) == 0 {
		return
	}
	if len(b.records) == 0 {
		b.first, b.last = o.first, o.last
	}
	if len(o.records) == 1 && o.total() == 1 && b.ends(o.records[0]) {
		return
	}
	b.join(o, func(x, y int64) int64 { return x + y })
}

// ends says whether the event is the last that was added: those of one event are
// neighbours.
func (b *backing) ends(r *Record) bool {
	n := len(b.records)
	return n > 0 && b.records[n-1].Origin == r.Origin
}

// unite adds what another window saw of the same: what both saw counts once.
func (b *backing) unite(o *backing) { b.join(o, func(x, y int64) int64 { return max(x, y) }) }

func (b *backing) join(o *backing, both func(x, y int64) int64) {
	b.first, b.last = min(b.first, o.first), max(b.last, o.last)
	b.counts = joinCounts(b.counts, o.counts, both)
	b.joinRecords(o.records)
}

func joinCounts(a, b []cellCount, both func(x, y int64) int64) []cellCount {
	if n := len(a); n > 0 && len(b) == 1 && b[0].cell >= a[n-1].cell {
		if b[0].cell > a[n-1].cell {
			return append(a, b[0])
		}
		a[n-1].n = both(a[n-1].n, b[0].n)
		return a
	}
	out := make([]cellCount, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].cell < b[0].cell:
			out, a = append(out, a[0]), a[1:]
		case b[0].cell < a[0].cell:
			out, b = append(out, b[0]), b[1:]
		default:
			out = append(out, cellCount{a[0].cell, both(a[0].n, b[0].n)})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// joinRecords keeps the earliest of both.
func (b *backing) joinRecords(more []*Record) {
	full := len(b.records) >= maxEvidence || b.bytes > maxBacking
	if full && len(more) > 0 && compareTimes(more[0], b.records[len(b.records)-1]) >= 0 {
		return
	}
	all := append(slices.Clone(b.records), more...)
	slices.SortStableFunc(all, compareTimes)
	all = slices.CompactFunc(all, func(x, y *Record) bool { return x.Origin == y.Origin })
	b.records, b.bytes = b.records[:0], 0
	for _, r := range all {
		if len(b.records) == maxEvidence || len(b.records) > 0 && b.bytes > maxBacking {
			return
		}
		b.records = append(b.records, r)
		b.bytes += sizeOf(r)
	}
}

func compareTimes(x, y *Record) int {
	return bytes.Compare(x.AppendTime(make([]byte, 0, 32)), y.AppendTime(make([]byte, 0, 32)))
}

// clone returns a backing that grows by itself.
func (b *backing) clone() *backing {
	c := *b
	c.records, c.counts = slices.Clone(b.records), slices.Clone(b.counts)
	return &c
}

// append writes the binary form.
func (b *backing) append(dst []byte) []byte {
	for _, n := range [...]int64{b.first, b.last, int64(len(b.counts)), int64(len(b.records))} {
		dst = binary.AppendVarint(dst, n)
	}
	for _, c := range b.counts {
		dst = binary.AppendVarint(binary.AppendVarint(dst, c.cell), c.n)
	}
	for _, r := range b.records {
		dst = r.Append(dst)
	}
	return dst
}

// cutBacking reads what append wrote and returns what follows it.
func cutBacking(p []byte) (b *backing, rest []byte, err error) {
	var head [4]int64
	for i := range head {
		if head[i], p, err = cutInt(p); err != nil {
			return nil, nil, err
		}
	}
	if head[2] < 0 || head[2] > int64(len(p)) || head[3] < 0 || head[3] > int64(len(p)) {
		return nil, nil, errRecord
	}
	b = &backing{first: head[0], last: head[1]}
	for range head[2] {
		var c cellCount
		if c.cell, p, err = cutInt(p); err != nil {
			return nil, nil, err
		}
		if c.n, p, err = cutInt(p); err != nil {
			return nil, nil, err
		}
		b.counts = append(b.counts, c)
	}
	for range head[3] {
		r := &Record{}
		if p, err = r.Decode(p); err != nil {
			return nil, nil, err
		}
		b.records = append(b.records, r)
		b.bytes += sizeOf(r)
	}
	return b, p, nil
}

func cutInt(b []byte) (n int64, rest []byte, err error) {
	n, size := binary.Varint(b)
	if size <= 0 {
		return 0, nil, errRecord
	}
	return n, b[size:], nil
}
