package report

import (
	"fmt"
	"strings"

	"coldcase/scanner"
)

// attack prints the tactics in matrix order, below each its techniques and
// sub-techniques with the rules that hit them.
func (s *screen) attack() {
	if len(s.res.Tactics) == 0 {
		return
	}
	name := "ATT&CK"
	if v := s.res.Tool.ATTACK; v != "" {
		s.line("%s %s", title(name, s.opt), Safe("v"+strings.TrimPrefix(v, "v")))
	} else {
		s.line("%s", title(name, s.opt))
	}
	for i := range s.res.Tactics {
		t := &s.res.Tactics[i]
		s.line("  %s", s.cut(fmt.Sprintf("%s %s (%s)", t.ID, t.Name, number(t.Count)), 2))
		for j := range t.Techniques {
			s.technique(&t.Techniques[j], 4)
		}
	}
	s.line("")
}

func (s *screen) technique(t *scanner.TechniqueResult, indent int) {
	text := fmt.Sprintf("%s %s (%s)", t.ID, t.Name, number(t.Count))
	if t.Was != "" && t.Was != t.ID {
		text += fmt.Sprintf(" [the rule says %s, which ATT&CK revoked]", t.Was)
	}
	if len(t.Rules) > 0 {
		text += ": " + s.ruleNames(t.Rules)
	}
	s.wrapped(strings.Repeat(" ", indent)+cell(text, s.opt.fitTo()*attackLinesMost), indent+4)
	for i := range t.Subtechniques {
		s.technique(&t.Subtechniques[i], indent+2)
	}
}

const (
	attackRulesShown = 4 // rules named beside a technique
	attackLinesMost  = 6 // lines for one technique, whatever the names hold
)

func (s *screen) ruleNames(names []string) string {
	n := len(names)
	if !s.opt.Full {
		n = min(n, attackRulesShown)
	}
	text := strings.Join(names[:n], "; ")
	if rest := len(names) - n; rest > 0 {
		text += fmt.Sprintf(" and %s more", number(int64(rest)))
	}
	return text
}

// cut makes text safe and fits it into a line that begins with used columns.
func (s *screen) cut(text string, used int) string {
	width := s.opt.fitTo()
	if width > 0 {
		width = max(width-used, 8)
	}
	return cell(text, width)
}
