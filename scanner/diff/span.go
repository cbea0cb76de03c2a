package diff

import (
	"encoding/binary"

	"coldcase/matchers/correlate"
)

// keySpan is the time of one key of one item.
type keySpan struct {
	n          int64 // item.number, whose last bit is the side
	start, end int64
}

func (x keySpan) side() int { return int(x.n & 1) }

// addSpans files a key for both walks: forwards by beginning with A first, and
// backwards with B first, so that of two that begin together each comes last once.
func addSpans(s *correlate.Sorter, k itemKey, x *item) error {
	sp := keySpan{x.number(), k.Start, k.End}
	for back, start := range []int64{k.Start, ^k.Start} {
		key := append([]byte(k.Hash), byte(back))
		key = correlate.AppendInt(key, start)
		key = append(key, byte(sp.side()^back))
		if err := s.Add(correlate.AppendInt(key, sp.n), sp.encode(back == 1, k.Hash)); err != nil {
			return err
		}
	}
	return nil
}

func (x keySpan) encode(back bool, hash string) []byte {
	dst := []byte{0}
	if back {
		dst[0] = 1
	}
	for _, n := range []int64{x.n, x.start, x.end} {
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	return append(dst, hash...)
}

// decodeSpan reads what encode wrote, which nobody else does.
func decodeSpan(b []byte) (x keySpan, back bool, hash string) {
	n := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[1+8*i:])) }
	return keySpan{n(0), n(1), n(2)}, b[0] == 1, string(b[25:])
}

// sweep is one walk over the spans of a key.
type sweep struct {
	hash string
	back bool
	seen [2]bool
	// reach is by side the latest end so far, or walking backwards the last beginning.
	reach  [2]int64
	marked int64
}

// meets takes the next span and says whether one of the other side that came before it
// overlaps with it.
func (s *sweep) meets(x keySpan, back bool, hash string) bool {
	if hash != s.hash || back != s.back {
		*s = sweep{hash: hash, back: back, marked: s.marked}
	}
	me, other := x.side(), 1-x.side()
	met := s.seen[other]
	if back {
		met = met && s.reach[other] <= x.end
		s.reach[me] = x.start
	} else {
		met = met && s.reach[other] >= x.start
		if !s.seen[me] || x.end > s.reach[me] {
			s.reach[me] = x.end
		}
	}
	s.seen[me] = true
	return met
}
