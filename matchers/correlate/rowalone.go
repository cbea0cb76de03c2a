package correlate

import (
	"time"

	"coldcase/matchers/rows"
	"coldcase/rules"
)

// SourcesDecide says of a rule in ES|QL that looks at rows together whether the events
// behind one of its findings, all of them, make that finding by themselves: its rows are
// grouped first, and what follows looks at one group at a time, in windows in which a row
// of the group arrives. Such a window of all evidence has the same rows of the group among
// these events. An earlier one may have fewer, and where it counts now though it did not
// before, it adds nothing that the later ones do not have.
//
// grouped is set when the finding is the group: its key is that of the group's rows.
func SourcesDecide(r *rules.Rule, p *rows.Program) (decide, grouped bool) {
	d := windowsOf(r, p)
	return d.direct && !d.idle, d.direct && !p.Expands()
}

// LastWindow returns the last window of such a rule in which a row of a time arrives: rows
// from its start on, and before its end, are in it. The end is NOW() there.
func LastWindow(r *rules.Rule, p *rows.Program, last time.Time) (start, end time.Time) {
	d := windowsOf(r, p)
	to := floorStep(last.UnixMilli(), d.step) + d.step
	return time.UnixMilli(to - d.width).UTC(), time.UnixMilli(to).UTC()
}

// windowsOf returns the windows of a rule, in which nothing was put.
func windowsOf(r *rules.Rule, p *rows.Program) *rowWindows {
	rd := &Reduction{Rules: []*rules.Rule{r}, Rows: func(int32) *rows.Program { return p }}
	return rd.newRowWindows(0, r, nil).(*rowWindows)
}
