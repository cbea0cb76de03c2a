package report

import (
	"fmt"
	"strings"

	"coldcase/scanner"
)

// reasonsShown is how many reasons the screen names; the rest are added up.
const reasonsShown = 10

// coverage says what could, and what could not, have been found.
func (s *screen) coverage() {
	c := &s.res.Coverage
	text := plural(int64(c.Ran), "rule") + " could have fired here, " + number(int64(c.CouldNotMatch)) + " could not"
	if r := reasons(c.Reasons, "%[2]s %[1]s"); r != "" {
		text += ": " + r
	}
	s.headed("COVERAGE", text)
	if c.NotRun > 0 {
		t := "  " + number(int64(c.NotRun)) + " not run"
		if r := reasons(c.NotRunReasons, "%s %s"); r != "" {
			t += ": " + r
		}
		s.wrapped(t, 4)
	}
	var rest []string
	for _, o := range []struct {
		n    int
		what string
	}{
		{c.Superseded, "superseded by a newer version"},
		{c.Excluded, "excluded by a flag"},
		{c.Unreadable, "unreadable"},
	} {
		if o.n > 0 {
			rest = append(rest, number(int64(o.n))+" "+o.what)
		}
	}
	if len(rest) > 0 {
		s.wrapped("  "+strings.Join(rest, ", "), 4)
	}
	s.unreadableRules()
	if c.CouldNotMatch+c.NotRun+c.Superseded+c.Excluded+c.Unreadable > 0 && !s.wrote("summary") {
		s.line("  --summary FILE lists each")
	}
	s.line("")
}

// unreadableRules names the rules that could not be read: they are errors, and are
// not hidden by a limit.
func (s *screen) unreadableRules() {
	for i := range s.res.Rules {
		if rr := &s.res.Rules[i]; rr.Status == "unreadable" {
			reason := firstLine(rr.Reason)
			if !strings.HasPrefix(reason, rr.File) {
				reason = rr.File + ": " + reason
			}
			s.wrapped("    "+Safe(reason), 6)
		}
	}
}

// firstLine drops the quoted line and caret of a rule error.
func firstLine(s string) string {
	l, _, _ := strings.Cut(s, "\n")
	return l
}

// reasons lists counted reasons; format takes the count, then the reason.
func reasons(rs []scanner.ReasonCount, format string) string {
	var out []string
	other := 0
	for i, r := range rs {
		if i < reasonsShown {
			out = append(out, fmt.Sprintf(format, number(int64(r.Count)), cell(r.Reason, 60)))
		} else {
			other += r.Count
		}
	}
	if other > 0 {
		out = append(out, fmt.Sprintf(format, number(int64(other)), "other"))
	}
	return strings.Join(out, ", ")
}

func (s *screen) notes() {
	if len(s.res.Notes) == 0 {
		return
	}
	s.line("%s", title("NOTES", s.opt))
	for _, n := range s.res.Notes {
		s.wrapped("  "+Safe(n), 4)
	}
	s.line("")
}

func (s *screen) wrote(format string) bool {
	for _, w := range s.opt.Written {
		if w.Format == format {
			return true
		}
	}
	return false
}

func (s *screen) written() {
	if len(s.opt.Written) == 0 {
		return
	}
	var out []string
	for _, w := range s.opt.Written {
		t := Safe(w.File)
		if w.Note != "" {
			t += " (" + w.Note + ")"
		}
		out = append(out, t)
	}
	s.headed("WROTE", strings.Join(out, "  "))
}
