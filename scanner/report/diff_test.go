package report

import (
	"bytes"
	"strings"
	"testing"

	"coldcase/rules"
	"coldcase/scanner"
	"coldcase/scanner/diff"
)

// shownDiff draws a comparison with two rows at a width.
func shownDiff(t *testing.T, alerts bool, opt Options) []string {
	t.Helper()
	res := &diff.Result{Alerts: alerts, Counts: map[string]int64{diff.StatusNew: 3, diff.StatusMissed: 2},
		A: diff.Side{File: "a\x1b[2J.jsonl", Items: 5, Twice: 1}, B: diff.Side{File: "b.jsonl", Items: 1, Alerts: alerts, BadLines: 2, Problems: []string{"x"}},
		Rows: []diff.Row{
			{RuleName: "A Rule With A Name That Is Not Short At All", Severity: "high", Host: "workstation-17",
				Count: map[string]int64{diff.StatusNew: 1200, diff.StatusGone: 1, diff.StatusSame: 7, diff.StatusMissed: 2}, Why: "version 1 to 2", Whys: 3},
			{RuleName: "\x1b]0;owned\x07", Severity: "low", Count: map[string]int64{diff.StatusGone: 1, diff.StatusAlert: 1}},
		}, RowsCut: 4}
	var b bytes.Buffer
	if err := Diff(&b, res, opt); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(strings.ReplaceAll(strings.ReplaceAll(b.String(), "\x1b[35m", ""), reset, ""), "\x07") || !opt.Color && strings.Contains(b.String(), "\x1b") {
		t.Errorf("raw escapes in %q", b.String())
	}
	return strings.Split(b.String(), "\n")
}

func TestDiffFits(t *testing.T) {
	for _, alerts := range []bool{false, true} {
		for _, width := range []int{60, 80, 110, 200} {
			for _, l := range shownDiff(t, alerts, Options{Width: width}) {
				if n := displayWidth(l); n > width {
					t.Errorf("%d columns at %d: %s", n, width, l)
				}
			}
		}
	}
}

func TestDiffScreen(t *testing.T) {
	text := strings.Join(shownDiff(t, false, Options{Width: 110}), "\n")
	for _, want := range []string{
		`A  a\x1b[2J.jsonl: 5 findings, 1 more that stand there twice`,
		"B  b.jsonl: 1 finding, 2 bad; not read whole",
		"DIFFERENCES  3 new, 0 gone, 0 changed, 0 the same",
		"high      A Rule With A Name That Is Not Short At All  workstation-17  1,200     1              7",
		"        version 1 to 2 (and 2 other reasons)",
		"and 4 more rows; --full lists them, --json every finding",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	text = strings.Join(shownDiff(t, true, Options{Width: 110, Color: true}), "\n")
	for _, want := range []string{"B  b.jsonl: 1 alert, 2 bad", "2 missed by the stack, 0 only in the alerts, 0 found by both", severityColours["high"] + "high" + reset} {
		if !strings.Contains(strings.ReplaceAll(text, bold+"B"+reset, "B"), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// The part that compares two sets of rules fits every width, and says where to look.
func TestComparedRulesFit(t *testing.T) {
	res := &scanner.Result{Comparison: &scanner.Comparison{Added: 1, ComparedFindings: scanner.ComparedFindings{Gained: 1, Lost: 2, Rules: []scanner.ComparedRule{
		{ID: "a", Is: &rules.Rule{Name: "A Rule With A Name That Is Not Short At All", Severity: "critical"}, Gained: 1,
			Gain: scanner.Place{File: "exports/of/a/case/with/long/paths.ndjson.gz", Line: 17, Sample: "ls \x1b[2J " + strings.Repeat("x", 300)}},
		{ID: "b", Was: &rules.Rule{Name: "B", Severity: "low", Version: 3}, Is: &rules.Rule{Name: "B", Severity: "low"}, Lost: 2,
			Loss: scanner.Place{File: "b.ndjson", Line: 3}},
	}}}}
	for _, width := range []int{60, 72, 110, 200} {
		s := &screen{res: res, opt: Options{Width: width}}
		s.comparison()
		text := s.buf.String()
		for l := range strings.SplitSeq(text, "\n") {
			if n := displayWidth(l); n > width {
				t.Errorf("%d columns at %d: %s", n, width, l)
			}
		}
		for _, want := range []string{"lost: b.ndjson:3", "paths.ndjson.gz:17", "1 gained, 2 lost, 0 the same"} {
			if !strings.Contains(strings.ReplaceAll(text, "\n  ", " "), want) {
				t.Errorf("at %d: no %q in\n%s", width, want, text)
			}
		}
		if width >= 110 && !(strings.Contains(text, "added") && strings.Contains(text, "3 to ?")) {
			t.Errorf("no versions in\n%s", text)
		}
	}
	if got := comparisonPart(nil); got != nil {
		t.Errorf("a comparison without a second set: %v", got)
	}
}
