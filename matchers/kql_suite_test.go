package matchers

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"coldcase/rules"
	"coldcase/rules/kql"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

// shared returns a path in the shared material, or skips the test without it.
func shared(t testing.TB, elem ...string) string {
	t.Helper()
	dir := os.Getenv("COLDCASE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("shared material absent")
	}
	return filepath.Join(append([]string{dir}, elem...)...)
}

// eventRule makes a rule of one predicate that looks at every event.
func eventRule(x query.Expr) *rules.Rule {
	return &rules.Rule{ID: "test", Name: "test", Type: rules.KindQuery, Indices: []string{"*"}, Program: &query.Program{Event: x}}
}

// matchesBoth matches one line on both paths, which must agree, and be explained.
func matchesBoth(t *testing.T, m *Matcher, line []byte) bool {
	t.Helper()
	var got [2]bool
	for i, reference := range []bool{true, false} {
		w := m.NewWorker(reference)
		hits, err := w.Match(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		got[i] = len(hits) > 0
		explainAgrees(t, w)
	}
	if got[0] != got[1] {
		t.Errorf("%s: reference path %v, fast path %v", line, got[0], got[1])
	}
	return got[0]
}

type kqlSuite struct {
	Suite   string                       `json:"suite"`
	Mapping map[string]any               `json:"mapping"`
	Docs    []map[string]json.RawMessage `json:"docs"`
	Cases   []struct {
		KQL  string `json:"kql"`
		Hits any    `json:"hits"` // list of ids, or "ERROR"
	} `json:"cases"`
}

// notOurs lists the cases that do not apply, with the reason.
var notOurs = map[string]string{
	"date_field <= now": "now is the event's own time, and these events have none (product.md)",
	"date_field >= now": "now is the event's own time, and these events have none (product.md)",
}

func TestKQLElasticsearchSuite(t *testing.T) {
	data, err := os.ReadFile(shared(t, "suites", "kql-elasticsearch", "rest_cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var suites []kqlSuite
	if err := json.Unmarshal(data, &suites); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, s := range suites {
		sch := suiteSchema(t, s.Mapping)
		for _, c := range s.Cases {
			n++
			if reason, ok := notOurs[c.KQL]; ok {
				t.Logf("%s: %q does not apply: %s", s.Suite, c.KQL, reason)
				continue
			}
			x, err := kql.Parse(source.Text{Body: c.KQL})
			want := []string{} // an error of the search: here nothing matches (Decision 4)
			if ids, ok := c.Hits.([]any); ok {
				for _, id := range ids {
					want = append(want, id.(string))
				}
			}
			if err != nil {
				t.Errorf("%s: %v", s.Suite, err)
				continue
			}
			m, err := Compile([]*rules.Rule{eventRule(x)}, Options{Schema: sch, AnyIndex: true})
			if err != nil {
				t.Errorf("%s %q: %v", s.Suite, c.KQL, err)
				continue
			}
			got := []string{}
			for _, d := range s.Docs {
				line, _ := json.Marshal(d)
				if matchesBoth(t, m, line) {
					var id string
					json.Unmarshal(d["_id"], &id)
					got = append(got, id)
				}
			}
			sort.Strings(got)
			sort.Strings(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q (%s) hits %v, want %v", s.Suite, c.KQL, x, got, want)
			}
		}
	}
	t.Logf("%d cases", n)
}

func suiteSchema(t *testing.T, mapping map[string]any) *schema.Schema {
	t.Helper()
	props := map[string]any{}
	for name, typ := range mapping {
		if s, ok := typ.(string); ok {
			typ = map[string]any{"type": s}
			if name, value, ok := strings.Cut(s, "(value='"); ok {
				typ = map[string]any{"type": name, "value": strings.TrimSuffix(value, "')")}
			}
		}
		props[name] = typ
	}
	data, _ := json.Marshal(map[string]any{"properties": props})
	sch, err := schema.Builtin().WithMapping(data)
	if err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return sch
}
