package matchers

import (
	"bytes"
	"fmt"
	"hash/crc32"

	"coldcase/matchers/event"
)

// AuditDifference is something that the two paths do not agree on about a line. There is
// none: one means that findings of the run cannot be trusted.
type AuditDifference struct {
	// Rule is the place in Matcher.Rules of the rule in question, -1 when it is the line
	// or its values.
	Rule int
	// What says what differs, in a few words for the user.
	What string
	// Line is valid until the report returns.
	Line []byte
}

// audit evaluates lines of a worker once more by the plain path.
type audit struct {
	every  uint32
	plain  *Worker
	report func(AuditDifference)
	lines  int64
}

// SetAudit makes the worker evaluate about one line in n once more by the plain path,
// fastjson and every rule's tree, and report what differs; n of 1 means every line and 0
// none. Lines are picked by their bytes, so that the number of workers does not matter.
// report is called from Match, in the worker's goroutine. SetAudit is to be called
// between lines and outside of a bulk action.
func (w *Worker) SetAudit(n int, report func(AuditDifference)) {
	w.settle()
	w.audit = nil
	if n > 0 {
		w.audit = &audit{every: uint32(min(n, 1<<31)), plain: w.m.NewWorker(true), report: report}
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (a *audit) picks(line []byte) bool { return crc32.Checksum(line, castagnoli)%a.every == 0 }

// check holds what a worker found on its line against the plain path.
func (a *audit) check(w *Worker, line []byte, hits []Hit, err error) {
	if !a.picks(line) {
		return
	}
	a.lines++
	tell := func(rule int, what string) { a.report(AuditDifference{Rule: rule, What: what, Line: line}) }
	plainHits, plainErr := a.plain.Match(line)
	if what := differingErrors(err, plainErr); what != "" {
		tell(-1, what)
	}
	if err != nil || plainErr != nil {
		return
	}
	w.m.differingEvents(&w.ev, &a.plain.ev, func(what string) { tell(-1, what) })
	if f, p := w.origin, a.plain.origin; f.number != p.number || f.index != p.index || f.certainty != p.certainty {
		tell(-1, fmt.Sprintf("the fast path takes the index for %q, the plain path for %q", f.index, p.index))
	}
	differingHits(hits, plainHits, tell)
}

func differingErrors(fast, plain error) string {
	switch {
	case fast == nil && plain == nil, fast != nil && plain != nil && fast.Error() == plain.Error():
		return ""
	case fast == nil:
		return "the plain path alone refuses the line: " + plain.Error()
	case plain == nil:
		return "the fast path alone refuses the line: " + fast.Error()
	}
	return fmt.Sprintf("the fast path says %q, the plain path %q", fast, plain)
}

// differingEvents names the fields whose values differ.
func (m *Matcher) differingEvents(fast, plain *event.Event, tell func(what string)) {
	if !bytes.Equal(fast.Index, plain.Index) || !bytes.Equal(fast.ID, plain.ID) {
		tell(fmt.Sprintf("the fast path reads %q of index %q, the plain path %q of %q", fast.ID, fast.Index, plain.ID, plain.Index))
	}
	for slot := range m.layout.Len() {
		if !sameValues(fast.Values(slot), plain.Values(slot)) {
			tell("the values of " + m.layout.Name(slot) + " differ")
		}
	}
}

func sameValues(a, b []event.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Kind != b[i].Kind || !bytes.Equal(a[i].Text, b[i].Text) {
			return false
		}
	}
	return true
}

// differingHits walks two lists of hits, each in the order of the matcher's steps.
func differingHits(fast, plain []Hit, tell func(rule int, what string)) {
	for len(fast) > 0 || len(plain) > 0 {
		switch {
		case len(plain) == 0 || len(fast) > 0 && fast[0].step < plain[0].step:
			tell(int(fast[0].Rule), fmt.Sprintf("step %d holds on the fast path alone", fast[0].Step))
			fast = fast[1:]
		case len(fast) == 0 || plain[0].step < fast[0].step:
			tell(int(plain[0].Rule), fmt.Sprintf("step %d holds on the plain path alone", plain[0].Step))
			plain = plain[1:]
		default:
			if fast[0] != plain[0] {
				tell(int(fast[0].Rule), fmt.Sprintf("step %d is marked differently", fast[0].Step))
			}
			fast, plain = fast[1:], plain[1:]
		}
	}
}
