package rows

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A field that no schema knows, beside a span, is a date: null where the event lacks it,
// and null where its value is none.
func TestUnmappedDates(t *testing.T) {
	const line = `{"@timestamp":"2024-02-01T00:00:00Z","odd":{"word":"soon","number":7}}`
	f := func(query string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, run(t, "FROM logs-* | "+query, line)); d != "" {
			t.Errorf("%s (-want +got):\n%s", query, d)
		}
	}
	f("EVAL x = no.such + 1 day, y = 2 hours + no.such | KEEP x, y", `{"x":null,"y":null}`)
	f("EVAL x = odd.word + 1 day, y = odd.number - 1 day | KEEP x, y", `{"x":null,"y":null}`)
	f("EVAL x = COALESCE(no.such - 1 day, @timestamp) | KEEP x", `{"x":"2024-02-01T00:00:00.000Z"}`)
	f("WHERE no.such + 1 day > @timestamp | KEEP @timestamp")
	f("WHERE NOT (no.such + 1 day > @timestamp) | KEEP @timestamp")
	f(`WHERE (no.such + 1 day >= "2024-01-01") IS NULL | KEEP @timestamp`, `{"@timestamp":"2024-02-01T00:00:00.000Z"}`)
}
