package matchers

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"coldcase/rules"
	"coldcase/rules/eql"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

type eqlCase struct {
	Name     string
	Query    string
	Expected []int `toml:"expected_event_ids"`
	// Sensitive marks python-eql's cases for its case-sensitive mode.
	Sensitive bool `toml:"case_sensitive"`
}

// eqlEvents is the suites' Endgame data with its mapping (suites/README.md).
type eqlEvents struct {
	schema *schema.Schema
	lines  [][]byte
	ids    []int
}

func readEQLEvents(t *testing.T) eqlEvents {
	t.Helper()
	var e eqlEvents
	e.schema = eqlSchema(t)
	data, err := os.ReadFile(shared(t, "suites", "eql-python", "test_data.json"))
	if err != nil {
		t.Fatal(err)
	}
	var docs []json.RawMessage
	if err := json.Unmarshal(data, &docs); err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		var id struct {
			ID int `json:"serial_event_id"`
		}
		if err := json.Unmarshal(d, &id); err != nil {
			t.Fatal(err)
		}
		e.lines = append(e.lines, d)
		e.ids = append(e.ids, id.ID)
	}
	return e
}

func eqlSchema(t *testing.T) *schema.Schema {
	t.Helper()
	data, err := os.ReadFile(shared(t, "suites", "eql-elasticsearch", "data", "mappings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var mappings map[string]json.RawMessage
	if err := json.Unmarshal(data, &mappings); err != nil {
		t.Fatal(err)
	}
	var types map[string]string
	if err := json.Unmarshal(mappings["endgame-140 (mapping-default.json)"], &types); err != nil {
		t.Fatal(err)
	}
	props := map[string]any{}
	for name, typ := range types {
		typ, _, _ = strings.Cut(typ, " ")
		if target, ok := strings.CutPrefix(typ, "alias->"); ok {
			props[name] = map[string]any{"type": "alias", "path": target}
			continue
		}
		// text with a keyword sub-field: EQL takes the sub-field (query-semantics 0.3)
		typ, _, text := strings.Cut(typ, "+")
		if text {
			typ = "keyword"
		}
		props[name] = map[string]any{"type": typ}
	}
	text, _ := json.Marshal(map[string]any{"properties": props})
	sch, err := schema.Builtin().WithMapping(text)
	if err != nil {
		t.Fatal(err)
	}
	return sch
}

// run returns the ids that an event query finds, in order, head and tail applied.
func (e eqlEvents) run(t *testing.T, p *query.Program) []int {
	t.Helper()
	m, err := Compile([]*rules.Rule{eventRule(p.Event)}, Options{Schema: e.schema, AnyIndex: true})
	if err != nil {
		t.Error(err)
		return nil
	}
	var got []int
	for i, line := range e.lines {
		if matchesBoth(t, m, line) {
			got = append(got, e.ids[i])
		}
	}
	for _, pipe := range p.Pipes {
		n := min(pipe.N, len(got))
		if pipe.Tail {
			got = got[len(got)-n:]
		} else {
			got = got[:n]
		}
	}
	return got
}

func TestEQLElasticsearchSuite(t *testing.T) {
	e := readEQLEvents(t)
	var suite struct{ Queries []eqlCase }
	if _, err := toml.DecodeFile(shared(t, "suites", "eql-elasticsearch", "test_queries.toml"), &suite); err != nil {
		t.Fatal(err)
	}
	ran, correlated := 0, 0
	for _, c := range suite.Queries {
		p, err := eql.Parse(source.Text{Body: c.Query}, eql.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if p.Event == nil {
			correlated++
			continue
		}
		ran++
		if got := e.run(t, p); !slices.Equal(got, c.Expected) {
			t.Errorf("%s: %s\n%s\ngot %v, want %v", c.Name, strings.TrimSpace(c.Query), p.Event, got, c.Expected)
		}
	}
	t.Logf("%d event queries ran, %d sequences and samples are not run yet", ran, correlated)
	if ran == 0 {
		t.Error("no query ran")
	}
}

// pythonDiffers lists, by what a query shows, where python-eql means something that
// Elasticsearch's language has no words for.
var pythonDiffers = []struct{ shows, why string }{
	{`[a-z_]+ [<>]=? "`, "python-eql orders texts without regard to case"},
	{`fake_field`, "python-eql has missing fields as null in != and not (trap 1)"},
	{`in~? .*serial_event_id == 82 and \(true|startsWith~?\("`, "python-eql folds case in comparisons of constants"},
}

// respellings write what python-eql means the way Elasticsearch says it: == and !=
// know wildcards and ignore case there, as functions and in do.
var respellings = []struct{ from, to string }{
	{`\?'([^']*)'`, `"""$1"""`},
	{`'`, `"`},
	{`([^=!<>~])=([^=])`, "$1==$2"},
	{`([a-z_]+) != (")`, "not $1 : $2"},
	{`== (")`, ": $1"},
	{`==(")`, ": $1"},
	{`\b(startsWith|endsWith|indexOf|between|stringContains)\(`, "$1~("},
	{`\bin \(`, "in~ ("},
}

func respell(s string) string {
	for _, r := range respellings {
		s = regexp.MustCompile(r.from).ReplaceAllString(s, r.to)
	}
	return s
}

func TestEQLPythonSuite(t *testing.T) {
	e := readEQLEvents(t)
	var suite struct{ Queries []eqlCase }
	if _, err := toml.DecodeFile(shared(t, "suites", "eql-python", "test_queries.toml"), &suite); err != nil {
		t.Fatal(err)
	}
	ran, skipped := 0, map[string]int{}
	for _, c := range suite.Queries {
		if c.Sensitive {
			skipped["asks for python-eql's case-sensitive mode"]++
			continue
		}
		q := respell(c.Query)
		p, err := eql.Parse(source.Text{Body: q}, eql.Options{})
		if err != nil {
			skipped["not in Elasticsearch's language (listed in rules/eql)"]++
			continue
		}
		if p.Event == nil {
			skipped["sequence or sample, not run yet"]++
			continue
		}
		if why := differs(q); why != "" {
			skipped[why]++
			continue
		}
		ran++
		if got := e.run(t, p); !slices.Equal(got, c.Expected) {
			t.Errorf("%s\n%s\ngot %v, want %v", strings.TrimSpace(q), p.Event, got, c.Expected)
		}
	}
	t.Logf("%d ran; %v", ran, skipped)
	if ran < 70 {
		t.Errorf("only %d queries ran", ran)
	}
}

func differs(q string) string {
	for _, d := range pythonDiffers {
		if regexp.MustCompile(d.shows).MatchString(q) {
			return d.why
		}
	}
	return ""
}
