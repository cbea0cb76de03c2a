package scanner

import (
	"slices"

	"coldcase/matchers/rows"
	"coldcase/rules"
)

// OverAlerts says whether a rule looks at the findings of others.
func OverAlerts(r *rules.Rule) bool { return slices.ContainsFunc(r.Indices, looksAtAlerts) }

// OverWindows says whether a rule in ES|QL looks at the rows of many events together.
func OverWindows(r *rules.Rule) bool { return r.ESQL != nil && rows.Windowed(r.ESQL) }
