package esql

import (
	"errors"
	"strings"
	"testing"

	"coldcase/rules/source"
)

// mistakes are queries that are refused, where, and why; with a construct when they are
// valid ES|QL.
var mistakes = []struct{ in, at, msg, construct string }{
	// Words.
	{"", "1:1", "found end of query, expected a command", ""},
	{"FROM", "1:5", "expected an index pattern", ""},
	{"FROM a | WHERE x == 'y'", "1:21", "single-quoted strings are not part of ES|QL", ""},
	{`FROM a | WHERE x == "y`, "1:21", "string is not closed", ""},
	{`FROM a | WHERE x == "\d"`, "1:22", "a string has no such escape", ""},
	{`FROM a | WHERE x == """y"`, "1:21", "string is not closed", ""},
	{"FROM a /* b", "1:8", "comment is not closed", ""},
	{"FROM a | KEEP `b", "1:15", "quoted name is not closed", ""},
	{"FROM a | WHERE x == 1 parsec", "1:23", "expected a unit of time", ""},
	{"FROM a | WHERE x == ?p", "1:21", "query parameter is not supported", "query parameter"},
	{"FROM a | LIMIT ?n", "1:16", "query parameter is not supported", "query parameter"},
	{"FROM a | WHERE [?p] == 1", "1:17", "query parameter is not supported", "query parameter"},
	{"FROM a | WHERE x && y", "1:18", `"&&" is not part of ES|QL: AND is`, ""},
	{"FROM a | WHERE x || y", "1:18", `"||" is not part of ES|QL: OR is`, ""},
	{"FROM a | WHERE !x", "1:16", `"!" is not part of ES|QL: NOT is`, ""},
	{"FROM a | WHERE x <> y", "1:18", `"<>" is not part of ES|QL: != is`, ""},
	{"FROM a;", "1:7", `found ";", expected "|" or the end of the query`, ""},
	// Commands.
	{"WHERE a", "1:1", "WHERE cannot be the first command", ""},
	{"FROM a | FROM b", "1:10", "FROM must be the first command", ""},
	{"FROM a | WEHRE b", "1:10", `unknown command "WEHRE": did you mean WHERE?`, ""},
	{"FROM a | frobnicate b", "1:10", `unknown command "frobnicate"`, ""},
	{"FORM a", "1:1", `unknown command "FORM": did you mean FROM?`, ""},
	{"SELECT a", "1:1", `unknown command "SELECT": a query begins with FROM`, ""},
	{`FROM a | WHERE user.name = "b"`, "1:26", `"==" asks whether two values are equal`, ""},
	{"FROM a | enrich p ON b", "1:10", "esql: command ENRICH is not supported", "command ENRICH"},
	{"FROM a | LOOKUP JOIN b ON c", "1:10", "esql: command LOOKUP JOIN is not supported", "command LOOKUP JOIN"},
	{"FROM a | LIMIT x", "1:16", "expected a whole number", ""},
	{"FROM (FROM a)", "1:6", "subquery in FROM is not supported", "subquery in FROM"},
	{"SET time_zone=\"x\"; FROM a", "1:1", "setting time_zone is not supported", "setting time_zone"},
	{"FROM a METADATA _nope", "1:1", "unknown metadata", ""},
	// Expressions.
	{"FROM a | WHERE x AND", "1:21", "expected an expression", ""},
	{"FROM a | WHERE (x", "1:18", `expected ")"`, ""},
	{"FROM a | EVAL x = TO_LOWR(b)", "1:19", "function TO_LOWR is not supported: did you mean TO_LOWER?", "function TO_LOWR"},
	{"FROM a | WHERE nope(x)", "1:16", "esql: function NOPE is not supported", "function NOPE"},
	{"FROM a | WHERE x::nope == 1", "1:19", "cast to nope is not supported", "cast to nope"},
	{"FROM a | EVAL x = LENGTH(a, b)", "1:19", "LENGTH takes 1 argument", ""},
	{"FROM a | EVAL x = SUBSTRING(a)", "1:19", "SUBSTRING takes 2 to 3 arguments", ""},
	{`FROM a | WHERE x RLIKE "~(a)"`, "1:24", "complement (~) in RLIKE", "complement (~) in RLIKE"},
	{`FROM a | WHERE x RLIKE "a.*&.*b"`, "1:24", "intersection (&) in RLIKE", "intersection (&) in RLIKE"},
	{`FROM a | WHERE x RLIKE "a|"`, "1:24", "ends where an operand is expected", ""},
	{`FROM a | WHERE x LIKE y`, "1:23", "computed pattern", "computed pattern in LIKE and RLIKE"},
	{`FROM a | WHERE KQL("a:(b")`, "1:20", "KQL: ", ""},
	{`FROM a | GROK b "%{NOPE:c}"`, "1:17", "GROK pattern NOPE", "GROK pattern NOPE"},
	{`FROM a | GROK b "(?=c)"`, "1:17", "lookaround in GROK", "lookaround in GROK"},
	{`FROM a | GROK b "%{INT:c:int}", "%{INT:c:long}"`, "1:33", "c is both integer and long", ""},
	{`FROM a | DISSECT b "c"`, "1:20", "no %{key} in the pattern", ""},
	{`FROM a | DISSECT b "%{c}%{d}"`, "1:20", "no text between two keys", ""},
	{`FROM a | DISSECT b "%{*c} %{&c}"`, "1:20", "reference key in DISSECT", "reference key in DISSECT"},
	// Columns.
	{"FROM a | STATS n = COUNT(*) BY b | WHERE c == 1", "1:42", "unknown column c", ""},
	{"FROM a | KEEP b | EVAL d = c", "1:28", "unknown column c", ""},
	{"FROM a | DROP b | KEEP b", "1:24", "unknown column b", ""},
	{"FROM a | RENAME b AS c | KEEP b", "1:31", "unknown column b", ""},
	{"FROM a | KEEP _id", "1:15", "unknown column _id: FROM needs METADATA _id", ""},
	{"FROM a | STATS n = COUNT(*) | KEEP x*", "1:36", "no column matches x*", ""},
	{"FROM a | STATS n = COUNT(*) | DROP x", "1:36", "unknown column x", ""},
	{"ROW a = 1 | EVAL b = c", "1:22", "unknown column c", ""},
	{"FROM a | STATS failures = COUNT(*) | SORT failres", "1:43", "unknown column failres: did you mean failures?", ""},
	// Types.
	{"FROM a | WHERE process.pid", "1:16", "the condition must be a value of type boolean, found a long", ""},
	{`FROM a | WHERE process.pid == "1"`, "1:16", "cannot compare long with keyword", ""},
	{"FROM a | WHERE process.name == 1", "1:16", "cannot compare keyword with integer", ""},
	{`FROM a | WHERE source.ip == "no"`, "1:29", `cannot read "no" as a ip`, ""},
	{`FROM a | WHERE @timestamp > "yesterday"`, "1:29", "as a date", ""},
	{"FROM a | WHERE process.name + 1 == 2", "1:16", "+ cannot be used on keyword and integer", ""},
	{`FROM a | WHERE process.pid LIKE "1*"`, "1:16", "the left side of LIKE and RLIKE must be a string, found a long", ""},
	{"FROM a | EVAL x = LENGTH(process.pid)", "1:26", "argument 1 of LENGTH must be a string, found a long", ""},
	{`FROM a | EVAL x = CASE(process.pid, 1, 2)`, "1:24", "argument 1 of CASE must be a value of type boolean", ""},
	{`FROM a | EVAL x = CASE(true, 1, "b")`, "1:19", "the arguments of CASE are of different types", ""},
	{"FROM a | EVAL x = 1 day", "1:19", "a column cannot hold a date_period", ""},
	{"FROM a | EVAL x = DATE_TRUNC(y, @timestamp)", "1:30", "argument 1 of DATE_TRUNC must be a constant", ""},
	{`FROM a | STATS x = TOP(b, 3, "up")`, "1:30", `must be "asc" or "desc"`, ""},
	{"FROM a | WHERE process.pid IN (1, process.name)", "1:35", "cannot compare long with keyword", ""},
	{`FROM a | WHERE source.ip IN ("10.0.0.1", "x")`, "1:42", `cannot read "x" as a ip`, ""},
	{"FROM a | WHERE [1, \"a\"] == b", "1:20", "a list holds values of one kind", ""},
	{"FROM a | WHERE [1, null] == b", "1:20", "a list holds strings, numbers or booleans", ""},
	{"FROM a | WHERE true < false", "1:16", "< cannot be used on boolean", ""},
	{"FROM a | WHERE b == 1e999", "1:21", "number 1e999 is out of range", ""},
	{"FROM a | WHERE b > NOW() - 99999999999 days", "1:28", "time span of 99999999999 days is out of range", ""},
	{`FROM a | WHERE MATCH(b, "c", {"fuzziness" 1})`, "1:43", "expected \":\" after the option's name", ""},
	{`FROM a | WHERE MATCH(b, "c", {fuzziness: 1})`, "1:31", "expected the name of an option", ""},
	{`FROM a | WHERE MATCH(b, "c", {"analyzer": "d"})`, "1:16", "option analyzer of MATCH", "option analyzer of MATCH"},
	{`FROM a | WHERE LENGTH(b, {"c": 1}) > 1`, "1:16", "options of LENGTH", "options of LENGTH"},
	// Aggregates.
	{"FROM a | WHERE COUNT(*) > 1", "1:16", "aggregate function COUNT belongs in STATS", ""},
	{"FROM a | STATS x = MAX(MIN(b))", "1:24", "aggregate function MIN inside another one", ""},
	{"FROM a | STATS x = b + c BY b", "1:24", "column c must stand in an aggregate function or behind BY", ""},
	{"FROM a | STATS x = 1 + 2", "1:20", "expected an aggregate function in STATS", ""},
	{"FROM a | STATS x = MAX(b) + c", "1:29", "column c must stand in an aggregate function", ""},
	{"FROM a | STATS n = COUNT(*) BY c = MAX(b)", "1:36", "aggregate function MAX belongs in STATS", ""},
	{`FROM a | LIMIT 1 | WHERE KQL("b:c")`, "1:26", "KQL cannot be used behind STATS and LIMIT", ""},
	{`FROM a | EVAL b = LENGTH(c) | WHERE b : "x"`, "1:37", "MATCH needs a field of the documents, b is computed", ""},
}

