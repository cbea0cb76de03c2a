package eql

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/BurntSushi/toml"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// shared returns the path of a file of the shared material, and skips the test
// where there is none.
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

func text(s string) source.Text { return source.Text{Path: "test.eql", Body: s} }

func mustParse(t *testing.T, s string) *query.Program {
	t.Helper()
	p, err := Parse(text(s), Options{})
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return p
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
	if second.String() != first.String() {
		t.Fatalf("print and parse: got %q, want %q", second, first)
	}
}
