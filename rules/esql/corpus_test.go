package esql

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// corpusQueries calls f for every ES|QL query of the corpus.
func corpusQueries(t *testing.T, f func(path, query string)) {
	t.Helper()
	root := shared(t, "rules-corpus")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".toml") {
			return err
		}
		var file struct {
			Rule struct{ Language, Query string }
		}
		readTOML(t, path, &file)
		if file.Rule.Language == "esql" {
			f(filepath.Base(path), file.Rule.Query)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCorpus parses and checks every ES|QL rule of the corpus. What COMPLETION makes of the
// rest is known from the text.
func TestCorpus(t *testing.T) {
	var skipped []string
	n := 0
	corpusQueries(t, func(path, query string) {
		n++
		q, err := Parse(text(query), builtin())
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		checkRoundTrip(t, query)
		if len(q.Skipped) > 0 {
			skipped = append(skipped, path)
		}
		if want := strings.Contains(query, "| COMPLETION "); want != (len(q.Skipped) > 0) {
			t.Errorf("%s: %d commands skipped", path, len(q.Skipped))
		}
		if len(q.Tables) != len(q.Commands) {
			t.Errorf("%s: %d tables of %d commands", path, len(q.Tables), len(q.Commands))
		}
	})
	t.Logf("%d rules, with COMPLETION: %v", n, slices.Sorted(slices.Values(skipped)))
	if n != 155 {
		t.Errorf("got %d ES|QL rules, want the 155 of the corpus", n)
	}
}
