package report

import (
	"fmt"

	"coldcase/rules"
	"coldcase/scanner"
)

// The words of the reports that people read: HTML and Markdown.

// severitiesDown lists the severities, critical first.
func severitiesDown() []string {
	out := make([]string, 0, len(rules.Severities))
	for i := len(rules.Severities) - 1; i >= 0; i-- {
		out = append(out, rules.Severities[i])
	}
	return out
}

// summarySentence says in words what the run amounts to. It holds numbers and times
// only, nothing from evidence.
func summarySentence(res *scanner.Result) string {
	c := &res.Counts
	were := "were"
	if c.Events == 1 {
		were = "was"
	}
	text := fmt.Sprintf("%s of %s %s held against %s.", plural(c.Events, "event"), plural(int64(len(res.Inputs)), "input"),
		were, plural(int64(res.Coverage.Ran+res.Coverage.CouldNotMatch), "rule"))
	if c.Findings == 0 {
		return text + " Nothing was found; read below what could not have been found." + waiting(c)
	}
	text += fmt.Sprintf(" That gave %s (%s) in %s", plural(c.Findings, "finding"), bySeverity(c.BySeverity), plural(c.Groups, "group"))
	if hosts := hostsOf(res); hosts > 0 {
		text += " on " + plural(hosts, "host")
	}
	if !res.First.IsZero() {
		text += fmt.Sprintf(", the first at %s UTC, the last at %s UTC", second(res.First), second(res.Last))
	}
	return text + "." + waiting(c)
}

// waiting says that there are candidates.
func waiting(c *scanner.Counts) string {
	if c.Candidates == 0 {
		return ""
	}
	return fmt.Sprintf(" Apart from that, %s: what rules would have asked a language model about.", plural(c.Candidates, "candidate"))
}

// hostsOf counts the hosts of the groups.
func hostsOf(res *scanner.Result) int64 {
	hosts := map[string]bool{}
	for i := range res.Groups {
		if h := res.Groups[i].Host; h != "" {
			hosts[h] = true
		}
	}
	return int64(len(hosts))
}

// caveats are what makes a result less than whole, as sentences.
func caveats(res *scanner.Result) []string {
	var out []string
	add := func(n int64, noun, what string) {
		if n > 0 {
			out = append(out, plural(n, noun)+" "+what)
		}
	}
	if res.Interrupted {
		out = append(out, "The scan was interrupted: what follows is partial")
	}
	unread := int64(0)
	for i := range res.Inputs {
		if res.Inputs[i].Status != scanner.StatusOK {
			unread++
		}
	}
	c := &res.Counts
	add(unread, "input", "not read whole")
	add(c.BadLines, "line", "of evidence not readable")
	add(int64(res.Coverage.Unreadable), "rule file", "not readable")
	add(c.NoTime, "event", "without a readable time: no rule over time looked at them")
	add(c.NoIndex, "event", "of no recognisable origin")
	add(c.IDConflicts, "id", "shared by events of different content")
	add(c.Suppressed, "hit", "taken away by exceptions")
	if !res.Complete && len(out) == 0 {
		out = append(out, "Something given was not read whole")
	}
	return out
}

// blindSpots says which rules could not have found anything, and why.
func blindSpots(c *scanner.Coverage) []string {
	out := []string{fmt.Sprintf("%s could have fired on this evidence", plural(int64(c.Ran), "rule"))}
	part := func(n int, what string, why []scanner.ReasonCount) {
		if n == 0 {
			return
		}
		text := plural(int64(n), "rule") + " " + what
		if r := reasons(why, "%[2]s %[1]s"); r != "" {
			text += ": " + r
		}
		out = append(out, text)
	}
	part(c.CouldNotMatch, "ran but could not have fired", c.Reasons)
	part(c.NotRun, "not run", c.NotRunReasons)
	part(c.Superseded, "superseded by a newer version", nil)
	part(c.Excluded, "excluded by a flag", nil)
	part(c.Unreadable, "not readable", nil)
	return out
}

// inputState says in a word or two how an input was read.
func inputState(in *scanner.InputResult) string {
	state := in.Status
	if in.Baseline {
		state += " baseline only"
	}
	return state
}
