package scanner

import (
	"cmp"
	"math"
	"time"

	"coldcase/matchers/correlate"
	"coldcase/rules"
)

// found is a finding as the grouping sees it: what its records say together.
type found struct {
	*correlate.Finding
	rule           *rules.Rule
	hostKey, host  string
	user           string
	name, severity string // after the rule's overrides
	risk           int
	assumed        bool // no event's index is known for certain
	beyond         bool // a live stack would have missed an event
}

func newFound(f *correlate.Finding, rule *rules.Rule) found {
	first := f.Records[0]
	x := found{Finding: f, rule: rule, assumed: true, user: f.User(),
		name: cmp.Or(first.Name, rule.Name), severity: cmp.Or(first.Severity, rule.Severity), risk: rule.RiskScore}
	x.hostKey, x.host = f.Host()
	if first.Name != "" {
		x.risk = int(first.Risk)
	}
	for _, r := range f.Records {
		x.assumed = x.assumed && r.Assumed
		x.beyond = x.beyond || r.Beyond
	}
	return x
}

// decodeFound reads a finding; what it holds points into payload.
func decodeFound(payload []byte, rs []*rules.Rule) (found, error) {
	f := &correlate.Finding{}
	if err := f.Decode(payload); err != nil {
		return found{}, err
	}
	return newFound(f, rs[f.Rule]), nil
}

// time returns when the finding began, zero when no event has a readable time.
func (f *found) time() time.Time {
	if f.NoTime {
		return time.Time{}
	}
	return time.Unix(0, f.First).UTC()
}

func (f *found) last() time.Time {
	if f.NoTime {
		return time.Time{}
	}
	return time.Unix(0, f.Last).UTC()
}

// groupKey orders findings by group; within one, the one that decides its score comes
// first: highest risk and severity, whole confidence, longest history. Then by time.
func (f *found) groupKey() []byte {
	dst := correlate.AppendInt(nil, int64(f.Rule))
	dst = correlate.AppendText(dst, f.hostKey)
	dst = correlate.AppendText(dst, f.user)
	dst = correlate.AppendInt(dst, -int64(f.risk))
	dst = correlate.AppendInt(dst, -int64(severityRank(f.severity)))
	assumed := int64(0)
	if f.assumed {
		assumed = 1
	}
	dst = correlate.AppendInt(dst, assumed)
	dst = correlate.AppendInt(dst, -int64(math.Float64bits(f.Scale)>>1))
	return f.appendPlace(f.Records[0].AppendTime(dst))
}

// appendPlace makes a key distinct: findings of one rule may share their first event,
// but not all their events and their key.
func (f *found) appendPlace(dst []byte) []byte {
	for _, r := range f.Records[1:] {
		dst = r.AppendOrigin(dst)
	}
	return correlate.AppendText(dst, f.Records[0].Key)
}

// outputKey orders findings by time, then rule, then origin.
func (f *found) outputKey() []byte {
	t := int64(math.MaxInt64)
	if !f.NoTime {
		t = f.First
	}
	dst := correlate.AppendInt(make([]byte, 0, 64), t)
	dst = correlate.AppendInt(dst, int64(f.Rule))
	return f.appendPlace(f.Records[0].AppendOrigin(dst))
}

// sample is what a row shows of the finding.
func (f *found) sample() string {
	r := f.Records[0]
	return clip(cmp.Or(r.Command, r.Message))
}

// riskScore is the risk that counts: a rule may state only a severity.
func (f *found) riskScore() int {
	if f.risk == 0 {
		return levelRisk[f.severity]
	}
	return f.risk
}