func TestMistakes(t *testing.T) {
	for _, m := range mistakes {
		_, err := Parse(text(m.in), builtin())
		var bad *source.Error
		if !errors.As(err, &bad) {
			t.Errorf("%s: got error %v, want a *source.Error", m.in, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), "test.esql:"+m.at+": ") || !strings.Contains(bad.Msg, m.msg) {
			t.Errorf("%s\n got %v\nwant %s: %s", m.in, err, m.at, m.msg)
		}
		if bad.Unsupported != m.construct {
			t.Errorf("%s: got construct %q, want %q", m.in, bad.Unsupported, m.construct)
		}
	}
}

// TestLimits: what a hostile text may ask for is bounded, and said.
func TestLimits(t *testing.T) {
	f := func(in, msg string) {
		t.Helper()
		if _, err := Parse(text(in), builtin()); err == nil || !strings.Contains(err.Error(), msg) {
			t.Errorf("%.60s...: got %v, want %q", in, err, msg)
		}
	}
	r := strings.Repeat
	f("FROM a | WHERE "+r("(", 500)+"b"+r(")", 500), "nested deeper than 200")
	f("FROM a | WHERE "+r("NOT ", 500)+"b", "nested deeper than 200")
	f("ROW a = "+r("-", 500)+"b", "nested deeper than 200")
	f("ROW a = "+r("ABS(", 500)+"1"+r(")", 500), "nested deeper than 200")
	f("ROW a = b"+r("::int", 300), "nested deeper than 200")
	f("ROW a = 1"+r("+1", 2000), "more than 1000 operators")
	f("FROM a | WHERE b"+r(" IS NULL", 2000), "more than 1000 operators")
	f("FROM a"+r(" | LIMIT 1", 600), "more than 500 commands")
	f("ROW a = 1"+r(", a = 1", 3000), "more than 2000 columns")
	f("FROM a | RENAME a AS b"+r(", b AS a, a AS b", 2000), "more than 2000 columns")
	f("FROM a | WHERE b RLIKE \""+r("(", 300)+r(")", 300)+"\"", "nested deeper than 100")
	f("FROM a | GROK b \""+r("%{URI}", 200)+"\"", "pattern is too large")
	f("FROM "+r("a", 300<<10), "the limit is")
}
