package scanner

import (
	"context"
	"errors"
	"sync"

	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// Statuses of an InputResult.
const (
	StatusOK         = "ok"
	StatusDamaged    = "damaged"
	StatusUnreadable = "unreadable"
)

// inputState gathers the health of one input. Its reader sets all but bad, which
// workers add to under mu.
type inputState struct {
	mu  sync.Mutex
	bad []lines.Bad
	// actions counts bulk action lines, which are no events; under mu as well.
	actions int64
	// pieces counts the elements beyond the first on one line; under mu as well.
	pieces int64
	// order is of the batches that are scanned; under mu as well.
	order orderings

	openErr error
	damage  error
	stopped bool // the run was interrupted before the input's end
	kept    bool // it comes from the journal and is not read in this run
	stats   lines.Stats
	ledger  input.Ledger
	stored  int64
	decoded int64
	sum     string // "" when not read to its end
}

// ended notes how reading ended; err nil is the end of the input.
func (in *inputState) ended(err error, stats lines.Stats, s *input.Stream) {
	switch {
	case err == nil:
	case errors.Is(err, input.ErrStopped), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		in.stopped = true
	default:
		in.damage = err
	}
	in.stats, in.ledger = stats, s.Ledger()
	in.stored, in.decoded = in.ledger.Stored, in.ledger.Decoded
	if sum, ok := s.Sum(); ok {
		in.sum = sum
	}
}

// framed counts the bad lines that the framer found; workers count the others.
func (in *inputState) framed() (n int64) {
	for _, b := range in.stats.Bad {
		n += b.Count
	}
	return n
}

// result is called when all goroutines have ended.
func (in *inputState) result(found input.Input) InputResult {
	r := InputResult{File: found.Name, Note: found.Note, SHA256: in.sum, Bytes: in.stored, DecodedBytes: in.decoded,
		Lines: in.stats.Lines + in.pieces, Blank: in.stats.Blank, Actions: in.actions, Status: StatusOK}
	bad := in.bad
	for _, b := range in.stats.Bad {
		bad = lines.AddBad(bad, b)
	}
	for _, b := range bad {
		r.BadLines += b.Count
		r.Bad = append(r.Bad, BadKind{Kind: b.Kind, Count: b.Count, Line: b.Line, Offset: b.Offset})
	}
	switch {
	case in.openErr != nil:
		r.Status, r.Problem = StatusUnreadable, in.openErr.Error()
	case in.damage != nil:
		r.Status, r.Problem = StatusDamaged, in.damage.Error()
	case in.stopped:
		r.Status, r.Problem = StatusDamaged, "interrupted: not read to its end"
	}
	r.account(in)
	r.hold(found, in)
	r.Limits = r.limited()
	r.timed(in.order.whole())
	return r
}
