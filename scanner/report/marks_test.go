package report

import (
	"encoding/json"
	"slices"
	"strings"
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

// A finding of a rule in ES|QL says its row, by name and without what is null, and what
// stands behind it.
func TestRowReasons(t *testing.T) {
	f := func(detail map[string]any, want ...string) {
		t.Helper()
		got := reasonsOf(&scanner.Finding{Detail: detail})
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%v:\n got %q\nwant %q", detail, got, want)
		}
	}
	row := map[string]any{"n": json.Number("3"), "names": []any{"a", "b\x1b"}, "host.name": "h", "none": nil}
	f(map[string]any{"row": row}, `The row of its query: host.name = h; n = 3; names = a, b\x1b.`)
	f(map[string]any{"rows": map[string]any{"sources": json.Number("3"), "window_s": json.Number("600")}},
		"3 events stand behind it, in windows of 600 s.")
	f(map[string]any{"rows": map[string]any{"sources": json.Number("1"), "window_s": json.Number("600")}},
		"1 event stands behind it, in windows of 600 s.")
	f(map[string]any{"candidate": "verdict step skipped"},
		"A candidate: the rule would have asked a language model about it, and that step is skipped.")
	f(map[string]any{})
}
