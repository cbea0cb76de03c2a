package matchers

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"coldcase/rules"
	"coldcase/rules/load"
	"coldcase/rules/schema"
)

const ignoredRule = `FROM logs-endpoint.events.process-* METADATA _id, _ignored | MV_EXPAND _ignored
	| WHERE _ignored == "process.command_line" | WHERE event.type == "start" AND process.name LIKE "pearl*"
	| KEEP process.name, _ignored`

func pearlLine(name, commandLine string) string {
	return fmt.Sprintf(`{"_index":"logs-endpoint.events.process-default","_id":"1","_source":{"@timestamp":"2026-03-01T10:00:00Z",
		"event":{"category":["process"],"type":["start"],"kind":"event"},"process":{"name":%q,"command_line":%q}}}`, name, commandLine)
}

// A rule that asks for _ignored hits an event of which a live stack would have left the
// field out, on both paths, and no other.
func TestRuleOnIgnored(t *testing.T) {
	r, err := esqlRule("pearl", ignoredRule)
	if err != nil {
		t.Fatal(err)
	}
	p := newTwoPaths(t, []*rules.Rule{r}, Options{})
	f := func(line, want string) {
		t.Helper()
		p.line(t, []byte(line))
		for _, w := range []*Worker{p.fast, p.plain} {
			got := ""
			for _, h := range match(t, w, line) {
				for _, row := range w.Rows(h) {
					got += row.Row
				}
			}
			if got != want {
				t.Errorf("%.60s (reference %v): rows %s, want %s", line, w.reference, got, want)
			}
		}
	}
	row := `{"_ignored":"process.command_line","process.name":"pearl"}`
	f(pearlLine("pearl", strings.Repeat("x", 1025)), row)
	f(pearlLine("pearl", strings.Repeat("x", 1024)), "")
	f(pearlLine("pearl", "short"), "")
	f(pearlLine("ruby", strings.Repeat("x", 4000)), "")
	f(strings.ReplaceAll(pearlLine("pearl", strings.Repeat("x", 4000)), `"command_line"`, `"command_\u006cine"`), row)
	f(strings.ReplaceAll(pearlLine("pearl", strings.Repeat("x", 4000)), `"process":{"name":"pearl","command_line"`, `"process.name":"pearl","x":{"a":[1]},"process":{"command_line"`), row)
	// An event as text in a shipper's document.
	inner := `{"@timestamp":"2026-03-01T10:00:00Z","data_stream":{"type":"logs","dataset":"endpoint.events.process"},"event":{"type":"start"},"process":{"name":"pearl","command_line":"` + strings.Repeat("x", 2000) + `"}}`
	f(fmt.Sprintf(`{"@timestamp":"2026-03-01T10:00:05Z","log":{"offset":1},"message":%q}`, inner), row)
}

// The predicate must not reject what only _ignored tells.
func TestPredicateKeepsIgnored(t *testing.T) {
	lines := []string{pearlLine("pearl", strings.Repeat("x", 3000)), pearlLine("pearl", "x"), `{"process":{"args":["` + strings.Repeat("x", 1025) + `"]}}`}
	f := func(query string, want int) {
		t.Helper()
		r, err := esqlRule("x", query)
		if err != nil {
			t.Fatal(err)
		}
		if made, _ := checkPredicate(t, r, lines); made != want {
			t.Errorf("%s: rows of %d events, want %d", query, made, want)
		}
	}
	f(`FROM * METADATA _ignored | WHERE _ignored IS NOT NULL`, 2)
	f(`FROM * METADATA _ignored | WHERE _ignored IS NULL`, 1)
	f(`FROM * METADATA _ignored | WHERE _ignored == "process.args"`, 1)
	f(`FROM * METADATA _ignored | WHERE NOT _ignored == "process.command_line" OR _ignored IS NULL`, 2)
	f(`FROM * METADATA _ignored | EVAL i = MV_CONCAT(_ignored, " ") | WHERE i LIKE "*caseless"`, 1)
	f(`FROM * METADATA _ignored | WHERE MV_COUNT(_ignored) == 2`, 1)
	f(`FROM * METADATA _ignored | WHERE MV_CONTAINS(_ignored, "process.command_line") AND process.name == "pearl"`, 1)
}

// A mapping that is given decides.
func TestRuleOnIgnoredOfMapping(t *testing.T) {
	r, err := esqlRule("pearl", ignoredRule)
	if err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[string]int{`,"ignore_above":10`: 1, `,"ignore_above":2000`: 0, ``: 0} {
		s, err := schema.Builtin().WithMapping([]byte(`{"properties":{"process":{"properties":{"command_line":{"type":"wildcard"` + limit + `}}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		p := newTwoPaths(t, []*rules.Rule{r}, Options{Schema: s})
		line := pearlLine("pearl", strings.Repeat("x", 1500))
		p.line(t, []byte(line))
		if hits := match(t, p.fast, line); len(hits) != want {
			t.Errorf("mapping with %q: %d hits, want %d", limit, len(hits), want)
		}
	}
}

// The rule of Elastic's that asks for _ignored finds a long command line, and no short one.
func TestCorpusRuleOnIgnored(t *testing.T) {
	var path string
	err := filepath.WalkDir(shared(t, "rules-corpus"), func(p string, _ fs.DirEntry, err error) error {
		if filepath.Base(p) == "defense_evasion_long_base64_encoded_interpreter_command_line.toml" {
			path = p
		}
		return err
	})
	if err != nil || path == "" {
		t.Fatal("the rule is not in the corpus", err)
	}
	set, err := load.Paths([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	p := newTwoPaths(t, set.Runnable(), Options{})
	f := func(want int, name, commandLine string) {
		t.Helper()
		line := pearlLine(name, commandLine)
		p.line(t, []byte(line))
		hits := match(t, p.fast, line)
		if len(hits) != want {
			t.Errorf("%s, %d bytes: %d hits, want %d", name, len(commandLine), len(hits), want)
		}
		for _, h := range hits {
			if h.Beyond {
				t.Errorf("%s: a live stack finds it too", name)
			}
		}
	}
	payload := strings.Repeat("QUJD", 1200)
	f(1, "pwsh.exe", `pwsh.exe -encodedcommand `+payload)
	f(1, "python3", `python3 -c "exec(b64decode('`+payload+`'))"`)
	f(0, "pwsh.exe", `pwsh.exe -encodedcommand QUJD`)                // indexed
	f(0, "pwsh.exe", `pwsh.exe -encodedcommand `+payload[:2000])     // left out, shorter than the rule wants
	f(0, "notepad.exe", `notepad.exe -encodedcommand `+payload)      // no interpreter
	f(0, "pwsh.exe", `pwsh.exe -file `+strings.Repeat("a/b ", 1200)) // nothing encoded
}
