package scanner

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/rules/load"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/scanner/input"
)

// sharedPath returns a path in the shared material, or skips the test without it.
func sharedPath(t testing.TB, elem ...string) string {
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

// docSet is one line of positives.ndjson.zst or negatives.ndjson.zst: documents that
// must, or must not, make a rule fire.
type docSet struct {
	RuleName string `json:"rule_name"`
	Type     string
	Kind     string
	File     string
	Index    []string
	Docs     []json.RawMessage
	// ThirdParty is false where Elastic's own evaluator does not match the set.
	ThirdParty *bool `json:"third_party_check"`
}

func readSets(t *testing.T, name string) (out []docSet) {
	t.Helper()
	f, err := os.Open(sharedPath(t, "events", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	sc := bufio.NewScanner(z)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var s docSet
		if err := json.Unmarshal(sc.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// lines writes the set as an elasticdump export, each document in its index.
func (s docSet) lines() string {
	var b strings.Builder
	for i, doc := range s.Docs {
		fmt.Fprintf(&b, `{"_index":%q,"_id":"%d","_source":%s}`+"\n", s.Index[i], i, doc)
	}
	return b.String()
}

// flaw says why a positive could not fire on a live stack either (see
// TestPositivesAndNegatives of matchers): the generator reads a star in KQL's quotes as
// a wildcard, makes up indices outside of the rule's patterns, and does not know
// event_category_override and filters.
func (s docSet) flaw(t *testing.T, r *rules.Rule) string {
	t.Helper()
	text, err := os.ReadFile(r.File)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("negate = false\n[rule.filters.query.wildcard.\"file.path\"]")) && !bytes.Contains(s.Docs[0], []byte(`"path"`)) {
		return "filters"
	}
	if r.Language == "kuery" && s.ThirdParty != nil && !*s.ThirdParty && strings.Contains(r.Query, `*"`) {
		return "star in quotes"
	}
	p := schema.NewPatterns()
	list := p.Rule(r.Indices)
	for _, name := range s.Index {
		names, _ := (&schema.Facts{Index: []byte(name)}).Candidates(nil)
		if !p.Match(names...).Has(list) {
			return "index outside of the rule's patterns"
		}
	}
	if and, ok := r.Program.Event.(*query.And); ok && r.Language == "eql" {
		if term, ok := and.X[0].(*query.Term); ok && term.Field.Name == "event.type" &&
			bytes.Contains(s.Docs[0], []byte(`"category":["info"]`)) {
			return "event_category_override"
		}
	}
	return ""
}

// Every set of positives fires and no set of negatives does, whatever the type of the
// rule, through the whole run: map, spill, detectors and the second read.
func TestSetsOfEveryType(t *testing.T) {
	set, err := load.Paths([]string{sharedPath(t, "rules-corpus")})
	if err != nil {
		t.Fatal(err)
	}
	byFile := map[string]*rules.Rule{}
	for _, r := range set.Select(rules.Selection{Deprecated: true}).Runnable() {
		_, rest, _ := strings.Cut(r.File, "rules-corpus/")
		byFile[rest] = r
	}
	for _, part := range []struct {
		name string
		want bool
	}{{"positives.ndjson.zst", true}, {"negatives.ndjson.zst", false}} {
		ran, other := map[string]int{}, map[string]int{}
		for i, s := range readSets(t, part.name) {
			r, ok := byFile[s.File]
			if !ok {
				other[s.Type]++
				continue
			}
			if testing.Short() && i%10 != 0 {
				continue
			}
			if why := s.flaw(t, r); why != "" && part.want {
				other[why]++
				continue
			}
			if s.Kind == "order-swapped" && r.Program.Sample != nil {
				other["a sample has no order"]++
				continue
			}
			ran[s.Type]++
			if fired := fires(t, r, s.lines()); fired != part.want {
				t.Errorf("%s: %s (%s) %s fires: %v\n%s", part.name, s.RuleName, s.File, s.Kind, fired, s.lines())
			}
		}
		t.Logf("%s: ran %v; the others: %v", part.name, ran, other)
		if len(ran) == 0 {
			t.Errorf("%s: no set ran", part.name)
		}
	}
}

// fires scans lines with one rule.
func fires(t *testing.T, r *rules.Rule, lines string) bool {
	t.Helper()
	m, err := matchers.Compile([]*rules.Rule{r}, matchers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(context.Background(), Config{Matcher: m, Rules: rules.NewSet([]*rules.Rule{r}, nil), Jobs: 1,
		TempDir: t.TempDir(), Inputs: []input.Input{{Name: "-"}}, Stdin: strings.NewReader(lines)})
	if err != nil {
		t.Fatal(err)
	}
	if res.Counts.BadLines > 0 {
		t.Fatalf("bad lines in %s", lines)
	}
	fired := res.Counts.Findings > 0
	if err := res.Close(); err != nil {
		t.Error(err)
	}
	return fired
}
