package report

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"coldcase/rules"
	"coldcase/scanner"
)

// Why a finding was found: as "explain" of its detail in JSON Lines, and on the screen
// below its group.

type jsonWhy struct {
	Events []jsonWhyEvent  `json:"events"`
	More   int             `json:"more_events,omitempty"`
	Row    []jsonWhyClause `json:"row,omitempty"` // conditions on what all rows of ES|QL amount to
}

type jsonWhyEvent struct {
	Evidence int             `json:"evidence"`
	Step     int             `json:"step"`
	SinceMS  *int64          `json:"since_ms,omitempty"` // since the event before
	Clauses  []jsonWhyClause `json:"clauses,omitempty"`
	Not      []jsonWhyClause `json:"not,omitempty"`
	More     int             `json:"more,omitempty"`
	Note     string          `json:"note,omitempty"`
}

type jsonWhyClause struct {
	Clause  string  `json:"clause"`
	Field   string  `json:"field,omitempty"`
	Value   *string `json:"value"` // null where the field has none
	Pattern string  `json:"pattern,omitempty"`
	Note    string  `json:"note,omitempty"`
	Stage   int     `json:"stage,omitempty"` // number of the command of ES|QL that asks it
}

// explained is a finding's detail with why it was found.
func explained(f *scanner.Finding) map[string]any {
	out := maps.Clone(f.Detail)
	if out == nil {
		out = map[string]any{}
	}
	if why := f.Explain(); why != nil {
		out["explain"] = jsonWhy{Events: each(why.Events, whyEventLine), More: why.More, Row: each(why.Row, whyClauseLine)}
	}
	return out
}

func whyEventLine(e *scanner.WhyEvent) jsonWhyEvent {
	out := jsonWhyEvent{Evidence: e.Evidence, Step: e.Step, Clauses: each(e.Clauses, whyClauseLine), Not: each(e.Not, whyClauseLine),
		More: e.More, Note: e.Note}
	if e.HasSince {
		ms := e.Since.Milliseconds()
		out.SinceMS = &ms
	}
	return out
}

func whyClauseLine(c *scanner.WhyClause) jsonWhyClause {
	out := jsonWhyClause{Clause: c.Clause, Field: c.Field, Pattern: c.Pattern, Note: c.Note, Stage: c.Stage}
	if !c.Missing {
		out.Value = &c.Value
	}
	return out
}

// maxWhyGroups bounds the groups that are explained on one screen.
const maxWhyGroups = 1000

// whys returns the lines that explain each group that is shown, by its earliest finding;
// nothing when nobody asks. They are safe, and not yet cut to a width.
func (s *screen) whys(shown []scanner.Group) map[int][]string {
	if !s.opt.Explain {
		return nil
	}
	if len(shown) > maxWhyGroups {
		shown = shown[:maxWhyGroups]
	}
	out := map[int][]string{}
	err := s.res.FirstFindings(shown, func(group int, f *scanner.Finding) error {
		out[group] = s.whyLines(f)
		return nil
	})
	if err != nil {
		s.err = err
	}
	return out
}

func (s *screen) whyLines(f *scanner.Finding) []string {
	lines := []string{"finding " + f.ID}
	lines = append(lines, reasonsOf(f)...)
	why := f.Explain()
	if why == nil {
		return lines
	}
	for i := range why.Events {
		e := &why.Events[i]
		lines = append(lines, whereabouts(&f.Evidence[e.Evidence], e, inSteps(f.Rule)))
		lines = append(lines, s.whyClauses(e)...)
	}
	if why.More > 0 {
		lines = append(lines, "and "+plural(int64(why.More), "more event"))
	}
	if len(why.Row) > 0 {
		lines = append(lines, "their row")
	}
	for i := range why.Row {
		lines = append(lines, "  "+whyClause(&why.Row[i]))
	}
	return lines
}

// inSteps says whether each event of a rule's findings has a step of its own.
func inSteps(r *rules.Rule) bool {
	return r != nil && r.Program != nil && (r.Program.Sequence != nil || r.Program.Sample != nil)
}

// whereabouts names an event of the evidence: where it stands, and how long after the
// one before.
func whereabouts(ev *scanner.Evidence, e *scanner.WhyEvent, steps bool) string {
	text := fmt.Sprintf("%s:%d", Safe(clipped(ev.File, maxSentence)), ev.Origin.Line)
	if steps {
		text = fmt.Sprintf("step %d  ", e.Step+1) + text
	}
	if e.HasSince {
		text += "  " + since(e.Since)
	}
	return text
}

