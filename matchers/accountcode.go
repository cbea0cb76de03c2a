package matchers

import (
	"encoding/binary"
	"errors"
	"slices"

	"coldcase/rules"
	"coldcase/rules/schema"
)

// The binary form of an account: numbers as varints, texts with their length, lists and
// sets with their number of entries, in a fixed order. It is read back with every bound
// that holds while an account is filled, so that one that was forged can be no more than
// wrong.

var errAccount = errors.New("account is damaged")

// Append appends the account's binary form, which Matcher.ReadAccount reads. The account
// must not be filled meanwhile.
func (a *Account) Append(dst []byte) []byte {
	w := &accountWriter{dst}
	for _, n := range [...]int64{a.keys, a.rows, a.cut, a.audited, a.names, a.suppressed.Events, int64(len(a.suppressed.items))} {
		w.number(n)
	}
	for _, c := range a.suppressed.items {
		w.number(c.events)
		w.number(int64(c.severity))
	}
	a.census.write(w)
	return w.b
}

// ReadAccount reads what Append of an account of a matcher with the same Numbering wrote.
func (m *Matcher) ReadAccount(b []byte) (*Account, error) {
	a := m.NewAccount()
	r := &accountReader{b: b}
	for _, n := range [...]*int64{&a.keys, &a.rows, &a.cut, &a.audited, &a.names, &a.suppressed.Events} {
		*n = r.count()
	}
	if r.count() != int64(len(a.suppressed.items)) {
		return nil, errAccount
	}
	for i := range a.suppressed.items {
		c := &a.suppressed.items[i]
		c.events, c.severity = r.count(), r.atMost(len(rules.Severities))
	}
	a.census.read(r)
	if r.failed || len(r.b) > 0 {
		return nil, errAccount
	}
	return a, nil
}

// accountWriter appends.
type accountWriter struct{ b []byte }

func (w *accountWriter) number(n int64) { w.b = binary.AppendVarint(w.b, n) }
func (w *accountWriter) text(s string) {
	w.b = append(binary.AppendUvarint(w.b, uint64(len(s))), s...)
}

func (w *accountWriter) bit(x bool) {
	n := byte(0)
	if x {
		n = 1
	}
	w.b = append(w.b, n)
}

// accountReader cuts. What is damaged sets failed, and reads as nothing from then on.
type accountReader struct {
	b      []byte
	failed bool
}

func (r *accountReader) fail() {
	r.b, r.failed = nil, true
}

func (r *accountReader) number() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return n
}

// count is a number that is not negative.
func (r *accountReader) count() int64 {
	n := r.number()
	if n < 0 {
		r.fail()
		return 0
	}
	return n
}

// atMost is a number from 0 to most: how many entries follow.
func (r *accountReader) atMost(most int) int {
	n := r.count()
	if n > int64(most) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *accountReader) text(most int) string {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > uint64(len(r.b)-size) || n > uint64(most) {
		r.fail()
		return ""
	}
	s := string(r.b[size : size+int(n)])
	r.b = r.b[size+int(n):]
	return s
}

func (r *accountReader) bit() bool {
	if len(r.b) == 0 || r.b[0] > 1 {
		r.fail()
		return false
	}
	x := r.b[0] == 1
	r.b = r.b[1:]
	return x
}

func (c *Census) write(w *accountWriter) {
	for _, n := range [...]int64{c.events, c.noIndex, c.noTime, c.first, c.last} {
		w.number(n)
	}
	present := int64(0)
	for _, p := range c.present {
		if p {
			present++
		}
	}
	w.number(present)
	for slot, p := range c.present {
		if p {
			w.number(int64(slot))
		}
	}
	writeBits(w, c.lists)
	c.days.write(w)
	c.indices.write(w)
	for _, t := range c.values {
		t.write(w)
	}
	c.sources.write(w, func(d *days) { d.write(w) })
	c.hosts.write(w, func(h *hostCensus) { h.write(w) })
	c.clocks.write(w, func(h *hostClock) { h.write(w) })
}

func (c *Census) read(r *accountReader) {
	for _, n := range [...]*int64{&c.events, &c.noIndex, &c.noTime} {
		*n = r.count()
	}
	c.first, c.last = r.number(), r.number()
	for range r.atMost(len(c.present)) {
		if slot := r.atMost(len(c.present) - 1); !r.failed {
			c.present[slot] = true
		}
	}
	most := c.m.patterns.Len() // a set is as long as its greatest member wants
	c.lists = readBits(r, most)
	c.days.read(r, maxDays)
	c.indices.read(r)
	for _, t := range c.values {
		t.read(r)
	}
	c.sources.read(r, newSource, func(d *days) { d.read(r, maxHostDays) })
	c.hosts.read(r, newHostCensus, func(h *hostCensus) { h.read(r, most) })
	c.clocks.read(r, newHostClock, func(h *hostClock) { h.read(r) })
}

