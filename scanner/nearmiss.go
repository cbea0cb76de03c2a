package scanner

import (
	"cmp"
	"time"

	"coldcase/matchers/correlate"
	"coldcase/rules"
	"coldcase/scanner/top"
)

// maxNearMisses bounds the near misses that are kept, the earliest; all are counted.
const maxNearMisses = 1000

// NearMiss is what would have been a finding with a little more. It is kept apart from
// findings and counts for no score.
type NearMiss struct {
	Rule        *rules.Rule
	Kind        string // of correlate's: one step short, cut by the end of evidence, below the threshold
	Have, Want  int64  // steps, events or distinct values
	Host, User  string
	First, Last time.Time
	// File and Line are where its first event stands.
	File string
	Line int64
}

// nearMisses gathers the near misses of a run.
type nearMisses struct {
	rules  []*rules.Rule
	inputs func(i int32) string
	kept   *top.List[NearMiss]
	// compared says which rules are reported.
	compared *comparison
}

func newNearMisses(cfg Config, compared *comparison) *nearMisses {
	all := allInputs(cfg)
	return &nearMisses{compared: compared, rules: cfg.Matcher.Rules(), inputs: func(i int32) string { return all[i].Name },
		kept: &top.List[NearMiss]{N: maxNearMisses, Text: maxGroupText, Compare: compareNearMisses,
			Size: func(m NearMiss) int { return len(m.Host) + len(m.User) }}}
}

func (n *nearMisses) take(m *correlate.NearMiss) {
	if !n.compared.reported(m.Rule) {
		return
	}
	first, last := m.Records[0], m.Records[len(m.Records)-1]
	n.kept.Add(NearMiss{Rule: n.rules[m.Rule], Kind: m.Kind, Have: m.Have, Want: m.Want,
		Host: first.Host, User: first.User, First: time.Unix(0, first.Time).UTC(), Last: time.Unix(0, last.Time).UTC(),
		File: n.inputs(first.Origin.Input), Line: first.Origin.Line})
}

// compareNearMisses orders by time; the rest makes the order total.
func compareNearMisses(a, b NearMiss) int {
	return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Rule.Name, b.Rule.Name), cmp.Compare(a.Rule.ID, b.Rule.ID),
		cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), a.Last.Compare(b.Last),
		cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Have, b.Have), cmp.Compare(a.Rule.File, b.Rule.File))
}
