package matchers

import (
	"fmt"
	"strings"
	"testing"

	"coldcase/rules"
)

// scriptMatcher compiles one EQL query.
func scriptMatcher(t *testing.T, q string) *Matcher {
	t.Helper()
	m, err := Compile([]*rules.Rule{eventRule(parseQuery(t, q))}, Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Inside of one script logic is three-valued; and, or and not over several are
// bool queries, in which null counts as false (query-semantics 3.7 b to d).
func TestScriptLogic(t *testing.T) {
	f := tries(t)
	one := `{"process":{"pid":4,"name":"ab"}}`
	const unknown, yes, no = `length(process.parent.name) > 1`, `length(process.name) == 2`, `length(process.name) == 3`
	f(one, `any where `+unknown+` or `+yes, true)
	f(one, `any where not `+unknown, false)
	f(one, `any where not (`+unknown+` and `+yes+`)`, true)
	f(one, `any where not (`+unknown+` or `+no+`)`, true)
	f(one, `any where (`+unknown+`) == null`, true)
	f(one, `any where (`+yes+`) == null`, false)
	f(one, `any where (`+unknown+` and `+no+`) == null`, false)
	f(one, `any where (`+unknown+` and `+yes+`) == null`, true)
	f(one, `any where (`+unknown+` or `+yes+`) == null`, false)
	f(one, `any where (`+unknown+` or `+no+`) == null`, true)
	f(one, `any where (not `+unknown+`) == null`, true)
	f(one, `any where null == (process.pid + 1 > -1)`, false)
	f(one, `any where process.pid + process.parent.pid > 0`, false)
}

// Every mention of a field goes through its values by itself (3.8).
func TestScriptCombinations(t *testing.T) {
	f := tries(t)
	args := `{"process":{"args":["a","bb","bb"],"name":["x","bb"]}}`
	f(args, `any where concat(process.args, process.args) == "abb"`, true)
	f(args, `any where concat(process.args, process.name) == "bbbb"`, true)
	f(args, `any where concat(process.args, process.name) == "xa"`, false)
	f(args, `any where length(process.args) == 1 and length(process.args) == 2`, true)
	f(args, `any where not length(process.args) > 1`, true)
	f(args, `any where not length(process.args) > 0`, false)
}

// TestScriptLimits: evidence chooses how often a script runs and on how much; what
// is cut short is false, and is counted.
func TestScriptLimits(t *testing.T) {
	list := func(n int, value string) string {
		return strings.TrimSuffix(strings.Repeat(`"`+value+`",`, n), ",")
	}
	f := func(q, args string, want int64) {
		t.Helper()
		m := scriptMatcher(t, q)
		w := m.NewWorker(false)
		hits, err := w.Match([]byte(`{"process":{"args":[` + args + `]}}`))
		if err != nil || len(hits) != 0 {
			t.Fatalf("%d hits, %v", len(hits), err)
		}
		if got := w.Account().CutShort(); got != want {
			t.Errorf("%s: cut short %d times, want %d", q, got, want)
		}
	}
	twice := `any where concat(process.args, process.args) == "none"`
	f(twice, list(300, "a"), 0)
	f(twice, list(400, "a"), 1)                                    // 160,000 runs
	f(twice, list(100, strings.Repeat("a", 10_000)), 1)            // 10,000 runs on 20 KB each
	f(`any where length(process.args) < 1`, list(100_000, "a"), 0) // as many runs as values
}

// Texts that scripts compute are gone after each run: they do not pile up.
func TestScriptMemory(t *testing.T) {
	m := scriptMatcher(t, `any where concat(process.args, process.args) == "none"`)
	w := m.NewWorker(false)
	value := strings.Repeat("A", 1000)
	line := fmt.Sprintf(`{"process":{"args":["%s"]}}`, strings.Join([]string{value, value, value, value, value, value, value, value}, `","`))
	if _, err := w.Match([]byte(line)); err != nil {
		t.Fatal(err)
	}
	if n := cap(w.s.arena); n > 4*len(value) {
		t.Errorf("the arena has %d bytes after runs on %d each", n, 2*len(value))
	}
}
