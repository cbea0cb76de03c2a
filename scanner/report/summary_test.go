package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"coldcase/scanner"
)

func TestSummaryGolden(t *testing.T) {
	var b bytes.Buffer
	if err := Summary(&b, someResult(), Options{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "summary.json", b.String())
}

// An empty run still has every key, with [] rather than null for each list.
func TestSummaryEmpty(t *testing.T) {
	var b bytes.Buffer
	if err := Summary(&b, &scanner.Result{Complete: true}, Options{}); err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	if m["schema"] != "coldcase/summary/1" || m["complete"] != true {
		t.Errorf("schema %v, complete %v", m["schema"], m["complete"])
	}
	for _, k := range []string{"inputs", "rules", "groups", "entities", "attack", "notes", "not_evidence"} {
		if _, ok := m[k].([]any); !ok {
			t.Errorf("%s is %v, want a list", k, m[k])
		}
	}
	by := m["counts"].(map[string]any)["by_severity"].(map[string]any)
	if len(by) != 4 || by["critical"] != 0.0 {
		t.Errorf("by_severity is %v, want the four severities", by)
	}
}

func TestFormats(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Formats {
		if f.Name == "" || f.Flag == "" || f.Doc == "" || f.Write == nil {
			t.Errorf("format %q is not whole", f.Name)
		}
		if seen[f.Name] || seen["--"+f.Flag] {
			t.Errorf("format %q or its flag stands twice", f.Name)
		}
		seen[f.Name], seen["--"+f.Flag] = true, true
	}
}
