package scanner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"coldcase/matchers"
	"coldcase/rules"
)

// The statuses of a RuleResult (product.md, Summary).
const (
	ruleRan           = "ran"
	ruleCouldNotMatch = "could_not_match"
	ruleNotRun        = "not_run"
	ruleSuperseded    = "superseded"
	ruleExcluded      = "excluded"
	ruleUnreadable    = "unreadable"
)

// ruleResults says what became of every rule given, once each, and counts it.
func ruleResults(set *rules.Set, m *matchers.Matcher, census *matchers.Census, findings []int64) ([]RuleResult, Coverage) {
	place := map[*rules.Rule]int{}
	for i, r := range m.Rules() {
		place[r] = i
	}
	var out []RuleResult
	for _, e := range set.Entries {
		rr := RuleResult{Rule: e.Rule, Name: e.Rule.Name, File: e.Rule.File, Status: string(e.Status), Reason: e.Reason}
		if i, ok := place[e.Rule]; ok {
			rr.Status, rr.Reason = coverageOf(census, i, e.Rule)
			if lacks := m.NeedsIndicators(i); lacks != "" {
				rr.Status, rr.Reason = ruleCouldNotMatch, lacks
			}
			if rr.Findings = findings[i]; e.Rule.Candidates {
				rr.Findings, rr.Candidates = 0, findings[i]
			}
		}
		out = append(out, rr)
	}
	for _, p := range set.Problems {
		out = append(out, RuleResult{Name: p.Name, File: p.Path, Status: ruleUnreadable, Reason: p.Err.Error()})
	}
	return out, countCoverage(out)
}

// coverageOf says whether a rule could have fired, or why not; with a reason for one
// that ran on less than it asks for.
func coverageOf(census *matchers.Census, rule int, r *rules.Rule) (status, reason string) {
	reason, detail, ok := census.Coverage(rule)
	if ok {
		return ruleRan, shortHistory(census, r)
	}
	if detail != "" {
		reason += ": " + detail
	}
	return ruleCouldNotMatch, reason
}

// shortHistory says so when all evidence spans less time than a new_terms rule looks
// back: what is new to the evidence need not be new.
func shortHistory(census *matchers.Census, r *rules.Rule) string {
	first, last, ok := census.Span()
	if r.NewTerms == nil || !ok || time.Duration(last-first) >= r.NewTerms.Window {
		return ""
	}
	return fmt.Sprintf("history shorter than the window: %.1f of %.1f days",
		time.Duration(last-first).Hours()/24, r.NewTerms.Window.Hours()/24)
}

func countCoverage(results []RuleResult) (c Coverage) {
	could, notRun := map[string]int{}, map[string]int{}
	for _, rr := range results {
		switch rr.Status {
		case ruleRan:
			c.Ran++
		case ruleCouldNotMatch:
			c.CouldNotMatch++
			could[headOf(rr.Reason)]++
		case ruleNotRun:
			c.NotRun++
			notRun[headOf(rr.Reason)]++
		case ruleSuperseded:
			c.Superseded++
		case ruleExcluded:
			c.Excluded++
		case ruleUnreadable:
			c.Unreadable++
		}
	}
	c.Reasons, c.NotRunReasons = sortReasons(could), sortReasons(notRun)
	return c
}

// headOf cuts a reason at its colon: rules are counted by what stands before it.
func headOf(reason string) string {
	head, _, _ := strings.Cut(reason, ":")
	return head
}

func sortReasons(m map[string]int) []ReasonCount {
	out := make([]ReasonCount, 0, len(m))
	for reason, n := range m {
		out = append(out, ReasonCount{reason, n})
	}
	slices.SortFunc(out, func(a, b ReasonCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

// maxCensusShown bounds the names of a census in the result.
const maxCensusShown = 100

func censusResult(c *matchers.Census) Census {
	out := Census{Capped: c.Capped()}
	for _, part := range []struct {
		dst *[]NameCount
		src []matchers.Count
	}{{&out.Indices, c.Indices()}, {&out.Hosts, c.Hosts()}, {&out.Categories, c.Categories()}, {&out.OS, c.OS()}} {
		if len(part.src) > maxCensusShown {
			part.src, out.Capped = part.src[:maxCensusShown], true
		}
		for _, n := range part.src {
			*part.dst = append(*part.dst, NameCount{n.Name, n.Events})
		}
	}
	if first, last, ok := c.Span(); ok {
		out.First, out.Last = time.Unix(0, first).UTC(), time.Unix(0, last).UTC()
	}
	return out
}
