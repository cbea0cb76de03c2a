package report

import (
	"cmp"
	"fmt"
	"strings"

	"coldcase/rules"
	"coldcase/scanner"
)

// Candidates are what a rule has kept for a language model to judge (COMPLETION), whom
// nobody asked. Every report for people has them in a part of their own, behind the
// findings.

// candidatesWhy says what candidates are, on one line.
const candidatesWhy = "verdict step skipped: what rules would have asked a language model about; no findings, and in no score"

// findingsOf walks the findings of a run without its candidates.
func findingsOf(res *scanner.Result) walk {
	return func(yield func(*scanner.Finding) error) error {
		return res.Findings(func(f *scanner.Finding) error {
			if f.Candidate {
				return nil
			}
			return yield(f)
		})
	}
}

// candidatesHeadline: "3 in 2 groups".
func candidatesHeadline(c *scanner.Counts) string {
	return fmt.Sprintf("%s in %s", number(c.Candidates), plural(c.CandidateGroups, "group"))
}

// candidates lists the groups of candidates as findings lists its groups.
func (s *screen) candidates() {
	groups := s.res.Candidates
	if len(groups) == 0 {
		return
	}
	s.headed("CANDIDATES", candidatesHeadline(&s.res.Counts))
	s.wrapped("  "+candidatesWhy, 2)
	shown := groups[:s.opt.limit(len(groups))]
	s.groupTable(shown)
	if more := max(s.res.Counts.CandidateGroups, int64(len(groups))) - int64(len(shown)); more > 0 {
		s.wrapped(fmt.Sprintf("  and %s; --full lists them, --csv FILE writes every candidate", plural(more, "more group")), 2)
	}
	s.line("")
}

// candidates lists the groups of candidates in a ticket.
func (m *markdown) candidates() {
	if len(m.res.Candidates) == 0 {
		return
	}
	m.line("## Candidates")
	m.line("")
	m.line("%s: %s.", candidatesHeadline(&m.res.Counts), candidatesWhy)
	m.line("")
	m.groupTable(m.res.Candidates, "Candidates")
	m.more(max(m.res.Counts.CandidateGroups, int64(len(m.res.Candidates)))-markdownGroups, "group")
}

// candidatesView is the part of the page about candidates.
type candidatesView struct {
	Headline, Why string
	Groups        []candidateView
	More          int64
}

// candidateView is one of their groups.
type candidateView struct {
	*scanner.Group
	Rule    *rules.Rule
	IDs     []string
	Factors string
}

// newCandidatesView returns nil when there are none.
func newCandidatesView(res *scanner.Result) *candidatesView {
	if len(res.Candidates) == 0 {
		return nil
	}
	v := &candidatesView{Headline: candidatesHeadline(&res.Counts), Why: candidatesWhy}
	for i := range res.Candidates[:min(len(res.Candidates), maxPageGroups)] {
		g := &res.Candidates[i]
		r := cmp.Or(g.Rule, noRule)
		v.Groups = append(v.Groups, candidateView{g, r, attackIDs(r, true), strings.Join(factorWords(g), " ")})
	}
	v.More = max(res.Counts.CandidateGroups, int64(len(res.Candidates))) - int64(len(v.Groups))
	return v
}
