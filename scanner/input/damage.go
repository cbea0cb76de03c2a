package input

import (
	"errors"
	"fmt"
	"io"
)

var (
	// ErrStopped ends a stream whose Limits.Done was closed. It says nothing about the
	// input.
	ErrStopped = errors.New("stopped")

	// errChanged marks an input that was written to while it was read.
	errChanged = errors.New("changed while read")
	// errChecksum ends a unit that was decoded whole and is not what was compressed.
	errChecksum = errors.New("invalid checksum")
)

// Gap is an error that stands between decoded bytes: something was lost there, and
// reading may go on after it. What comes before and after it does not join up.
type Gap struct {
	Why          string // what was found, without position
	StoredOffset int64  // stored bytes before the lost ones
	StoredLength int64  // stored bytes that were not decoded
	// DecodedOffset is the number of decoded bytes before the gap; what comes after it
	// is counted on from there.
	DecodedOffset int64
	// LostDecoded is how many decoded bytes are missing, as far as can be told; Estimated
	// says that this was concluded from the lost stored bytes.
	LostDecoded int64
	Estimated   bool
	// Unverified is how many of the decoded bytes right before the gap no checksum
	// vouches for: any of them may be wrong.
	Unverified int64

	// joined says that nothing is missing: the bytes before were decoded whole and are
	// only not verified. Such a gap stands in the ledger and is not returned by Read.
	joined bool
}

// Error says what is wrong and at which stored and decoded byte.
func (g *Gap) Error() string {
	return fmt.Sprintf("%s at stored byte %d, after %d decoded bytes: %d stored bytes lost",
		g.Why, g.StoredOffset, g.DecodedOffset, g.StoredLength)
}

// DamageError ends a stream that could not be read whole. All that could be decoded
// before the damage has been returned by then.
type DamageError struct {
	Why           string // what was found, without position
	StoredOffset  int64  // stored bytes consumed where it was noticed
	DecodedOffset int64  // decoded bytes before it
	Err           error  // the cause; wraps io.ErrUnexpectedEOF for a truncated input
}

// Error says what is wrong and at which stored and decoded byte.
func (e *DamageError) Error() string {
	return fmt.Sprintf("%s at stored byte %d, after %d decoded bytes", e.Why, e.StoredOffset, e.DecodedOffset)
}

// Unwrap returns the cause.
func (e *DamageError) Unwrap() error { return e.Err }

// maxGaps is how many gaps a ledger lists. The others are in its totals.
const maxGaps = 1000

// Ledger is what became of the bytes of one input.
type Ledger struct {
	Stored  int64 // bytes read, as stored
	Decoded int64 // bytes returned
	// LostStored counts stored bytes that were not decoded, LostDecoded what they would
	// have been; it is an estimate, from the rest of the input, when Estimated. What a
	// truncated input never held is in neither.
	LostStored, LostDecoded int64
	Estimated               bool
	// Unverified counts decoded bytes that stood under a checksum which did not hold, or
	// was not there any more. They were returned all the same.
	Unverified int64
	// Gaps are the places, in order, at most 1,000, and MoreGaps how many were left out.
	// A gap that lost nothing, and the damage that ended the stream, are among them.
	Gaps     []Gap
	MoreGaps int64
	// Changed says that the file did not have the size any more that it was opened with,
	// or that was read, when it was read to its end.
	Changed bool
}

// add enters a place. It belongs to the ledger from then on.
func (l *Ledger) add(g Gap) {
	l.LostStored += g.StoredLength
	l.LostDecoded += g.LostDecoded
	l.Estimated = l.Estimated || g.Estimated
	l.Unverified += g.Unverified
	if len(l.Gaps) == maxGaps {
		l.MoreGaps++
		return
	}
	l.Gaps = append(l.Gaps, g)
}

// noEOF keeps a bare io.EOF from within a compressed stream from being taken for its
// regular end.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// WithoutPath returns what is wrong with a file without its path, for whoever has named
// it already.
func WithoutPath(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}
