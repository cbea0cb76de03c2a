package main

import (
	"encoding/json"
	"fmt"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/scanner/report"
)

// rulesTest runs the events that rules carry for their own test, and those that stand
// beside them in files (RULE.positive.ndjson, RULE.negative.ndjson), as a scan would:
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
	opt, err := matcherOptions(o, given{})
	if err != nil {
		return err
	}
	t := &tester{p: p, m: m, opt: opt, json: o.json, screen: screenOptions(p.screen, o), used: map[string]bool{}}
	for _, e := range set.Entries {
		t.entry(e)
	}
	t.orphans(args)
	t.summary()
	return ofRules(set, t.failed > 0)
}

// tester counts while it tests the entries of a set in order.
type tester struct {
	p      *program
	m      *matchers.Matcher
	opt    matchers.Options
	json   bool
	screen report.Options
	used   map[string]bool // files of events that a rule has

	next   int // index of the next rule that runs, as compiled
	events int
	passed int // rules
	failed int // rules, and files of events without a rule
	skip   int // rules with events that are not run
	bare   int // rules without events
}

func (t *tester) entry(e rules.Entry) {
	index := t.next
	if e.Status == rules.Runs {
		t.next++
	}
	files := t.beside(e.Rule)
	switch {
	case len(e.Rule.Tests)+len(files) == 0:
		t.bare++
	case e.Status != rules.Runs:
		t.skip++
		t.say(testSkipped, e.Rule, string(e.Status)+": "+e.Reason)
	default:
		t.rule(index, e.Rule, files)
	}
}

func (t *tester) rule(index int, r *rules.Rule, files []eventFile) {
	before, bad := t.events, 0
	fail := func(why string) {
		bad++
		t.say(testFailed, r, why)
	}
	for _, test := range r.Tests {
		if r.ESQL != nil {
			t.together(r, test, fail)
			continue
		}
		t.events++
		matched, err := t.m.Test(index, []byte(test.Event))
		if why := verdict(test, matched, err); why != "" {
			fail(why)
		}
	}
	for _, f := range files {
		t.file(index, r, f, fail)
	}
	if bad > 0 {
		t.failed++
		return
	}
	t.passed++
	t.say(testPassed, r, fmt.Sprintf("%d events", t.events-before))
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

// testStatus is how a rule did, as the screen and --json write it.
type testStatus struct{ word, status, severity string }

var (
	testPassed  = testStatus{"ok", "pass", "low"}
	testFailed  = testStatus{"FAIL", "fail", "critical"}
	testSkipped = testStatus{"skip", "skip", "medium"}
)

// jsonTest is a line of rules test --json, schema coldcase/ruletest/1.
type jsonTest struct {
	Schema string `json:"schema"`
	Status string `json:"status"`
	RuleID string `json:"rule_id"`
	Rule   string `json:"rule"`
	File   string `json:"file"`
	Why    string `json:"why"`
}

// jsonTests is the last line of rules test --json.
type jsonTests struct {
	Schema   string `json:"schema"`
	Passed   int    `json:"passed"`
	Failed   int    `json:"failed"`
	Skipped  int    `json:"skipped"`
	NoEvents int    `json:"no_events"`
	Events   int    `json:"events"`
}

func (t *tester) encode(v any) {
	enc := json.NewEncoder(t.p.stdout)
	enc.SetEscapeHTML(false)
	// An error of standard output is kept by the pipe.
	_ = enc.Encode(v)
}

func (t *tester) say(st testStatus, r *rules.Rule, why string) {
	if t.json {
		t.encode(jsonTest{"coldcase/ruletest/1", st.status, r.ID, r.Name, r.File, why})
		return
	}
	word := report.Paint(fmt.Sprintf("%-4s", st.word), st.severity, t.screen)
	fmt.Fprintf(t.p.stdout, "%s  %s  (%s): %s\n", word, safe(r.Name), safe(r.File), safe(why))
}

func (t *tester) summary() {
	if t.json {
		t.encode(jsonTests{"coldcase/ruletests/1", t.passed, t.failed, t.skip, t.bare, t.events})
		return
	}
	text := fmt.Sprintf("%d rules passed, %d failed, %d skipped; %d events", t.passed, t.failed, t.skip, t.events)
	if t.bare > 0 {
		text += fmt.Sprintf("; %d rules carry no events", t.bare)
	}
	fmt.Fprintln(t.p.stdout, text)
}
