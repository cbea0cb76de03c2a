package scanner

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
		f, err := decodeFound(payload, rs)
		if err != nil {
			return err
		}
		return yield(newFinding(&f, score, res))
	})
}

// FindingOf is a finding as a run reports it, but for what only the run knows: score, chain,
// evidence and detail.
func FindingOf(f *correlate.Finding, rule *rules.Rule) *Finding {
	x := newFound(f, rule)
	return x.finding()
}

func (x *found) finding() *Finding {
	r := x.Records[0]
	return &Finding{
		ID: findingID(x), Rule: x.rule, RuleName: x.name, Severity: x.severity, RiskScore: x.risk,
		Time: x.time(), Last: x.last(), Host: x.host, User: x.user,
		Process: r.Process, Command: r.Command, Message: r.Message, Count: int(x.Count), Key: r.Key, hostKey: x.hostKey,
		Candidate: x.rule.Candidates,
	}
}

func newFinding(x *found, score float64, res *Result) *Finding {
	f := x.finding()
	f.Score, f.Chain, f.Detail, f.explain = score, res.chainOf[f.ID], map[string]any{}, res.explain
	for _, r := range x.Records {
		f.Evidence = append(f.Evidence, newEvidence(r, res))
	}
	if len(x.Detail) > 0 {
		// Written by the reduction itself, so it is JSON; numbers stay as written.
		d := json.NewDecoder(bytes.NewReader(x.Detail))
		d.UseNumber()
		if err := d.Decode(&f.Detail); err != nil {
			panic("BUG: scanner.newFinding: " + err.Error())
		}
	}
	if x.beyond {
		f.Detail["beyond_ignore_above"] = true
	}
	if x.assumed {
		f.Detail["index_assumed"] = true
	}
	return f
}

func newEvidence(r *correlate.Record, res *Result) Evidence {
	in := &res.Inputs[r.Origin.Input]
	return Evidence{File: in.File, FileSHA256: in.SHA256, Origin: r.Origin, LineSHA256: hex.EncodeToString(r.LineHash[:]),
		Index: r.Index, ID: r.ID, Step: int(r.Step), Event: r.Event}
}

// FindingID hashes rule, version and the identities of the events in evidence order,
// and the join key, which tells findings over the same events apart. Where the events
// are stored, and how, leaves no trace in it. Equal events without id that were all
// kept are told apart by their number.
func FindingID(f *correlate.Finding, rule *rules.Rule) string {
	h := sha256.New()
	write := func(s string) { h.Write(append([]byte(strconv.Itoa(len(s))+":"), s...)) }
	write(rule.ID)
	write(strconv.Itoa(rule.Version))
	write(f.Records[0].Key)
	for _, r := range f.Records {
		write(string(r.IDHash[:]))
		write(string(r.Content[:]))
		if r.Nth > 1 {
			write(strconv.FormatInt(r.Nth, 10))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func findingID(x *found) string { return FindingID(x.Finding, x.rule) }
