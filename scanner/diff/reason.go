package diff

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"coldcase/matchers/correlate"
	"coldcase/rules"
	"coldcase/scanner"
)

// reasons says why a stack has missed findings, from what its alerts show: a run that
// stopped at max_signals, an event that came too late for every run, a rule without any
// alert. Alerts and findings meet by rule and time, backwards, so that of the runs only
// the next one behind a finding has to be kept.
type reasons struct {
	d      *differ
	byRun  *correlate.Sorter // alerts by rule and run
	byRule *correlate.Sorter // facts of rules, then runs and missed findings, the latest first
	stated map[string]*rules.Rule

	first, last time.Time // of the alerts: event and making
}

func newReasons(d *differ) *reasons {
	r := &reasons{d: d, byRun: d.sorter(), byRule: d.sorter(), stated: map[string]*rules.Rule{}}
	if d.cfg.Rules != nil {
		for _, e := range d.cfg.Rules.Entries {
			if r.stated[e.Rule.ID] == nil { // the newest comes first
				r.stated[e.Rule.ID] = e.Rule
			}
		}
	}
	return r
}

func (r *reasons) close() {
	_ = r.byRun.Close() // the directory is removed as a whole
	_ = r.byRule.Close()
}

// alertRun is one run of a rule as its alerts show it.
type alertRun struct {
	At         time.Time
	Alerts     int
	MaxSignals int
}

// ruleFacts is what the alerts of a rule say of it.
type ruleFacts struct {
	LookBack   time.Duration // 0 when unknown
	Interval   time.Duration
	Override   string
	Suppressed int64
}

// reasonEntry is one entry of byRule: beside Rule exactly one is set.
type reasonEntry struct {
	Rule   string
	Facts  *ruleFacts `json:",omitempty"`
	Run    *alertRun  `json:",omitempty"`
	Missed *item      `json:",omitempty"`
}

// take files an item: both and alerts go out, missed findings wait for their reason.
func (r *reasons) take(x *item, known bool) error {
	if x.Alert == nil {
		switch {
		case known:
			return r.d.file(x.difference(StatusBoth, ""), x.number())
		case x.Candidate:
			return r.d.file(x.difference(StatusMissed, noVerdict), x.number())
		}
		return r.add(x.RuleID, 1, statedTime(x.Time), 1, x.number(), reasonEntry{Missed: x})
	}
	if err := r.alert(x); err != nil || known {
		return err
	}
	return r.d.file(x.difference(StatusAlert, ""), x.number())
}

// noVerdict is said of a candidate without an alert: a stack that asked has most likely
// been told that it was nothing.
const noVerdict = "candidate: the language model that the rule asks may have said no"

// add files an entry: kind 0 stands before 1, later times before earlier ones, and of
// one time the run, which is order 0, before the findings that it could have seen.
func (r *reasons) add(rule string, kind byte, t time.Time, order byte, n int64, e reasonEntry) error {
	key := append(correlate.AppendText(nil, rule), kind)
	key = append(correlate.AppendInt(key, ^t.UnixNano()), order)
	e.Rule = rule
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return r.byRule.Add(correlate.AppendInt(key, n), b)
}

// alert files what an alert says of its run.
func (r *reasons) alert(x *item) error {
	a := x.Alert
	for _, t := range []time.Time{a.Original, a.At} {
		if t.IsZero() {
			continue
		}
		if r.first.IsZero() || t.Before(r.first) {
			r.first = t
		}
		if t.After(r.last) {
			r.last = t
		}
	}
	run := a.Run
	if run == "" {
		run = a.At.UTC().Format(time.RFC3339Nano)
	}
	x.Keys = nil
	return x.addTo(r.byRun, correlate.AppendInt(correlate.AppendText(correlate.AppendText(nil, x.RuleID), run), x.number()))
}

// run finds the reasons.
func (r *reasons) run() error {
	if err := r.countRuns(); err != nil {
		return err
	}
	var facts *ruleFacts
	var next *alertRun // the run behind the finding at hand that stopped at its limit
	rule := ""
	return correlate.Merge([]*correlate.Sorter{r.byRule}, func(_, payload []byte) error {
		e := reasonEntry{}
		if err := json.Unmarshal(payload, &e); err != nil {
			return scanner.ErrSpilled
		}
		if err := r.d.ctx.Err(); err != nil {
			return err
		}
		if e.Rule != rule {
			facts, next, rule = nil, nil, e.Rule
		}
		switch {
		case e.Facts != nil:
			facts = e.Facts
		case e.Run != nil:
			next = e.Run
		case e.Missed != nil:
			x := e.Missed
			return r.d.file(x.difference(StatusMissed, r.why(x, facts, next)), x.number())
		}
		return nil
	})
}

