package esql

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/BurntSushi/toml"

	"coldcase/rules/schema"
	"coldcase/rules/source"
)

// shared returns the path of a file of the shared material, and skips the test where there
// is none.
func shared(t *testing.T, parts ...string) string {
	t.Helper()
	root := os.Getenv("COLDCASE_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skip("shared material absent")
	}
	return path
}

func readTOML(t *testing.T, path string, v any) {
	t.Helper()
	if _, err := toml.DecodeFile(path, v); err != nil {
		t.Fatal(err)
	}
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func text(s string) source.Text { return source.Text{Path: "test.esql", Body: s} }

func builtin() Mapping { return FromSchema(schema.Builtin()) }

func mustParse(t *testing.T, s string) *Query {
	t.Helper()
	q, err := Parse(text(s), builtin())
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return q
}

// checkRoundTrip holds the canonical text of a query against the query itself.
func checkRoundTrip(t *testing.T, s string) {
	t.Helper()
	first, err := parse(text(s))
	if err != nil {
		t.Fatalf("parse(%q): %v", s, err)
	}
	second, err := parse(text(first.String()))
	if err != nil {
		t.Fatalf("printed %q does not parse: %v", first, err)
	}
	if got, want := dump(second), dump(first); got != want {
		t.Fatalf("print and parse of %q by %q:\n got %s\nwant %s", s, first, got, want)
	}
}
