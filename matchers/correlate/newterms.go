package correlate

import (
	"math"
	"time"

	"coldcase/matchers/event"
	"coldcase/rules"
)

// newTerms finds terms that were not seen in the window before them. The key is the
// tuple of terms; with its records in time order, a term is new where the record
// before it lies more than the window back. That does not depend on how evidence is
// split: the sightings, each good for one window, cover intervals whose starts are the
// findings (rule-types.md section 3).
type newTerms struct {
	rule    int32
	fields  []string
	window  time.Duration
	history History
	yield   func(*Finding) error

	seen bool
	last int64
}

func newNewTerms(rule int32, r *rules.Rule, history History, yield func(*Finding) error) *newTerms {
	return &newTerms{rule: rule, fields: r.NewTerms.Fields, window: r.NewTerms.Window, history: history, yield: yield}
}

func (d *newTerms) add(r *Record) error {
	fresh := !d.seen || elapsed(d.last, r.Time) > uint64(d.window)
	d.seen, d.last = true, r.Time
	if !fresh || r.Baseline {
		return nil
	}
	known := d.known(r)
	f, err := newFinding(d.rule, []*Record{r}, map[string]any{
		"new_terms": map[string]any{
			"fields": d.fields, "values": event.SplitKey(r.Key),
			"baseline_days": days(known), "window_days": days(d.window),
		},
	})
	if err != nil {
		return err
	}
	// ranking.md: b = max(0.2, min(1, observed history / window)).
	f.Scale = math.Max(0.2, math.Min(1, float64(known)/float64(d.window)))
	return d.yield(f)
}

// elapsed returns the nanoseconds from a time to a later one. As a signed number they
// may overflow: evidence with an event of 1678 would hide those of today.
func elapsed(from, to int64) uint64 { return uint64(to) - uint64(from) }

// known returns how much history stands behind a record, at most the window.
func (d *newTerms) known(r *Record) time.Duration {
	if d.history == nil {
		return 0
	}
	start, ok := d.history(r, d.window)
	if !ok || start >= r.Time {
		return 0
	}
	return time.Duration(min(uint64(d.window), elapsed(start, r.Time)))
}

func (d *newTerms) end() error {
	d.seen = false
	return nil
}

// days rounds to a tenth of a day.
func days(d time.Duration) float64 {
	return math.Round(d.Hours()/24*10) / 10
}
