package correlate

import (
	"encoding/json"
	"time"

	"coldcase/matchers/event"
	"coldcase/rules"
)

// suppress folds the findings of a rule with alert suppression: the first event of a
// group of equal terms is the finding, those within the duration after it are counted
// (rule-types.md section 9). Without a duration the rule's look-back is taken. Events
// that lack a term are a group of their own, or not suppressed at all, as the rule
// says; the workers write those with a key of their own.
type suppress struct {
	rule   int32
	fields []string
	window uint64 // in nanoseconds
	yield  func(*Finding) error
	// candidates: see rules.Rule.
	candidates bool

	first *Record
	last  int64
	count int64
}

func newSuppress(rule int32, r *rules.Rule, yield func(*Finding) error) *suppress {
	window := r.Suppression.Duration
	if window == 0 {
		window = r.LookBack
	}
	return &suppress{rule: rule, fields: r.Suppression.GroupBy, window: uint64(max(0, window)), yield: yield,
		candidates: r.Candidates}
}

func (d *suppress) add(r *Record) error {
	if d.first != nil && elapsed(d.first.Time, r.Time) <= d.window {
		d.count++
		d.last = r.Time
		return nil
	}
	if err := d.end(); err != nil {
		return err
	}
	d.first, d.last, d.count = r, r.Time, 1
	return nil
}

func (d *suppress) end() error {
	if d.first == nil {
		return nil
	}
	r := d.first
	d.first = nil
	detail := map[string]any{
		"suppression": map[string]any{
			"fields": d.fields, "values": event.SplitKey(r.Key), "suppressed": d.count - 1,
			"start": time.Unix(0, r.Time).UTC(), "end": time.Unix(0, d.last).UTC(),
		},
	}
	if r.Row != "" { // of a rule in ES|QL
		detail["row"], r.Row = json.RawMessage(r.Row), ""
		if d.candidates {
			detail["candidate"] = verdictSkipped
		}
	}
	f, err := newFinding(d.rule, []*Record{r}, detail)
	if err != nil {
		return err
	}
	f.Count, f.Last = d.count, d.last
	return d.yield(f)
}