func writeBits(w *accountWriter, b schema.Bits) {
	w.number(int64(len(b)))
	for _, word := range b {
		w.b = binary.LittleEndian.AppendUint64(w.b, word)
	}
}

// readBits reads a set of numbers below most.
func readBits(r *accountReader, most int) schema.Bits {
	n := r.atMost((most + 63) / 64)
	if 8*n > len(r.b) {
		r.fail()
		return nil
	}
	var b schema.Bits
	for range n {
		b = append(b, binary.LittleEndian.Uint64(r.b))
		r.b = r.b[8:]
	}
	return b
}

// write writes names in the order of the alphabet, so that equal maps are written alike.
func (k *kept[V]) write(w *accountWriter, value func(V)) {
	w.bit(k.capped)
	w.b = binary.LittleEndian.AppendUint64(w.b, k.limit)
	w.number(int64(len(k.entries)))
	for _, name := range sortedKeys(k.entries) {
		w.text(name)
		value(k.entries[name])
	}
}

func (k *kept[V]) read(r *accountReader, fresh func() V, value func(V)) {
	k.capped = r.bit()
	if len(r.b) < 8 {
		r.fail()
		return
	}
	k.limit, r.b = binary.LittleEndian.Uint64(r.b), r.b[8:]
	for range r.atMost(2 * k.most) {
		name, v := r.text(maxCensusName), fresh()
		if value(v); r.failed {
			return
		}
		if hashName(name) < k.limit {
			k.entries[name] = v
		}
	}
}

func (t *tally) write(w *accountWriter) { t.counts.write(w, func(n *int64) { w.number(*n) }) }

func (t *tally) read(r *accountReader) {
	t.counts.read(r, newCount, func(n *int64) { *n = r.count() })
}

// write writes the first event of each day, which names the day.
func (d *days) write(w *accountWriter) {
	firsts := make([]int64, 0, len(d.first))
	for _, t := range d.first {
		firsts = append(firsts, t)
	}
	slices.Sort(firsts)
	w.number(int64(len(firsts)))
	for _, t := range firsts {
		w.number(t)
	}
}

func (d *days) read(r *accountReader, most int) {
	for range r.atMost(most) {
		if t := r.number(); !r.failed {
			d.add(t, most)
		}
	}
}

func (h *hostCensus) write(w *accountWriter) {
	w.number(h.events)
	writeBits(w, h.lists)
	h.days.write(w)
}

func (h *hostCensus) read(r *accountReader, lists int) {
	h.events = r.count()
	h.lists = readBits(r, lists)
	h.days.read(r, maxHostDays)
}

func (h *hostClock) write(w *accountWriter) {
	w.text(h.name)
	for _, n := range [...]int64{h.events, h.first, h.last, h.early, h.ahead} {
		w.number(n)
	}
	h.active.write(w)
	w.number(int64(len(h.skew)))
	for _, b := range h.skew {
		w.number(int64(b.number))
		w.number(b.n)
		w.number(b.seconds)
	}
}

// maxSkewBuckets is more than skewNumber tells apart.
const maxSkewBuckets = 512

func (h *hostClock) read(r *accountReader) {
	h.name = r.text(maxCensusName)
	h.events, h.first, h.last, h.early, h.ahead = r.count(), r.number(), r.number(), r.count(), r.count()
	h.active.read(r)
	for range r.atMost(maxSkewBuckets) {
		number, n, seconds := r.number(), r.count(), r.number()
		if r.failed || number != int64(int16(number)) || len(h.skew) > 0 && int64(h.skew[len(h.skew)-1].number) >= number {
			r.fail()
			return
		}
		h.skew = append(h.skew, skewBucket{int16(number), n, seconds})
	}
}

func (a *activity) write(w *accountWriter) {
	w.number(int64(a.level))
	w.number(int64(len(a.words)))
	for _, word := range a.words {
		w.number(int64(word.key))
		w.b = binary.LittleEndian.AppendUint64(w.b, word.bits)
	}
}

// maxActivityLevel is more than any two times make needful: 128 words of slots of two
// years.
const maxActivityLevel = 20

func (a *activity) read(r *accountReader) {
	a.level = uint8(r.atMost(maxActivityLevel))
	for range r.atMost(maxActiveWords) {
		key := r.number()
		if len(r.b) < 8 || key != int64(int32(key)) || len(a.words) > 0 && int64(a.words[len(a.words)-1].key) >= key {
			r.fail()
			return
		}
		a.words = append(a.words, activeWord{int32(key), binary.LittleEndian.Uint64(r.b)})
		r.b = r.b[8:]
	}
}
