package report

import (
	"fmt"

	"coldcase/scanner"
)

// jsonExcept is one exception item in the summary.
type jsonExcept struct {
	ID         *string `json:"id"`
	Name       string  `json:"name"`
	List       *string `json:"list"`
	File       string  `json:"file"`
	Line       int     `json:"line"`
	Rules      int     `json:"rules"`
	Suppressed int64   `json:"suppressed"`
	Severity   *string `json:"highest_severity"`
	NotApplied *string `json:"not_applied"`
}

func summaryException(x *scanner.ExceptionResult) jsonExcept {
	return jsonExcept{ID: orNull(x.ID), Name: x.Name, List: orNull(x.List), File: x.File, Line: x.Line, Rules: x.Rules,
		Suppressed: x.Suppressed, Severity: orNull(x.Severity), NotApplied: orNull(x.NotApplied)}
}

// exceptions says what each exception took away. An item that did, and one that was not
// applied, is always listed: what is left out must not be out of sight.
func (s *screen) exceptions() {
	xs := s.res.Exceptions
	if len(xs) == 0 {
		return
	}
	idle := 0
	s.headed("EXCEPTIONS", fmt.Sprintf("%s took %s from the rules",
		plural(int64(len(xs)), "item"), plural(s.res.Counts.Suppressed, "hit")))
	for i := range xs {
		x := &xs[i]
		switch name := Safe(x.Name) + "   " + Safe(fmt.Sprintf("%s:%d", x.File, x.Line)); {
		case x.NotApplied != "":
			s.wrapped("  "+name+": NOT APPLIED: "+Safe(x.NotApplied), 4)
		case x.Suppressed > 0:
			s.wrapped(fmt.Sprintf("  %s: %s, the highest of severity %s", name, plural(x.Suppressed, "hit"), x.Severity), 4)
		case s.opt.Full:
			s.wrapped("  "+name+": nothing", 4)
		default:
			idle++
		}
	}
	if idle > 0 {
		s.line("  and %s that took nothing; --summary FILE lists each", plural(int64(idle), "item"))
	}
	s.line("")
}
