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
	Skipped     []jsonSkipped `json:"not_evidence_by_reason"`
	Rules       []jsonRuleRun `json:"rules"`
	Groups      []jsonGroup   `json:"groups"`
	Candidates  []jsonGroup   `json:"candidates"`
	Entities    []jsonEntity  `json:"entities"`
	Chains      []jsonChain   `json:"chains"`
	Attack      []jsonTacRun  `json:"attack"`
	Coverage    jsonCoverage  `json:"coverage"`
	Continuity  jsonClocks    `json:"continuity"`
	Exceptions  []jsonExcept  `json:"exceptions"`
	NearMisses  []jsonNear    `json:"near_misses"`
	Notes       []string      `json:"notes"`
	Comparison  *jsonCompare  `json:"comparison,omitempty"` // with --compare-rules only
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
	BlankLines        int64            `json:"blank_lines"`
	Loss              jsonLoss         `json:"loss"`
	Findings          int64            `json:"findings"`
	Groups            int64            `json:"groups"`
	Candidates        int64            `json:"candidates"`
	CandidateGroups   int64            `json:"candidate_groups"`
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
	Chains            int64            `json:"chains"`
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
	// Candidates is left out of rules that have a verdict of their own.
	Candidates int64 `json:"candidates,omitempty"`
}

func summarise(res *scanner.Result) jsonSummary {
	return jsonSummary{
		Schema: "coldcase/summary/1", Complete: res.Complete, Interrupted: res.Interrupted,
		Tool:   jsonTool{res.Tool.Name, res.Tool.Version, res.Tool.ATTACK},
		Counts: summaryCounts(&res.Counts),
		First:  jsonTime(res.First), Last: jsonTime(res.Last),
		Inputs:      each(res.Inputs, summaryInput),
		NotEvidence: list(res.NotEvidence),
		Skipped:     skippedBy(res.NotEvidence),
		Rules:       each(res.Rules, summaryRule),
		Groups:      each(res.Groups, summaryGroup),
		Candidates:  each(res.Candidates, summaryGroup),
		Entities:    each(res.Entities, summaryEntity),
		Chains:      each(res.Chains, summaryChain),
		Attack:      each(res.Tactics, summaryTactic),
		Coverage:    summaryCoverage(&res.Coverage),
		Continuity:  summaryClocks(&res.Continuity),
		Exceptions:  each(res.Exceptions, summaryException),
		NearMisses:  each(res.NearMisses, summaryNearMiss),
		Notes:       list(res.Notes),
		Comparison:  comparisonPart(res.Comparison),
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
		Findings: c.Findings, Groups: c.Groups, Candidates: c.Candidates, CandidateGroups: c.CandidateGroups, BySeverity: by,
		Bytes: c.StoredBytes, DecodedBytes: c.DecodedBytes,
		NoTime: c.NoTime, NoIndex: c.NoIndex, Folded: c.Folded,
		IDConflicts: c.IDConflicts, BeyondIgnoreAbove: c.BeyondIgnoreAbove, Suppressed: c.Suppressed, NearMisses: c.NearMisses, Chains: c.Chains, ActionLines: c.Actions,
		BlankLines: c.Blank, Loss: jsonLoss(c.Loss),
	}
}

func summaryRule(rr *scanner.RuleResult) jsonRuleRun {
	out := jsonRuleRun{
		Name: orNull(rr.Name), File: rr.File,
		Status: rr.Status, Reason: orNull(rr.Reason), Findings: rr.Findings, Candidates: rr.Candidates,
	}
	if r := rr.Rule; r != nil {
		out.ID, out.Name, out.Version = orNull(r.ID), orNull(r.Name), version(r)
		out.Type, out.Language = orNull(string(r.Type)), orNull(r.Language)
		out.Severity, out.File = orNull(r.Severity), r.File
	}
	return out
}
