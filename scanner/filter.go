package scanner

import (
	"slices"
	"strings"

	"coldcase/matchers/correlate"
	"coldcase/rules"
)

// filter decides which findings are reported.
type filter struct {
	Filter
	rules map[*rules.Rule]bool // verdict on the rule alone
}

func newFilter(f Filter) *filter { return &filter{Filter: f, rules: map[*rules.Rule]bool{}} }

func (f *filter) shows(r *rules.Rule, rec *correlate.Record) bool {
	ok, known := f.rules[r]
	if !known {
		ok = f.showsRule(r)
		f.rules[r] = ok
	}
	return ok && f.inTime(rec) && f.names(f.Hosts, rec.Host, rec.HostKey) && f.names(f.Users, rec.User)
}

// inTime leaves out events without a readable time when a range was asked for.
func (f *filter) inTime(rec *correlate.Record) bool {
	if f.Since.IsZero() && f.Until.IsZero() {
		return true
	}
	if rec.NoTime {
		return false
	}
	t := recordTime(rec)
	return (f.Since.IsZero() || !t.Before(f.Since)) && (f.Until.IsZero() || !t.After(f.Until))
}

func (f *filter) names(wanted []string, names ...string) bool {
	if len(wanted) == 0 {
		return true
	}
	for _, name := range names {
		if slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, name) }) {
			return true
		}
	}
	return false
}

func (f *filter) showsRule(r *rules.Rule) bool {
	if severityRank(r.Severity) < severityRank(f.MinSeverity) {
		return false
	}
	if len(f.Tags) > 0 && !slices.ContainsFunc(f.Tags, func(t string) bool { return slices.Contains(r.Tags, t) }) {
		return false
	}
	return len(f.Tactics) == 0 || slices.ContainsFunc(r.Threat, f.wantsTactic)
}

// wantsTactic takes a tactic by id, by name, or by name with dashes for blanks.
func (f *filter) wantsTactic(t rules.Tactic) bool {
	return slices.ContainsFunc(f.Tactics, func(w string) bool {
		return strings.EqualFold(w, t.ID) || strings.EqualFold(strings.ReplaceAll(w, "-", " "), t.Name)
	})
}
