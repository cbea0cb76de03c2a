package report

import (
	"slices"
	"testing"
	"time"

	"coldcase/scanner"
)

// What an explanation says becomes sentences, and the fields that decided are marked.
func TestClausesOf(t *testing.T) {
	clause := func(field, value string) scanner.WhyClause { return scanner.WhyClause{Field: field, Value: value} }
	one := &scanner.Why{Events: []scanner.WhyEvent{{Clauses: []scanner.WhyClause{
		clause("process.name", "kcc"), {Field: "user.id", Missing: true}, clause("process.args", "copy\x1b[0m"),
	}}}}
	two := &scanner.Why{Events: []scanner.WhyEvent{
		{Clauses: []scanner.WhyClause{clause("a", "1")}},
		{Note: "not read"},
		{Clauses: []scanner.WhyClause{clause("b", "2")}, Since: 3 * time.Second, HasSince: true},
	}}
	for _, tt := range []struct {
		why  *scanner.Why
		want []string
	}{
		{nil, nil},
		{one, []string{`It matched because process.name is kcc, process.args is copy\x1b[0m.`}},
		{two, []string{"Event 1 matched because a is 1.", "Event 3, 3s after the one before, matched because b is 2."}},
	} {
		if got := clausesOf(tt.why); !slices.Equal(got, tt.want) {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
	fields := map[string]bool{}
	if !explainedFields(one, fields) || !fields["process.name"] || !fields["user.id"] || fields["other"] {
		t.Errorf("marked %v", fields)
	}
	if explainedFields(nil, fields) {
		t.Error("nothing explains something")
	}
}
