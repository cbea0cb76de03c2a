package report

import (
	"fmt"
	"strings"

	"coldcase/scanner"
)

// unhealthy counts the inputs that were not read whole.
func (s *screen) unhealthy() int64 {
	n := int64(0)
	for i := range s.res.Inputs {
		if s.res.Inputs[i].Status != "ok" {
			n++
		}
	}
	return n
}

// evidence prints the health of each input. A limit leaves out healthy ones only:
// what was not read is always listed.
func (s *screen) evidence() {
	c := &s.res.Counts
	text := fmt.Sprintf("%s, %s, %s, %s bad",
		plural(int64(len(s.res.Inputs)), "input"), Size(c.StoredBytes), plural(c.Lines, "line"), number(c.BadLines))
	if n := s.unhealthy(); n > 0 {
		text += "; " + plural(n, "input") + " not read whole"
	}
	s.headed("EVIDENCE", text)
	left, hidden := s.opt.limit(len(s.res.Inputs)), int64(0)
	for i := range s.res.Inputs {
		in := &s.res.Inputs[i]
		healthy := in.Status == "ok" && in.BadLines == 0
		if healthy && left <= 0 {
			hidden++
			continue
		}
		if healthy {
			left--
		}
		s.input(in)
	}
	if hidden > 0 {
		s.line("  and %s without a problem; --summary FILE lists each", plural(hidden, "input"))
	}
	s.notEvidence()
	s.line("")
}

func (s *screen) input(in *scanner.InputResult) {
	text := fmt.Sprintf("%s   %s, %s", Safe(in.File), Size(in.Bytes), plural(in.Lines, "line"))
	if in.Actions > 0 {
		text += fmt.Sprintf(" (%s of them bulk actions)", number(in.Actions))
	}
	if in.Baseline {
		text += ", baseline"
	}
	if in.Status != "ok" {
		text += ", " + strings.ToUpper(Safe(in.Status))
	}
	s.wrapped("  "+text, 6)
	if in.Problem != "" {
		s.wrapped("    "+Safe(in.Problem), 6)
	}
	for _, l := range in.Lost {
		s.wrapped(fmt.Sprintf("    lost after byte %s of the decompressed stream (byte %s as stored): %s",
			number(l.Offset), number(l.Stored), Safe(l.Why)), 6)
	}
	for _, b := range in.Bad {
		s.wrapped(fmt.Sprintf("    %s bad: %s, first at line %s, byte %s",
			number(b.Count), Safe(b.Kind), number(b.Line), number(b.Offset)), 6)
	}
}

// notEvidenceShown is how many paths that are no evidence the screen names.
const notEvidenceShown = 5

func (s *screen) notEvidence() {
	paths := s.res.NotEvidence
	if len(paths) == 0 {
		return
	}
	s.line("  %s not evidence", plural(int64(len(paths)), "path"))
	n := min(len(paths), notEvidenceShown)
	if s.opt.Full {
		n = len(paths)
	}
	for _, p := range paths[:n] {
		s.line("    %s", s.cut(p, 4))
	}
	if rest := len(paths) - n; rest > 0 {
		s.line("    and %s; --summary FILE lists each", number(int64(rest))+" more")
	}
}