// since writes the time between two events: "2.5s after the one before".
func since(d time.Duration) string {
	return d.Round(time.Millisecond).String() + " after the one before"
}

// whyClauses lists the clauses that hold; of those that must not, how many there are.
func (s *screen) whyClauses(e *scanner.WhyEvent) []string {
	var out []string
	if e.Note != "" {
		return []string{"  " + e.Note}
	}
	for i := range e.Clauses {
		out = append(out, "  "+whyClause(&e.Clauses[i]))
	}
	n := len(e.Not) + e.More
	if s.opt.Full {
		for i := range e.Not {
			out = append(out, "  not "+whyClause(&e.Not[i]))
		}
		n = e.More
	}
	if n > 0 {
		out = append(out, fmt.Sprintf("  and %s more, such as exclusions that do not hold (coldcase explain draws all)", plural(int64(n), "clause")))
	}
	return out
}

// whyClause: `process.args : ("a*", "b*")  =  bc  by b*`.
func whyClause(c *scanner.WhyClause) string {
	text := c.Clause
	switch {
	case c.Missing:
		text += "  has no value"
	case c.Stage > 0 && c.Value == "": // it has no columns
	default:
		text += "  =  " + shownText(c.Value) + by(c.Clause, c.Pattern, c.Value)
	}
	if c.Note != "" {
		text += "  (" + c.Note + ")"
	}
	return Safe(text)
}

// factorNames are the factors of a group's score in their order (ranking.md). Those
// that a group does not state are 1.
var factorNames = []string{"risk", "confidence", "baseline", "rarity", "kind"}

// factors writes a score with everything that it is the product of: "26.1 = 47 risk x
// 1 confidence x 1 baseline x 0.56 rarity (fires on 9 of 10 hosts) x 1 kind".
func factors(g *scanner.Group) string {
	var parts []string
	add := func(f scanner.Factor) {
		text := factor(f.Value) + " " + f.Name
		if f.Why != "" && f.Name != "risk" {
			text += " (" + f.Why + ")"
		}
		parts = append(parts, Safe(text))
	}
	left := append([]scanner.Factor(nil), g.Factors...)
	for _, name := range factorNames {
		stated := false
		for i := 0; i < len(left); i++ {
			if left[i].Name != name {
				continue
			}
			add(left[i])
			left, stated = append(left[:i], left[i+1:]...), true
			i--
		}
		if !stated {
			add(scanner.Factor{Name: name, Value: 1})
		}
	}
	for _, f := range left {
		add(f)
	}
	return "score " + score(g.Score) + " = " + strings.Join(parts, " x ")
}

// entityFactors lists what makes an entity's score, line by line.
func entityFactors(e *scanner.Entity) []string {
	var out []string
	for i, p := range e.Parts {
		name := "-"
		if p.Rule != nil {
			name = p.Rule.Name
		}
		out = append(out, Safe(fmt.Sprintf("%d. %s of score %s adds %s", i+1, clipped(name, maxSentence), score(p.Score), score(p.Added))))
	}
	tactics := "no tactic counts"
	if len(e.Tactics) > 0 {
		tactics = strings.Join(e.Tactics, ", ")
	}
	return append(out, Safe(fmt.Sprintf("odds x %s for breadth: %s", factor(e.Breadth), tactics)))
}

// explainGroup writes the explanation of a group below its row.
func (s *screen) explainGroup(g *scanner.Group, lines []string) {
	if !s.opt.Explain {
		return
	}
	s.indented(factors(g))
	for _, l := range lines {
		s.indented(l)
	}
}

// explainEntity writes what makes a score, below its line.
func (s *screen) explainEntity(e *scanner.Entity) {
	if !s.opt.Explain {
		return
	}
	for _, l := range entityFactors(e) {
		s.indented(l)
	}
}

// indented writes a line of an explanation, broken so that it fits; what has no place to
// break is cut.
func (s *screen) indented(text string) {
	width := s.opt.fitTo()
	for _, l := range wrap(strings.Repeat(" ", sampleIndent)+text, width, sampleIndent+4) {
		s.line("%s", cell(l, width))
	}
}
