package esql

import "testing"

// TestPrefilterOfColumns: a condition on what EVAL has made is one on documents.
func TestPrefilterOfColumns(t *testing.T) {
	f := func(commands, want string) {
		t.Helper()
		x, _ := Prefilter(mustParse(t, "FROM a METADATA _index | "+commands))
		if x.String() != want {
			t.Errorf("%s:\n got %s\nwant %s", commands, x, want)
		}
	}
	f(`EVAL v = process.name | WHERE v == "x"`, `process.name = ("x")`)
	f(`EVAL v = TO_LOWER(process.name), w = v | WHERE w == "cmd"`, `process.name like~ ("cmd")`)
	f(`EVAL v = process.name | RENAME v AS w | WHERE w == "x"`, `process.name = ("x")`)
	f(`EVAL v = process.name == "x" OR user.name == "y" | WHERE v`, `(process.name = ("x") or user.name = ("y"))`)
	// made anew, or changed, it is another column
	f(`EVAL v = TO_LOWER(process.name) | MV_EXPAND v | WHERE v == "x"`, `true`)
	f(`EVAL v = CASE(user.name == "x", process.args) | MV_EXPAND v | WHERE v != "a"`, `true`)
	f(`EVAL v = process.name | EVAL v = LENGTH(v) | WHERE v == 4`, `exists process.name`)
	f(`EVAL v = process.name | GROK user.name "%{WORD:v}" | WHERE v == "x"`, `true`)
	f(`EVAL v = process.name | DISSECT user.name "%{v} %{w}" | WHERE v == "x"`, `true`)
	f(`EVAL v = process.name, w = "a" | RENAME w AS v | WHERE v == "x"`, `false`)
	// a field that is made anew is no field of the document any more
	f(`EVAL process.name = user.name | WHERE process.name == "x"`, `user.name = ("x")`)
	// CASE comes to a value by one of its branches
	f(`EVAL v = CASE(process.name == "x", true, user.name == "y", true, false) | WHERE v`, `(process.name = ("x") or user.name = ("y"))`)
	f(`EVAL v = CASE(process.name == "x", true, user.name == "y", false, null) | WHERE NOT v`, `user.name = ("y")`)
	f(`EVAL v = CASE(process.name == "x", "A", process.name LIKE "y*", "B", "") | WHERE v != ""`, `(process.name = ("x") or process.name like ("y*"))`)
	f(`EVAL v = CASE(process.name == "x", "A", process.name LIKE "y*", "B", "") | WHERE v == "B"`, `process.name like ("y*")`)
	f(`EVAL v = CASE(process.name == "x", "A", process.name LIKE "y*", "B") | WHERE v IS NOT NULL`, `(process.name = ("x") or process.name like ("y*"))`)
	f(`EVAL v = CASE(process.name == "x", "A", user.name) | WHERE v IS NOT NULL`, `(process.name = ("x") or exists user.name)`)
	f(`EVAL v = CASE(process.name == "x", "A", process.pid > 4, user.name, null) | WHERE v == "z"`, `(process.pid > 4 and user.name = ("z"))`)
	f(`EVAL v = CASE(process.name == "x", "A", "B") | WHERE v == "C"`, `false`)
	// of these nothing is said
	f(`EVAL v = CASE(process.name IS NULL, true, false) | WHERE v`, `true`)
	f(`EVAL v = CASE(process.name == "x", "A", LENGTH(user.name) > 4, "B", "C") | WHERE v IS NULL`, `true`)
	f(`EVAL v = CASE(process.name == "x", 4, 5) | WHERE v > 4`, `true`)
	// LOCATE says where, from 1; 0 is nowhere
	f(`EVAL v = LOCATE(process.command_line, SPACE(3)) | WHERE v > 0`, `process.command_line like ("*   *")`)
	f(`WHERE LOCATE(process.name, "a") >= 1`, `process.name like ("*a*")`)
	f(`WHERE LOCATE(process.name, "a") > -1`, `exists process.name`)
	f(`WHERE LOCATE(process.name, "a") == 0`, `exists process.name`)
}

