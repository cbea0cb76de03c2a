package kql

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// shared returns the path of shared material, or skips the test.
func shared(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("COLDCASE_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(root, name)
	if _, err := os.Stat(path); err != nil {
		t.Skip("shared material absent")
	}
	return path
}

func readJSON(t *testing.T, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

// suiteNode writes a node as the suite of Kibana's parser does.
func suiteNode(n node) any {
	switch n := n.(type) {
	case *logic:
		out := []any{map[bool]string{true: "or", false: "and"}[n.or]}
		for _, kid := range n.kids {
			out = append(out, suiteNode(kid))
		}
		return out
	case *not:
		return []any{"not", suiteNode(n.kid)}
	case *is:
		return []any{"is", suiteLiteral(n.field), suiteLiteral(n.value)}
	case *comparison:
		op := map[query.RangeOp]string{query.Lt: "lt", query.Le: "lte", query.Gt: "gt", query.Ge: "gte"}[n.op]
		return []any{"range", suiteLiteral(n.field), op, suiteLiteral(n.value)}
	case *nested:
		return []any{"nested", suiteLiteral(n.path), suiteNode(n.kid)}
	}
	return nil
}

func suiteLiteral(lit *literal) any {
	switch {
	case lit.kind == null:
		return nil
	case lit.kind == boolean:
		return lit.text == "true"
	case lit.kind == wildcard:
		return "w:" + starred(lit.pattern)
	case lit.quoted:
		return "q:" + lit.text
	}
	return lit.text
}

func TestKibanaSuite(t *testing.T) {
	var suite struct {
		Parse []struct {
			KQL string
			AST any
		}
		Literal []struct {
			Input string
			Value any
		}
	}
	readJSON(t, "suites/kql-kibana/ast_cases.json", &suite)
	for _, c := range suite.Parse {
		n, err := parse(source.Text{Body: c.KQL})
		if err != nil {
			t.Errorf("%q: %v", c.KQL, err)
			continue
		}
		if diff := cmp.Diff(suiteNode(n), c.AST); diff != "" {
			t.Errorf("%q: -got +want:\n%s", c.KQL, diff)
		}
		checkFixpoint(t, n)
	}
	for _, c := range suite.Literal {
		p := &parser{s: c.Input}
		lit, err := p.literal("a literal")
		if err != nil || p.pos != len(c.Input) {
			t.Errorf("%q: stopped at %d: %v", c.Input, p.pos, err)
			continue
		}
		// The suite marks a quoted literal by its input, not by its value.
		got := suiteLiteral(&literal{kind: lit.kind, text: lit.text, pattern: lit.pattern})
		if diff := cmp.Diff(got, c.Value); diff != "" {
			t.Errorf("%q: -got +want:\n%s", c.Input, diff)
		}
	}
	if len(suite.Parse) == 0 || len(suite.Literal) == 0 {
		t.Error("the suite is empty")
	}
}

// differs are the cases, by how they begin, in which the grammar that rules are
// read by decides otherwise than the suite.
var differs = []struct{ prefix, reason string }{
	{"NOT(", "Kibana wants white space after not; Elasticsearch's own parser does not"},
	{"not_nested", "grammatical; which field is nested is known to a mapping only"},
}

func TestElasticsearchSyntaxSuite(t *testing.T) {
	var suite struct{ Supported, Unsupported []string }
	readJSON(t, "suites/kql-elasticsearch/syntax_cases.json", &suite)
	seen := make(map[string]bool)
	f := func(kql string, want bool) {
		t.Helper()
		for _, d := range differs {
			if strings.HasPrefix(kql, d.prefix) {
				want = !want
				seen[d.prefix] = true
			}
		}
		_, err := Parse(source.Text{Body: kql})
		if got := err == nil; got != want {
			t.Errorf("%q: accepted: got %v, want %v (%v)", kql, got, want, err)
		}
	}
	for _, kql := range suite.Supported {
		f(kql, true)
	}
	for _, kql := range suite.Unsupported {
		f(kql, false)
	}
	if len(suite.Supported) == 0 || len(suite.Unsupported) == 0 {
		t.Error("the suite is empty")
	}
	for _, d := range differs {
		if !seen[d.prefix] {
			t.Errorf("no case begins with %q: %s", d.prefix, d.reason)
		}
	}
}

func TestCorpusParses(t *testing.T) {
	count := 0
	err := filepath.WalkDir(shared(t, "rules-corpus"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".toml") {
			return err
		}
		var file struct {
			Rule struct {
				Language, Query string
				ThreatLanguage  string `toml:"threat_language"`
				ThreatQuery     string `toml:"threat_query"`
			}
		}
		if _, err := toml.DecodeFile(path, &file); err != nil {
			return err
		}
		for language, body := range map[*string]string{
			&file.Rule.Language: file.Rule.Query, &file.Rule.ThreatLanguage: file.Rule.ThreatQuery,
		} {
			if *language == "kuery" && body != "" {
				count++
				checkCorpusQuery(t, source.Text{Path: path, Body: body})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count < 500 {
		t.Errorf("got %d KQL queries in the corpus, want hundreds", count)
	}
}

func checkCorpusQuery(t *testing.T, text source.Text) {
	t.Helper()
	n, err := parse(text)
	if err != nil {
		t.Error(err)
		return
	}
	checkFixpoint(t, n)
	if _, err := Parse(text); err != nil {
		t.Error(err)
	}
}
