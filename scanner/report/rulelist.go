package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"coldcase/rules"
	"coldcase/scanner"
)

// sortedReasons orders counted reasons, most first.
func sortedReasons(by map[string]int) []scanner.ReasonCount {
	out := make([]scanner.ReasonCount, 0, len(by))
	for r, n := range by {
		out = append(out, scanner.ReasonCount{Reason: r, Count: n})
	}
	slices.SortFunc(out, func(a, b scanner.ReasonCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

var ruleColumns = []column{
	{title: "id"}, // never cut: "rules show" takes it
	{title: "version", right: true, drop: 2},
	{title: "severity"},
	{title: "type", drop: 1},
	{title: "name", min: 14, soft: 30},
	{title: "status", min: 14, soft: 20},
}

// RuleList writes the rules of a set as a table, and below it how many there are.
func RuleList(w io.Writer, set *rules.Set, opt Options) error {
	s := &screen{opt: opt}
	rows := make([][]string, len(set.Entries))
	for i, e := range set.Entries {
		rows[i] = ruleRow(e)
	}
	lines, err := grid(ruleColumns, rows, opt.fitTo())
	if err != nil {
		return err
	}
	s.line("%s", lines[0])
	at := strings.Index(lines[0], "severity")
	for i, e := range set.Entries {
		s.line("%s", colourAt(lines[i+1], at, e.Rule.Severity, opt))
	}
	s.line("")
	s.wrapped(Census(set), 2)
	_, err = w.Write(s.buf.Bytes())
	return err
}

func ruleRow(e rules.Entry) []string {
	status := string(e.Status)
	if e.Reason != "" {
		status = fmt.Sprintf("%s: %s", strings.ReplaceAll(status, "_", " "), e.Reason)
	}
	version := "-"
	if e.Rule.Version > 0 {
		version = fmt.Sprint(e.Rule.Version)
	}
	kind := string(e.Rule.Type)
	if e.Rule.Language != "" && e.Rule.Language != kind {
		kind += "/" + e.Rule.Language
	}
	return []string{
		Safe(e.Rule.ID), version, Safe(dash(e.Rule.Severity)), Safe(kind), Safe(e.Rule.Name), Safe(status),
	}
}
