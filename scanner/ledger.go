package scanner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"coldcase/scanner/input"
)

// Lost is a range of an input that could not be read, or not be verified.
type Lost struct {
	Offset int64 // decoded bytes before the loss
	Stored int64 // stored bytes before it
	// Length is how many stored bytes were not decoded, and Decoded what they would have
	// been, as far as can be told: Estimated says that it is concluded from the rest.
	// What a file that is cut off never held is in neither.
	Length    int64
	Decoded   int64
	Estimated bool
	// Unverified is how many decoded bytes right before Offset were scanned although no
	// checksum vouches for them.
	Unverified int64
	Why        string
}

// Loss totals what was lost of an input, or of all.
type Loss struct {
	Ranges     int64 // listed or not
	Stored     int64 // bytes
	Decoded    int64
	Estimated  bool // Decoded is
	Unverified int64
}

func (l *Loss) add(x Loss) {
	l.Ranges += x.Ranges
	l.Stored += x.Stored
	l.Decoded += x.Decoded
	l.Estimated = l.Estimated || x.Estimated
	l.Unverified += x.Unverified
}

// maxLost bounds the lost ranges of one input in the result; the others are counted.
const maxLost = 1000

// account enters what the reader and the stream say of lost bytes. The ledger has the
// damage that ended the stream among its gaps.
func (r *InputResult) account(in *inputState) {
	l := &in.ledger
	for _, g := range l.Gaps {
		r.Lost = append(r.Lost, Lost{Offset: g.DecodedOffset, Stored: g.StoredOffset, Length: g.StoredLength,
			Decoded: g.LostDecoded, Estimated: g.Estimated, Unverified: g.Unverified, Why: g.Why})
	}
	r.Loss = Loss{Ranges: int64(len(l.Gaps)) + l.MoreGaps, Stored: l.LostStored, Decoded: l.LostDecoded,
		Estimated: l.Estimated, Unverified: l.Unverified}
	if in.damage != nil && len(l.Gaps) == 0 {
		r.lose(Lost{Offset: in.decoded, Stored: in.stored, Why: in.damage.Error()})
	}
	if in.stopped {
		r.lose(Lost{Offset: in.decoded, Stored: in.stored, Why: "interrupted"})
	}
	slices.SortStableFunc(r.Lost, func(a, b Lost) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Stored, b.Stored))
	})
	r.Lost = r.Lost[:min(len(r.Lost), maxLost)]
}

// lose enters a range that the ledger does not know.
func (r *InputResult) lose(l Lost) {
	r.Lost = append(r.Lost, l)
	r.Loss.add(Loss{Ranges: 1, Stored: l.Length, Decoded: l.Decoded, Estimated: l.Estimated})
}

// hold compares what was read with what the walk found. A file that has grown since was
// read to its new end; of one that has shrunk something is missing.
func (r *InputResult) hold(found input.Input, in *inputState) {
	archive, _ := found.Archive()
	if r.Changed = in.ledger.Changed; archive != "" || found.Size == 0 || in.openErr != nil || in.stopped {
		return
	}
	switch size := found.Size; {
	case in.stored < size:
		r.Changed = true
		if r.Status == StatusOK {
			r.Status, r.Problem = StatusDamaged, fmt.Sprintf("has shrunk from %d to %d bytes since it was found", size, in.stored)
			r.lose(Lost{Offset: in.decoded, Stored: in.stored, Length: size - in.stored, Decoded: size - in.stored,
				Estimated: true, Why: "the file has shrunk"})
		}
	case in.stored > size:
		r.Changed = true
	}
}

// limited lists the limits that kept something of the input from being read, sorted.
func (r *InputResult) limited() (out []string) {
	for _, l := range r.Lost {
		if strings.Contains(l.Why, "limit") {
			out = append(out, l.Why)
		}
	}
	if r.Status == StatusUnreadable && strings.Contains(r.Problem, "limit") {
		out = append(out, r.Problem)
	}
	for _, b := range r.Bad {
		if isLimit(b.Kind) {
			out = append(out, "line "+b.Kind)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// isLimit reports whether lines of a kind are bad because of a limit, not because of what
// they are.
func isLimit(kind string) bool {
	return strings.HasPrefix(kind, "longer than ") || kind == "nested too deep" || kind == "too many values"
}

// timed enters what the times of the input's events say.
func (r *InputResult) timed(o ordering) {
	r.Clock = InputClock{Events: o.events, Back: o.back, Jump: time.Duration(o.jump), JumpLine: o.jumpLine,
		Early: o.early, EarlyLine: o.earlyLine, Ahead: o.ahead, AheadLine: o.aheadLine}
	if o.events > 0 {
		r.Clock.First, r.Clock.Last = time.Unix(0, o.min).UTC(), time.Unix(0, o.max).UTC()
	}
}
