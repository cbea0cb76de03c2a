package scanner

import (
	"bytes"
	"encoding/json"
	"testing"

	"coldcase/scanner/claim"
)

// claimOf writes a finding as a findings file holds it.
func claimOf(t testing.TB, f *Finding) map[string]any {
	t.Helper()
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	var ev []any
	for _, e := range f.Evidence {
		ev = append(ev, map[string]any{"file": e.File, "file_sha256": text(e.FileSHA256), "line": e.Origin.Line, "offset": e.Origin.Offset,
			"length": e.Origin.Length, "line_sha256": e.LineSHA256, "index": text(e.Index), "step": e.Step, "event": claim.EventJSON(e.Event)})
	}
	out := map[string]any{"schema": claim.Schema, "finding_id": f.ID, "host": text(f.Host), "user": text(f.User),
		"rule": map[string]any{"id": f.Rule.ID, "name": f.RuleName, "version": f.Rule.Version, "severity": f.Severity, "file": f.Rule.File},
		"time": nil, "evidence": ev, "detail": f.Detail}
	if !f.Time.IsZero() {
		out["time"] = f.Time
	}
	return out
}

// findingsFile writes the findings of a result as JSON Lines.
func findingsFile(t testing.TB, res *Result) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	if err := res.Findings(func(f *Finding) error { return enc.Encode(claimOf(t, f)) }); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claims returns the findings of a scan by the names of their rules, as their file has them.
func claims(t *testing.T, res *Result) map[string][]map[string]any {
	t.Helper()
	out := map[string][]map[string]any{}
	for _, f := range findings(t, res) {
		out[f.Rule.Name] = append(out[f.Rule.Name], claimOf(t, &f))
	}
	return out
}
