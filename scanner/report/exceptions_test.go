package report

import (
	"strings"
	"testing"

	"coldcase/scanner"
)

// What an exception took away, and one that was not applied, is on the screen; names
// from files cannot draw on it.
func TestExceptionsOnScreen(t *testing.T) {
	res := someResult()
	res.Counts.Suppressed = 1200
	res.Exceptions = []scanner.ExceptionResult{
		{Name: "busy \x1b[31m", File: "a.toml", Line: 3, Rules: 2, Suppressed: 1200, Severity: "critical"},
		{Name: "idle", File: "a.toml", Line: 9, Rules: 2},
		{Name: "lame", File: "b.ndjson", Line: 2, NotApplied: `value list "x" is not given`},
	}
	f := func(full bool, want string) {
		t.Helper()
		var b strings.Builder
		if err := Screen(&b, res, Options{Full: full}); err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(b.String(), "EXCEPTIONS  ")
		text, _, _ = strings.Cut(text, "\n\n")
		if text != want {
			t.Errorf("got\n%s\nwant\n%s", text, want)
		}
	}
	const busy = "3 items took 1,200 hits from the rules\n" + `  busy \x1b[31m   a.toml:3: 1,200 hits, the highest of severity critical` + "\n"
	const lame = `  lame   b.ndjson:2: NOT APPLIED: value list "x" is not given`
	f(false, busy+lame+"\n  and 1 item that took nothing; --summary FILE lists each")
	f(true, busy+"  idle   a.toml:9: nothing\n"+lame)
}
