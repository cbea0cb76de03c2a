package proof

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"coldcase/matchers/correlate"
	"coldcase/rules"
	"coldcase/scanner"
	"coldcase/scanner/claim"
)

// bench judges findings in batches: those whose rules join events are joined in one
// reduction, each as a rule of its own.
type bench struct {
	v       *verifier
	judges  []*judge
	joiners []*judge      // of them, whose rules join events
	rules   []*rules.Rule // of joiners, by place
	joined  *correlate.Collector
	records int // in joined
}

// Bounds of a batch, which is held in memory but for its records.
const (
	maxBench        = 256
	maxBenchRecords = 100_000
)

func newBench(v *verifier) *bench {
	return &bench{v: v, joined: correlate.NewCollector(v.dir, v.budget)}
}

// full says whether the batch should be judged before the next finding.
func (b *bench) full() bool { return len(b.judges) >= maxBench || b.records >= maxBenchRecords }

// open begins the next finding.
func (b *bench) open(h *head) *judge {
	j := &judge{b: b, v: b.v, h: h}
	b.judges = append(b.judges, j)
	if h.Claim == nil || h.Rule < 0 {
		return j
	}
	j.proof = b.v.windowProofOf(h)
	if correlate.Correlates(b.v.rules[h.Rule]) && j.proof != rowLines {
		j.joins, j.place = true, int32(len(b.joiners))
		b.joiners, b.rules = append(b.joiners, j), append(b.rules, j.ruleAlone(b.v.rules[h.Rule]))
	}
	return j
}

// end judges the batch. The error is the temporary directory's, or yield's.
func (b *bench) end(yield func(*Verdict) error) error {
	rd := &correlate.Reduction{Rules: b.rules, Dir: b.v.dir, Budget: b.v.budget, Rows: b.rowPrograms}
	err := rd.Run([]*correlate.Collector{b.joined}, func(f *correlate.Finding) error {
		b.joiners[f.Rule].consider(f)
		return nil
	})
	if err = errors.Join(err, b.joined.Close()); err != nil {
		return err
	}
	for _, j := range b.judges {
		if err := yield(j.verdict()); err != nil {
			return err
		}
	}
	return nil
}

// judge brings the parts of one finding together.
type judge struct {
	b      *bench
	v      *verifier
	h      *head
	place  int32 // among the joiners
	joins  bool  // the rule joins events
	proof  windowProof
	worst  *part // the first part of the worst status
	noHash bool
	noHit  bool
	noID   bool // an event has no id: equal ones are told apart by their number
	again  bool // the rule finds the finding in its events
	// differs is what else it finds in them differs by, the least of all.
	differs string
}

// severityOf orders statuses.
func severityOf(status string) int {
	switch status {
	case Changed:
		return 2
	case Missing:
		return 1
	}
	return 0
}

// take reads the next part of the finding.
func (j *judge) take(payload []byte) error {
	p := &part{}
	if err := json.Unmarshal(payload, p); err != nil {
		return scanner.ErrSpilled
	}
	if j.worst == nil || severityOf(p.Status) > severityOf(j.worst.Status) {
		j.worst = p
	}
	j.noHash = j.noHash || p.NoHash
	j.noHit = j.noHit || !p.Hit && !p.Twice
	keys := map[string]bool{}
	for _, b := range p.Record {
		r := &correlate.Record{}
		if _, err := r.Decode(b); err != nil {
			return err
		}
		j.noID = j.noID || r.IDHash == [16]byte{}
		if j.proof == rowKey { // the event counts once for each of its groups
			if r.Row, r.Step = "", 0; keys[r.Key] {
				continue
			}
			keys[r.Key] = true
		}
		if err := j.emit(p, r); err != nil {
			return err
		}
	}
	return nil
}

// emit gives a record to the detector of its rule.
func (j *judge) emit(p *part, r *correlate.Record) error {
	if j.proof == rowLines {
		return nil
	}
	if !j.joins {
		r.Nth = 1
		j.consider(&correlate.Finding{Rule: r.Rule, Records: []*correlate.Record{r}, Count: 1, First: r.Time, Last: r.Time, NoTime: r.NoTime})
		return nil
	}
	if p.Twice { // one event that satisfies two steps is one event
		return nil
	}
	r.Rule = j.place
	j.b.records++
	return j.b.joined.Emit(r)
}

