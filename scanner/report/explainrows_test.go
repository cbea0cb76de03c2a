package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/scanner"
)

func value(text, result string) *scanner.Clause {
	return &scanner.Clause{Kind: scanner.ClauseValue, Text: text, Result: result}
}

func term(text string, v matchers.Verdict, note string, operands ...*scanner.Clause) *scanner.Clause {
	return &scanner.Clause{Kind: scanner.ClauseTerm, Text: text, Verdict: v, Note: note, Kids: operands}
}

// esqlExplained is an explanation of a rule in ES|QL whose last condition is given.
func esqlExplained(st scanner.ExplainedStep, hit bool) *scanner.Explanation {
	r := &rules.Rule{ID: "r", Name: "R", File: "r.toml", Severity: "low", Type: rules.KindESQL}
	e := &scanner.Explanation{Rule: r, Hit: hit, Steps: []scanner.ExplainedStep{st}}
	e.Steps[0].Root, e.Steps[0].Pipeline = &scanner.Clause{Kind: "leaf", Text: "what rejects"}, true
	e.Index.Looks = true
	return e
}

func where(c *scanner.Clause, o scanner.CommandOutcome) []scanner.ExplainedCommand {
	return []scanner.ExplainedCommand{{Number: 1, Line: 1, Col: 1, Text: "FROM x\x1b", Outcome: scanner.CommandPassed},
		{Number: 2, Line: 3, Col: 4, Text: "WHERE y", Outcome: o, Clause: c}}
}

// The commands stand instead of the predicate that rejects events, with every verdict, and
// what follows.
func TestExplainPipeline(t *testing.T) {
	f := func(e *scanner.Explanation, want ...string) {
		t.Helper()
		var b bytes.Buffer
		if err := ExplainTree(&b, &Explained{Explanation: e, File: "f", Line: 1}, Options{}); err != nil {
			t.Fatal(err)
		}
		for _, w := range append(want, "passed        1  1:1  FROM x\\x1b\n") {
			if !strings.Contains(b.String(), w) {
				t.Errorf("no %q in\n%s", w, b.String())
			}
		}
		if strings.Contains(b.String(), "what rejects") {
			t.Errorf("the predicate is drawn:\n%s", b.String())
		}
	}
	yes, no := matchers.True, matchers.False
	f(esqlExplained(scanner.ExplainedStep{Rows: 1, Commands: where(term("y > 1", yes, "", value("y", "2")), scanner.CommandPassed),
		Row: []scanner.ExplainedColumn{{Name: "y", Value: "2"}, {Name: "z", Null: true}, {Name: "e"}}}, true),
		"passed        2  3:4  WHERE y\n    true     y > 1  =  2\n", "HIT  the rule fires on the event: a row survives: y = 2; z = null; e = \"\"\n")
	f(esqlExplained(scanner.ExplainedStep{Commands: where(term("y > 1", no, "", value("y", "0\x1b")), scanner.CommandDropped)}, false),
		"dropped       2  3:4  WHERE y\n    false    y > 1  is  0\\x1b\n",
		"NO HIT  no row: stage 2 (3:4, WHERE y) dropped it because y > 1  is  0\\x1b\n")

	and := &scanner.Clause{Kind: scanner.ClauseAnd, Verdict: no, Kids: []*scanner.Clause{
		term("a == b", matchers.Null, "a has no value", value("a", "null"), value("b", "1")),
		{Kind: scanner.ClauseNot, Verdict: no, Kids: []*scanner.Clause{term("F(c)", yes, "", value("c", "7"))}},
		term("d", no, ""), term("held", yes, ""), term("e", no, ""),
	}}
	f(esqlExplained(scanner.ExplainedStep{Commands: where(and, scanner.CommandDropped)}, false),
		"    false    and: all of 5\n", "    ├─ null     a == b  is null: a has no value  (a = null; b = 1)\n    ├─ false    not\n    │  └─ true     F(c)  (c = 7)\n",
		"dropped it because a == b  is null: a has no value  (a = null; b = 1); not F(c)  (c = 7); d; and 1 more\n")

	joins := where(nil, scanner.CommandJoins)
	joins[1].Keys, joins[1].Note = []scanner.ExplainedColumn{{Name: "host", Value: "h"}}, "one of its 2 groups"
	f(esqlExplained(scanner.ExplainedStep{Rows: 2, Windowed: true, Commands: joins}, true),
		"joins         2  3:4  WHERE y\n    by host = h\n    (one of its 2 groups)\n",
		"HIT  a row survives what streams, the first of 2, and joins the group host = h; what it amounts to with others is decided over the whole evidence\n")
	f(esqlExplained(scanner.ExplainedStep{Commands: where(nil, scanner.CommandPassed)}, false), "NO HIT  no row is left\n")
	candidate := esqlExplained(scanner.ExplainedStep{Rows: 1, Commands: where(nil, scanner.CommandPassed)}, true)
	candidate.Rule.Candidates = true
	f(candidate, "that step is skipped: a candidate\n")
}

