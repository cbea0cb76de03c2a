package report

import (
	"fmt"
	"io"
	"strings"

	"coldcase/scanner/diff"
)

// Diff draws what a comparison amounts to: the totals, then the rules and hosts on
// which the two sides differ.
func Diff(w io.Writer, res *diff.Result, opt Options) error {
	s := &screen{opt: opt}
	s.headed("A", diffSide(&res.A))
	s.headed("B", diffSide(&res.B))
	s.line("")
	findings, candidates := diffKinds(res.Rows)
	s.headed("DIFFERENCES", diffCounts(res, res.Counts))
	cut := res.RowsCut // rows that rank last, so candidates where there are any
	if len(candidates) == 0 {
		s.diffRows(res, findings, cut)
		cut = 0
	} else {
		s.diffRows(res, findings, 0)
	}
	if res.A.Candidates+res.B.Candidates > 0 {
		s.headed("CANDIDATES", diffCounts(res, res.Candidates))
		s.diffRows(res, candidates, cut)
	}
	if s.err != nil {
		return s.err
	}
	_, err := w.Write(s.buf.Bytes())
	return err
}

func diffSide(d *diff.Side) string {
	noun := "finding"
	if d.Alerts {
		noun = "alert"
	}
	text := fmt.Sprintf("%s: %s", Safe(d.File), plural(d.Items-d.Candidates, noun))
	if d.Candidates > 0 {
		text += ", " + plural(d.Candidates, "candidate")
	}
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
		{diff.StatusNew, "new", "new"}, {diff.StatusGone, "gone", "gone"},
		{diff.StatusChanged, "changed", "changed"}, {diff.StatusSame, "same", "the same"},
	}
	alertStatuses = []diffStatus{
		{diff.StatusMissed, "missed", "missed by the stack"}, {diff.StatusAlert, "only there", "only in the alerts"},
		{diff.StatusBoth, "both", "found by both"},
	}
)

func diffStatuses(res *diff.Result) []diffStatus {
	if res.Alerts {
		return alertStatuses
	}
	return findingStatuses
}

// diffKinds cuts the rows before those of candidates, which stand last.
func diffKinds(rows []diff.Row) (findings, candidates []diff.Row) {
	n := len(rows)
	for n > 0 && rows[n-1].Candidate {
		n--
	}
	return rows[:n], rows[n:]
}

func diffCounts(res *diff.Result, counts map[string]int64) string {
	var out []string
	for _, st := range diffStatuses(res) {
		out = append(out, number(counts[st.status])+" "+st.text)
	}
	return strings.Join(out, ", ")
}

// diffRows draws rows; cut is how many more there are.
func (s *screen) diffRows(res *diff.Result, all []diff.Row, cut int64) {
	if len(all) == 0 {
		return
	}
	cols := []column{{title: "severity"}, {title: "rule", min: 16, soft: 38}, {title: "host", min: 6, soft: 10}}
	statuses := diffStatuses(res)
	for _, st := range statuses {
		cols = append(cols, column{title: st.title, right: true})
	}
	cols[len(cols)-1].drop = 1 // what is alike on both sides can go first
	shown := all[:s.opt.limit(len(all))]
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
	if more := int64(len(all)-len(shown)) + cut; more > 0 {
		s.wrapped(fmt.Sprintf("  and %s; --full lists them, --json every finding", plural(more, "more row")), 2)
	}
}

func diffCells(r *diff.Row, statuses []diffStatus, width int) []string {
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
func (s *screen) diffWhy(r *diff.Row) {
	if r.Why == "" {
		return
	}
	text := cell(r.Why, 400)
	if r.Whys > 1 {
		text += fmt.Sprintf(" (and %s)", plural(int64(r.Whys-1), "other reason"))
	}
	s.wrapped(strings.Repeat(" ", sampleIndent)+text, sampleIndent)
}