// countRuns turns alerts into facts of rules and runs.
func (r *reasons) countRuns() error {
	var at *item
	var facts *ruleFacts
	var run *alertRun
	endRun := func() error {
		if run == nil || run.Alerts < run.MaxSignals || run.At.IsZero() {
			return nil
		}
		return r.add(at.RuleID, 1, run.At, 0, at.number(), reasonEntry{Run: run})
	}
	endRule := func() error {
		if at == nil {
			return nil
		}
		return r.add(at.RuleID, 0, time.Time{}, 0, 0, reasonEntry{Facts: facts})
	}
	name := ""
	err := r.d.each(r.byRun, func(x *item) error {
		newRule := at == nil || at.RuleID != x.RuleID
		if newRule || x.Alert.Run != name || name == "" && !run.At.Equal(x.Alert.At) {
			if err := endRun(); err != nil {
				return err
			}
			run, name = &alertRun{MaxSignals: x.Alert.MaxSignals}, x.Alert.Run
		}
		if newRule {
			if err := endRule(); err != nil {
				return err
			}
			facts = r.factsOf(x)
		}
		at = x
		run.Alerts++
		if x.Alert.At.After(run.At) {
			run.At = x.Alert.At
		}
		facts.Suppressed += x.Alert.Suppressed
		return nil
	})
	return errors.Join(err, endRun(), endRule())
}

// factsOf reads a rule's parameters from one of its alerts; the rules given fill in.
func (r *reasons) factsOf(x *item) *ruleFacts {
	f := r.statedFacts(x.RuleID)
	if f == nil {
		f = &ruleFacts{}
	}
	if w := agoOf(x.Alert.From); w > 0 {
		f.LookBack, f.Override = w, x.Alert.Override
	}
	if w := durationOf(x.Alert.Interval); w > 0 {
		f.Interval = w
	}
	return f
}

func (r *reasons) statedFacts(id string) *ruleFacts {
	rule := r.stated[id]
	if rule == nil {
		return nil
	}
	return &ruleFacts{LookBack: rule.LookBack, Interval: durationOf(rule.Interval), Override: rule.TimeOverride}
}

// why says why a finding was missed: what is certain first. facts is nil when the rule
// has no alert, next when no run behind the finding stopped at its limit.
func (r *reasons) why(x *item, facts *ruleFacts, next *alertRun) string {
	known := facts
	if known == nil {
		known = r.statedFacts(x.RuleID)
	}
	t := statedTime(x.Time)
	if known != nil && known.late(x.LateBy) {
		return fmt.Sprintf("late: ingested %s after the event, the rule looks back %s", seconds(x.LateBy), seconds(known.LookBack))
	}
	if next != nil && !t.IsZero() && (known == nil || known.LookBack <= 0 || next.At.Sub(t) <= known.LookBack) {
		return fmt.Sprintf("capped: the run at %s made %d alerts, its max_signals", next.At.UTC().Format(time.RFC3339), next.Alerts)
	}
	switch {
	case r.last.IsZero():
		return "rule off: the export holds no alert at all"
	case !t.IsZero() && t.After(r.last):
		return "not covered: later than every alert of the export"
	case !t.IsZero() && t.Before(r.first):
		return "not covered: earlier than every alert of the export"
	case facts == nil:
		return "rule off: no alert of the rule in the export; it was off, not installed, or saw other events"
	case facts.Suppressed > 0:
		return fmt.Sprintf("suppressed: alerts of the rule stand for %d more events", facts.Suppressed)
	case known.mayBeLate(x.LateBy):
		return fmt.Sprintf("perhaps late: ingested %s after the event, the rule runs every %s over %s",
			seconds(x.LateBy), seconds(known.Interval), seconds(known.LookBack))
	}
	return "unknown: the alerts show no reason"
}

// late says whether no run can have seen an event that was ingested so late. A rule
// that goes by another time than @timestamp is not late for that.
func (f *ruleFacts) late(by time.Duration) bool {
	return f.LookBack > 0 && by > f.LookBack && (f.Override == "" || f.Override == "@timestamp")
}

// mayBeLate says whether it depends on the phase of the schedule: the first run behind
// the ingestion may be an interval away.
func (f *ruleFacts) mayBeLate(by time.Duration) bool {
	return f.LookBack > 0 && f.Interval > 0 && by > 0 && by+f.Interval > f.LookBack && (f.Override == "" || f.Override == "@timestamp")
}

// seconds writes a duration to the second.
func seconds(d time.Duration) string { return d.Round(time.Second).String() }

// agoOf reads date math of the form now-9m; 0 for any other.
func agoOf(s string) time.Duration {
	rest, ok := strings.CutPrefix(s, "now-")
	if !ok {
		return 0
	}
	return durationOf(rest)
}

var durationUnits = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

// durationOf reads a whole number with one unit (5m); 0 for anything else.
func durationOf(s string) time.Duration {
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s[:len(s)-1], 10, 32)
	unit, ok := durationUnits[s[len(s)-1]]
	if err != nil || !ok || n < 0 || n > int64(1<<62/unit) {
		return 0
	}
	return time.Duration(n) * unit
}
