package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/rules/schema"
	"coldcase/scanner/report"
)

// rulesCheck says what is wrong with rules: those that cannot be read (on standard
// error), those that cannot be run, warnings, and fields that no schema knows.
func (p *program) rulesCheck(o *options, args []string) error {
	set, err := p.readable(args)
	if err != nil {
		return err
	}
	set, m, err := compile(set.Select(rules.Selection{Deprecated: true}), o, given{})
	if err != nil {
		return asUsage(err)
	}
	for _, e := range slices.SortedStableFunc(slices.Values(set.Entries), byPlace) {
		p.checkEntry(e)
	}
	if err := p.checkFields(set, m, o); err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, report.Census(set))
	return ofRules(set, false)
}

func (p *program) checkEntry(e rules.Entry) {
	r := e.Rule
	say := func(what string) {
		fmt.Fprintf(p.stdout, "%s: %s: %s\n", safe(placeOf(r)), safe(r.Name), safe(what))
	}
	if e.Status != rules.Runs {
		say(strings.ReplaceAll(string(e.Status), "_", " ") + ": " + e.Reason)
	}
	for _, fact := range r.Incomplete {
		say("incomplete: " + fact)
	}
	for _, w := range r.Warnings {
		say("warning: " + w)
	}
}

// byPlace orders as somebody reads who mends the files.
func byPlace(a, b rules.Entry) int {
	return cmp.Or(cmp.Compare(a.Rule.File, b.Rule.File), cmp.Compare(a.Rule.Line, b.Rule.Line))
}

func placeOf(r *rules.Rule) string {
	if r.Line > 0 {
		return fmt.Sprintf("%s:%d", r.File, r.Line)
	}
	return r.File
}

// namesShown is how many rules are named beside a field.
const namesShown = 3

// checkFields lists the fields that rules name and no schema knows. They work as
// dynamic mapping would have them; a misspelt one never matches.
func (p *program) checkFields(set *rules.Set, m *matchers.Matcher, o *options) error {
	s, err := loadSchema(o.mapping)
	if err != nil {
		return err
	}
	unknown := unknownFields(set, s, m)
	byUse := func(a, b string) int {
		return cmp.Or(cmp.Compare(len(unknown[b]), len(unknown[a])), cmp.Compare(a, b))
	}
	for _, f := range slices.SortedFunc(maps.Keys(unknown), byUse) {
		names := unknown[f]
		text := strings.Join(names[:min(len(names), namesShown)], "; ")
		if n := len(names) - namesShown; n > 0 {
			text += fmt.Sprintf(" and %d more", n)
		}
		fmt.Fprintf(p.stdout, "unknown field %s: %s\n", safe(f), safe(text))
	}
	return nil
}

// unknownFields maps each unknown field to the rules that name it, in the set's
// order.
func unknownFields(set *rules.Set, s *schema.Schema, m *matchers.Matcher) map[string][]string {
	unknown := map[string][]string{}
	for i, r := range set.Runnable() {
		for _, f := range m.Fields(i) {
			if !s.Lookup(f).Known {
				unknown[f] = append(unknown[f], r.Name)
			}
		}
	}
	return unknown
}
