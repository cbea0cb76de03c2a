package scanner

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"coldcase/matchers/correlate"
	"coldcase/rules"
)

// walkFindings yields the findings in output order.
func walkFindings(ordered *correlate.Sorter, rs []*rules.Rule, res *Result, yield func(*Finding) error) error {
	return correlate.Merge([]*correlate.Sorter{ordered}, func(_, payload []byte) error {
		score, payload, err := cutScore(payload)
		if err != nil {
			return err
		}
		var r correlate.Record
		if err := r.Decode(payload); err != nil {
			return err
		}
		return yield(newFinding(rs[r.Rule], &r, score, res))
	})
}

func newFinding(rule *rules.Rule, r *correlate.Record, score float64, res *Result) *Finding {
	in := &res.Inputs[r.Origin.Input]
	t := recordTime(r)
	f := &Finding{
		ID: findingID(rule, r), Rule: rule, RuleName: rule.Name, Severity: rule.Severity, RiskScore: rule.RiskScore,
		Time: t, Last: t, Host: r.Host, User: r.User, Score: score,
		Process: r.Process, Command: r.Command, Message: r.Message, Count: 1,
		Evidence: []Evidence{{File: in.File, FileSHA256: in.SHA256, Origin: r.Origin,
			LineSHA256: hex.EncodeToString(r.LineHash[:]), Index: r.Index, ID: r.ID, Event: r.Event}},
		Detail: map[string]any{},
	}
	if r.Beyond {
		f.Detail["beyond_ignore_above"] = true
	}
	if r.Assumed {
		f.Detail["index_assumed"] = true
	}
	return f
}

// findingID hashes rule, version and the identity of the event. Where the event is
// stored, and how, leaves no trace in it. Equal events without id that were all kept
// are told apart by their number.
func findingID(rule *rules.Rule, r *correlate.Record) string {
	h := sha256.New()
	for _, s := range [...]string{rule.ID, strconv.Itoa(rule.Version), string(r.IDHash[:]), string(r.Content[:])} {
		h.Write(append([]byte(strconv.Itoa(len(s))+":"), s...))
	}
	if r.Nth > 1 {
		h.Write([]byte(strconv.FormatInt(r.Nth, 10)))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
