package input

import (
	"errors"
	"fmt"
	"io"
)

// ErrStopped ends a stream whose Limits.Done was closed. It says nothing about the
// input.
var ErrStopped = errors.New("stopped")

// errChanged marks an input that was written to while it was read.
var errChanged = errors.New("changed while read")

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

// noEOF keeps a bare io.EOF from within a compressed stream from being taken for its
// regular end.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
