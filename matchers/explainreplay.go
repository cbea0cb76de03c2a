package matchers

import (
	"time"

	"coldcase/matchers/rows"
)

// RowsAgain returns the rows that a rule in ES|QL makes of the event of the last Describe or
// Match, as far as its commands stream, and the event's time on the rule's clock; ok is
// false where it has none. They are the caller's.
func (w *Worker) RowsAgain(rule int) (made []RowHit, nanos int64, ok bool) {
	st := &w.m.steps[w.m.stepOf[rule]]
	if st.rows == nil {
		return nil, 0, false
	}
	defer w.plainly()()
	at, _ := w.makeRows(st)
	made = append(made, w.rows.hits[at.from:at.to]...)
	w.rows.hits = w.rows.hits[:at.from]
	nanos, ok = w.Time(Hit{Rule: int32(rule)})
	return made, nanos, ok
}

// Replayed is what the rows of a few events amount to, by a rule in ES|QL that looks at rows
// together.
type Replayed struct {
	// Commands are all of the query, with what those that do not stream made of the rows.
	Commands []ExplainedCommand
	// Row is the row of the result, nil when none was kept, and Columns its columns.
	Row     map[string]any
	Columns []ExplainedColumn
}

// Replay runs what of a rule does not stream over rows that RowsAgain returned, as if they
// were all of one window that ends at a time; of several rows of the result the one that
// wanted takes is explained, else the first. The error says that they are too many.
func (w *Worker) Replay(rule int, made []RowHit, end time.Time, wanted func(row map[string]any) bool) (*Replayed, error) {
	x := w.pipelineOf(w.m.steps[w.m.stepOf[rule]].rows)
	p, e := x.p, x.env
	in := make([]rows.Waiting, len(made))
	for i, r := range made {
		in[i] = rows.Waiting{Key: r.Key, Row: r.Row}
	}
	e.Now = end.UnixMilli()
	way, result, err := x.tracer.Replay(e, in, func(v []rows.Value) bool { return wanted(p.Object(v)) })
	if err != nil {
		return nil, err
	}
	out := &Replayed{Commands: x.behind(way, result != nil)}
	if result != nil {
		out.Row, out.Columns = p.Object(result), explainedCells(p.Named(result))
	}
	return out, nil
}

// Recall says what a row of the result, as a finding's detail has it, tells of the commands
// of a rule in ES|QL that do not stream.
func (w *Worker) Recall(rule int, row map[string]any) *Replayed {
	x := w.pipelineOf(w.m.steps[w.m.stepOf[rule]].rows)
	way, columns := x.tracer.Recall(x.env, row)
	return &Replayed{Commands: x.behind(way, true), Row: row, Columns: explainedCells(columns)}
}

// behind lists the commands that do not stream; a condition of which only a part does not
// is among them.
func (x *pipeline) behind(way []rows.Traced, kept bool) (out []ExplainedCommand) {
	all := x.explained(way, kept, true)
	on := map[int]bool{}
	for i := range way {
		on[way[i].At] = true
	}
	for i := range all {
		if i >= x.p.Streams() || on[i] {
			if all[i].Outcome == overAll {
				all[i].Outcome = Passed
			}
			out = append(out, all[i])
		}
	}
	return out
}
