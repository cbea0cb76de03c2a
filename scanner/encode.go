package scanner

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

// ErrSpilled says that a temporary file does not hold what was written to it.
var ErrSpilled = errors.New("spilled state is damaged")

func appendScore(dst []byte, score float64) []byte {
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(score))
}

func cutScore(b []byte) (score float64, rest []byte, err error) {
	if len(b) < 8 {
		return 0, nil, ErrSpilled
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), b[8:], nil
}

// member is one group as seen from one of its entities.
type member struct {
	kind, key, name string
	rule            int32
	score           float64
	count           int64
	risk            int // of its findings, for Elastic's formula; else 0
	first           time.Time
}

func encodeMember(m member) []byte {
	b := appendScore(nil, m.score)
	b = binary.AppendVarint(b, int64(m.rule))
	b = binary.AppendVarint(b, m.count)
	b = binary.AppendVarint(b, int64(m.risk))
	nanos := int64(math.MaxInt64)
	if !m.first.IsZero() {
		nanos = m.first.UnixNano()
	}
	b = binary.AppendVarint(b, nanos)
	for _, s := range [...]string{m.kind, m.key, m.name} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

func decodeMember(b []byte) (m member, err error) {
	if m.score, b, err = cutScore(b); err != nil {
		return m, err
	}
	var nums [4]int64
	for i := range nums {
		n, size := binary.Varint(b)
		if size <= 0 {
			return m, ErrSpilled
		}
		nums[i], b = n, b[size:]
	}
	m.rule, m.count, m.risk = int32(nums[0]), nums[1], int(nums[2])
	if nums[3] != math.MaxInt64 {
		m.first = time.Unix(0, nums[3]).UTC()
	}
	for _, s := range [...]*string{&m.kind, &m.key, &m.name} {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return m, ErrSpilled
		}
		*s, b = string(b[size:size+int(n)]), b[size+int(n):]
	}
	return m, nil
}

// scratch is memory to append to, always empty: what is appended is copied by who takes it.
type scratch []byte

// keep takes what was appended to s and keeps its memory for the next time, unless a large
// record has made it large.
func (s *scratch) keep(appended []byte) []byte {
	if *s = appended[:0]; cap(appended) > maxScratch {
		*s = nil
	}
	return appended
}

const maxScratch = 1 << 20
