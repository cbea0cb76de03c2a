package scanner

import (
	"fmt"
	"strings"

	"coldcase/matchers"
)

// ExceptionResult is what became of one exception item.
type ExceptionResult struct {
	ID, Name, List string // ID and List are "" where the item has none
	File           string
	Line           int
	Rules          int // how many of the rules that run it applies to
	// Suppressed counts the pairs of a rule and an event that the item took away, before
	// duplicates are folded. Where several items hold on one event each counts it.
	Suppressed int64
	Severity   string // the highest among them, "" when there are none
	NotApplied string // why it was not held against events, "" when it was
}

// exceptionResults lists the exception items in the order given. total counts each pair
// of a rule and an event once.
func exceptionResults(m *matchers.Matcher, account *matchers.Account, second *matchers.Suppressed) (out []ExceptionResult, total int64) {
	sum := &matchers.Suppressed{}
	sum.Merge(account.Suppressed())
	sum.Merge(second)
	for _, u := range m.ExceptionUses(sum) {
		x := u.Item
		out = append(out, ExceptionResult{ID: x.ID, Name: x.Name, List: x.ListID, File: x.File, Line: x.Line,
			Rules: u.Rules, Suppressed: u.Events, Severity: u.Severity, NotApplied: u.NotApplied})
	}
	return out, sum.Events
}

// unread says what was given beside evidence and rules and could not be read.
func unread(cfg Config) (out []string) {
	for _, p := range append(cfg.Problems, cfg.Matcher.IndicatorProblems()...) {
		text, _, _ := strings.Cut(p.Err.Error(), "\n")
		if !strings.HasPrefix(text, p.Path) {
			text = p.Path + ": " + text
		}
		out = append(out, "not read: "+text)
	}
	if n := cfg.Matcher.IndicatorsWithoutTime(); n > 0 {
		out = append(out, fmt.Sprintf("%d indicators have no time: what threat_query says of how recent they are was ignored", n))
	}
	return append(out, cfg.Notes...)
}
