package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"coldcase/scanner"
)

// Explanations of rules in ES|QL: the commands of the query in their order, each with what
// it made of a row.

// commands draws what the commands made of a row.
func (s *screen) commands(cs []scanner.ExplainedCommand) {
	for i := range cs {
		c := &cs[i]
		s.line("%s  %2d  %s", outcomeWord(c.Outcome, s.opt), c.Number, Safe(fmt.Sprintf("%d:%d  %s", c.Line, c.Col, clipped(c.Text, maxSentence))))
		if c.Clause != nil {
			s.tree(c.Clause, "    ", "    ")
		}
		for _, part := range []struct {
			word    string
			columns []scanner.ExplainedColumn
		}{{"by", c.Keys}, {"sets", c.Made}} {
			if len(part.columns) > 0 {
				s.wrapped("    "+part.word+" "+Safe(columnsText(part.columns)), 6)
			}
		}
		if c.Note != "" {
			s.line("    (%s)", Safe(c.Note))
		}
	}
}

// outcomeWord is the outcome in its colour, padded.
func outcomeWord(o scanner.CommandOutcome, opt Options) string {
	word := fmt.Sprintf("%-11s", string(o))
	switch o {
	case scanner.CommandPassed:
		return paint(word, severityColours["low"], opt)
	case scanner.CommandDropped:
		return paint(word, missColour, opt)
	}
	return word
}

// columnsText writes columns as "n = 3; users = [a, b]".
func columnsText(columns []scanner.ExplainedColumn) string {
	var parts []string
	for _, c := range columns {
		text := shownText(c.Value)
		switch {
		case c.Null:
			text = "null"
		case c.Untold:
			text = "…"
		}
		parts = append(parts, c.Name+" = "+text)
	}
	return strings.Join(parts, "; ")
}

// termText is a condition of ES|QL with what its columns are.
func termText(c *scanner.Clause) string {
	text := c.Text
	switch word := map[bool]string{true: "=", false: "is"}[c.Verdict == scanner.ClauseTrue]; {
	case c.Verdict == scanner.ClauseUntold:
		return text + "  is not told by the row"
	case c.Verdict == scanner.ClauseNull:
		if text += "  is null: " + c.Note; len(c.Kids) < 2 {
			return text
		}
	case len(c.Kids) == 1 && strings.HasPrefix(c.Text, c.Kids[0].Text):
		return text + "  " + word + "  " + shownText(c.Kids[0].Result)
	}
	var parts []string
	for _, k := range c.Kids {
		parts = append(parts, k.Text+" = "+shownText(k.Result))
	}
	if len(parts) > 0 {
		text += "  (" + strings.Join(parts, "; ") + ")"
	}
	return text
}

// pipelineHolds says what follows from a row that survives the commands that stream.
func pipelineHolds(st *scanner.ExplainedStep) string {
	rows := ""
	if st.Rows > 1 {
		rows = fmt.Sprintf(", the first of %s", number(int64(st.Rows)))
	}
	if !st.Windowed {
		return "the rule fires on the event: a row survives" + rows + ": " + Safe(clipped(columnsText(st.Row), maxSentence))
	}
	text := "a row survives what streams" + rows
	for _, c := range st.Commands {
		if c.Outcome == scanner.CommandJoins && len(c.Keys) > 0 {
			text += ", and joins the group " + Safe(clipped(columnsText(c.Keys), maxSentence))
		}
	}
	return text + "; what it amounts to with others is decided over the whole evidence"
}

// pipelineFails says which command dropped the row, and why.
func pipelineFails(cs []scanner.ExplainedCommand) string {
	for i := range cs {
		c := &cs[i]
		if c.Outcome != scanner.CommandDropped || c.Number == 1 {
			continue
		}
		text := fmt.Sprintf("no row: stage %d (%d:%d, %s) dropped it", c.Number, c.Line, c.Col, clipped(c.Text, maxStageText))
		if c.Clause != nil {
			text += " because " + grounds(c.Clause)
		}
		return Safe(text)
	}
	return "no row is left"
}

// maxStageText bounds the text of a command within a sentence, in characters.
const maxStageText = 80

// grounds names the conditions for which a WHERE is not true.
func grounds(c *scanner.Clause) string {
	all := c.Grounds(scanner.ClauseTrue)
	var out []string
	for _, d := range all[:min(len(all), maxWrong)] {
		text := termText(d.Clause)
		if d.Not {
			text = "not " + text
		}
		out = append(out, text)
	}
	if n := len(all) - len(out); n > 0 {
		out = append(out, "and "+number(int64(n))+" more")
	}
	return strings.Join(out, "; ")
}

