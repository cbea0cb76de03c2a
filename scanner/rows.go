package scanner

import (
	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/rows"
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
