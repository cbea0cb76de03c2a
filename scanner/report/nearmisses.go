package report

import (
	"fmt"

	"coldcase/scanner"
)

// jsonNear is one near miss in the summary.
type jsonNear struct {
	Rule  string  `json:"rule_id"`
	Name  string  `json:"rule_name"`
	Kind  string  `json:"kind"`
	Have  int64   `json:"have"`
	Want  int64   `json:"want"`
	Host  *string `json:"host"`
	User  *string `json:"user"`
	First *string `json:"first"`
	Last  *string `json:"last"`
	File  string  `json:"file"`
	Line  int64   `json:"line"`
}

func summaryNearMiss(m *scanner.NearMiss) jsonNear {
	return jsonNear{Rule: m.Rule.ID, Name: m.Rule.Name, Kind: m.Kind, Have: m.Have, Want: m.Want,
		Host: orNull(m.Host), User: orNull(m.User), First: jsonTime(m.First), Last: jsonTime(m.Last), File: m.File, Line: m.Line}
}

// nearMisses lists what was nearly a finding, apart from the findings.
func (s *screen) nearMisses() {
	all := s.res.Counts.NearMisses
	if all == 0 {
		return
	}
	s.headed("NEAR MISSES", fmt.Sprintf("%s that would have been findings with a little more; they count for no score", number(all)))
	shown := s.res.NearMisses[:s.opt.limit(len(s.res.NearMisses))]
	for i := range shown {
		m := &shown[i]
		s.wrapped(fmt.Sprintf("  %s  %s: %s, %d of %d, on %s, %s:%d", s.moment(m.First), Safe(m.Rule.Name), m.Kind,
			m.Have, m.Want, dash(Safe(m.Host)), Safe(m.File), m.Line), 4)
	}
	if rest := all - int64(len(shown)); rest > 0 {
		s.line("  and %s more", number(rest))
	}
	s.line("")
}
