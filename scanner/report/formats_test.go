package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"coldcase/scanner"
)

// The checks below are written from what each consumer publishes, not from what we
// write: the source stands above each.

type object = map[string]any

func decode[T any](t *testing.T, text []byte) (v T) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %.200q", err, text)
	}
	return v
}

// only fails when o has a key that is not allowed, or lacks one that is required.
func only(t *testing.T, what string, o object, required, optional []string) {
	t.Helper()
	for _, k := range required {
		if _, ok := o[k]; !ok {
			t.Errorf("%s: no %s", what, k)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(required, k) && !slices.Contains(optional, k) {
			t.Errorf("%s: has %s, which the format does not know", what, k)
		}
	}
}

// checkLayer: mitre-attack/attack-navigator, layers/spec/v4.5/layerformat.md.
func checkLayer(t *testing.T, text []byte) object {
	t.Helper()
	l := decode[object](t, text)
	only(t, "layer", l, []string{"name", "domain", "versions"}, []string{"description", "customDataURL", "filters", "sorting", "layout",
		"hideDisabled", "techniques", "gradient", "legendItems", "showTacticRowBackground", "tacticRowBackground", "selectTechniquesAcrossTactics",
		"selectSubtechniquesWithParent", "selectVisibleTechniques", "metadata", "links"})
	v := l["versions"].(object)
	if v["layer"] != "4.5" || v["navigator"].(string) < "4.9.0" || v["attack"] != nil && !regexp.MustCompile(`^\d+$`).MatchString(v["attack"].(string)) {
		t.Errorf("versions %v", v)
	}
	if l["domain"] != "enterprise-attack" {
		t.Errorf("domain %v", l["domain"])
	}
	g := l["gradient"].(object)
	low, _ := g["minValue"].(json.Number).Int64()
	high, _ := g["maxValue"].(json.Number).Int64()
	if len(g["colors"].([]any)) < 2 || high <= low {
		t.Errorf("gradient %v", g)
	}
	for _, c := range g["colors"].([]any) {
		if !regexp.MustCompile(`^#[0-9a-f]{6}$`).MatchString(c.(string)) {
			t.Errorf("colour %v", c)
		}
	}
	tactics := "reconnaissance resource-development initial-access execution persistence privilege-escalation defense-evasion " +
		"credential-access discovery lateral-movement collection command-and-control exfiltration impact"
	seen := map[string]bool{}
	for _, x := range l["techniques"].([]any) {
		o := x.(object)
		only(t, "technique", o, []string{"techniqueID"}, []string{"tactic", "comment", "enabled", "score", "color", "metadata", "links", "showSubtechniques"})
		id, tactic := o["techniqueID"].(string), fmt.Sprint(o["tactic"])
		if !regexp.MustCompile(`^T\d{4}(\.\d{3})?$`).MatchString(id) || o["tactic"] != nil && !slices.Contains(strings.Fields(tactics), tactic) {
			t.Errorf("technique %q below %q", id, tactic)
		}
		if n, err := o["score"].(json.Number).Int64(); err != nil || n < low || n > high {
			t.Errorf("score %v", o["score"])
		}
		if seen[id+tactic] {
			t.Errorf("%s below %s stands twice", id, tactic)
		}
		seen[id+tactic] = true
	}
	return l
}

func TestNavigator(t *testing.T) {
	res := someResult()
	res.Tactics = append(res.Tactics, scanner.TacticResult{ID: "TA9999", Name: "Of one's own", Techniques: []scanner.TechniqueResult{
		{ID: "T1003", Name: "x", Count: 1}, {ID: "not an id", Count: 9}}}, scanner.TacticResult{ID: "TA9998", Techniques: []scanner.TechniqueResult{{ID: "T1003", Count: 1}}})
	var b bytes.Buffer
	if err := Navigator(&b, res, Options{}); err != nil {
		t.Fatal(err)
	}
	l := checkLayer(t, b.Bytes())
	var got []string
	for _, x := range l["techniques"].([]any) {
		o := x.(object)
		got = append(got, fmt.Sprintf("%v/%v=%v", o["techniqueID"], o["tactic"], o["score"]))
	}
	want := "T1003/credential-access=3 T1558/credential-access=3 T1558.003/credential-access=3 T1003/<nil>=1"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if d := l["description"].(string); !strings.Contains(d, "1 technique of rules are no ids") {
		t.Errorf("description %q", d)
	}
	if l["versions"].(object)["attack"] != "18" {
		t.Errorf("attack %v", l["versions"])
	}
	// No finding: still a layer.
	b.Reset()
	if err := Navigator(&b, &scanner.Result{}, Options{}); err != nil {
		t.Fatal(err)
	}
	checkLayer(t, b.Bytes())
}

// checkSketch: Timesketch, docs/guides/user/import-from-json-csv.md (message, datetime
// as ISO 8601, timestamp_desc); api_client and issues 1869, 2667, 3173: timestamp is an
// integer of microseconds and agrees with datetime.
func checkSketch(t *testing.T, e map[string]string) {
	t.Helper()
	if e["message"] == "" || e["timestamp_desc"] == "" || strings.ContainsAny(e["message"], "\r\n") {
		t.Errorf("message %q, timestamp_desc %q", e["message"], e["timestamp_desc"])
	}
	if !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$`).MatchString(e["datetime"]) {
		t.Errorf("datetime %q", e["datetime"])
	}
	at, err := time.Parse(time.RFC3339Nano, e["datetime"])
	if err != nil || fmt.Sprint(at.UnixMicro()) != e["timestamp"] {
		t.Errorf("datetime %q, timestamp %q: %v", e["datetime"], e["timestamp"], err)
	}
}

func sketchRows(t *testing.T, file, text string) []map[string]string {
	t.Helper()
	var out []map[string]string
	if strings.HasSuffix(file, ".csv") {
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			e := map[string]string{}
			for i, name := range rows[0] {
				e[name] = row[i]
			}
			out = append(out, e)
		}
	} else {
		for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			e := map[string]string{}
			for k, v := range decode[object](t, []byte(line)) {
				e[k] = fmt.Sprint(v)
			}
			out = append(out, e)
		}
	}
	for _, e := range out {
		checkSketch(t, e)
	}
	return out
}

func TestTimesketch(t *testing.T) {
	late := ticketFinding()
	late.Time = at("2026-03-01T10:00:02.123456789Z")
	late.Last = at("2026-03-01T10:00:09Z")
	late.Command, late.Host, late.Count = "a\nb\u202e", "=cmd", 3
	for _, file := range []string{"t.jsonl", "t.csv", "-"} {
		var b bytes.Buffer
		if err := writeTimesketch(&b, findings(ticketFinding(), late, &scanner.Finding{}), Options{File: file}); err != nil {
			t.Fatal(err)
		}
		rows := sketchRows(t, file, b.String())
		f := func(i int, key, want string) {
			t.Helper()
			if got := rows[i][key]; got != want {
				t.Errorf("%s, row %d: %s is %q, want %q", file, i, key, got, want)
			}
		}
		f(0, "message", `[high] Ticket Cache Copied on mac01 by alice: =kcc "copy", now`)
		f(0, "datetime", "2026-03-01T10:00:02.500000+00:00")
		f(0, "timestamp", "1772359202500000")
		f(1, "message", `[high] Ticket Cache Copied on =cmd by alice: a\nb\u202e (3 events)`)
		f(1, "datetime", "2026-03-01T10:00:02.123456+00:00")
		f(1, "last_datetime", "2026-03-01T10:00:09.000000+00:00")
		f(2, "timestamp_desc", "Not a time")
		f(2, "timestamp", "0")
		guarded := map[bool]string{true: "'=cmd", false: "=cmd"}[file == "t.csv"]
		f(1, "hostname", guarded)
	}
}

// The CSV has the columns that the JSON has, in its order.
func TestTimesketchColumns(t *testing.T) {
	var b bytes.Buffer
	if err := writeTimesketch(&b, findings(ticketFinding()), Options{}); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, m := range regexp.MustCompile(`[{,]"([a-z_]+)":`).FindAllStringSubmatch(b.String(), -1) {
		keys = append(keys, m[1])
	}
	if !slices.Equal(keys, sketchHeader) {
		t.Errorf("JSON %q\nCSV %q", keys, sketchHeader)
	}
}

// Every format takes hostile text, and nothing at all.
func TestFormatsTakeAnything(t *testing.T) {
	res, f := nastyCase()
	f.ID = "f1"
	var b bytes.Buffer
	if err := writeBulk(&b, findings(f)); err != nil {
		t.Fatal(err)
	}
	checkBulk(t, b.Bytes())
	for _, file := range []string{"t.csv", "t.jsonl"} {
		b.Reset()
		if err := writeTimesketch(&b, findings(f), Options{File: file}); err != nil {
			t.Fatal(err)
		}
		if rows := sketchRows(t, file, b.String()); len(rows) != 1 {
			t.Errorf("%s: %d rows", file, len(rows))
		}
	}
	b.Reset()
	if err := STIX(&b, res, Options{}); err != nil {
		t.Fatal(err)
	}
	checkSTIX(t, b.Bytes())
	b.Reset()
	if err := Navigator(&b, res, Options{}); err != nil {
		t.Fatal(err)
	}
	checkLayer(t, b.Bytes())
	for _, format := range Formats {
		if err := format.Write(io.Discard, &scanner.Result{}, Options{}); err != nil {
			t.Errorf("%s of nothing: %v", format.Name, err)
		}
	}
}
