package scanner

import (
	"encoding/json"
	"fmt"
	"time"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/rules"
	"coldcase/scanner/claim"
)

// takeRow fills in the conditions that kept the first row of an event, by stage.
func (e *WhyEvent) takeRow(step *matchers.ExplainedStep) {
	for _, c := range rowClauses(step.Commands) {
		e.add(c.WhyClause, c.held)
	}
}

// rowClause is a condition of ES|QL that decided.
type rowClause struct {
	WhyClause
	held bool
}

// rowClauses lists the conditions that let a row pass.
func rowClauses(commands []ExplainedCommand) (out []rowClause) {
	for _, c := range commands {
		if c.Clause == nil || c.Outcome != CommandPassed {
			continue
		}
		for _, d := range c.Clause.Grounds(matchers.True) {
			if d.Verdict == matchers.Untold {
				continue
			}
			x := WhyClause{Clause: d.Text, Field: d.Field, Value: d.Value, Note: d.Note, Stage: c.Number}
			if x.Missing = len(d.Kids) == 1 && d.Value == "null"; len(d.Kids) > 1 {
				x.Value, x.Note = fieldValue(d.Clause), d.Value
			}
			out = append(out, rowClause{x, !d.Not})
		}
	}
	return out
}

// fieldValue is the value of the field of a condition that looks at several expressions.
func fieldValue(c *Clause) string {
	for _, k := range c.Kids {
		if k.Text == c.Field {
			return k.Result
		}
	}
	return ""
}

// rowWhy lists the conditions that a finding's row tells of, among those that were asked of
// what all rows amount to.
func (x *explainer) rowWhy(rule int, row map[string]any) (out []WhyClause) {
	for _, c := range rowClauses(x.w.Recall(rule, row).Commands) {
		if len(out) == maxWhyClauses {
			break
		}
		out = append(out, c.WhyClause)
	}
	return out
}

// ExplainedRows is what a rule in ES|QL made of the rows of all events behind a recorded
// finding: the commands that do not stream.
type ExplainedRows struct {
	Rule *rules.Rule
	// Commands are in the order of the query; none when Note says why.
	Commands []ExplainedCommand
	// Row is the row that is explained, none when none was kept; Same says that it is the
	// one that the finding has.
	Row  []ExplainedColumn
	Kept bool
	Same bool
	// Sources is how many events stand behind the finding, Recorded how many of them it
	// lists.
	Sources, Recorded int64
	// Replayed is set when the commands were run again on the events; else they are told by
	// the finding's row, as far as that goes.
	Replayed bool
	// Start and End are the window that was run again: the last of Windows.
	Start, End time.Time
	Windows    int64
	// Alone is unset when rows of other events take part in what is kept.
	Alone bool
	Note  string
}

// ExplainRows says what the rows of all events of the finding amount to, by a rule of the
// matcher; nil for rules that look at no rows together. All sources being recorded, it runs
// the rule on them again.
func (x *RecordedFinding) ExplainRows(m *matchers.Matcher, rule int) *ExplainedRows {
	r := m.Rules()[rule]
	if !OverWindows(r) {
		return nil
	}
	out := &ExplainedRows{Rule: r, Recorded: int64(len(x.Evidence))}
	detail, _ := x.Detail["rows"].(map[string]any)
	out.Sources, out.Windows = wholeOf(detail["sources"]), wholeOf(detail["windows"])
	out.Alone, _ = correlate.SourcesDecide(r, m.RowProgram(rule))
	ex := newExplainer(m)
	ex.w = m.NewWorker(true)
	row, has := x.Detail["row"].(map[string]any)
	switch {
	case OverAlerts(r):
		out.Note = "the rule looks at findings; of these, only the events behind them are recorded"
	case out.Sources > out.Recorded:
		out.Note = fmt.Sprintf("of %d sources %d are recorded", out.Sources, out.Recorded)
	default:
		out.replay(ex, x, rule, row)
	}
	if !out.Replayed && has {
		was := ex.w.Recall(rule, row)
		out.Commands, out.Row, out.Kept, out.Same = was.Commands, was.Columns, true, true
	}
	return out
}

// maxExplainedRows bounds the rows of all events that are held for it.
const maxExplainedRows = 1 << 14

// wholeOf reads a count of a findings file.
func wholeOf(v any) int64 {
	n, _ := v.(json.Number)
	i, err := n.Int64()
	if err != nil {
		return 0
	}
	return i
}

// rowSource is an event behind a finding with the rows that it makes.
type rowSource struct {
	at   time.Time
	made []matchers.RowHit
}

// replay runs the rule again on the events in the last window of the finding.
func (out *ExplainedRows) replay(ex *explainer, x *RecordedFinding, rule int, row map[string]any) {
	sources, why := x.rowSources(ex, rule)
	if out.Note = why; why != "" {
		return
	}
	last := sources[0].at
	for _, s := range sources {
		if s.at.After(last) {
			last = s.at
		}
	}
	out.Start, out.End = correlate.LastWindow(out.Rule, ex.m.RowProgram(rule), last)
	var made []matchers.RowHit
	for _, s := range sources {
		if !s.at.Before(out.Start) {
			made = append(made, s.made...)
		}
	}
	want := wantedRow(row)
	again, err := ex.w.Replay(rule, made, out.End, want)
	if err != nil {
		out.Note = err.Error()
		return
	}
	out.Replayed, out.Commands, out.Row, out.Kept = true, again.Commands, again.Columns, again.Row != nil
	out.Same = out.Kept && want(again.Row)
}

// rowSources makes the rows of all events of the finding; why says that it cannot.
func (x *RecordedFinding) rowSources(ex *explainer, rule int) (sources []rowSource, why string) {
	total := 0
	for i := range x.Evidence {
		e := &x.Evidence[i]
		if _, err := ex.describe(&Evidence{Index: e.index, Event: e.event}); err != nil {
			return nil, fmt.Sprintf("event %d cannot be read: %v", i+1, err)
		}
		made, nanos, ok := ex.w.RowsAgain(rule)
		if !ok || len(made) == 0 {
			return nil, fmt.Sprintf("event %d makes no row, or has no time", i+1)
		}
		if total += len(made); total > maxExplainedRows {
			return nil, "the events make more rows than are followed"
		}
		sources = append(sources, rowSource{time.Unix(0, nanos).UTC(), made})
	}
	return sources, ""
}

// wantedRow recognises the row of a finding.
func wantedRow(row map[string]any) func(map[string]any) bool {
	sums := func(row map[string]any) string {
		b, err := json.Marshal(row)
		if err != nil {
			return ""
		}
		out, err := claim.RowSums(b)
		if err != nil {
			return ""
		}
		return string(out)
	}
	want := sums(row)
	return func(row map[string]any) bool { return want != "" && sums(row) == want }
}
