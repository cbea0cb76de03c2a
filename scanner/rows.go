package scanner

import (
	"fmt"
	"slices"
	"strings"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/rows"
	"coldcase/rules"
)

// emitRows emits a record for each row that an event makes for a rule in ES|QL; the rows of
// an event are told apart by their number. r is as it was afterwards.
func emitRows(made []matchers.RowHit, r *correlate.Record, emit func(*correlate.Record) error) error {
	step, key, before := r.Step, r.Key, r.Row
	for i, row := range made {
		r.Step, r.Key, r.Row = int16(i), row.Key, row.Row
		if err := emit(r); err != nil {
			return err
		}
	}
	r.Step, r.Key, r.Row = step, key, before
	return nil
}

// rowPrograms gives the reduction the compiled queries of rules in ES|QL.
func rowPrograms(m *matchers.Matcher) func(rule int32) *rows.Program {
	return func(rule int32) *rows.Program { return m.RowProgram(int(rule)) }
}

// candidateNotes says which findings wait for a verdict that nobody gave.
func candidateNotes(rs []*rules.Rule, findings []int64) []string {
	var names []string
	total := int64(0)
	for i, r := range rs {
		if r.Candidates && findings[i] > 0 {
			names = append(names, fmt.Sprintf("%s (%d)", r.Name, findings[i]))
			total += findings[i]
		}
	}
	if total == 0 {
		return nil
	}
	slices.Sort(names)
	return []string{fmt.Sprintf("candidates, verdict step skipped: %d findings of severity low are what rules would have asked a language model about: %s",
		total, strings.Join(names, "; "))}
}

// overWindows says whether a rule in ES|QL looks at the rows of many events together.
func overWindows(r *rules.Rule) bool { return r.ESQL != nil && rows.Windowed(r.ESQL) }
