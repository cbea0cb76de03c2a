package esql

import (
	"errors"
	"strings"
	"testing"

	"coldcase/rules/source"
)

// TestConstants: a constant that says how a function works, and cannot be run, is an error of
// the query; what is ours is named. Columns may hold anything.
func TestConstants(t *testing.T) {
	f := func(x, want string, unsupported bool) {
		t.Helper()
		_, err := Parse(text("FROM a | EVAL x = "+x), builtin())
		var bad *source.Error
		if !errors.As(err, &bad) || !strings.Contains(bad.Msg, want) || (bad.Unsupported != "") != unsupported {
			t.Errorf("%s: got %v, want %q", x, err, want)
		}
	}
	f(`REPLACE(process.name, "(?=a)b", "")`, "lookaround", true)
	f(`REPLACE(process.name, CONCAT("(a)", "\\1"), "")`, "back-reference", true)
	f(`REPLACE(process.name, "(a", "")`, "REPLACE: regular expression", false)
	f(`REPLACE(process.name, "[a", "")`, "missing ']'", false)
	f(`DATE_DIFF("h", @timestamp, NOW())`, `DATE_DIFF: unknown unit of time "h"`, false)
	f(`DATE_EXTRACT("day", @timestamp)`, `DATE_EXTRACT: unknown part of a date "day"`, false)
	f(`DATE_FORMAT("yyyy-'x", @timestamp)`, "quote is not closed", false)
	f(`DATE_FORMAT("yyyy VV", @timestamp)`, "date format VV", true)
	f(`DATE_PARSE("yyyy[-MM]", process.name)`, "date format with [", true)
	f(`HASH("rot13", process.name)`, `HASH: unknown algorithm "rot13"`, false)
	f(`SPLIT(process.name, ", ")`, "one byte", false)
	f(`CIDR_MATCH(source.ip, "10.0.0.0/8", "10.0.0.0/33")`, `found "10.0.0.0/33"`, false)
	f(`CIDR_MATCH(source.ip, "fe80::1%eth0")`, "expected a block or an address", false)
	for _, x := range []string{`REPLACE(process.name, user.name, "")`, `DATE_DIFF(process.name, @timestamp, NOW())`, `DATE_DIFF("Years", @timestamp, NOW())`,
		`DATE_EXTRACT("DAY_OF_WEEK", @timestamp)`, "DATE_FORMAT(@timestamp)", `DATE_FORMAT("2024-01-01")`, `DATE_PARSE("2024-01-01")`,
		`HASH("Sha-256", process.name)`, `SPLIT(process.name, user.name)`, `CIDR_MATCH(source.ip, "::/0", "10.0.0.1", process.name)`} {
		mustParse(t, "FROM a | EVAL x = "+x)
	}
}
