package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"coldcase/rules"
	"coldcase/scanner"
)

func screenText(t *testing.T, res *scanner.Result, opt Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Screen(&b, res, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestScreenGolden(t *testing.T) {
	written := []Written{{File: "findings.csv", Format: "csv", Note: "4 rows"}, {File: "s.json", Format: "summary"}}
	for _, width := range []int{60, 80, 110, 200} {
		golden(t, fmt.Sprintf("screen-%d.txt", width), screenText(t, someResult(), Options{Width: width, Written: written}))
	}
	golden(t, "screen-full.txt", screenText(t, someResult(), Options{Width: 60, Full: true}))
	golden(t, "screen-colour.txt", screenText(t, someResult(), Options{Color: true}))
}

// No line is wider than asked for, whatever the evidence holds.
func TestScreenFits(t *testing.T) {
	res := someResult()
	long := strings.Repeat("日本語 wide ", 40)
	res.Groups[0].Host, res.Groups[0].User, res.Groups[0].Sample = long, long, long+"\x00"
	res.Entities[0].Name = long
	res.Tactics[0].Techniques[0].Rules = []string{long}
	for width := 60; width <= 200; width += 7 {
		for i, l := range strings.Split(screenText(t, res, Options{Width: width}), "\n") {
			if w := displayWidth(l); w > width {
				t.Errorf("width %d: line %d is %d wide: %q", width, i+1, w, l)
			}
		}
	}
}

// A row stays one line, so that the sample below it and grep find it.
func TestScreenRowsStayWhole(t *testing.T) {
	for _, width := range []int{60, 80, 110, 200} {
		out := screenText(t, someResult(), Options{Width: width})
		n := 0
		for _, l := range strings.Split(out, "\n") {
			if f := strings.Fields(l); len(f) > 3 && (f[1] == "high" || f[1] == "medium") && strings.Contains("73.0 58.4 26.1", f[0]) &&
				(strings.HasPrefix(f[2], "Ticket") || strings.HasPrefix(f[2], "Shell")) {
				n++
			}
		}
		if n != 3 {
			t.Errorf("width %d: %d rows of 3 on one line each:\n%s", width, n, out)
		}
	}
}

// A column that is empty in every row gives its room to the others.
func TestEmptyColumnIsDropped(t *testing.T) {
	res := someResult()
	for i := range res.Groups {
		res.Groups[i].Last = res.Groups[i].First
	}
	head, _, _ := strings.Cut(strings.SplitN(screenText(t, res, Options{Width: 200}), "\n", 2)[1], "\n")
	if !strings.HasSuffix(head, " first") {
		t.Errorf("the titles are %q", head)
	}
}

func TestScreenIsSafe(t *testing.T) {
	evil := "a\x1b[31m\x9b1m\u202e\u2066\u200b\r\n\t\x07\x00\xff\u0085\U000e0041"
	res := someResult()
	r := *ticketRule
	r.Name, r.ID = evil, evil
	r.Threat = []rules.Tactic{{ID: evil, Techniques: []rules.Technique{{ID: evil}}}}
	g := &res.Groups[0]
	g.Rule, g.Host, g.User, g.Sample, g.Severity = &r, evil, evil, evil, evil
	res.Entities[0].Name, res.Entities[0].Band, res.Entities[0].Parts[0].Rule = evil, evil, &r
	res.Tactics[0].Name, res.Tactics[0].Techniques[0] = evil, scanner.TechniqueResult{ID: evil, Name: evil, Was: evil + "x", Rules: []string{evil}}
	in := &res.Inputs[2]
	in.File, in.Problem, in.Status, in.Lost[0].Why = evil, evil, evil, evil
	res.Inputs[1].Bad[0].Kind = evil
	res.NotEvidence, res.Notes = []string{evil}, []string{evil}
	res.Rules[2].File, res.Rules[2].Reason = evil, evil
	res.Coverage.Reasons[0].Reason, res.Coverage.NotRunReasons[0].Reason = evil, evil
	res.Tool.ATTACK = evil
	for _, full := range []bool{false, true} {
		out := screenText(t, res, Options{Full: full, Written: []Written{{File: evil, Format: "csv"}}})
		for i, l := range strings.Split(out, "\n") {
			if !isSafe(l) {
				t.Errorf("full %v: line %d is not safe: %q", full, i+1, l)
			}
		}
	}
}

func TestScreenNoFinding(t *testing.T) {
	res := someResult()
	res.Groups, res.Entities, res.Tactics = nil, nil, nil
	res.Counts.Findings, res.Interrupted = 0, true
	out := screenText(t, res, Options{})
	golden(t, "screen-none.txt", out)
	for _, want := range []string{"INTERRUPTED", "NO FINDING", "1 of them could not have fired", "5 more rules not run", "3 lines not readable"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
}

func TestScreenLimit(t *testing.T) {
	res := someResult()
	out := screenText(t, res, Options{Limit: 1})
	for _, want := range []string{"and 2 groups of lower score (1 high, 1 medium)", "and 1 host of lower score", "exports/c.ndjson.gz"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if strings.Contains(screenText(t, res, Options{Limit: 1, Full: true}), "of lower score") {
		t.Error("--full left something out")
	}
}

func TestStart(t *testing.T) {
	set := &rules.Set{Entries: []rules.Entry{
		{Rule: ticketRule, Status: rules.Runs},
		{Rule: shellRule, Status: rules.NotRun, Reason: "ES|QL: pipes"},
		{Rule: shellRule, Status: rules.NotRun, Reason: "deprecated"},
		{Rule: shellRule, Status: rules.NotRun, Reason: "ES|QL"},
	}, Problems: []rules.Problem{{Path: "x", Err: errBoom}}}
	var b bytes.Buffer
	h := Header{Tool: scanner.Tool{Version: "0.1.0"}, RulesName: "my\x1brules", Rules: set, Inputs: 14, Bytes: 3_100_000_000}
	if err := Start(&b, h, Options{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "start.txt", b.String())
	b.Reset()
	if err := RuleList(&b, set, Options{Width: 90}); err != nil {
		t.Fatal(err)
	}
	golden(t, "rulelist.txt", b.String())
}
