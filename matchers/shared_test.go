package matchers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"coldcase/rules"
	"coldcase/rules/load"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// corpus loads the shared rules once: all that run, deprecated ones too.
var corpus = sync.OnceValues(func() ([]*rules.Rule, error) {
	dir := os.Getenv("COLDCASE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	set, err := load.Paths([]string{filepath.Join(dir, "rules-corpus")})
	if err != nil {
		return nil, err
	}
	return set.Select(rules.Selection{Deprecated: true}).Runnable(), nil
})

func corpusMatcher(t testing.TB) *Matcher {
	t.Helper()
	shared(t)
	rs, err := corpus()
	if err != nil {
		t.Fatal(err)
	}
	m, err := Compile(rs, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// readLines returns the lines of a file, unpacked by its name.
func readLines(t testing.TB, name string) [][]byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	switch filepath.Ext(name) {
	case ".gz":
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	case ".zst":
		if r, err = zstd.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	data, _ := io.ReadAll(bufio.NewReader(r)) // damaged samples end early
	return bytes.Split(data, []byte("\n"))
}

// TestTwoPathsOneAnswer: over all shared events and rules, the fast path finds what
// the reference path finds, line by line.
func TestTwoPathsOneAnswer(t *testing.T) {
	m := corpusMatcher(t)
	var files []string
	for _, glob := range []string{"*.ndjson*", "benign/*", "envelopes/*"} {
		found, err := filepath.Glob(filepath.Join(shared(t, "events"), glob))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	plain, fast := m.NewWorker(true), m.NewWorker(false)
	lines, hits := 0, 0
	for _, name := range files {
		all := readLines(t, name)
		if testing.Short() && len(all) > 500 {
			all = all[:500]
		}
		for i, line := range all {
			want, wantErr := plain.Match(line)
			got, gotErr := fast.Match(line)
			lines++
			hits += len(want)
			if (wantErr == nil) != (gotErr == nil) || !sameHits(got, want) {
				t.Fatalf("%s line %d: fast path %v %v, reference path %v %v", name, i+1, got, gotErr, want, wantErr)
			}
		}
	}
	t.Logf("%d lines, %d hits, %d classes", lines, hits, len(m.classes.byKey))
	if hits == 0 {
		t.Error("nothing was found")
	}
}

func sameHits(a, b []Hit) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// docSet is one line of positives.ndjson.zst or negatives.ndjson.zst.
type docSet struct {
	RuleID   string `json:"rule_id"`
	RuleName string `json:"rule_name"`
	Type     string
	Kind     string
	File     string
	Sequence bool
	// ThirdParty is false where Elastic's own evaluator does not match the set.
	ThirdParty *bool `json:"third_party_check"`
	Index      []string
	Docs       []json.RawMessage
}

func readSets(t *testing.T, name string) []docSet {
	t.Helper()
	var out []docSet
	for _, line := range readLines(t, shared(t, "events", name)) {
		if len(line) == 0 {
			continue
		}
		var s docSet
		if err := json.Unmarshal(line, &s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// flaw says why a positive could not fire on a live stack either, "" when it could:
// the generator reads a star in KQL's quotes as a wildcard (trap 5), makes up indices
// that the rule's own patterns leave out, and does not know event_category_override.
func (s docSet) flaw(m *Matcher) string {
	r := m.Rules()[0]
	if r.Language == "kuery" && s.ThirdParty != nil && !*s.ThirdParty && strings.Contains(r.Query, `*"`) {
		return "star in quotes"
	}
	f := &schema.Facts{Index: []byte(s.Index[0])}
	names, _ := f.Candidates(nil)
	if !m.patterns.Match(names...).Has(m.steps[0].list) {
		return "index outside of the rule's patterns"
	}
	override := ""
	if and, ok := m.steps[0].x.(*query.And); ok {
		if term, ok := and.X[0].(*query.Term); ok && r.Language == "eql" {
			override = term.Field.Name
		}
	}
	if override == "event.type" && !bytes.Contains(s.Docs[0], []byte(`"type":["info"`)) && bytes.Contains(s.Docs[0], []byte(`"category":["info"]`)) {
		return "event_category_override"
	}
	return ""
}

// fires says whether any document of a set matches the rule, each standing in its
// index, on both paths.
func (s docSet) fires(t *testing.T, m *Matcher) bool {
	t.Helper()
	fired := false
	for i, doc := range s.Docs {
		line := []byte(`{"_index":"` + s.Index[i] + `","_id":"x","_source":` + string(doc) + `}`)
		fired = matchesBoth(t, m, line) || fired
	}
	return fired
}

// singleEvent says whether one event can make the rule fire.
func singleEvent(r *rules.Rule) bool {
	return r.Program.Event != nil && r.Threshold == nil && r.NewTerms == nil && r.ThreatMatch == nil
}

func TestPositivesAndNegatives(t *testing.T) {
	shared(t)
	rs, err := corpus()
	if err != nil {
		t.Fatal(err)
	}
	byFile := map[string]*Matcher{}
	for _, r := range rs {
		if !singleEvent(r) {
			continue
		}
		m, err := Compile([]*rules.Rule{r}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(r.File, "rules-corpus/")
		byFile[rest] = m
	}
	for _, part := range []struct {
		name string
		want bool
	}{{"positives.ndjson.zst", true}, {"negatives.ndjson.zst", false}} {
		ran, other := 0, map[string]int{}
		for _, s := range readSets(t, part.name) {
			m, ok := byFile[s.File]
			if !ok {
				other[s.Type]++
				continue
			}
			if why := s.flaw(m); why != "" && part.want {
				other[why]++
				continue
			}
			ran++
			if got := s.fires(t, m); got != part.want {
				t.Errorf("%s: %s (%s) %s fires: %v\n%s", part.name, s.RuleName, s.File, s.Kind, got, s.Docs)
			}
		}
		t.Logf("%s: %d sets of single-event rules ran; the others: %v", part.name, ran, other)
		if ran == 0 {
			t.Errorf("%s: no set ran", part.name)
		}
	}
}
