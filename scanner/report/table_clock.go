package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"coldcase/scanner"
)

// What of the clocks is remarkable. A source that is out of step by less tells nothing,
// and an input in which many events step back is not sorted by time at all.
const (
	lateSkew     = time.Hour
	earlySkew    = -time.Minute
	unsortedFrom = 50 // one event in so many steps back
)

// clockKind is one kind of remark; the kinds that are hardest to explain come first.
type clockKind int

const (
	oddStamps clockKind = iota
	silences
	jumps
	skewed
	clockKinds
)

// more says what is counted when the remarks of a kind are too many.
var more = [clockKinds]string{"input with odd timestamps", "host with an unusual silence", "input that is out of order", "host with a skewed clock"}

// remark is one line of the part CLOCK.
type remark struct {
	kind clockKind
	size int64 // larger is worse, within a kind
	text string
}

// clockShown is how many remarks of a kind the screen lists.
const clockShown = 3

// clock prints what is remarkable about times: what tampering leaves, among others. Times
// are held against each other only, never against the clock of the machine.
func (s *screen) clock() {
	list := s.remarks()
	if len(list) == 0 {
		if s.anyClock() {
			s.headed("CLOCK", "nothing remarkable: no unusual silence, jump back, skew or odd timestamp")
			s.line("")
		}
		return
	}
	s.headed("CLOCK", plural(int64(len(list)), "remark")+"; --summary FILE has every host and input")
	var shown, hidden [clockKinds]int64
	for _, r := range list {
		if shown[r.kind] == clockShown && !s.opt.Full {
			hidden[r.kind]++
			continue
		}
		shown[r.kind]++
		s.wrapped("  "+r.text, 4)
	}
	for k, n := range hidden {
		if n > 0 {
			s.line("  and %s more: %s", number(n), more[k])
		}
	}
	s.line("")
}

// anyClock reports whether there was a time to look at.
func (s *screen) anyClock() bool {
	return slices.ContainsFunc(s.res.Inputs, func(in scanner.InputResult) bool { return in.Clock.Events > 0 })
}

// remarks lists what is remarkable, worst first.
func (s *screen) remarks() []remark {
	var out []remark
	for i := range s.res.Inputs {
		out = append(out, inputRemarks(&s.res.Inputs[i])...)
	}
	for i := range s.res.Continuity.Hosts {
		out = append(out, hostRemarks(&s.res.Continuity.Hosts[i])...)
	}
	slices.SortStableFunc(out, func(a, b remark) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(b.size, a.size))
	})
	return out
}

func inputRemarks(in *scanner.InputResult) (out []remark) {
	c := &in.Clock
	add := func(kind clockKind, size int64, format string, args ...any) {
		out = append(out, remark{kind, size, Safe(in.File) + "   " + fmt.Sprintf(format, args...)})
	}
	if c.Ahead > 0 {
		add(oddStamps, c.Ahead, "%s in the future (an hour after its own ingestion, or from 2100 on), first at line %s",
			plural(c.Ahead, "event"), number(c.AheadLine))
	}
	if c.Early > 0 {
		add(oddStamps, c.Early, "%s before 2000, first at line %s", plural(c.Early, "event"), number(c.EarlyLine))
	}
	if c.Back > 0 && c.Back*unsortedFrom <= c.Events {
		add(jumps, int64(c.Jump), "%s back in time in a file that is in order, the largest %s at line %s",
			plural(c.Back, "step"), span(c.Jump), number(c.JumpLine))
	}
	return out
}

func hostRemarks(h *scanner.HostClock) (out []remark) {
	add := func(kind clockKind, size time.Duration, format string, args ...any) {
		out = append(out, remark{kind, int64(size), Safe(h.Host) + "   " + fmt.Sprintf(format, args...)})
	}
	if len(h.Unusual) > 0 {
		u := &h.Unusual[0]
		text := fmt.Sprintf("silent for %s, %s to %s UTC; else an event about every %s", span(u.Length()), minute(u.From), minute(u.To), span(h.Rhythm))
		if n := len(h.Unusual) - 1 + h.MoreUnusual; n > 0 {
			text += fmt.Sprintf(", and %s more such silences", number(int64(n)))
		}
		add(silences, u.Length(), "%s", text)
	}
	switch {
	case h.Arrived > 0 && h.Skew <= earlySkew:
		add(skewed, -h.Skew, "clock ahead of event.ingested by %s (median of %s)", span(-h.Skew), plural(h.Arrived, "event"))
	case h.Arrived > 0 && h.Skew >= lateSkew:
		add(skewed, h.Skew, "ingested %s after its events (median of %s)", span(h.Skew), plural(h.Arrived, "event"))
	}
	return out
}

// span writes a duration in its two largest units: 3 d 4 h, 1 h 0 min, 90 ms.
func span(d time.Duration) string {
	switch day := 24 * time.Hour; {
	case d >= day:
		return fmt.Sprintf("%s d %d h", number(int64(d/day)), d%day/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case d >= time.Second:
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return fmt.Sprintf("%d ms", d/time.Millisecond)
}
