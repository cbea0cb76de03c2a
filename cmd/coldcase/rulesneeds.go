package main

import (
	"fmt"
	"slices"
	"strings"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/rules/schema"
)

// otherVersions names the other rules of the same id.
func otherVersions(r *rules.Rule, set *rules.Set) string {
	var out []string
	for _, e := range set.Entries {
		if e.Rule.ID == r.ID && e.Rule != r {
			out = append(out, fmt.Sprintf("%s in %s", versionText(e.Rule.Version), e.Rule.File))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "; others: " + strings.Join(out, ", ")
}

// overrideLines say what an event may change of the rule.
func overrideLines(r *rules.Rule) (out []string) {
	for _, m := range r.SeverityMap {
		out = append(out, fmt.Sprintf("severity %s where %s is %q", m.Severity, m.Field, m.Value))
	}
	for _, m := range r.RiskMap {
		out = append(out, "risk score from "+m.Field)
	}
	if r.NameOverride != "" {
		out = append(out, "name from "+r.NameOverride)
	}
	if r.TimeOverride != "" {
		out = append(out, "time from "+r.TimeOverride+" (with --clock ingested)")
	}
	return out
}

// hereLines say whether a scan runs the rule, and how it matches.
func hereLines(e rules.Entry) []string {
	state := strings.ReplaceAll(string(e.Status), "_", " ") + reason(e.Reason)
	if e.Rule.NotRun != "" {
		return []string{state}
	}
	if err := matchers.CanRun(e.Rule, matchers.Options{}); err != nil {
		return []string{"not run: " + rules.ReasonUnsupported + ": " + err.Error()}
	}
	out := []string{state, "matches " + howMatches(e.Rule)}
	if s := e.Rule.Suppression; s != nil {
		text := "one finding for each " + strings.Join(s.GroupBy, ", ")
		if s.Duration > 0 {
			text += " within " + s.Duration.String()
		}
		out = append(out, text+" (alert suppression)")
	}
	if e.Rule.BuildingBlock {
		out = append(out, "a building block: it counts for hosts and users, and is listed with --building-blocks")
	}
	return out
}

// howMatches says what makes a finding.
func howMatches(r *rules.Rule) string {
	switch {
	case r.Threshold != nil:
		return thresholdText(r.Threshold)
	case r.NewTerms != nil:
		return fmt.Sprintf("values of %s that were not seen in the %s before", strings.Join(r.NewTerms.Fields, " with "), r.NewTerms.Window)
	case r.ThreatMatch != nil:
		return "events that fit an indicator of --ioc"
	case r.Program == nil:
		return "as its query says"
	case r.Program.Sequence != nil:
		q := r.Program.Sequence
		text := fmt.Sprintf("a sequence of %d events", len(q.Steps))
		if q.MaxSpan > 0 {
			text += " within " + q.MaxSpan.String()
		}
		if len(q.Steps) > 0 && len(q.Steps[0].Keys) > 0 {
			var keys []string
			for _, k := range q.Steps[0].Keys {
				keys = append(keys, k.Name)
			}
			text += " by " + strings.Join(keys, ", ")
		}
		return text
	case r.Program.Sample != nil:
		return fmt.Sprintf("a sample of %d events in any order", len(r.Program.Sample.Steps))
	}
	return "each event by itself"
}

func thresholdText(t *rules.Threshold) string {
	text := fmt.Sprintf("at least %d events", t.Value)
	if len(t.Fields) > 0 {
		text += " of one " + strings.Join(t.Fields, ", ")
	}
	for _, c := range t.Cardinality {
		text += fmt.Sprintf(", with at least %d values of %s", c.Value, c.Field)
	}
	return text
}

// evidenceSources are whose exports the patterns of a rule look at, by how the names of
// their indices begin.
var evidenceSources = []struct{ name, prefix string }{
	{"auditbeat", "auditbeat-"}, {"Elastic Endpoint", "logs-endpoint."}, {"Endgame", "endgame-"},
	{"Winlogbeat", "winlogbeat-"}, {"Windows integration", "logs-windows."}, {"System integration", "logs-system."},
	{"Auditd Manager integration", "logs-auditd_manager."}, {"alerts of other rules", ".alerts-security."},
}

// needLines say what evidence has to hold for the rule to match.
func needLines(r *rules.Rule) (out []string) {
	var sources []string
	for _, s := range evidenceSources {
		if slices.ContainsFunc(r.Indices, func(p string) bool { return strings.HasPrefix(p, s.prefix) }) {
			sources = append(sources, s.name)
		}
	}
	if len(sources) > 0 {
		out = append(out, "events of "+strings.Join(sources, ", or "))
	}
	m, err := matchers.Compile([]*rules.Rule{r}, matchers.Options{})
	if err != nil {
		return out
	}
	var known, unknown []string
	for _, name := range m.Fields(0) {
		if schema.Builtin().Lookup(name).Known {
			known = append(known, name)
		} else {
			unknown = append(unknown, name)
		}
	}
	if len(known) > 0 {
		out = append(out, "fields: "+strings.Join(known, ", "))
	}
	if len(unknown) > 0 {
		out = append(out, "fields that no built-in mapping has: "+strings.Join(unknown, ", "))
	}
	return out
}
