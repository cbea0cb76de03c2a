package eql

import (
	"regexp"
	"strings"
	"testing"
)

type suiteCase struct {
	Name, Query string
}

func suiteQueries(t *testing.T, parts ...string) []suiteCase {
	t.Helper()
	var file struct{ Queries []suiteCase }
	readTOML(t, shared(t, append([]string{"suites"}, parts...)...), &file)
	if len(file.Queries) == 0 {
		t.Fatal("suite without queries")
	}
	return file.Queries
}

// TestElasticsearchSuite: every query of Elasticsearch's own suites is in the
// language.
func TestElasticsearchSuite(t *testing.T) {
	for _, name := range []string{"test_queries.toml", "test_missing_events.toml"} {
		for _, c := range suiteQueries(t, "eql-elasticsearch", name) {
			if _, err := Parse(text(c.Query), Options{}); err != nil {
				t.Errorf("%s: %v", c.Name, err)
				continue
			}
			checkRoundTrip(t, c.Query)
		}
	}
}

// notInLanguage lists what python-eql has and Elasticsearch has not, each by the
// text that shows it and the error that must name it. A query of the suite that
// shows none of these must parse, one that shows one must not.
var notInLanguage = []struct{ shows, says string }{
	{`^\s*join\b`, "join is not supported"},
	{`\|\s*(unique|unique_count|sort|filter)\b`, "pipe"},
	{`\b(child|descendant|event) of\b`, "process relationships"},
	{`\b(arrayContains|arraySearch|arrayCount|matchLite|match|safe)\(`, "unknown function"},
	{`\w\[[0-9]`, "array indexes"},
	{`\bfork\b`, "fork is not supported"},
	{`\bby \w+ \* 2`, "a join key is a field"},
	// Operators between fields: query-semantics 3.4.
	{`(<=|==|!=) (parent_process_name|pid|original_file_name|process_name)\b`, "comparison with a field"},
	{`\bin \(parent_process_name`, "comparison with a field"},
	{`\bmodulo\(.*== serial_event_id`, "comparison with a field"},
}

// translate writes python-eql's older spellings the way Elasticsearch has them:
// '...' as "...", ?'...' as a raw string, = as ==. Both spellings themselves are refused (mistakes).
func translate(s string) string {
	s = regexp.MustCompile(`\?'([^']*)'`).ReplaceAllString(s, `"""$1"""`)
	s = strings.ReplaceAll(s, "'", `"`)
	return regexp.MustCompile(`([^=!<>])=([^=])`).ReplaceAllStringFunc(s, func(m string) string {
		return m[:1] + "==" + m[2:]
	})
}

func TestPythonSuite(t *testing.T) {
	old := regexp.MustCompile(`(maxspan|fork)==`)
	refused := map[string]int{}
	for _, c := range suiteQueries(t, "eql-python", "test_queries.toml") {
		q := old.ReplaceAllString(translate(c.Query), "$1=")
		var why string
		for _, out := range notInLanguage {
			if regexp.MustCompile(out.shows).MatchString(q) {
				why = out.shows
				break
			}
		}
		_, err := Parse(text(q), Options{})
		switch {
		case why == "" && err != nil:
			t.Errorf("in the language, but: %v", err)
		case why != "" && err == nil:
			t.Errorf("%q parses, but is not in the language: %s", q, why)
		case why != "" && !named(err):
			t.Errorf("error does not name the construct: %v", err)
		case why != "":
			refused[why]++
		default:
			checkRoundTrip(t, q)
		}
	}
	for _, out := range notInLanguage {
		if refused[out.shows] == 0 {
			t.Errorf("no case for %s", out.shows)
		}
	}
	t.Logf("not in the language: %v", refused)
}

// named says whether the error is one of those of notInLanguage: a query may show
// several constructs, and the first in the text is named.
func named(err error) bool {
	for _, out := range notInLanguage {
		if strings.Contains(err.Error(), out.says) {
			return true
		}
	}
	return false
}
