package proof

import (
	"encoding/json"
	"fmt"
	"math"

	"coldcase/matchers/correlate"
	"coldcase/matchers/rows"
	"coldcase/rules"
	"coldcase/scanner"
	"coldcase/scanner/claim"
)

// windowProof is how a finding of a rule in ES|QL that looks at rows together is proven
// from its lines.
type windowProof uint8

const (
	// noWindows: the rule is another.
	noWindows windowProof = iota
	// rowAgain: all sources are listed and decide by themselves. The rule is run on them and
	// must make the same row.
	rowAgain
	// rowPerhaps: all sources are listed, and rows of other events take part. The rule is
	// run on them, and it is said when it makes the same row of them alone.
	rowPerhaps
	// rowKey: not all sources are listed. Those that are must go to one group, whose key and
	// events make the finding's id; what the group amounts to is not decided by them.
	rowKey
	// rowLines: nor can that be said.
	rowLines
)

// windowProofOf chooses the proof of a claim.
func (v *verifier) windowProofOf(h *head) windowProof {
	r := v.rules[h.Rule]
	if !scanner.OverWindows(r) || scanner.OverAlerts(r) {
		return noWindows
	}
	all := h.Claim.Detail.Rows.Sources <= int64(h.Claim.Lines)
	decide, grouped := correlate.SourcesDecide(r, v.cfg.Matcher.RowProgram(h.Rule))
	switch {
	case all && decide:
		return rowAgain
	case all:
		return rowPerhaps
	case grouped:
		return rowKey
	}
	return rowLines
}

// rowPrograms gives the reduction of a batch the compiled queries of its rules.
func (b *bench) rowPrograms(place int32) *rows.Program {
	return b.v.cfg.Matcher.RowProgram(b.joiners[place].h.Rule)
}

// together is a rule in ES|QL as one that asks for so many events of one key, at any times:
// those that are listed of a group.
func (j *judge) together(r *rules.Rule) *rules.Rule {
	rule, program := *r, *r.Program
	rule.ESQL, rule.Program = nil, &program
	rule.Type, rule.Threshold = rules.KindThreshold, &rules.Threshold{Value: j.h.Claim.Lines}
	rule.LookBack = math.MaxInt64
	return &rule
}

// otherRow says how what the rule makes of the lines differs from the claim in what only
// findings in ES|QL have, "" when it does not.
func (j *judge) otherRow(x *correlate.Finding) string {
	r := j.v.rules[j.h.Rule]
	if r.ESQL == nil || scanner.OverAlerts(r) || j.proof == rowKey {
		return ""
	}
	if wrong := claim.OtherRow(j.h.Claim.RowSums, rowOf(x)); wrong != "" {
		return wrong
	}
	if j.proof != noWindows && x.Count != j.h.Claim.Detail.Rows.Sources {
		return "detail.rows.sources"
	}
	return ""
}

// rowOf returns the row of a finding of a rule in ES|QL, nil for others.
func rowOf(f *correlate.Finding) json.RawMessage {
	if row := f.Records[0].Row; row != "" {
		return json.RawMessage(row)
	}
	var detail struct {
		Row json.RawMessage `json:"row"`
	}
	if len(f.Detail) == 0 || json.Unmarshal(f.Detail, &detail) != nil {
		return nil
	}
	return detail.Row
}

// windowProven says what is proven of a finding whose lines are, beside the rule.
func (j *judge) windowProven() string {
	c := j.h.Claim
	switch {
	case j.proof == rowAgain:
		return " and row"
	case j.proof == rowPerhaps && j.again:
		return " and row, of these events alone; what others add rests on all evidence, which a new scan proves"
	case j.proof == rowPerhaps:
		return "; what its rows amount to rests on all evidence, which a new scan proves"
	case j.proof == rowKey:
		return fmt.Sprintf(" and key; the row rests on all %d sources, of which %d are listed: a new scan proves it", c.Detail.Rows.Sources, c.Lines)
	}
	return fmt.Sprintf("; the row rests on all %d sources, of which %d are listed: a new scan proves it", c.Detail.Rows.Sources, c.Lines)
}

// nothing says that the rule finds nothing in the events of the finding.
func (j *judge) nothing() string {
	if j.proof == rowAgain {
		return "the rule keeps no row of these events"
	}
	return "the rule does not join these events"
}

// mustMatch says whether the rule has to find the finding again in its events.
func (j *judge) mustMatch() bool { return j.proof != rowPerhaps && j.proof != rowLines }
