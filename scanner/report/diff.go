package report

import (
	"fmt"
	"io"
	"strings"

	"coldcase/scanner"
)

// Diff draws what a comparison amounts to: the totals, then the rules and hosts on
// which the two sides differ.
func Diff(w io.Writer, res *scanner.DiffResult, opt Options) error {
	s := &screen{opt: opt}
	s.headed("A", diffSide(&res.A))
	s.headed("B", diffSide(&res.B))
	s.line("")
	s.headed("DIFFERENCES", diffCounts(res))
	s.diffRows(res)
	if s.err != nil {
		return s.err
	}
	_, err := w.Write(s.buf.Bytes())
	return err
}

func diffSide(d *scanner.DiffSide) string {
	noun := "finding"
	if d.Alerts {
		noun = "alert"
	}
	text := fmt.Sprintf("%s: %s", Safe(d.File), plural(d.Items, noun))
	for _, x := range []struct {
		n    int64
		what string
	}{{d.Twice, "more that stand there twice"}, {d.Members, "of single events of a sequence"}, {d.BadLines, "bad"}} {
		if x.n > 0 {
			text += fmt.Sprintf(", %s %s", number(x.n), x.what)
		}
	}
	if len(d.Problems) > 0 {
		text += "; not read whole"
	}
	return text
}

// diffStatus is a column of the table.
type diffStatus struct{ status, title, text string }

var (
	findingStatuses = []diffStatus{
		{scanner.DiffNew, "new", "new"}, {scanner.DiffGone, "gone", "gone"},
		{scanner.DiffChanged, "changed", "changed"}, {scanner.DiffSame, "same", "the same"},
	}
	alertStatuses = []diffStatus{
		{scanner.DiffMissed, "missed", "missed by the stack"}, {scanner.DiffAlert, "only there", "only in the alerts"},
		{scanner.DiffBoth, "both", "found by both"},
	}
)

func diffStatuses(res *scanner.DiffResult) []diffStatus {
	if res.Alerts {
		return alertStatuses
	}
	return findingStatuses
}

func diffCounts(res *scanner.DiffResult) string {
	var out []string
	for _, st := range diffStatuses(res) {
		out = append(out, number(res.Counts[st.status])+" "+st.text)
	}
	return strings.Join(out, ", ")
}

func (s *screen) diffRows(res *scanner.DiffResult) {
	if len(res.Rows) == 0 {
		return
	}
	cols := []column{{title: "severity"}, {title: "rule", min: 16, soft: 38}, {title: "host", min: 6, soft: 10}}
	statuses := diffStatuses(res)
	for _, st := range statuses {
		cols = append(cols, column{title: st.title, right: true})
	}
	cols[len(cols)-1].drop = 1 // what is alike on both sides can go first
	shown := res.Rows[:s.opt.limit(len(res.Rows))]
	width := s.opt.fitTo()
	rows := make([][]string, len(shown))
	for i := range shown {
		rows[i] = diffCells(&shown[i], statuses, width)
	}
	lines, err := grid(cols, rows, width)
	if err != nil {
		s.err = err
		return
	}
	s.line("%s", lines[0])
	at := strings.Index(lines[0], "severity")
	for i := range shown {
		s.line("%s", colourAt(lines[i+1], at, shown[i].Severity, s.opt))
		s.diffWhy(&shown[i])
	}
	if more := int64(len(res.Rows)-len(shown)) + res.RowsCut; more > 0 {
		s.wrapped(fmt.Sprintf("  and %s; --full lists them, --json every finding", plural(more, "more row")), 2)
	}
}

func diffCells(r *scanner.DiffRow, statuses []diffStatus, width int) []string {
	limit := 0
	if width > 0 {
		limit = 120 // wider than any column becomes; bounds the work on hostile names
	}
	out := []string{dash(cell(r.Severity, 8)), cell(dash(r.RuleName), limit), cell(dash(r.Host), limit)}
	for _, st := range statuses {
		text := ""
		if n := r.Count[st.status]; n > 0 {
			text = number(n)
		}
		out = append(out, text)
	}
	return out
}

// diffWhy says why, below the row that it is about.
func (s *screen) diffWhy(r *scanner.DiffRow) {
	if r.Why == "" {
		return
	}
	text := cell(r.Why, 400)
	if r.Whys > 1 {
		text += fmt.Sprintf(" (and %s)", plural(int64(r.Whys-1), "other reason"))
	}
	s.wrapped(strings.Repeat(" ", sampleIndent)+text, sampleIndent)
}
