package report

import (
	"bufio"
	"encoding/json"
	"io"
	"time"

	"coldcase/scanner"
)

// bulkIndex is the index that the bulk documents go to. It is our own: the indices
// .alerts-* belong to Kibana (outputs.md, 6).
const bulkIndex = "coldcase-findings"

// Bulk writes each finding as a document for Elasticsearch's _bulk API: an action line
// and a document line. The action is create and the _id is the finding's, so that
// loading a file twice adds nothing.
//
// A document is like an alert of the detection engine 8.x: the fields that all events
// behind the finding share, event.kind "signal", and kibana.alert.* as far as it is
// true of a finding that no Kibana has seen (elastic.co/guide, alert-schema). What
// says where the evidence stands is below coldcase.*. A candidate says so there and in
// event.kind, which is "event": nobody has raised a signal.
func Bulk(w io.Writer, res *scanner.Result, opt Options) error {
	return writeBulk(w, res.Findings)
}

func writeBulk(w io.Writer, findings walk) error {
	bw := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(bw)
	enc.SetEscapeHTML(false)
	err := findings(func(f *scanner.Finding) error {
		if err := enc.Encode(bulkAction{bulkCreate{Index: bulkIndex, ID: f.ID}}); err != nil {
			return err
		}
		return enc.Encode(alertDocument(f))
	})
	if err != nil {
		return err
	}
	return bw.Flush()
}

type bulkAction struct {
	Create bulkCreate `json:"create"`
}

type bulkCreate struct {
	Index string `json:"_index"`
	ID    string `json:"_id"`
}

// alertDocument has dotted keys beside the objects of the event: Elasticsearch takes
// both as the same fields.
func alertDocument(f *scanner.Finding) map[string]any {
	doc := sharedFields(f)
	setSignal(doc, f.Candidate)
	if !f.Time.IsZero() {
		doc["@timestamp"] = stamp(f.Time)
		doc["kibana.alert.original_time"] = stamp(f.Time)
		doc["kibana.alert.start"] = stamp(f.Time)
		doc["kibana.alert.end"] = stamp(lastOf(f))
	}
	for k, v := range alertFields(f) {
		doc[k] = v
	}
	for k, v := range ruleFields(f) {
		doc["kibana.alert.rule."+k] = v
	}
	for k, v := range typeFields(f) {
		doc[k] = v
	}
	doc["coldcase"] = provenance(f)
	return doc
}

func lastOf(f *scanner.Finding) time.Time {
	if f.Last.Before(f.Time) {
		return f.Time
	}
	return f.Last
}

func alertFields(f *scanner.Finding) map[string]any {
	out := map[string]any{
		"kibana.alert.uuid": f.ID, "kibana.alert.severity": f.Severity, "kibana.alert.risk_score": f.RiskScore,
		"kibana.alert.workflow_status": "open", "kibana.alert.depth": 1,
		"kibana.alert.reason": sentence(f), "kibana.alert.ancestors": ancestors(f),
	}
	if ruleOf(f).BuildingBlock {
		out["kibana.alert.building_block_type"] = "default"
	}
	return out
}

// ancestor is an event behind an alert.
type ancestor struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	Index string `json:"index"`
	Depth int    `json:"depth"`
}

func ancestors(f *scanner.Finding) []ancestor {
	out := make([]ancestor, 0, len(f.Evidence))
	for i := range f.Evidence {
		e := &f.Evidence[i]
		out = append(out, ancestor{ID: e.ID, Type: "event", Index: e.Index})
	}
	return out
}

// ruleCategories are Kibana's words for the rule types that are run.
var ruleCategories = map[string]struct{ id, category string }{
	"query": {"siem.queryRule", "Custom Query Rule"}, "saved_query": {"siem.savedQueryRule", "Saved Query Rule"},
	"eql": {"siem.eqlRule", "Event Correlation Rule"}, "esql": {"siem.esqlRule", "ES|QL Rule"},
	"threshold": {"siem.thresholdRule", "Threshold Rule"}, "new_terms": {"siem.newTermsRule", "New Terms Rule"},
	"threat_match": {"siem.indicatorRule", "Indicator Match Rule"},
}

func ruleFields(f *scanner.Finding) map[string]any {
	r := ruleOf(f)
	out := map[string]any{
		"rule_id": r.ID, "name": ruleName(f), "type": string(r.Type), "tags": list(r.Tags),
		"references": list(r.References), "author": list(r.Authors), "threat": threatFields(r.Threat),
		"severity": f.Severity, "risk_score": f.RiskScore, "false_positives": list(r.FalsePositives),
	}
	if c, ok := ruleCategories[string(r.Type)]; ok {
		out["rule_type_id"], out["category"] = c.id, c.category
	}
	if r.Version != 0 {
		out["version"] = r.Version
	}
	for k, v := range map[string]string{"description": r.Description, "note": r.Note, "license": r.License} {
		if v != "" {
			out[k] = v
		}
	}
	return out
}

// bulkPlace says where an event stands, as the JSONL does; the document holds what the
// events share, and the JSONL each of them.
type bulkPlace struct {
	File       string  `json:"file"`
	FileSHA256 *string `json:"file_sha256"`
	Line       int64   `json:"line"`
	Offset     int64   `json:"offset"`
	Length     int32   `json:"length"`
	LineSHA256 string  `json:"line_sha256"`
	Index      *string `json:"index"`
	ID         *string `json:"id"`
	Step       int     `json:"step"`
}

// provenance says where the evidence stands, for a second examiner.
func provenance(f *scanner.Finding) map[string]any {
	out := map[string]any{
		"candidate": f.Candidate, "finding_id": f.ID, "score": json.Number(score(f.Score)), "count": f.Count,
		"host": orNull(f.Host), "user": orNull(f.User),
		"evidence": each(f.Evidence, func(e *scanner.Evidence) bulkPlace {
			return bulkPlace{e.File, orNull(e.FileSHA256), e.Origin.Line, e.Origin.Offset, e.Origin.Length,
				e.LineSHA256, orNull(e.Index), orNull(e.ID), e.Step}
		}),
	}
	if len(f.Detail) > 0 {
		// A text: the keys differ by rule type and would swell the mapping.
		if text, err := json.Marshal(f.Detail); err == nil {
			out["detail"] = string(text)
		}
	}
	return out
}
