package esql

import (
	"strings"
	"testing"
)

func TestWarnings(t *testing.T) {
	f := func(condition string, want ...string) {
		t.Helper()
		checkWarnings(t, "FROM a | WHERE "+condition, want)
	}
	f(`c == "x"`)
	f(`c == null`, "1:16: a comparison with null is never true")
	f(`c LIKE "%x%"`, "'%' is a plain character in LIKE")
	f(`c LIKE "%x*"`)
	f(`c LIKE "*a\\*"`, "ends in an escaped star")
	f(`c LIKE "*a\\\\*"`)
	f(`c LIKE """a\b*"""`, "a backslash makes the next character plain")
	f(`TO_LOWER(c) LIKE "Ab*"`, "never true: TO_LOWER gives no upper-case letters")
	f(`TO_UPPER(c) == "Ab"`, "never true: TO_UPPER gives no lower-case letters")
	f(`TO_LOWER(c) IN ("ab", "Cd")`, "never true: TO_LOWER")
	f(`TO_LOWER(c) == "ab"`)
	f(`c RLIKE "a$"`, "'$' is a plain character here")
	f(`c RLIKE "^a"`, "'^' is a plain character here")
	f(`c RLIKE "*a"`, "'*' is a plain character here")
	f(`c RLIKE "a||b"`, "'|' is a plain character here")
	f(`c RLIKE "a@b"`, "'@' is any string")
	f(`c RLIKE "a#b"`, "'#' matches nothing")
	f(`c RLIKE "a&b"`, "'&' asks for both sides at once")
	f(`c RLIKE ".*?a"`, "'?' behind a quantifier")
	f(`c RLIKE "a\"b\""`, "double quotes mark plain text")
	f(`c RLIKE "[$^]a\\$"`)
}

func TestWarningsOfMetadata(t *testing.T) {
	f := func(q string, want ...string) {
		t.Helper()
		checkWarnings(t, q, want)
	}
	f(`FROM a METADATA _id, _version | WHERE _id == "x" | KEEP _id, _version`)
	f(`FROM a METADATA _version | WHERE _version > 1`, "1:34: _version is null here")
	f(`FROM a METADATA _tier | WHERE _tier == "data_hot"`, "_tier is null here")
	// _ignored has the names of fields of which values are left out.
	f(`FROM a METADATA _ignored | MV_EXPAND _ignored | WHERE _ignored == "process.command_line"`)
	f(`FROM a METADATA _ignored | WHERE _ignored IN ("process.args", "process.command_line.caseless", "process.pid")`)
	f(`FROM a METADATA _ignored | WHERE _ignored IS NOT NULL`)
	f(`FROM a METADATA _ignored | WHERE _ignored == "process.command_line.text"`, `1:46: _ignored never has "process.command_line.text" here`)
	f(`FROM a METADATA _ignored | WHERE "proces.args" == _ignored`, `1:34: _ignored never has "proces.args" here`)
	f(`FROM a METADATA _ignored | WHERE _ignored IN ("process.args", "@timestamp")`, `_ignored never has "@timestamp" here`)
	f(`FROM a METADATA _ignored | WHERE _ignored == "event.original"`, "_ignored never has")
}

// checkWarnings wants one warning that contains want, or none.
func checkWarnings(t *testing.T, q string, want []string) {
	t.Helper()
	var all []string
	for _, w := range Warnings(mustParse(t, q)) {
		all = append(all, w.Error())
	}
	got := strings.Join(all, "\n")
	if len(all) != len(want) || len(all) == 1 && !strings.Contains(got, want[0]) {
		t.Errorf("%s: got %d warnings %q, want %q", q, len(all), got, want)
	}
}

// TestWarningsOfLists: a list is no scalar, unless it was taken apart.
func TestWarningsOfLists(t *testing.T) {
	f := func(q string, want ...string) {
		t.Helper()
		checkWarnings(t, q, want)
	}
	f(`FROM a | WHERE process.args == "x"`, "1:16: process.args is a list")
	f(`FROM a | WHERE process.args LIKE "x*"`, "process.args is a list")
	f(`FROM a | WHERE process.args IN ("x")`, "process.args is a list")
	f(`FROM a | MV_EXPAND process.args | WHERE process.args == "x"`)
	f(`FROM a | EVAL process.args = MV_FIRST(process.args) | WHERE process.args == "x"`)
	f(`FROM a | WHERE process.name == "x"`)
	f(`FROM a | STATS n = COUNT(*) BY process.args | WHERE process.args == "x"`)
	f(`FROM a | INLINE STATS n = COUNT(*) BY process.name | WHERE process.args == "x"`, "process.args is a list")
	f(`FROM a | STATS v = VALUES(b) | WHERE v == "x"`, "v is a list")
	f(`FROM a | STATS v = VALUES(b) | MV_EXPAND v | WHERE v == "x"`)
	f(`FROM a | STATS v = VALUES(b) | EVAL v = MV_MIN(v) | WHERE v == "x"`)
	f(`FROM a | STATS v = VALUES(b) | STATS v = MAX(v) | WHERE v == "x"`)
}
