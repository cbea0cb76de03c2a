package report

import (
	"coldcase/rules"
	"coldcase/scanner"
)

// survey is what a first walk over the findings learns for the HTML report.
type survey struct {
	bars     *timeline
	tenths   [1001]int64 // findings by score, in tenths
	total    int64
	examples map[groupName]*pageFinding
	marks    *marker
	reader   *fieldReader
}

// groupName tells groups apart as a reader does: two hosts of one name share an
// example.
type groupName struct {
	rule       *rules.Rule
	host, user string
}

func surveyFindings(res *scanner.Result, findings walk) (*survey, error) {
	s := &survey{bars: newTimeline(res.First, res.Last, maxBars), examples: map[groupName]*pageFinding{},
		marks: newMarker(), reader: newFieldReader()}
	for i := range res.Groups[:min(len(res.Groups), maxPageCards)] {
		g := &res.Groups[i]
		s.examples[groupName{g.Rule, g.Host, g.User}] = nil
	}
	err := findings(func(f *scanner.Finding) error {
		s.total++
		s.tenths[tenth(f.Score)]++
		s.bars.add(f.Time, f.Severity)
		name := groupName{f.Rule, f.Host, f.User}
		if have, wanted := s.examples[name]; wanted && have == nil {
			s.examples[name] = newPageFinding(f, s.reader, s.marks, true)
		}
		return nil
	})
	return s, err
}

// tenth is a score in tenths, from 0 to 1000.
func tenth(score float64) int {
	if !(score > 0) { // also what is no number
		return 0
	}
	return int(min(score, 100)*10 + 0.5)
}

// chooser says which findings stand in the page: all, or those of the best scores, and
// the earliest of those that share the score at which the room ends.
type chooser struct {
	floor int   // in tenths; better ones are all chosen
	left  int64 // how many at the floor are
}

func (s *survey) chooser(room int64) chooser {
	for t := len(s.tenths) - 1; t >= 0; t-- {
		if s.tenths[t] >= room {
			return chooser{floor: t, left: room}
		}
		room -= s.tenths[t]
	}
	return chooser{floor: -1}
}

func (c *chooser) take(score float64) bool {
	t := tenth(score)
	if t == c.floor && c.left > 0 {
		c.left--
		return true
	}
	return t > c.floor
}