// What the events of a finding amount to, told in every way, as text and as JSON.
func TestExplainRowsOfFinding(t *testing.T) {
	f := func(x scanner.ExplainedRows, want ...string) {
		t.Helper()
		x.Rule = &rules.Rule{ID: "r", Name: "R"}
		var text, line bytes.Buffer
		if err := ExplainRows(&text, &x, Options{Full: true}); err != nil {
			t.Fatal(err)
		}
		if err := ExplainRowsJSON(&line, &x, "f1"); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(text.String()+line.String(), w) {
				t.Errorf("no %q in\n%s%s", w, text.String(), line.String())
			}
		}
		var any map[string]any
		if err := json.Unmarshal(line.Bytes(), &any); err != nil || any["schema"] != "coldcase/explained-rows/1" || any["finding_id"] != "f1" {
			t.Errorf("%v: %s", err, line.String())
		}
	}
	kept := where(term("n > 1", matchers.True, "", value("n", "2")), scanner.CommandPassed)[1:]
	dropped := where(term("n > 2", matchers.False, "", value("n", "2")), scanner.CommandDropped)[1:]
	row := []scanner.ExplainedColumn{{Name: "n", Value: "2"}, {Name: "u", Untold: true}}
	at := time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)
	again := scanner.ExplainedRows{Commands: kept, Row: row, Kept: true, Same: true, Sources: 2, Recorded: 2, Replayed: true, Alone: true,
		Start: at, End: at.Add(time.Hour), Windows: 1}
	f(again, "ROWS  2 sources, run again in the window from 2024-05-01T10:00:00Z until 2024-05-01T11:00:00Z\n",
		"KEPT  a row survives, that of the finding: n = 2; u = …\n", `"kept":true,"same":true`, `"from":"2024-05-01T10:00:00Z"`,
		`"row":[{"name":"n","value":"2"},{"name":"u","value":null,"unknown":true}]`, `"commands":[{"stage":2,"line":3,"column":4,"command":"WHERE y","outcome":"passed","clause":{"kind":"term"`)
	other := again
	other.Same = false
	f(other, "KEPT  a row survives, which is not that of the finding: n = 2")
	other.Windows = 3
	f(other, ", the last of 3\n", "KEPT  a row survives, in the last of the 3 windows that the finding joins: n = 2")
	gone := again
	gone.Commands, gone.Row, gone.Kept, gone.Same = dropped, nil, false, false
	f(gone, "NOT KEPT  no row: stage 2 (3:4, WHERE y) dropped it because n > 2  is  2\n", `"kept":false`, `"row":[]`)
	gone.Alone = false
	f(gone, "because n > 2  is  2; of these events alone: rows of others take part\n")
	told := again
	told.Commands = where(term("u == 1", matchers.Untold, "", value("u", "")), scanner.CommandPassed)[1:]
	told.Replayed, told.Sources, told.Windows, told.Note = false, 1300, 2, "of 1300 sources 100 are recorded"
	f(told, "ROWS  1,300 sources, not run again: of 1300 sources 100 are recorded; the row is what 2 windows joined\n",
		"    unknown  u == 1  is not told by the row\n", "KEPT  the row of the finding, as it was made of all sources: n = 2; u = …\n", `"from":null`)
	f(scanner.ExplainedRows{Note: "event 1 makes no row\x1b"}, "NOT KEPT  what the rows amount to cannot be said: event 1 makes no row\\x1b\n", `"commands":[]`)
}
