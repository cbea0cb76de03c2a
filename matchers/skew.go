package matchers

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

// skews is a histogram of how much later than its time an event was ingested: fine where
// clocks and time zones differ, coarse beyond. It has at most some hundred buckets, and
// keeps the sum of each, so that a constant skew is told exactly.
type skews []skewBucket

type skewBucket struct {
	number  int16
	n       int64
	seconds int64 // the sum
}

// Widths of buckets: up to a minute is none; then up to a quarter of an hour; then
// quarters up to a quarter of a day's hours; then hours up to a day; then twice as much
// each.
const (
	quarter  = int64(15 * time.Minute / time.Second)
	hour     = int64(time.Hour / time.Second)
	quarters = 6 * 4
	hours    = 24
)

// skewNumber returns the bucket of a number of seconds.
func skewNumber(seconds int64) int16 {
	if seconds < 0 {
		return -skewNumber(-seconds)
	}
	switch {
	case seconds < 60:
		return 0
	case seconds < quarter:
		return 1
	case seconds < quarters*quarter:
		return 1 + int16(seconds/quarter)
	case seconds < hours*hour:
		return 1 + quarters + int16(seconds/hour)
	}
	return 1 + quarters + hours + int16(bits.Len64(uint64(seconds/(hours*hour))))
}

// add counts an event that was ingested so many seconds after its time.
func (s *skews) add(seconds int64) {
	b := s.bucket(skewNumber(seconds))
	b.n++
	b.seconds += seconds
}

func (s *skews) bucket(number int16) *skewBucket {
	if b := *s; len(b) > 0 && b[len(b)-1].number == number {
		return &b[len(b)-1]
	}
	i, ok := slices.BinarySearchFunc(*s, number, func(b skewBucket, n int16) int { return cmp.Compare(b.number, n) })
	if !ok {
		*s = slices.Insert(*s, i, skewBucket{number: number})
	}
	return &(*s)[i]
}

func (s *skews) merge(o skews) {
	for _, b := range o {
		dst := s.bucket(b.number)
		dst.n += b.n
		dst.seconds += b.seconds
	}
}

// median returns the mean of the bucket in which the median lies, and how many events
// there are.
func (s skews) median() (skew time.Duration, events int64) {
	for _, b := range s {
		events += b.n
	}
	left := (events + 1) / 2
	for _, b := range s {
		if left -= b.n; left <= 0 && b.n > 0 {
			return time.Duration(b.seconds/b.n) * time.Second, events
		}
	}
	return 0, 0
}