// verdict ends the finding.
func (j *judge) verdict() *Verdict {
	out := &Verdict{Line: j.h.Line, Status: Proven}
	c := j.h.Claim
	if c == nil {
		out.Status, out.Reason = Changed, j.h.Problem
		return out
	}
	out.FindingID, out.RuleID, out.RuleName = c.ID, c.Rule.ID, c.Rule.Name
	if w := j.worst; w.Status != Proven {
		out.Status, out.Reason, out.File = w.Status, w.Reason, w.File
		if w.Line != nil {
			out.EvidenceLine = *w.Line
		}
		return out
	}
	lines := j.linesProven()
	out.Proof = lines
	switch {
	case j.h.Rule < 0:
		out.Status, out.Reason = Missing, lines+" proven, "+j.h.Why
	case j.noHit:
		out.Status, out.Reason = Changed, lines+" proven, but the rule does not match: it is another rule than then"
	case scanner.OverAlerts(j.v.rules[j.h.Rule]):
		out.Proof += "; the rule looks at other findings, which a new scan proves"
	case j.proof != noWindows && (j.again || !j.mustMatch()):
		out.Proof += ", rule" + j.windowProven()
	case j.again:
		out.Proof += ", rule" + provenOf(j.v.rules[j.h.Rule], c)
	default:
		out.Status, out.Reason = Changed, lines+" proven, but "+cmp.Or(j.differs, j.nothing())
	}
	return out
}

// linesProven names the part of the proof that needs no rule.
func (j *judge) linesProven() string {
	out := "line"
	if j.h.Claim.Lines > 1 {
		out = fmt.Sprintf("%d lines", j.h.Claim.Lines)
	}
	if j.noHash {
		out += " (no SHA-256 of the input is recorded)"
	}
	return out
}

// provenOf says what of a rule that joins events its evidence lines alone prove.
func provenOf(r *rules.Rule, c *claim.Finding) string {
	switch {
	case r.Program.Sequence != nil:
		return ", order and keys"
	case r.Program.Sample != nil:
		return ", keys"
	case r.Type == rules.KindThreshold && c.Detail.Threshold.Count > int64(c.Lines):
		return " and key; of the count, the lines listed"
	case r.Type == rules.KindThreshold:
		return ", key and count"
	case r.Type == rules.KindNewTerms:
		return " and term; that it was new rests on all evidence, which a new scan proves"
	case r.Suppression != nil:
		return " and key; what was suppressed rests on all evidence"
	}
	return ""
}

// ruleAlone is the rule as it is held against the finding's events alone: of a threshold
// episode only the first lines are listed, and they prove themselves.
func (j *judge) ruleAlone(r *rules.Rule) *rules.Rule {
	c := j.h.Claim
	if j.proof == rowKey {
		return j.together(r)
	}
	if r.Type != rules.KindThreshold || c.Detail.Threshold.Count <= int64(c.Lines) {
		return r
	}
	rule, low := *r, *r.Threshold
	low.Value, low.Cardinality = min(low.Value, c.Lines), nil
	rule.Threshold = &low
	return &rule
}

// consider holds what the rule finds in the finding's events against the finding.
func (j *judge) consider(x *correlate.Finding) {
	wrong := j.wrong(x)
	if wrong == "" {
		j.again = true
	}
	if j.differs == "" || len(wrong) < len(j.differs) {
		j.differs = wrong
	}
}

// wrong says what of a finding is not as the claim has it, "" when all is.
func (j *judge) wrong(x *correlate.Finding) string {
	c := j.h.Claim
	if len(x.Records) != c.Lines {
		return "the rule does not join these events, but some of them"
	}
	is := scanner.FindingOf(x, j.v.rules[j.h.Rule])
	var wrong []string
	if !j.sameID(x, is.ID) {
		wrong = append(wrong, "finding_id")
	}
	for _, f := range []struct {
		name string
		same bool
	}{
		{"rule.name", c.Rule.Name == is.RuleName}, {"rule.severity", c.Rule.Severity == is.Severity},
		{"host", claim.Text(c.Host) == is.Host}, {"user", claim.Text(c.User) == is.User}, {"time", sameTime(c.Time, is.Time)},
	} {
		if !f.same {
			wrong = append(wrong, f.name)
		}
	}
	if row := j.otherRow(x); row != "" {
		wrong = append(wrong, row)
	}
	if len(wrong) == 0 {
		return ""
	}
	return "the findings file says otherwise than the evidence: " + strings.Join(wrong, ", ")
}

// maxNth bounds the equal events without an id among which a finding's own is looked
// for.
const maxNth = 10_000

// sameID says whether a finding, whose id is given, has the claim's id. Equal events without an id are told
// apart by a number that the finding does not state: of a finding of one event it is
// looked for, of others it is not held against the claim.
func (j *judge) sameID(x *correlate.Finding, id string) bool {
	want := j.h.Claim.ID
	if id == want {
		return true
	}
	if !j.noID {
		return false
	}
	if len(x.Records) > 1 {
		return true
	}
	for nth := int64(2); nth <= maxNth; nth++ {
		if x.Records[0].Nth = nth; scanner.FindingID(x, j.v.rules[j.h.Rule]) == want {
			return true
		}
	}
	return false
}

// sameTime says whether a time of a findings file is t; zero is null.
func sameTime(s *string, t time.Time) bool {
	if s == nil || t.IsZero() {
		return s == nil && t.IsZero()
	}
	c, err := time.Parse(time.RFC3339Nano, *s)
	return err == nil && c.Equal(t)
}