// A definition that doubles with each command is not put in any more.
func TestPrefilterIsBounded(t *testing.T) {
	q := "FROM a | EVAL v = process.name == \"x\""
	for range 40 {
		q += " | EVAL v = v AND v"
	}
	if x, _ := Prefilter(mustParse(t, q+" | WHERE v")); len(x.String()) > 1<<20 {
		t.Errorf("%d bytes", len(x.String()))
	}
}

// TestPrefilter: what must be so of a document for the condition to be true. The
// expectations are reasoned from null logic: a comparison is never true without its field,
// a list makes it null while the predicate takes any value, so none may be narrower.
func TestPrefilter(t *testing.T) {
	f := func(condition, want string) {
		t.Helper()
		x, _ := Prefilter(mustParse(t, "FROM a METADATA _index | WHERE "+condition))
		if x.String() != want {
			t.Errorf("%s:\n got %s\nwant %s", condition, x, want)
		}
	}
	// Leaves by type.
	f(`process.name == "x"`, `process.name = ("x")`)
	f(`"x" == process.name`, `process.name = ("x")`)
	f(`process.pid == 4`, `process.pid = (4)`)
	f(`process.pid == 4.0`, `exists process.pid`) // a long field knows no 4.0
	f(`4 < process.pid`, `process.pid > 4`)
	f(`process.name >= "m"`, `process.name >= "m"`)
	f(`process.name IN ("x", "y", null)`, `process.name = ("x", "y")`)
	f(`process.name IN ("x", user.name)`, `exists process.name`)
	f(`process.name LIKE "a*"`, `process.name like ("a*")`)
	f(`process.name RLIKE "a.*"`, `process.name regex ("(?s)\\A(?:a(?:.)*)\\z")`)
	f(`process.command_line.text LIKE "a*"`, `process.command_line.text like ("a*")`)
	f(`process.command_line.text RLIKE "a.*"`, `exists process.command_line.text`)
	f(`source.ip == "10.0.0.1"`, `source.ip = ("10.0.0.1")`)
	f(`CIDR_MATCH(source.ip, "10.0.0.0/8", "::1")`, `source.ip cidr ("10.0.0.0/8", "::1")`)
	f(`CIDR_MATCH(source.ip, CONCAT(user.name, "/8"))`, `(exists source.ip and exists user.name)`)
	f(`CIDR_MATCH(source.ip, MV_FIRST("no"))`, `exists source.ip`)
	f(`@timestamp > "2024-01-01"`, `exists @timestamp`)
	f(`@timestamp > NOW() - 1 day`, `exists @timestamp`)
	f(`no.such == "x"`, `no.such = ("x")`)
	f(`no.such > 5`, `exists no.such`)
	f(`STARTS_WITH(process.name, "a*")`, `process.name like ("a\\**")`)
	f(`ENDS_WITH(process.name, "a")`, `process.name like ("*a")`)
	f(`CONTAINS(process.name, "a")`, `process.name like ("*a*")`)
	f(`process.name`+" == null", `false`)
	f(`process.pid IN (null)`, `false`)
	f(`true`, `true`)
	f(`false`, `false`)
	// TO_LOWER folds more than ASCII: k, i and what is not ASCII become stars.
	f(`TO_LOWER(process.name) == "cmd.exe"`, `process.name like~ ("cmd.exe")`)
	f(`TO_LOWER(process.name) LIKE "*kiné?x*"`, `process.name like~ ("*n*x*")`)
	f(`TO_LOWER(process.name) IN ("a", "bik")`, `process.name like~ ("a", "b*")`)
	f(`STARTS_WITH(TO_LOWER(process.name), "ab")`, `process.name like~ ("ab*")`)
	f(`TO_LOWER(process.name) RLIKE "a.*"`, `exists process.name`)
	f(`TO_UPPER(process.name) == "A"`, `exists process.name`)
	// Negation: the field must be there, and, of a keyword, have another value.
	f(`process.name != "x"`, `(exists process.name and not process.name = ("x"))`)
	f(`NOT process.name LIKE "a*"`, `(exists process.name and not process.name like ("a*"))`)
	f(`process.name NOT IN ("x", "y")`, `(exists process.name and not process.name = ("x", "y"))`)
	f(`process.name NOT IN ("x", null)`, `exists process.name`)
	f(`process.pid != 4`, `exists process.pid`)
	f(`no.such != "x"`, `exists no.such`)
	f(`process.name.caseless != "x"`, `exists process.name.caseless`)
	f(`NOT TO_LOWER(process.name) LIKE "a*"`, `exists process.name`)
	// Null tests: a value of a wrong type is null in a row but is there in the document.
	f(`process.name IS NOT NULL`, `exists process.name`)
	f(`process.name IS NULL`, `true`)
	f(`COALESCE(process.name, "x") == "x"`, `true`)
	f(`CASE(process.name == "x", true, false)`, `process.name = ("x")`)
	f(`LENGTH(process.name) + process.pid > 3`, `(exists process.name and exists process.pid)`)
	f(`_index LIKE "a*"`, `true`)
	// Logic.
	f(`process.pid == 1 AND (process.name == "x" OR user.name == "y")`,
		`(process.pid = (1) and (process.name = ("x") or user.name = ("y")))`)
	f(`process.name == "x" OR process.name IS NULL`, `true`)
	f(`NOT (process.name == "x" OR user.name == "y")`,
		`(exists process.name and not process.name = ("x") and exists user.name and not user.name = ("y"))`)
	f(`NOT (process.name == "x" AND process.pid == 1)`,
		`((exists process.name and not process.name = ("x")) or exists process.pid)`)
	f(`KQL("process.name: x") AND NOT KQL("user.name: y")`,
		`(process.name =[any] ("x") and not user.name =[any] ("y"))`)
	f(`process.name : "x"`, `process.name =[any] ("x")`)
	f(`NOT process.name : "x"`, `not process.name =[any] ("x")`)
	f(`message : "x"`, `exists message`) // the analyser of the field decides
	f(`MATCH(process.name, "x", {"fuzziness": 1})`, `exists process.name`)
}

