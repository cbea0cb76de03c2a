package report

import (
	"cmp"
	"fmt"
	"slices"
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
	if lost := lossText(&c.Loss); lost != "" {
		text += "; " + lost
	}
	s.headed("EVIDENCE", text)
	left, hidden := s.opt.limit(len(s.res.Inputs)), int64(0)
	for i := range s.res.Inputs {
		in := &s.res.Inputs[i]
		healthy := in.Status == "ok" && in.BadLines == 0 && in.Note == "" && !in.Changed
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
	s.oddities(in)
	s.lost(in)
	for _, b := range in.Bad {
		s.wrapped(fmt.Sprintf("    %s bad: %s, first at line %s, byte %s",
			number(b.Count), Safe(b.Kind), number(b.Line), number(b.Offset)), 6)
	}
}

// oddities tells what is odd about an input beside damage.
func (s *screen) oddities(in *scanner.InputResult) {
	if in.Note != "" {
		s.wrapped("    "+Safe(in.Note), 6)
	}
	if in.Changed && !strings.Contains(in.Problem, "changed while read") {
		s.wrapped("    the file changed while it was read, or since it was found", 6)
	}
}

// lostShown is how many lost ranges of an input the screen lists.
const lostShown = 5

func (s *screen) lost(in *scanner.InputResult) {
	n := len(in.Lost)
	if !s.opt.Full {
		n = min(n, lostShown)
	}
	for i := range in.Lost[:n] {
		s.wrapped("    "+lostText(&in.Lost[i]), 6)
	}
	if rest := in.Loss.Ranges - int64(n); rest > 0 && len(in.Lost) > 0 {
		s.wrapped(fmt.Sprintf("    and %s more lost or unverified; all of them: %s", number(rest), lossText(&in.Loss)), 6)
	}
}

// lostText says what a place has cost.
func lostText(l *scanner.Lost) string {
	place := fmt.Sprintf("after byte %s of the decompressed stream (byte %s as stored)", number(l.Offset), number(l.Stored))
	text := "lost " + place
	switch {
	case l.Length == 0 && l.Decoded == 0 && l.Unverified > 0:
		return fmt.Sprintf("not verified: %s scanned before byte %s of the decompressed stream (byte %s as stored): %s",
			plural(l.Unverified, "byte"), number(l.Offset), number(l.Stored), Safe(l.Why))
	case l.Length > 0 || l.Decoded > 0:
		text = fmt.Sprintf("lost %s as stored%s, %s", plural(l.Length, "byte"), decodedText(l.Decoded, l.Estimated), place)
	}
	text += ": " + Safe(l.Why)
	if l.Unverified > 0 {
		text += fmt.Sprintf("; %s before that scanned but not verified", plural(l.Unverified, "byte"))
	}
	return text
}

func decodedText(n int64, estimated bool) string {
	switch {
	case n == 0:
		return ""
	case estimated:
		return " (about " + Size(n) + " decompressed, estimated)"
	}
	return " (" + Size(n) + " decompressed)"
}

// lossText totals what was lost, "" when nothing was, as far as bytes tell.
func lossText(l *scanner.Loss) string {
	var parts []string
	if l.Stored > 0 || l.Decoded > 0 {
		parts = append(parts, Size(l.Stored)+" lost"+decodedText(l.Decoded, l.Estimated))
	}
	if l.Unverified > 0 {
		parts = append(parts, Size(l.Unverified)+" not verified")
	}
	return strings.Join(parts, ", ")
}

// notEvidenceShown is how many paths that are no evidence the screen names.
const notEvidenceShown = 5

func (s *screen) notEvidence() {
	paths := s.res.NotEvidence
	if len(paths) == 0 {
		return
	}
	s.wrapped(fmt.Sprintf("  %s not evidence: %s", plural(int64(len(paths)), "path"), skippedText(paths)), 4)
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

// skippedText counts paths by why they were skipped.
func skippedText(paths []string) string {
	var parts []string
	members := int64(0)
	for _, r := range skippedBy(paths) {
		parts = append(parts, number(r.Count)+" "+Safe(r.Reason))
		members += r.Members
	}
	text := strings.Join(parts, "; ")
	if members > 0 {
		text += "; " + number(members) + " of them in archives"
	}
	return text
}

// jsonSkipped counts what was skipped for one reason.
type jsonSkipped struct {
	Reason  string `json:"reason"`
	Count   int64  `json:"count"`
	Members int64  `json:"archive_members"` // of Count
}

// skippedBy counts paths that are no evidence, each followed by its reason, by the
// reason: most first.
func skippedBy(paths []string) []jsonSkipped {
	out := []jsonSkipped{}
	place := map[string]int{}
	for _, p := range paths {
		name, reason := "", p
		if i := strings.LastIndex(p, ": "); i >= 0 {
			name, reason = p[:i], p[i+2:]
		}
		i, ok := place[reason]
		if !ok {
			i = len(out)
			place[reason], out = i, append(out, jsonSkipped{Reason: reason})
		}
		out[i].Count++
		if strings.Contains(name, "!") {
			out[i].Members++
		}
	}
	slices.SortFunc(out, func(a, b jsonSkipped) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}
