package scanner

import (
	"cmp"
	"fmt"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/scanner/lines"
	"coldcase/scanner/top"
)

// maxDifferences bounds the differences that an audit keeps, the first by origin; all
// are counted.
const maxDifferences = 100

// AuditResult is what became of --audit: lines that were evaluated once more by the plain
// path.
type AuditResult struct {
	Lines       int64
	Count       int64 // of differences
	Differences []AuditDifference
}

// AuditDifference is something that the two paths do not agree on. There is none: one
// means that the findings of the run cannot be trusted.
type AuditDifference struct {
	Rule *rules.Rule // nil when it is the line or its values
	What string
	File string
	Line int64

	input int32
	rule  int
}

// auditor gathers the differences that one worker comes across.
type auditor struct {
	count int64
	kept  *top.List[AuditDifference]
	batch *lines.Batch // at hand
	line  lines.Line
}

func newAuditor() *auditor {
	return &auditor{kept: &top.List[AuditDifference]{N: maxDifferences, Text: maxGroupText, Compare: compareDifferences,
		Size: func(d AuditDifference) int { return len(d.What) }}}
}

func compareDifferences(a, b AuditDifference) int {
	return cmp.Or(cmp.Compare(a.input, b.input), cmp.Compare(a.Line, b.Line), cmp.Compare(a.rule, b.rule), cmp.Compare(a.What, b.What))
}

func (a *auditor) report(d matchers.AuditDifference) {
	a.count++
	a.kept.Add(AuditDifference{What: d.What, Line: a.line.Number, input: a.batch.Input, rule: d.Rule})
}

// merge adds what another came across.
func (a *auditor) merge(b *auditor) {
	a.count += b.count
	for _, d := range b.kept.Sorted() {
		a.kept.Add(d)
	}
}

// auditOf merges what the workers came across; nil without an audit.
func (s shards) auditOf(cfg Config, account *matchers.Account) *AuditResult {
	if cfg.Audit <= 0 {
		return nil
	}
	all := newAuditor()
	out := &AuditResult{Lines: account.Audited()}
	for _, p := range s {
		for _, a := range p.audits() {
			all.merge(a)
		}
	}
	out.Count = all.count
	inputs := allInputs(cfg)
	for _, d := range all.kept.Sorted() {
		d.File = inputs[d.input].Name
		if d.rule >= 0 {
			d.Rule = cfg.Matcher.Rules()[d.rule]
		}
		out.Differences = append(out.Differences, d)
	}
	return out
}

func (a *AuditResult) notes() []string {
	if a == nil || a.Count == 0 {
		return nil
	}
	return []string{fmt.Sprintf("THE TWO PATHS DIFFER on %d points in %d audited lines: the findings cannot be trusted; this is an error in coldcase", a.Count, a.Lines)}
}
