package report

import (
	"encoding/json"
	"io"
	"slices"

	"coldcase/scanner"
)

// Explanations as JSON, schema coldcase/explanation/1: one object a rule and event.

type jsonExplanation struct {
	Schema     string              `json:"schema"`
	FindingID  string              `json:"finding_id,omitempty"`
	Rule       jsonRuleRef         `json:"rule"`
	File       string              `json:"file"`
	Line       int64               `json:"line"`
	Offset     int64               `json:"offset"`
	Time       *string             `json:"time"`
	Host       *string             `json:"host"`
	User       *string             `json:"user"`
	Hit        bool                `json:"hit"`
	Candidate  bool                `json:"candidate,omitempty"` // a hit that waits for a verdict
	Why        string              `json:"why"`
	Index      jsonIndexCheck      `json:"index"`
	Steps      []jsonExplainedStep `json:"steps"`
	Indicator  *jsonIndicatorCheck `json:"indicator,omitempty"`
	Exceptions []jsonExplainedItem `json:"exceptions,omitempty"`
	Notes      []string            `json:"notes,omitempty"`
}

type jsonIndexCheck struct {
	Looks    bool     `json:"looks"`
	Names    []string `json:"names"`
	How      string   `json:"how"`
	Patterns []string `json:"patterns"`
}

type jsonExplainedStep struct {
	Name   string     `json:"name,omitempty"`
	Keys   []jsonKey  `json:"keys,omitempty"`
	Beyond bool       `json:"beyond_ignore_above,omitempty"`
	Clause jsonClause `json:"clause"`
	// Of a pipeline of ES|QL, whose clause is what must be so of an event for it to count:
	// how many rows streaming makes of the event, its commands, and the first row.
	Rows     *int          `json:"rows,omitempty"`
	Commands []jsonCommand `json:"commands,omitempty"`
	Row      []jsonColumn  `json:"row,omitempty"`
}

type jsonKey struct {
	Field    string   `json:"field"`
	Optional bool     `json:"optional,omitempty"`
	Values   []string `json:"values"`
	More     int      `json:"more_values,omitempty"`
}

type jsonClause struct {
	Kind    scanner.ClauseKind `json:"kind"`
	Text    string             `json:"text,omitempty"`
	Verdict string             `json:"verdict,omitempty"`
	Field   string             `json:"field,omitempty"`
	Type    string             `json:"type,omitempty"`
	Values  []string           `json:"values,omitempty"`
	More    int                `json:"more_values,omitempty"`
	Value   string             `json:"value,omitempty"`
	Pattern string             `json:"pattern,omitempty"`
	Result  string             `json:"result,omitempty"`
	Note    string             `json:"note,omitempty"`
	Clauses []jsonClause       `json:"clauses,omitempty"`
}

type jsonIndicatorCheck struct {
	Found    bool      `json:"found"`
	Field    string    `json:"field,omitempty"`
	Value    string    `json:"value,omitempty"`
	Type     string    `json:"type,omitempty"`
	File     string    `json:"file,omitempty"`
	Line     int       `json:"line,omitempty"`
	Mapping  []string  `json:"mapping,omitempty"`
	Compared []jsonKey `json:"compared"`
}

type jsonExplainedItem struct {
	Name   string     `json:"name"`
	File   string     `json:"file"`
	Line   int        `json:"line"`
	Ended  bool       `json:"ended"`
	Clause jsonClause `json:"clause"`
}

// ExplainJSON writes an explanation as one line of JSON. findingID is "" where it is of
// no finding.
func ExplainJSON(w io.Writer, x *Explained, findingID string) error {
	e := x.Explanation
	out := jsonExplanation{Schema: "coldcase/explanation/1", FindingID: findingID, Rule: ruleRef(e.Rule),
		File: x.File, Line: x.Line, Offset: x.Offset, Time: orNull(x.Time), Host: orNull(x.Host), User: orNull(x.User),
		Hit: e.Hit, Candidate: e.Hit && e.Rule.Candidates, Why: conclusion(e),
		Index: jsonIndexCheck{e.Index.Looks, list(e.Index.Names), e.Index.How, list(e.Index.Patterns)}, Notes: x.Above}
	for i := range e.Steps {
		if st := &e.Steps[i]; len(x.Steps) == 0 || slices.Contains(x.Steps, i) {
			step := jsonExplainedStep{Name: st.Name, Keys: each(st.Keys, keyLine), Beyond: st.Beyond, Clause: clauseLine(st.Root)}
			if st.Pipeline {
				step.Rows, step.Commands, step.Row = &st.Rows, each(st.Commands, commandLine), each(st.Row, columnLine)
			}
			out.Steps = append(out.Steps, step)
		}
	}
	if i := e.Indicator; i != nil {
		out.Indicator = &jsonIndicatorCheck{i.Found, i.Field, i.Value, i.Type, i.File, i.Line, i.Mapping, each(i.Compared, keyLine)}
	}
	for i := range e.Exceptions {
		it := &e.Exceptions[i]
		out.Exceptions = append(out.Exceptions, jsonExplainedItem{it.Item.Name, it.Item.File, it.Item.Line, it.Ended, clauseLine(it.Root)})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

func keyLine(k *scanner.ExplainedKey) jsonKey {
	return jsonKey{k.Field, k.Optional, list(k.Values), k.More}
}

func clauseLine(c *scanner.Clause) jsonClause {
	out := jsonClause{Kind: c.Kind, Text: c.Text, Verdict: c.Verdict.String(), Field: c.Field, Type: c.Type, Values: c.Values, More: c.More,
		Value: c.Value, Pattern: c.Pattern, Result: c.Result, Note: c.Note}
	if c.Kind == scanner.ClauseValue {
		out.Verdict = "" // an operand has a result
	}
	for _, k := range c.Kids {
		out.Clauses = append(out.Clauses, clauseLine(k))
	}
	return out
}
