package rows

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/bits"
)

// distinct counts distinct values: exactly up to a limit, by their digests, then as
// HyperLogLog does, within about one percent. Elasticsearch estimates from 3,000 on.
type distinct struct {
	exact
	limit  int
	seen   map[digest]struct{}
	sketch []uint8 // registers, nil while counting is exact
	buf    []byte
}

// digest is cut from SHA-256, so that evidence cannot be made to collide.
type digest [16]byte

// sketchBits is the logarithm of the number of registers.
const sketchBits = 14

func newDistinct(limit int) *distinct { return &distinct{limit: limit} }

func (s *distinct) add(a []Value) {
	for _, x := range a[0] {
		s.buf = appendScalar(s.buf[:0], x)
		sum := sha256.Sum256(s.buf)
		s.note(digest(sum[:16]))
	}
}

func (s *distinct) note(d digest) {
	if s.sketch != nil {
		s.mark(d)
		return
	}
	if s.seen == nil {
		s.seen = map[digest]struct{}{}
	}
	s.seen[d] = struct{}{}
	if len(s.seen) > s.limit {
		s.estimate()
	}
}

// estimate goes over to the sketch.
func (s *distinct) estimate() {
	s.sketch = make([]uint8, 1<<sketchBits)
	for d := range s.seen {
		s.mark(d)
	}
	s.seen = nil
}

func (s *distinct) mark(d digest) {
	h := binary.BigEndian.Uint64(d[:])
	rank := uint8(bits.LeadingZeros64(h<<sketchBits|1<<(sketchBits-1))) + 1
	i := h >> (64 - sketchBits)
	s.sketch[i] = max(s.sketch[i], rank)
}

func (s *distinct) merge(o state) {
	t := o.(*distinct)
	for d := range t.seen {
		s.note(d)
	}
	if t.sketch == nil {
		return
	}
	if s.sketch == nil {
		s.estimate()
	}
	for i, rank := range t.sketch {
		s.sketch[i] = max(s.sketch[i], rank)
	}
}

func (s *distinct) result() Value {
	if s.sketch == nil {
		return longValue(int64(len(s.seen)))
	}
	const m = 1 << sketchBits
	sum, zeros := 0.0, 0
	for _, rank := range s.sketch {
		sum += 1 / float64(uint64(1)<<rank)
		if rank == 0 {
			zeros++
		}
	}
	n := 0.7213 / (1 + 1.079/m) * m * m / sum
	if n <= 2.5*m && zeros > 0 {
		n = m * math.Log(m/float64(zeros))
	}
	return longValue(int64(math.Round(n)))
}

// edgeValue is the value of the row with the smallest (or largest) order, the first such
// row when there are several; null orders last.
type edgeValue struct {
	exact
	last, seen, isNull bool
	order              Scalar
	value              Value
}

func (s *edgeValue) add(a []Value) {
	var by Value
	if len(a) > 1 {
		by = a[1]
	}
	if len(by) == 0 {
		s.note(true, Scalar{}, a[0])
		return
	}
	for _, x := range by {
		s.note(false, x, a[0])
	}
}

func (s *edgeValue) note(isNull bool, order Scalar, v Value) {
	if s.seen && !s.better(isNull, order) {
		return
	}
	s.seen, s.isNull, s.order, s.value = true, isNull, order, v
}

func (s *edgeValue) better(isNull bool, order Scalar) bool {
	switch {
	case isNull:
		return false
	case s.isNull:
		return true
	case s.last:
		return less(order, s.order) > 0
	}
	return less(order, s.order) < 0
}

func (s *edgeValue) merge(o state) {
	if t := o.(*edgeValue); t.seen {
		s.note(t.isNull, t.order, t.value)
	}
}

func (s *edgeValue) result() Value { return s.value }