// rowsConclusion says what the rows of all events behind a finding amount to.
func rowsConclusion(x *scanner.ExplainedRows) string {
	switch {
	case len(x.Commands) == 0:
		return "what the rows amount to cannot be said: " + Safe(x.Note)
	case !x.Replayed:
		return "the row of the finding, as it was made of all sources: " + Safe(clipped(columnsText(x.Row), maxSentence))
	case x.Kept && x.Same:
		return "a row survives, that of the finding: " + Safe(clipped(columnsText(x.Row), maxSentence))
	case x.Kept && x.Windows > 1:
		return fmt.Sprintf("a row survives, in the last of the %s windows that the finding joins: ", number(x.Windows)) + Safe(clipped(columnsText(x.Row), maxSentence))
	case x.Kept:
		return "a row survives, which is not that of the finding: " + Safe(clipped(columnsText(x.Row), maxSentence))
	case !x.Alone:
		return pipelineFails(x.Commands) + "; of these events alone: rows of others take part"
	}
	return pipelineFails(x.Commands)
}

// ExplainRows draws what the rows of all events behind a finding amount to.
func ExplainRows(w io.Writer, x *scanner.ExplainedRows, opt Options) error {
	s := &screen{opt: opt}
	s.headed("ROWS", Safe(clipped(rowsHead(x), maxSentence)))
	s.commands(x.Commands)
	s.line("%s  %s", painted(x.Kept, map[bool]string{true: "KEPT", false: "NOT KEPT"}[x.Kept], opt), rowsConclusion(x))
	s.line("")
	_, err := w.Write(s.buf.Bytes())
	return err
}

func rowsHead(x *scanner.ExplainedRows) string {
	text := plural(x.Sources, "source")
	switch {
	case x.Replayed:
		text += fmt.Sprintf(", run again in the window from %s until %s", clock(x.Start), clock(x.End))
		if x.Windows > 1 {
			text += fmt.Sprintf(", the last of %s", number(x.Windows))
		}
	case x.Note != "":
		text += ", not run again: " + x.Note
		if x.Windows > 1 {
			text += fmt.Sprintf("; the row is what %s windows joined", number(x.Windows))
		}
	}
	return text
}

func clock(t time.Time) string { return t.Format("2006-01-02T15:04:05Z") }

type jsonCommand struct {
	Stage   int          `json:"stage"`
	Line    int          `json:"line"`
	Column  int          `json:"column"`
	Command string       `json:"command"`
	Outcome string       `json:"outcome"`
	Clause  *jsonClause  `json:"clause,omitempty"`
	Keys    []jsonColumn `json:"keys,omitempty"`
	Sets    []jsonColumn `json:"sets,omitempty"`
	Note    string       `json:"note,omitempty"`
}

type jsonColumn struct {
	Name    string  `json:"name"`
	Value   *string `json:"value"`
	Unknown bool    `json:"unknown,omitempty"` // not null: it is not recorded
}

func commandLine(c *scanner.ExplainedCommand) jsonCommand {
	out := jsonCommand{Stage: c.Number, Line: c.Line, Column: c.Col, Command: c.Text, Outcome: string(c.Outcome),
		Keys: each(c.Keys, columnLine), Sets: each(c.Made, columnLine), Note: c.Note}
	if c.Clause != nil {
		clause := clauseLine(c.Clause)
		out.Clause = &clause
	}
	return out
}

func columnLine(c *scanner.ExplainedColumn) jsonColumn {
	out := jsonColumn{Name: c.Name, Unknown: c.Untold}
	if !c.Null && !c.Untold {
		out.Value = &c.Value
	}
	return out
}

type jsonExplainedRows struct {
	Schema    string        `json:"schema"`
	FindingID string        `json:"finding_id"`
	Rule      jsonRuleRef   `json:"rule"`
	Kept      bool          `json:"kept"`
	Same      bool          `json:"same"` // the row is that of the finding
	Why       string        `json:"why"`
	Sources   int64         `json:"sources"`
	Recorded  int64         `json:"recorded"`
	Replayed  bool          `json:"replayed"`
	Alone     bool          `json:"alone"`
	From      *string       `json:"from"`
	Until     *string       `json:"until"`
	Windows   int64         `json:"windows"`
	Row       []jsonColumn  `json:"row"`
	Commands  []jsonCommand `json:"commands"`
	Note      string        `json:"note,omitempty"`
}

// ExplainRowsJSON writes the same as one line of JSON, schema coldcase/explained-rows/1.
func ExplainRowsJSON(w io.Writer, x *scanner.ExplainedRows, findingID string) error {
	out := jsonExplainedRows{Schema: "coldcase/explained-rows/1", FindingID: findingID, Rule: ruleRef(x.Rule), Kept: x.Kept, Same: x.Same,
		Why: rowsConclusion(x), Sources: x.Sources, Recorded: x.Recorded, Replayed: x.Replayed, Alone: x.Alone, Windows: x.Windows,
		Row: each(x.Row, columnLine), Commands: each(x.Commands, commandLine), Note: x.Note}
	if x.Replayed {
		from, until := clock(x.Start), clock(x.End)
		out.From, out.Until = &from, &until
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}
