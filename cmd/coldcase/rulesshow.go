package main

import (
	"fmt"
	"strings"

	"coldcase/rules"
)

// rulesShow prints every rule with the id or name, all versions of it.
func (p *program) rulesShow(o *options, args []string) error {
	set, err := p.readable(args[1:])
	if err != nil {
		return err
	}
	set = set.Select(rules.Selection{})
	shown := 0
	for _, e := range set.Entries {
		if e.Rule.ID != args[0] && !strings.EqualFold(e.Rule.Name, args[0]) {
			continue
		}
		if shown > 0 {
			fmt.Fprintln(p.stdout)
		}
		shown++
		p.showRule(e, set)
	}
	if shown == 0 {
		return usage("no rule has the id or name %q%s", args[0], similar(set, args[0]))
	}
	return ofRules(set, false)
}

// similar suggests rules whose id or name contains what was asked for.
func similar(set *rules.Set, want string) string {
	var found []string
	for _, e := range set.Entries {
		r := e.Rule
		if strings.HasPrefix(r.ID, want) || strings.Contains(strings.ToLower(r.Name), strings.ToLower(want)) {
			found = append(found, fmt.Sprintf("  %s  %s", r.ID, r.Name))
		}
	}
	switch {
	case len(found) == 0:
		return "; 'coldcase rules list' lists them"
	case len(found) > 10:
		found = append(found[:10], fmt.Sprintf("  and %d more", len(found)-10))
	}
	return "; similar ones:\n" + strings.Join(found, "\n")
}

// showRule writes a rule as a person reads it.
func (p *program) showRule(e rules.Entry, set *rules.Set) {
	r, pg := e.Rule, page{p.stdout, min(p.helpWidth(), 110)}
	fmt.Fprintln(p.stdout, safe(r.Name))
	pg.fact("id", r.ID+idNote(r))
	pg.fact("version", versionText(r.Version)+otherVersions(r, set))
	pg.fact("file", placeOf(r)+" ("+r.Format+")")
	pg.fact("sha256", r.Hash)
	pg.fact("type", strings.TrimSuffix(string(r.Type)+", "+r.Language, ", "))
	pg.fact("severity", fmt.Sprintf("%s, risk score %d", r.Severity, r.RiskScore))
	pg.list("overrides", overrideLines(r))
	pg.fact("indices", strings.Join(r.Indices, ", "))
	pg.fact("runs every", fmt.Sprintf("%s, over %s to %s, at most %d alerts", r.Interval, r.From, r.To, r.MaxSignals))
	pg.list("here", hereLines(e))
	pg.list("needs", needLines(r))
	pg.list("ATT&CK", attackLines(r.Threat))
	pg.list("tags", r.Tags)
	pg.list("references", r.References)
	pg.list("authors", r.Authors)
	pg.fact("licence", r.License)
	pg.list("facts from", nonEmpty(r.DerivedFrom))
	pg.list("exceptions", r.Exceptions)
	pg.list("incomplete", r.Incomplete)
	pg.list("warnings", r.Warnings)
	pg.prose("description", strings.Join(strings.Fields(r.Description), " "))
	pg.text("query", r.Query)
	pg.prose("guide", r.Note)
	pg.bullets("false positives", r.FalsePositives)
	pg.prose("setup", r.Setup)
	pg.bullets("pivots", r.Pivots)
}

func idNote(r *rules.Rule) string {
	if r.IDKind == rules.FromSlug {
		return " (made from its name: the source states none)"
	}
	return ""
}

func versionText(v int) string {
	if v == 0 {
		return "not stated"
	}
	return fmt.Sprint(v)
}

func reason(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// attackLines indents techniques below their tactic.
func attackLines(threat []rules.Tactic) []string {
	var out []string
	for _, tac := range threat {
		out = append(out, tac.ID+" "+tac.Name)
		for _, tech := range tac.Techniques {
			out = append(out, "  "+technique(tech))
			for _, sub := range tech.Subtechniques {
				out = append(out, "    "+technique(sub))
			}
		}
	}
	return out
}

func technique(t rules.Technique) string {
	text := t.ID + " " + t.Name
	if t.Was != "" {
		text += " (stated as " + t.Was + ", which ATT&CK revoked)"
	}
	return text
}
