package main

import (
	"fmt"

	"coldcase/matchers"
	"coldcase/rules"
)

// rulesTest runs the events that rules carry for their own test, as a scan would:
// index patterns hold. One line a rule; the exit code is 1 when one fails.
func (p *program) rulesTest(o *options, args []string) error {
	set, err := p.readable(args)
	if err != nil {
		return err
	}
	set, m, err := compile(set.Select(rules.Selection{Deprecated: true}), o, given{})
	if err != nil {
		return asUsage(err)
	}
	t := &tester{p: p, m: m}
	for _, e := range set.Entries {
		t.entry(e)
	}
	fmt.Fprintln(p.stdout, t.summary())
	return ofRules(set, t.failed > 0)
}

// tester counts while it tests the entries of a set in order.
type tester struct {
	p      *program
	m      *matchers.Matcher
	next   int // index of the next rule that runs, as compiled
	events int
	passed int // rules
	failed int // rules
	skip   int // rules with events that are not run
	bare   int // rules without events
}

func (t *tester) entry(e rules.Entry) {
	index := t.next
	if e.Status == rules.Runs {
		t.next++
	}
	switch {
	case len(e.Rule.Tests) == 0:
		t.bare++
	case e.Status != rules.Runs:
		t.skip++
		t.say("skip", e.Rule, string(e.Status)+": "+e.Reason)
	default:
		t.rule(index, e.Rule)
	}
}

func (t *tester) rule(index int, r *rules.Rule) {
	bad := 0
	for _, test := range r.Tests {
		t.events++
		matched, err := t.m.Test(index, []byte(test.Event))
		if why := verdict(test, matched, err); why != "" {
			bad++
			t.say("FAIL", r, why)
		}
	}
	if bad > 0 {
		t.failed++
		return
	}
	t.passed++
	t.say("ok", r, fmt.Sprintf("%d events", len(r.Tests)))
}

// verdict says what is wrong with the outcome of a test, "" for nothing.
func verdict(test rules.Test, matched bool, err error) string {
	switch {
	case err != nil:
		return fmt.Sprintf("event %q: %v", test.Name, err)
	case matched && !test.Match:
		return fmt.Sprintf("event %q matches, and should not", test.Name)
	case !matched && test.Match:
		return fmt.Sprintf("event %q does not match, and should", test.Name)
	}
	return ""
}

func (t *tester) say(what string, r *rules.Rule, why string) {
	fmt.Fprintf(t.p.stdout, "%-4s  %s  (%s): %s\n", what, safe(r.Name), safe(r.File), safe(why))
}

func (t *tester) summary() string {
	text := fmt.Sprintf("%d rules passed, %d failed, %d skipped; %d events", t.passed, t.failed, t.skip, t.events)
	if t.bare > 0 {
		text += fmt.Sprintf("; %d rules carry no events", t.bare)
	}
	return text
}
