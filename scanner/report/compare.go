package report

import (
	"fmt"
	"strings"

	"coldcase/rules"
	"coldcase/scanner"
)

// comparison tells what --compare-rules finds that --rules does not, and the other way
// round.
func (s *screen) comparison() {
	c := s.res.Comparison
	if c == nil {
		return
	}
	s.headed("COMPARED RULES", fmt.Sprintf("%s gained, %s lost, %s the same; %s added, %s removed, %s edited",
		number(c.Gained), number(c.Lost), number(c.Same), plural(int64(c.Added), "rule"), number(int64(c.Removed)), number(int64(c.Edited))))
	s.comparedRows(c.Rules)
	if k := &c.Candidates; k.Gained+k.Lost+k.Same > 0 {
		s.line("")
		s.headed("COMPARED CANDIDATES", fmt.Sprintf("%s gained, %s lost, %s the same", number(k.Gained), number(k.Lost), number(k.Same)))
		s.comparedRows(k.Rules)
	}
	s.line("")
}

var comparedColumns = []column{
	{title: "severity"}, {title: "rule", min: 16, soft: 38},
	{title: "gained", right: true}, {title: "lost", right: true}, {title: "same", right: true}, {title: "version", min: 8, soft: 14, drop: 1},
}

func (s *screen) comparedRows(all []scanner.ComparedRule) {
	if len(all) == 0 {
		return
	}
	shown := all[:s.opt.limit(len(all))]
	width := s.opt.fitTo()
	rows := make([][]string, len(shown))
	for i := range shown {
		rows[i] = comparedCells(&shown[i], width)
	}
	lines, err := grid(comparedColumns, rows, width)
	if err != nil {
		s.err = err
		return
	}
	s.line("%s", lines[0])
	at := strings.Index(lines[0], "severity")
	for i := range shown {
		s.line("%s", colourAt(lines[i+1], at, shown[i].Newest().Severity, s.opt))
		s.comparedPlace("gained", &shown[i].Gain)
		s.comparedPlace("lost", &shown[i].Loss)
	}
	if more := int64(len(all) - len(shown)); more > 0 {
		s.wrapped(fmt.Sprintf("  and %s; --full lists them", plural(more, "more rule")), 2)
	}
}

func comparedCells(r *scanner.ComparedRule, width int) []string {
	limit := 0
	if width > 0 {
		limit = 120 // wider than any column becomes; bounds the work on hostile names
	}
	count := func(n int64) string {
		if n == 0 {
			return ""
		}
		return number(n)
	}
	newest := r.Newest()
	return []string{cell(newest.Severity, 8), cell(newest.Name, limit), count(r.Gained), count(r.Lost), count(r.Same),
		comparedVersions(r)}
}

// comparedVersions says which rule stands against which: "4 to 5", "added".
func comparedVersions(r *scanner.ComparedRule) string {
	switch {
	case r.Was == nil:
		return "added"
	case r.Is == nil:
		return "removed"
	case r.Was.Version != r.Is.Version:
		return ruleVersion(r.Was) + " to " + ruleVersion(r.Is)
	}
	return "edited"
}

func ruleVersion(r *rules.Rule) string {
	if r.Version == 0 {
		return "?"
	}
	return fmt.Sprint(r.Version)
}

func (s *screen) comparedPlace(what string, p *scanner.Place) {
	if p.File == "" {
		return
	}
	text := fmt.Sprintf("%s: %s:%d", what, Safe(p.File), p.Line)
	if width := s.opt.fitTo(); width > 0 && width < narrow { // a place without its line leads nowhere
		s.wrapped(strings.Repeat(" ", sampleIndent)+text, sampleIndent)
		return
	}
	if p.Sample != "" {
		text += "  " + p.Sample
	}
	room := 0
	if width := s.opt.fitTo(); width > 0 {
		room = width - sampleIndent
	}
	s.line("%*s%s", sampleIndent, "", cell(text, room))
}

// jsonCompare is the part "comparison" of the summary.
type jsonCompare struct {
	Gained       int64                   `json:"gained"`
	Lost         int64                   `json:"lost"`
	Same         int64                   `json:"same"`
	RulesAdded   int                     `json:"rules_added"`
	RulesRemoved int                     `json:"rules_removed"`
	RulesEdited  int                     `json:"rules_edited"`
	Rules        []jsonComparedRule      `json:"rules"`
	Candidates   *jsonComparedCandidates `json:"candidates,omitempty"` // where a set has any
}

type jsonComparedCandidates struct {
	Gained int64              `json:"gained"`
	Lost   int64              `json:"lost"`
	Same   int64              `json:"same"`
	Rules  []jsonComparedRule `json:"rules"`
}

type jsonComparedRule struct {
	ID     string         `json:"id"`
	Name   string         `json:"name"`
	Was    *jsonRuleState `json:"was"` // null where --rules has none that runs
	Is     *jsonRuleState `json:"is"`  // null where --compare-rules has none that runs
	Gained int64          `json:"gained"`
	Lost   int64          `json:"lost"`
	Same   int64          `json:"same"`
	Gain   *jsonPlace     `json:"first_gained"`
	Loss   *jsonPlace     `json:"first_lost"`
}

type jsonRuleState struct {
	Version  *int   `json:"version"`
	Severity string `json:"severity"`
	File     string `json:"file"`
}

type jsonPlace struct {
	File string `json:"file"`
	Line int64  `json:"line"`
}

func comparisonPart(c *scanner.Comparison) *jsonCompare {
	if c == nil {
		return nil
	}
	out := &jsonCompare{Gained: c.Gained, Lost: c.Lost, Same: c.Same, RulesAdded: c.Added, RulesRemoved: c.Removed,
		RulesEdited: c.Edited, Rules: each(c.Rules, comparedRule)}
	if k := &c.Candidates; k.Gained+k.Lost+k.Same > 0 {
		out.Candidates = &jsonComparedCandidates{k.Gained, k.Lost, k.Same, each(k.Rules, comparedRule)}
	}
	return out
}

func comparedRule(r *scanner.ComparedRule) jsonComparedRule {
	return jsonComparedRule{ID: r.ID, Name: r.Newest().Name, Was: comparedState(r.Was), Is: comparedState(r.Is),
		Gained: r.Gained, Lost: r.Lost, Same: r.Same, Gain: comparedAt(&r.Gain), Loss: comparedAt(&r.Loss)}
}

func comparedState(r *rules.Rule) *jsonRuleState {
	if r == nil {
		return nil
	}
	return &jsonRuleState{Version: version(r), Severity: r.Severity, File: r.File}
}

func comparedAt(p *scanner.Place) *jsonPlace {
	if p.File == "" {
		return nil
	}
	return &jsonPlace{p.File, p.Line}
}
