package report

import (
	"bufio"
	"encoding/json"
	"io"

	"coldcase/rules"
	"coldcase/scanner"
)

// Summary writes the whole run as one indented JSON object, schema
// coldcase/summary/1 (product.md). It holds no wall-clock time, host name or job
// count: two runs over the same evidence write the same bytes.
func Summary(w io.Writer, res *scanner.Result, opt Options) error {
	bw := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(bw)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(summarise(res)); err != nil {
		return err
	}
	return bw.Flush()
}

type jsonSummary struct {
	Schema      string        `json:"schema"`
	Complete    bool          `json:"complete"`
	Interrupted bool          `json:"interrupted"`
	Tool        jsonTool      `json:"tool"`
	Counts      jsonCounts    `json:"counts"`
	First       *string       `json:"first"`
	Last        *string       `json:"last"`
	Inputs      []jsonInput   `json:"inputs"`
	NotEvidence []string      `json:"not_evidence"`
	Rules       []jsonRuleRun `json:"rules"`
	Groups      []jsonGroup   `json:"groups"`
	Entities    []jsonEntity  `json:"entities"`
	Attack      []jsonTacRun  `json:"attack"`
	Coverage    jsonCoverage  `json:"coverage"`
	Exceptions  []jsonExcept  `json:"exceptions"`
	NearMisses  []jsonNear    `json:"near_misses"`
	Notes       []string      `json:"notes"`
}

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	ATTACK  string `json:"attack"`
}

type jsonCounts struct {
	Inputs            int64            `json:"inputs"`
	Lines             int64            `json:"lines"`
	Events            int64            `json:"events"`
	BadLines          int64            `json:"bad_lines"`
	ActionLines       int64            `json:"bulk_action_lines"`
	Findings          int64            `json:"findings"`
	Groups            int64            `json:"groups"`
	BySeverity        map[string]int64 `json:"by_severity"`
	Bytes             int64            `json:"bytes"`
	DecodedBytes      int64            `json:"decoded_bytes"`
	NoTime            int64            `json:"no_time"`
	NoIndex           int64            `json:"no_index"`
	Folded            int64            `json:"folded_duplicates"`
	IDConflicts       int64            `json:"id_conflicts"`
	BeyondIgnoreAbove int64            `json:"beyond_ignore_above"`
	Suppressed        int64            `json:"suppressed_by_exceptions"`
	NearMisses        int64            `json:"near_misses"`
}

type jsonInput struct {
	File         string     `json:"file"`
	SHA256       *string    `json:"sha256"`
	Bytes        int64      `json:"bytes"`
	DecodedBytes int64      `json:"decoded_bytes"`
	Lines        int64      `json:"lines"`
	BlankLines   int64      `json:"blank_lines"`
	ActionLines  int64      `json:"bulk_action_lines"`
	Baseline     bool       `json:"baseline"`
	BadLines     int64      `json:"bad_lines"`
	Bad          []jsonBad  `json:"bad"`
	Status       string     `json:"status"`
	Problem      *string    `json:"problem"`
	Lost         []jsonLost `json:"lost"`
}

type jsonBad struct {
	Kind   string `json:"kind"`
	Count  int64  `json:"count"`
	Line   int64  `json:"first_line"`
	Offset int64  `json:"first_offset"`
}

type jsonLost struct {
	Offset int64  `json:"offset"`
	Stored int64  `json:"stored_offset"`
	Why    string `json:"why"`
}

// jsonRuleRun has null where an unreadable file states nothing.
type jsonRuleRun struct {
	ID       *string `json:"id"`
	Name     *string `json:"name"`
	Version  *int    `json:"version"`
	Type     *string `json:"type"`
	Language *string `json:"language"`
	Severity *string `json:"severity"`
	File     string  `json:"file"`
	Status   string  `json:"status"`
	Reason   *string `json:"reason"`
	Findings int64   `json:"findings"`
}

func summarise(res *scanner.Result) jsonSummary {
	return jsonSummary{
		Schema: "coldcase/summary/1", Complete: res.Complete, Interrupted: res.Interrupted,
		Tool:   jsonTool{res.Tool.Name, res.Tool.Version, res.Tool.ATTACK},
		Counts: summaryCounts(&res.Counts),
		First:  jsonTime(res.First), Last: jsonTime(res.Last),
		Inputs:      each(res.Inputs, summaryInput),
		NotEvidence: list(res.NotEvidence),
		Rules:       each(res.Rules, summaryRule),
		Groups:      each(res.Groups, summaryGroup),
		Entities:    each(res.Entities, summaryEntity),
		Attack:      each(res.Tactics, summaryTactic),
		Coverage:    summaryCoverage(&res.Coverage),
		Exceptions:  each(res.Exceptions, summaryException),
		NearMisses:  each(res.NearMisses, summaryNearMiss),
		Notes:       list(res.Notes),
	}
}

// each maps a slice by pointer; the result is never nil, so that JSON has [].
func each[A, B any](in []A, f func(*A) B) []B {
	out := make([]B, 0, len(in))
	for i := range in {
		out = append(out, f(&in[i]))
	}
	return out
}

func summaryCounts(c *scanner.Counts) jsonCounts {
	by := map[string]int64{}
	for _, s := range rules.Severities {
		by[s] = c.BySeverity[s]
	}
	return jsonCounts{
		Inputs: c.Inputs, Lines: c.Lines, Events: c.Events, BadLines: c.BadLines,
		Findings: c.Findings, Groups: c.Groups, BySeverity: by,
		Bytes: c.StoredBytes, DecodedBytes: c.DecodedBytes,
		NoTime: c.NoTime, NoIndex: c.NoIndex, Folded: c.Folded,
		IDConflicts: c.IDConflicts, BeyondIgnoreAbove: c.BeyondIgnoreAbove, Suppressed: c.Suppressed, NearMisses: c.NearMisses, ActionLines: c.Actions,
	}
}

func summaryInput(in *scanner.InputResult) jsonInput {
	return jsonInput{
		File: in.File, SHA256: orNull(in.SHA256), Bytes: in.Bytes, DecodedBytes: in.DecodedBytes,
		Lines: in.Lines, BlankLines: in.Blank, ActionLines: in.Actions, Baseline: in.Baseline, BadLines: in.BadLines,
		Bad: each(in.Bad, func(b *scanner.BadKind) jsonBad {
			return jsonBad{b.Kind, b.Count, b.Line, b.Offset}
		}),
		Status: in.Status, Problem: orNull(in.Problem),
		Lost: each(in.Lost, func(l *scanner.Lost) jsonLost {
			return jsonLost{l.Offset, l.Stored, l.Why}
		}),
	}
}

func summaryRule(rr *scanner.RuleResult) jsonRuleRun {
	out := jsonRuleRun{
		Name: orNull(rr.Name), File: rr.File,
		Status: rr.Status, Reason: orNull(rr.Reason), Findings: rr.Findings,
	}
	if r := rr.Rule; r != nil {
		out.ID, out.Name, out.Version = orNull(r.ID), orNull(r.Name), version(r)
		out.Type, out.Language = orNull(string(r.Type)), orNull(r.Language)
		out.Severity, out.File = orNull(r.Severity), r.File
	}
	return out
}
