package scanner

import (
	"slices"
	"strings"

	"coldcase/rules"
)

// filter decides which findings are reported.
type filter struct {
	Filter
	rules map[*rules.Rule]bool // verdict on the rule alone, its severity apart
}

func newFilter(f Filter) *filter { return &filter{Filter: f, rules: map[*rules.Rule]bool{}} }

func (f *filter) shows(x *found) bool {
	ok, known := f.rules[x.rule]
	if !known {
		ok = f.showsRule(x.rule)
		f.rules[x.rule] = ok
	}
	return ok && severityRank(x.severity) >= severityRank(f.MinSeverity) && f.inTime(x) &&
		f.names(f.Hosts, x.host, x.hostKey) && f.names(f.Users, x.user)
}

// inTime takes findings with any evidence in the range, and leaves out those without a
// readable time when a range was asked for.
func (f *filter) inTime(x *found) bool {
	if f.Since.IsZero() && f.Until.IsZero() {
		return true
	}
	if x.NoTime {
		return false
	}
	return (f.Since.IsZero() || !x.last().Before(f.Since)) && (f.Until.IsZero() || !x.time().After(f.Until))
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
