package scanner

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/rules"
)

// alertsIndex is where a live stack keeps its alerts; rules over it look at the
// findings of the others.
const alertsIndex = ".alerts-security.alerts-default"

// secondStage holds the findings of a run, rendered as alert documents, against the
// rules that look at alerts. What these find is not fed to them again.
type secondStage struct {
	rules  []*rules.Rule
	second []bool // by rule: looks at alerts
	worker *matchers.Worker
	alerts alertMaker
	buf    scratch
	out    *correlate.Collector
	// tallies are of the rows of alerts.
	tallies *correlate.Tallies
	// events are those that joined alerts stand for, by origin: what a finding rests on
	// that joins them need not be read from the evidence once more.
	events *correlate.Sorter
	// unread counts findings whose alert document is beyond the limits of a line.
	unread int64
	// waiting counts candidates, which are no alerts while nobody has given the verdict.
	waiting int64
	// compared says which rules look at the findings of which.
	compared *comparison
}

// newSecondStage returns nil when no rule looks at alerts.
func newSecondStage(cfg Config, dir string, budget int, compared *comparison) *secondStage {
	s := &secondStage{rules: cfg.Matcher.Rules(), compared: compared}
	for _, r := range s.rules {
		s.second = append(s.second, OverAlerts(r))
	}
	if !slices.Contains(s.second, true) {
		return nil
	}
	s.worker = cfg.Matcher.NewWorker(cfg.Reference)
	s.out, s.events = correlate.NewCollector(dir, budget/2), correlate.NewSorter(dir, budget/4)
	s.tallies = correlate.NewTallies(s.rules, rowPrograms(cfg.Matcher))
	s.out.Share(s.tallies, -1)
	return s
}

func looksAtAlerts(pattern string) bool { return strings.Contains(pattern, ".alerts-security") }

func (s *secondStage) notes() []string {
	var out []string
	if s.unread > 0 {
		out = append(out, fmt.Sprintf("findings that rules over alerts did not look at: %d; their events are too large", s.unread))
	}
	if s.waiting > 0 {
		out = append(out, fmt.Sprintf("candidates that rules over alerts did not look at: %d; without the verdict they are no alerts", s.waiting))
	}
	return out
}

// take matches one finding of the first stage.
func (s *secondStage) take(x *found) error {
	if s == nil || s.second[x.Rule] {
		return nil
	}
	if x.rule.Candidates {
		s.waiting++
		return nil
	}
	id := findingID(x)
	hits, err := s.worker.Match(s.alerts.document(x, id))
	if err != nil {
		s.unread++
		return nil
	}
	hits = slices.DeleteFunc(hits, func(h matchers.Hit) bool { return !s.second[h.Rule] || !s.compared.meets(x.Rule, h.Rule) })
	if len(hits) == 0 {
		return nil
	}
	joins := false
	for _, h := range hits {
		joins = joins || s.worker.Joined(h)
		if err := s.emit(x, id, h); err != nil {
			return err
		}
	}
	if !joins || len(x.Records[0].Event) == 0 {
		return nil
	}
	return s.events.Add(knownKey(x.Records[0]), s.buf.keep(x.Records[0].Append(s.buf)))
}

// close gives up what is not needed once the alerts are findings.
func (s *secondStage) close() error { return errors.Join(s.out.Close(), s.events.Close()) }

// emit records the hit with the origin of the finding's first event, which is the
// evidence behind the alert. An alert that is joined with others is told from them by its
// id, and its content does not matter: what a finding of several shows of it is the event.
func (s *secondStage) emit(x *found, id string, h matchers.Hit) error {
	f, source := s.worker.Facts()
	first := x.Records[0]
	r := correlate.Record{Rule: h.Rule, Step: h.Step, Time: f.Time, NoTime: f.NoTime, Sequence: f.Sequence,
		Origin: first.Origin, HostKey: x.hostKey, Host: x.host, User: x.user,
		Index: alertsIndex, ID: id, LineHash: first.LineHash}
	copy(r.IDHash[:], r.ID)
	if !s.worker.Joined(h) {
		describe(&r, f, bytes.Clone(source), nil)
		r.LineHash, r.Content = first.LineHash, s.worker.Content() // which ends Facts
	}
	if rows := s.worker.Rows(h); len(rows) > 0 {
		return emitRows(rows, &r, s.out.Emit)
	}
	if !s.worker.Joined(h) {
		return s.out.Emit(&r)
	}
	keys, values := s.worker.Keys(h, func() string { return r.ID })
	r.Values = values
	for _, r.Key = range keys {
		if err := s.out.Emit(&r); err != nil {
			return err
		}
	}
	return nil
}
