package report

import (
	"fmt"
	"strings"

	"coldcase/scanner"
)

// entities prints the hosts, or the users, with the arithmetic behind each score.
func (s *screen) entities(name, kind string) {
	var all []*scanner.Entity
	width := 0
	for i := range s.res.Entities {
		if e := &s.res.Entities[i]; e.Kind == kind {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return
	}
	shown := all[:s.opt.limit(len(all))]
	for _, e := range shown {
		width = max(width, min(displayWidth(cell(e.Name, 24)), 24))
	}
	s.line("%s", title(name, s.opt))
	for _, e := range shown {
		n := cell(e.Name, width)
		if s.opt.Full {
			n = Safe(e.Name)
		}
		pad := strings.Repeat(" ", max(width-displayWidth(n), 0))
		head := fmt.Sprintf("  %5s %-8s  %s%s  ", score(e.Score), cell(e.Band, 8), n, pad)
		for i, l := range wrap(head+arithmetic(e), s.opt.fitTo(), 18) {
			if i == 0 {
				l = colourAt(l, strings.Index(head, e.Band), e.Band, s.opt)
			}
			s.line("%s", l)
		}
		s.explainEntity(e)
	}
	if n := len(all) - len(shown); n > 0 {
		s.line("  and %s of lower score; --full lists them", plural(int64(n), kind))
	}
	s.line("")
}

// arithmetic: "73.0 best rule (Name) +4.5 +1.1 (2 more rules) x1.5 odds for 3
// tactics". The parts are those of ranking.md: the best rule alone, what each other
// one adds, then the odds factor for breadth.
func arithmetic(e *scanner.Entity) string {
	if len(e.Parts) == 0 {
		return ""
	}
	best := e.Parts[0]
	text := score(best.Score) + " best rule"
	if e.Elastic {
		text = score(best.Added) + " first alert"
	}
	if best.Rule != nil {
		text += " (" + cell(best.Rule.Name, 60) + ")"
	}
	for _, p := range e.Parts[1:] {
		text += " +" + score(p.Added)
	}
	switch n := int64(len(e.Parts)) - 1; {
	case e.Elastic && e.Findings > 1:
		text += " (" + plural(e.Findings-1, "more alert") + ")"
	case n > 0:
		text += " (" + plural(n, "more rule") + counted(e.Rules-len(e.Parts)) + ")"
	}
	if e.Criticality != "" {
		text += fmt.Sprintf(" x%s odds for %s criticality", factor(e.Asset), e.Criticality)
	}
	if e.Breadth > 1 {
		text += fmt.Sprintf(" x%s odds for %s", factor(e.Breadth), plural(int64(len(e.Tactics)), "tactic"))
	}
	return text
}

// counted says how many rules stand beyond the ten that count.
func counted(n int) string {
	if n <= 0 {
		return ""
	}
	return ", " + number(int64(n)) + " beyond the ten that count"
}
