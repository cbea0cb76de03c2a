package scanner

import (
	"context"
	"testing"

	"coldcase/matchers"
	"coldcase/rules"
)

// queryOver is the configuration of a query over events.
func queryOver(t testing.TB, text string, events []string) Config {
	t.Helper()
	m, err := matchers.Compile([]*rules.Rule{rowRule(t, "query", text)}, matchers.Options{Table: true, AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	return over(t, Config{Matcher: m, TempDir: t.TempDir(), Jobs: 2}, write(t, t.TempDir(), "a.ndjson", events...))
}

// An interrupt ends a query while its rows are made, also where they come out at once at
// the end; what was read in front of it is asked whole.
func TestQueryInterrupted(t *testing.T) {
	events := roamingEvents(6000)
	cfg := queryOver(t, `FROM * | SORT @timestamp DESC | KEEP user.name`, events)
	ctx, cancel := context.WithCancel(t.Context())
	res, err := Query(ctx, cfg, func([]any) error { cancel(); return nil })
	if err != nil || !res.Interrupted || res.Complete || res.Rows == 0 || res.Rows > 3000 {
		t.Errorf("interrupted behind the first row: %v, %+v", err, res)
	}
	res, err = Query(t.Context(), cfg, func([]any) error { return nil })
	if err != nil || res.Interrupted || res.Rows != 6000 {
		t.Errorf("not interrupted: %v, %+v", err, res)
	}
	res, err = Query(ctx, cfg, func([]any) error { return nil })
	if err != nil || !res.Interrupted {
		t.Errorf("interrupted before the first line: %v, %+v", err, res)
	}
}
