package eql

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCorpus parses and lowers every EQL rule of the corpus. The form that each
// query must have follows from its first word.
func TestCorpus(t *testing.T) {
	root := shared(t, "rules-corpus")
	forms := map[string]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".toml") {
			return err
		}
		var file struct {
			Rule struct {
				Language, Query string
				Override        string `toml:"event_category_override"`
			}
		}
		readTOML(t, path, &file)
		if file.Rule.Language != "eql" {
			return nil
		}
		p, err := Parse(text(file.Rule.Query), Options{CategoryField: file.Rule.Override})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		checkRoundTrip(t, file.Rule.Query)
		word := strings.Fields(comments.ReplaceAllString(file.Rule.Query, ""))[0]
		forms[word]++
		if (p.Sequence != nil) != (word == "sequence") || (p.Sample != nil) != (word == "sample") ||
			(p.Event != nil) != (word != "sequence" && word != "sample") {
			t.Errorf("%s: %s lowers to the wrong form", path, word)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("first words: %v", forms)
	for _, form := range []string{"process", "any", "sequence", "sample"} {
		if forms[form] == 0 {
			t.Errorf("no rule of the corpus begins with %s", form)
		}
	}
}

var comments = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)
