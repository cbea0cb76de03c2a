package report

import (
	"bufio"
	"encoding/json"
	"io"
	"time"

	"coldcase/rules"
	"coldcase/scanner"
	"coldcase/scanner/claim"
)

// JSONL writes one object for each finding, schema coldcase/finding/1 (product.md):
// fixed key order, no HTML escaping, the event as it stands in its line but for the
// white space between its tokens.
func JSONL(w io.Writer, res *scanner.Result, opt Options) error {
	return writeJSONL(w, res.Findings)
}

func writeJSONL(w io.Writer, findings walk) error {
	bw := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(bw)
	enc.SetEscapeHTML(false)
	err := findings(func(f *scanner.Finding) error {
		return enc.Encode(findingLine(f))
	})
	if err != nil {
		return err
	}
	return bw.Flush()
}

// The structs below are the schema: encoding/json keeps the order of fields.

type jsonFinding struct {
	Schema string       `json:"schema"`
	ID     string       `json:"finding_id"`
	Rule   jsonRule     `json:"rule"`
	Attack []jsonAttack `json:"attack"`
	Time   *string      `json:"time"`
	Last   *string      `json:"last"`
	Host   *string      `json:"host"`
	User   *string      `json:"user"`
	Score  json.Number  `json:"score"`
	Chain  string       `json:"chain,omitempty"` // of the summary's chains
	// Candidate is true of what only a skipped verdict step would make a finding, else left out.
	Candidate bool           `json:"candidate,omitempty"`
	Evidence  []jsonEvidence `json:"evidence"`
	Detail    map[string]any `json:"detail"`
}

type jsonRule struct {
	ID            string   `json:"id"`
	Name          string   `json:"name"`
	Version       *int     `json:"version"` // null where the source states none
	Type          string   `json:"type"`
	Language      *string  `json:"language"`
	Severity      string   `json:"severity"`
	RiskScore     int      `json:"risk_score"`
	File          string   `json:"file"`
	BuildingBlock bool     `json:"building_block"`
	Tags          []string `json:"tags"`
	References    []string `json:"references"`
}

type jsonAttack struct {
	Tactic       *jsonTactic    `json:"tactic,omitempty"`
	Technique    *jsonTechnique `json:"technique,omitempty"`
	Subtechnique *jsonTechnique `json:"subtechnique,omitempty"`
}

type jsonTactic struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type jsonTechnique struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Was is the revoked id that the rule states.
	Was string `json:"was,omitempty"`
}

type jsonEvidence struct {
	File       string          `json:"file"`
	FileSHA256 *string         `json:"file_sha256"`
	Line       int64           `json:"line"`
	Offset     int64           `json:"offset"`
	Length     int32           `json:"length"`
	LineSHA256 string          `json:"line_sha256"`
	Index      *string         `json:"index"`
	ID         *string         `json:"id"`
	Step       int             `json:"step"`
	Event      json.RawMessage `json:"event"`
}

func findingLine(f *scanner.Finding) jsonFinding {
	last := f.Last
	if last.IsZero() {
		last = f.Time
	}
	out := jsonFinding{
		Schema: claim.Schema, ID: f.ID,
		Rule:   findingRule(f),
		Attack: attackLines(ruleOf(f).Threat),
		Time:   jsonTime(f.Time), Last: jsonTime(last),
		Host: orNull(f.Host), User: orNull(f.User),
		Score: json.Number(score(f.Score)),
		Chain: f.Chain, Candidate: f.Candidate,
		Evidence: make([]jsonEvidence, 0, len(f.Evidence)),
		Detail:   explained(f),
	}
	for i := range f.Evidence {
		out.Evidence = append(out.Evidence, evidenceLine(&f.Evidence[i]))
	}
	return out
}

// findingRule is the rule as it fired: name, severity and risk score after the
// rule's own overrides.
func findingRule(f *scanner.Finding) jsonRule {
	r := ruleOf(f)
	return jsonRule{
		ID: r.ID, Name: ruleName(f), Version: version(r), Type: string(r.Type),
		Language: orNull(r.Language), Severity: f.Severity, RiskScore: f.RiskScore,
		File: r.File, BuildingBlock: r.BuildingBlock,
		Tags: list(r.Tags), References: list(r.References),
	}
}

// attackLines flattens a mapping: one entry for each of its most specific parts.
func attackLines(threat []rules.Tactic) []jsonAttack {
	out := []jsonAttack{}
	for _, tac := range threat {
		jt := &jsonTactic{ID: tac.ID, Name: tac.Name}
		if len(tac.Techniques) == 0 {
			out = append(out, jsonAttack{Tactic: jt})
		}
		for _, tech := range tac.Techniques {
			jq := &jsonTechnique{ID: tech.ID, Name: tech.Name, Was: tech.Was}
			if len(tech.Subtechniques) == 0 {
				out = append(out, jsonAttack{Tactic: jt, Technique: jq})
			}
			for _, sub := range tech.Subtechniques {
				js := &jsonTechnique{ID: sub.ID, Name: sub.Name, Was: sub.Was}
				out = append(out, jsonAttack{Tactic: jt, Technique: jq, Subtechnique: js})
			}
		}
	}
	return out
}

func evidenceLine(e *scanner.Evidence) jsonEvidence {
	return jsonEvidence{
		File: e.File, FileSHA256: orNull(e.FileSHA256),
		Line: e.Origin.Line, Offset: e.Origin.Offset, Length: e.Origin.Length,
		LineSHA256: e.LineSHA256, Index: orNull(e.Index), ID: orNull(e.ID),
		Step: e.Step, Event: eventJSON(e.Event),
	}
}

// eventJSON is the event as every report holds it; verify holds it against the line.
func eventJSON(ev []byte) json.RawMessage { return claim.EventJSON(ev) }

func jsonTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := stamp(t)
	return &s
}

// orNull makes "not known" null rather than an empty string.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func version(r *rules.Rule) *int {
	if r.Version == 0 {
		return nil
	}
	return &r.Version
}

// list makes sure that a list is [] rather than null.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