// TestPrefilterFollowsColumns: a WHERE further down counts while rows are documents, under
// the names that fields have in them.
func TestPrefilterFollowsColumns(t *testing.T) {
	f := func(q, want string, exact bool) {
		t.Helper()
		x, got := Prefilter(mustParse(t, q))
		if x.String() != want || got != exact {
			t.Errorf("%s:\n got %s, %t\nwant %s, %t", q, x, got, want, exact)
		}
	}
	f(`FROM a | WHERE process.pid == 1 | WHERE user.name == "x"`, `(process.pid = (1) and user.name = ("x"))`, false)
	f(`FROM a | RENAME process.pid AS p | WHERE p == 1`, `process.pid = (1)`, false)
	f(`FROM a | EVAL p = process.pid, q = LENGTH(user.name) | WHERE p == 1 AND q == 2`, `(process.pid = (1) and exists user.name)`, false)
	f(`FROM a | EVAL process.pid = 1 | WHERE process.pid == 1`, `true`, false)
	f(`FROM a | GROK user.name "%{WORD:process.name}" | WHERE process.name == "x"`, `true`, false)
	f(`FROM a | DISSECT user.name "%{process.name} x" | WHERE process.name == "x"`, `true`, false)
	f(`FROM a | MV_EXPAND process.name | WHERE process.name == "x"`, `process.name = ("x")`, false)
	// Another value of the list may still be "x".
	f(`FROM a | MV_EXPAND process.name | WHERE process.name != "x"`, `exists process.name`, false)
	f(`FROM a | SORT user.name | WHERE process.pid == 1`, `process.pid = (1)`, false)
	f(`FROM a | LIMIT 5 | WHERE process.pid == 1`, `true`, false)
	f(`FROM a | STATS n = COUNT(*) BY process.pid | WHERE process.pid == 1`, `true`, false)
	f(`FROM a | INLINE STATS n = COUNT(*) BY process.pid | WHERE process.pid == 1`, `true`, false)
	f(`ROW a = 1 | WHERE a == 1`, `true`, false)
	f(`FROM a | WHERE KQL("a: b") OR process.name : "x" | WHERE process.pid == 1`,
		`((a =[any] ("b") or process.name =[any] ("x")) and process.pid = (1))`, true)
	f(`FROM a | WHERE KQL("a: b") AND process.pid == 1`, `(a =[any] ("b") and process.pid = (1))`, false)
}
