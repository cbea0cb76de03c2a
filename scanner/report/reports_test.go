package report

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/rules/builtin"
	"coldcase/rules/load"
	"coldcase/scanner"
	"coldcase/scanner/input"
)

// scanOf runs a set over evidence, as the program does.
func scanOf(t *testing.T, set *rules.Set, paths ...string) *scanner.Result {
	t.Helper()
	m, err := matchers.Compile(set.Runnable(), matchers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inputs, _, err := input.Walk(paths, input.WalkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	res, err := scanner.Run(context.Background(), scanner.Config{Tool: scanner.Tool{Name: "coldcase", Version: "test", ATTACK: "18.1"},
		Matcher: m, Rules: set, Inputs: inputs, TempDir: t.TempDir(), Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := res.Close(); err != nil {
			t.Error(err)
		}
	})
	return res
}

// checkReports writes every report of a real scan and holds each to its consumer's
// rules; it returns their texts by file name.
func checkReports(t *testing.T, res *scanner.Result) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, f := range Formats {
		for _, file := range map[string][]string{"timesketch": {"t.jsonl", "t.csv"}}[f.Name] {
			out[file] = written(t, f, res, file)
		}
		out[f.Name] = written(t, f, res, "-")
	}
	n := int(res.Counts.Findings + res.Counts.Candidates)
	checkLayer(t, []byte(out["navigator"]))
	checkSTIX(t, []byte(out["stix"]))
	checkTables(t, out["markdown"])
	if got := len(checkBulk(t, []byte(out["bulk"]))); got != n {
		t.Errorf("bulk: %d documents of %d findings", got, n)
	}
	for _, file := range []string{"t.jsonl", "t.csv"} {
		if got := len(sketchRows(t, file, out[file])); got != n {
			t.Errorf("%s: %d events of %d findings", file, got, n)
		}
	}
	if got := strings.Count(out["html"], "<script"); got != 2 {
		t.Errorf("html: %d scripts", got)
	}
	return out
}

func written(t *testing.T, f Format, res *scanner.Result, file string) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b, res, Options{File: file}); err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	return b.String()
}

// The stories of the samples, in every format.
func TestReportsOfSamples(t *testing.T) {
	set, err := builtin.Load()
	if err != nil {
		t.Fatal(err)
	}
	res := scanOf(t, set, "../../samples/kcc-burst", "../../samples/endgame-credentials")
	out := checkReports(t, res)
	// What the samples' README tells: five copies of a ticket cache, on two Macs.
	for file, wants := range map[string][]string{
		"markdown":  {"Kerberos Cached Credentials Dumping", "`mbp-lena`", "`fin-ws-11`", "T1558.003"},
		"t.csv":     {"kcc copy_cred_cache /tmp/lena.ccache", "2021-06-02T07:40:00.352000+00:00"},
		"navigator": {`"techniqueID": "T1003.001"`, `"tactic": "credential-access"`},
		"stix":      {`"name": "mbp-lena"`, `"external_id": "T1558.003"`},
		"bulk":      {`"kibana.alert.rule.name":"Kerberos Cached Credentials Dumping"`},
		"html":      {"mbp-lena", "kcc copy_cred_cache /tmp/lena.ccache", `<mark>kcc</mark>`},
	} {
		for _, want := range wants {
			if !strings.Contains(out[file], want) {
				t.Errorf("%s: no %q", file, want)
			}
		}
	}
	golden(t, "samples-navigator.json", out["navigator"])
	golden(t, "samples-stix.json", out["stix"])
	golden(t, "samples-timesketch.csv", strings.ReplaceAll(out["t.csv"], "\r\n", "\n"))
	golden(t, "samples-markdown.md", out["markdown"])
}

// Real rules over real events, in every format.
func TestReportsOfSharedEvents(t *testing.T) {
	shared := os.Getenv("COLDCASE_SHARED")
	if shared == "" {
		shared = "../../../shared"
	}
	corpus, events := filepath.Join(shared, "rules-corpus"), filepath.Join(shared, "events")
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("shared material absent")
	}
	if testing.Short() {
		t.Skip("compiles the whole corpus")
	}
	set, err := load.Paths([]string{corpus})
	if err != nil {
		t.Fatal(err)
	}
	res := scanOf(t, set, filepath.Join(events, "atomic-red-team.endpoint.ndjson.zst"), filepath.Join(events, "rta.endgame.ndjson.gz"))
	if res.Counts.Findings < 10 {
		t.Fatalf("%d findings: too few to look at", res.Counts.Findings)
	}
	checkReports(t, res)
}
