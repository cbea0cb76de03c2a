package report

import (
	"fmt"
	"io"
	"time"

	"coldcase/scanner"
)

// maxCosts is how many rules a profile lists.
const maxCosts = 25

// Profile writes the costliest rules of a run that was profiled.
func Profile(w io.Writer, res *scanner.Result, opt Options) error {
	s := &screen{opt: opt, res: res}
	s.headed("RULES BY COST", "time in their trees alone; what rules share, the first to ask for it pays")
	cols := []column{{title: "share", right: true}, {title: "time", right: true}, {title: "evaluations", right: true},
		{title: "held", right: true}, {title: "rule", min: 20}, {title: "id", drop: 1}}
	var rows [][]string
	for i, c := range res.Costs {
		if i == maxCosts && !opt.Full || c.Evaluations == 0 {
			break
		}
		rows = append(rows, []string{fmt.Sprintf("%.1f%%", c.Share*100), time.Duration(c.Nanoseconds).Round(time.Microsecond).String(),
			number(c.Evaluations), number(c.Hits), Safe(c.Rule.Name), Safe(c.Rule.ID)})
	}
	if len(rows) == 0 {
		s.line("  no rule was tried on any event")
	} else {
		lines, err := grid(cols, rows, opt.Width)
		if err != nil {
			return err
		}
		for _, l := range lines {
			s.line("%s", l)
		}
	}
	s.line("")
	_, err := w.Write(s.buf.Bytes())
	return err
}

// audit says what the audit of the two paths came to.
func (s *screen) audit() {
	a := s.res.Audit
	if a == nil {
		return
	}
	if a.Count == 0 {
		s.headed("AUDIT", fmt.Sprintf("%s evaluated by both paths, no difference", plural(a.Lines, "line")))
		return
	}
	s.headed("AUDIT", fmt.Sprintf("THE TWO PATHS DIFFER on %s in %s: the findings cannot be trusted; please report this",
		plural(a.Count, "point"), plural(a.Lines, "line")))
	for _, d := range a.Differences {
		rule := "the line"
		if d.Rule != nil {
			rule = d.Rule.Name
		}
		s.wrapped(fmt.Sprintf("  %s:%d  %s: %s", Safe(d.File), d.Line, Safe(rule), Safe(d.What)), 4)
	}
}
