package rules

import (
	"slices"
	"strconv"
)

// Select returns a set with the same rules of which only those run that sel wants.
// s is left as it is. A rule that a newer version supersedes, or that cannot be run,
// keeps that status unless a flag excludes it: superseding comes before selection.
func (s *Set) Select(sel Selection) *Set {
	out := &Set{Problems: s.Problems, Entries: make([]Entry, 0, len(s.Entries))}
	for _, e := range s.Entries {
		out.Entries = append(out.Entries, sel.apply(e))
	}
	return out
}

// Runnable returns the rules that run, in the order of the set.
func (s *Set) Runnable() []*Rule {
	var rs []*Rule
	for _, e := range s.Entries {
		if e.Status == Runs {
			rs = append(rs, e.Rule)
		}
	}
	return rs
}

// apply decides one entry. Both flags name a rule by its id or its exact name, so
// they hold for all of its versions.
func (sel Selection) apply(e Entry) Entry {
	if e.Status == Superseded || e.Status == Excluded {
		return e
	}
	if name, ok := named(e.Rule, sel.Exclude); ok {
		e.Status, e.Reason = Excluded, "--exclude-rule "+quoteName(name)
		return e
	}
	if _, ok := named(e.Rule, sel.Only); !ok && len(sel.Only) > 0 {
		e.Status, e.Reason = Excluded, "not named by --rule"
		return e
	}
	if sel.Indicators && e.Status == NotRun && e.Rule.NotRun == ReasonIndicators {
		e.Status, e.Reason = Runs, ""
	}
	if e.Status == Runs && e.Rule.Deprecated && !sel.Deprecated {
		e.Status, e.Reason = NotRun, ReasonDeprecated
	}
	return e
}

// named returns the entry of names that means r.
func named(r *Rule, names []string) (string, bool) {
	i := slices.IndexFunc(names, func(n string) bool { return n == r.ID || n == r.Name })
	if i < 0 {
		return "", false
	}
	return names[i], true
}

// quoteName quotes a name as a shell would need it: only when it has a blank.
func quoteName(name string) string {
	for i := range len(name) {
		if name[i] <= ' ' {
			return strconv.Quote(name)
		}
	}
	return name
}
