package scanner

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"coldcase/rules"
	"coldcase/rules/load"
)

// All positives as one corpus, with all rules at once: the findings are the same for
// any order of the lines, any split into files, any number of workers and any memory.
// Their times differ, so that order says nothing.
func TestAnyOrderAnySplitOneAnswer(t *testing.T) {
	set, err := load.Paths([]string{sharedPath(t, "rules-corpus")})
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(t, set.Select(rules.Selection{Deprecated: true}))
	var lines []string
	seen := map[string]bool{}
	for i, s := range readSets(t, "positives.ndjson.zst") {
		for j, doc := range s.Docs {
			line := fmt.Sprintf(`{"_index":%q,"_id":"%d-%d","_source":%s}`, s.Index[j], i, j, doc)
			time := between(line, `"@timestamp":"`, `"`)
			if !seen[time] {
				lines = append(lines, line)
			}
			seen[time] = true
		}
	}
	dir := t.TempDir()
	want := placeless(t, scan(t, cfg, write(t, dir, "whole", lines...)))
	if n := strings.Count(want, "sequence"); n < 100 {
		t.Errorf("%d mentions of sequences: the corpus does not join", n)
	}
	for round := range 4 {
		rand.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		cfg.Jobs, cfg.MaxMemory = round+1, []int64{0, 16 << 20, 8 << 20, 64 << 20}[round]
		var paths []string
		for i := range round + 1 {
			part := lines[len(lines)*i/(round+1) : len(lines)*(i+1)/(round+1)]
			paths = append(paths, write(t, dir, fmt.Sprintf("part-%d-%d", round, i), part...))
		}
		same(t, fmt.Sprintf("shuffled, %d files", round+1), placeless(t, scan(t, cfg, paths...)), want)
	}
}

func between(s, left, right string) string {
	_, s, _ = strings.Cut(s, left)
	s, _, _ = strings.Cut(s, right)
	return s
}
