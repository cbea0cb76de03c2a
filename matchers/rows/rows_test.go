package rows

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"coldcase/matchers/event"
	"coldcase/rules/esql"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

// now is NOW() in these tests: 2024-03-01T00:00:00Z.
const now = 1709251200000

// program compiles a query, and the layout of its fields.
func program(t testing.TB, text string) (*Program, *event.Layout) {
	t.Helper()
	p, l, err := compile(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p, l
}

var builtin = schema.Builtin()

func parse(text string) (*esql.Query, error) {
	return esql.Parse(source.Text{Path: "test", Body: text}, esql.FromSchema(builtin))
}

func compile(text string) (*Program, *event.Layout, error) {
	q, err := parse(text)
	if err != nil {
		return nil, nil, err
	}
	l := event.NewLayout()
	p, err := Compile(q, Source{Schema: builtin, Slot: l.Slot})
	return p, l, err
}

// run returns the rows that a query without STATS, SORT and LIMIT makes of a line, as
// JSON by column.
func run(t testing.TB, text, line string) []string {
	t.Helper()
	p, l := program(t, text)
	return made(t, p, l, line)
}

func made(t testing.TB, p *Program, l *event.Layout, line string) (out []string) {
	t.Helper()
	var ev event.Event
	if err := event.NewParser(l).Parse(&ev, []byte(line)); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	e := p.NewEnv()
	e.Now = now
	p.Start(e, Event{Event: &ev, Stood: "logs-a"}, func([]byte) {
		b, err := json.Marshal(p.Object(p.Result(e.Row)))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	})
	return out
}

// evaluate returns an expression's value as JSON.
func evaluate(t testing.TB, x string) string {
	t.Helper()
	rows := run(t, "ROW x = "+x, "{}")
	if len(rows) != 1 {
		t.Fatalf("%s: %d rows", x, len(rows))
	}
	return strings.TrimSuffix(strings.TrimPrefix(rows[0], `{"x":`), "}")
}

// valuesAre checks pairs of an expression and its value.
func valuesAre(t *testing.T, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := evaluate(t, pairs[i]); got != pairs[i+1] {
			t.Errorf("%s\n got %s\nwant %s", pairs[i], got, pairs[i+1])
		}
	}
}

// Every function of the language can be run.
func TestEveryFunction(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range esql.Functions() {
		seen[f.Name] = true
		if f.Aggregate {
			continue // TestEveryAggregate
		}
		if functions[f.Name] == nil && special(f.Name) == nil {
			t.Errorf("function %s cannot be run", f.Name)
		}
	}
	total := 0
	for _, family := range families {
		total += len(family)
		for name := range family {
			if !seen[name] {
				t.Errorf("the language has no function %s", name)
			}
		}
	}
	if total != len(functions) {
		t.Errorf("%d functions in families, %d by name: one stands in two", total, len(functions))
	}
}

func TestEveryAggregate(t *testing.T) {
	for _, f := range esql.Functions() {
		if !f.Aggregate {
			continue
		}
		args := map[string]string{"TOP": "a, 2, \"asc\"", "PERCENTILE": "a, 50", "FIRST": "a, a", "LAST": "a, a", "WEIGHTED_AVG": "a, a"}[f.Name]
		if args == "" {
			args = "a"
		}
		p, _ := program(t, "ROW a = 1 | STATS x = "+f.Name+"("+args+")")
		if p.Lead == nil || len(p.Lead.aggregates) != 1 {
			t.Errorf("%s: no aggregate", f.Name)
		}
	}
}

// Three-valued logic: the tables of AND, OR and NOT over true, false and null.
func TestLogic(t *testing.T) {
	const n = "(null == 1)"
	valuesAre(t,
		"true AND true", "true", "true AND false", "false", "true AND "+n, "null", "false AND "+n, "false", n+" AND "+n, "null",
		"true OR false", "true", "false OR false", "false", "true OR "+n, "true", n+" OR false", "null", n+" OR "+n, "null",
		"NOT true", "false", "NOT "+n, "null",
		"1 == null", "null", "null == null", "null", "1 != null", "null", "null IS NULL", "true", "1 IS NOT NULL", "true",
		"[1, 2] == 1", "null", "NOT ([1, 2] == 1)", "null", "[1, 2] IS NULL", "false",
		"1 IN (1, null)", "true", "2 IN (1, null)", "null", "2 IN (1, 3)", "false", "null IN (1)", "null",
		"2 NOT IN (1, null)", "null", "[1, 2] IN (1)", "null",
		// A list among the items is equal to nothing; alone, it makes no sense.
		"2 IN (1, [2, 3])", "false", "2 NOT IN (1, [2, 3])", "true", "1 IN (1, [2, 3])", "true", "2 IN ([2, 3])", "null", "2 IN ([1, 2], [2, 3])", "null",
		"2 IN (1, [2, 3], null)", "null", "2 IN ([2, 3], null)", "null",
		`"a" IN ("b", "a")`, "true", `"a" LIKE "A"`, "false", `["a", "b"] LIKE "a"`, "null", `"ab" RLIKE "a."`, "true",
		`"a?b" LIKE "a\\?b"`, "true", `"axb" LIKE "a\\?b"`, "false", `"é" LIKE "?"`, "true", `"abcabd" LIKE "*ab?"`, "true",
		`"" LIKE ""`, "true", `"xaybzc" LIKE "*a*b*c"`, "true", `"xaybz" LIKE "*a*b*c"`, "false",
		// Values of different types are widened; a string beside an address is one.
		"1 == 1.0", "true", "2147483648 > 1", "true", `TO_IP("10.0.0.1") == "10.0.0.1"`, "true",
		`TO_IP("::ffff:10.0.0.1") == "10.0.0.1"`, "true", `TO_IP("::1") < "127.0.0.1"`, "true",
		`TO_VERSION("1.10.0") > "1.9"`, "true", `TO_VERSION("1.0.0-rc1") < "1.0.0"`, "true", `"b" > "a"`, "true",
	)
}

func TestArithmetic(t *testing.T) {
	valuesAre(t,
		"7 / 2", "3", "-7 / 2", "-3", "7 / 2.0", "3.5", "7 % 3", "1", "-7 % 3", "-1",
		"1 / 0", "null", "1 % 0", "null", "1.0 / 0", "null", "0.0 / 0", "null",
		"2147483647 + 1", "null", "2147483648 + 1", "2147483649", "9223372036854775807 + 1", "null",
		"-9223372036854775807 - 2", "null", "9223372036854775807 * 2", "null", "1 + null", "null", "[1, 2] + 1", "null",
		"TO_INTEGER(-2147483648) * -1", "null", "TO_LONG(-9223372036854775808) / -1", "null",
		"TO_UNSIGNED_LONG(1) - TO_UNSIGNED_LONG(2)", "null", "TO_UNSIGNED_LONG(2) * TO_UNSIGNED_LONG(3)", "6",
		`TO_DATETIME("2024-01-31T12:00:00Z") + 1 month`, `"2024-02-29T12:00:00.000Z"`,
		`TO_DATETIME("2024-02-29") + 1 year`, `"2025-02-28T00:00:00.000Z"`,
		`TO_DATETIME("2024-01-01") - 1 day - 1 hour`, `"2023-12-30T23:00:00.000Z"`,
		`2 days + TO_DATETIME("2024-01-01")`, `"2024-01-03T00:00:00.000Z"`,
	)
}

func TestChoices(t *testing.T) {
	valuesAre(t,
		`CASE(true, "a", "b")`, `"a"`, `CASE(null == 1, "a")`, "null", `CASE(false, 1, true, 2.5, 3)`, "2.5",
		`CASE(true, 1, 2.5)`, "1.0", `CASE([true, true], "a", "b")`, `"b"`, `COALESCE(null, 1, 2)`, "1",
		"COALESCE(1, 2.5)", "1.0", "GREATEST(1, 3, 2)", "3", "LEAST(1, 3, null)", "null", `GREATEST("a", "b")`, `"b"`,
	)
}

func TestDates(t *testing.T) {
	valuesAre(t,
		"NOW()", `"2024-03-01T00:00:00.000Z"`,
		`DATE_TRUNC(5 minutes, "2024-01-01T10:07:59.999Z")`, `"2024-01-01T10:05:00.000Z"`,
		`DATE_TRUNC(1 week, "2024-01-04")`, `"2024-01-01T00:00:00.000Z"`, // a Monday
		`DATE_TRUNC(1 hour, "1969-12-31T23:30:00Z")`, `"1969-12-31T23:00:00.000Z"`,
		`DATE_TRUNC(3 months, "2024-05-17")`, `"2024-04-01T00:00:00.000Z"`,
		`DATE_TRUNC(5 years, "2024-05-17")`, `"2021-01-01T00:00:00.000Z"`, // counted from year 1
		`DATE_TRUNC(1 day, "2024-05-17T23:59:59Z")`, `"2024-05-17T00:00:00.000Z"`,
		`DATE_DIFF("month", "2023-12-31T23:59:59.999Z", "2024-01-01")`, "0",
		`DATE_DIFF("m", "2023-12-02T11:00:00Z", "2024-12-24T11:00:00Z")`, "12",
		`DATE_DIFF("minute", "2024-01-01T00:00:00Z", "2024-01-01T00:01:59Z")`, "1",
		`DATE_DIFF("minutes", "2024-01-01T00:01:59Z", "2024-01-01T00:00:00Z")`, "-1",
		`DATE_DIFF("years", "2024-01-01", "2020-01-02")`, "-3",
		`DATE_DIFF("nanoseconds", "2000-01-01", "2024-01-01")`, "null", `DATE_DIFF(MV_FIRST("eon"), "2000-01-01", "2024-01-01")`, "null",
		`DATE_EXTRACT("day_of_week", TO_DATETIME("2024-01-07"))`, "7", `DATE_EXTRACT("year", TO_DATETIME("2024-01-07"))`, "2024",
		`DATE_FORMAT("yyyy/MM", TO_DATETIME("2024-01-07"))`, `"2024/01"`, `DATE_PARSE("dd.MM.yyyy", "07.01.2024")`, `"2024-01-07T00:00:00.000Z"`,
		`BUCKET(17, 5)`, "15.0",
	)
}

func TestStrings(t *testing.T) {
	valuesAre(t,
		`CONCAT("a", "b", "c")`, `"abc"`, `CONCAT("a", null)`, "null", `LENGTH("❗️")`, "2", `BYTE_LENGTH("é")`, "2",
		`LOCATE("abcabc", "c")`, "3", `LOCATE("abcabc", "c", 4)`, "6", `LOCATE("abc", "x")`, "0", `LOCATE("éa", "a")`, "2",
		`SUBSTRING("abcde", 2)`, `"bcde"`, `SUBSTRING("abcde", 0, 2)`, `"ab"`, `SUBSTRING("abcde", -2)`, `"de"`, `SUBSTRING("é", 1, 9)`, `"é"`,
		`LEFT("abc", 2)`, `"ab"`, `RIGHT("abc", 2)`, `"bc"`, `LEFT("abc", -1)`, `""`, `RIGHT("abc", 9)`, `"abc"`,
		`TRIM("  a b ")`, `"a b"`, `SPACE(2)`, `"  "`, `SPACE(-1)`, "null", `SPACE(100000000)`, "null", `REPEAT("ab", 2)`, `"abab"`,
		`REVERSE("aé")`, `"éa"`, `SPLIT("a,,b", ",")`, `["a","","b"]`, `SPLIT("a", ",")`, `"a"`, `SPLIT("a", MV_FIRST("xx"))`, "null",
		`TO_LOWER(["A", "b"])`, `["a","b"]`, `TO_UPPER("é")`, `"É"`, `STARTS_WITH("abc", "ab")`, "true", `ENDS_WITH("abc", null)`, "null",
		`CONTAINS("abc", "B")`, "false", `LENGTH(["a", "b"])`, "null",
		`REPLACE("a1b22", "[0-9]+", "<$0>")`, "\"a\\u003c1\\u003eb\\u003c22\\u003e\"", `REPLACE("ab", "(a)(b)", "$2$1x")`, `"bax"`,
		`REPLACE("ab", MV_FIRST("("), "x")`, "null", `REPLACE("ab", "a", "$1")`, "null", `REPLACE("b", "a", "$1")`, `"b"`, `REPLACE("ab", "(?<n>a)", "${n}${n}")`, `"aab"`, `REPLACE("ab", "(?<n>a)", "${m}")`, "null", `REPLACE("aa", "a", "\\$")`, `"$$"`, `REPLACE("abc", "", "-")`, `"-a-b-c-"`,
		`URL_DECODE("a%20b+c")`, `"a b c"`, `URL_DECODE("%zz")`, "null", `FROM_BASE64("ZWxhc3RpYw==")`, `"elastic"`, `FROM_BASE64("*")`, "null",
		`TO_BASE64("a")`, `"YQ=="`, `MD5("")`, `"d41d8cd98f00b204e9800998ecf8427e"`,
		`SHA256("")`, `"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`, `SHA1("")`, `"da39a3ee5e6b4b0d3255bfef95601890afd80709"`,
	)
}

func TestConversions(t *testing.T) {
	valuesAre(t,
		`TO_INTEGER("2147483648.2")`, "null", `TO_LONG("2147483648.2")`, "2147483648", `TO_INTEGER(["1", "x", "3"])`, "[1,3]",
		`TO_INTEGER("x")`, "null", "TO_INTEGER(123.9)", "124", "TO_LONG(true)", "1", `TO_DOUBLE("1e3")`, "1000.0", "TO_STRING(1.0E10)", `"1.0E10"`,
		"TO_STRING(0.00001)", `"1.0E-5"`, "TO_STRING(100000.5)", `"100000.5"`, `TO_BOOLEAN("TRUE")`, "true", `TO_BOOLEAN("yes")`, "false", "TO_BOOLEAN(0)", "false",
		"TO_DATETIME(0)", `"1970-01-01T00:00:00.000Z"`, `TO_DATETIME("x")`, "null", `TO_STRING(TO_IP("::ffff:1.2.3.4"))`, `"1.2.3.4"`,
		`TO_IP("1.2.3.04")`, "null", `TO_UNSIGNED_LONG("18446744073709551615")`, "18446744073709551615", "TO_UNSIGNED_LONG(-1)", "null",
		"ROUND(2.5)", "3.0", "ROUND(-2.5)", "-3.0", "ROUND(48248.55)", "48249.0", "ROUND(1234, -2)", "1200", "ROUND(1250, -2)", "1300", "ROUND(1.25, 1)", "1.3",
		"ABS(-3)", "3", "CEIL(1.2)", "2.0", "FLOOR(7)", "7", "SQRT(-1)", "null", "POW(2, 10)", "1024.0", "LOG10(100)", "2.0",
		`CIDR_MATCH(TO_IP("10.1.2.3"), "10.0.0.0/8")`, "true", `CIDR_MATCH(TO_IP("10.1.2.3"), "11.0.0.0/8", "10.1.2.3")`, "true",
		`CIDR_MATCH(TO_IP("::1"), "10.0.0.0/8")`, "false", `CIDR_MATCH(TO_IP("10.1.2.3"), MV_FIRST("no"))`, "null",
		`TO_STRING(IP_PREFIX(TO_IP("10.1.2.3"), 8, 0))`, `"10.0.0.0"`,
		`ST_X(TO_GEOPOINT("POINT(12.5 41.9)"))`, "12.5", `ROUND(ST_DISTANCE(TO_GEOPOINT("POINT(0 0)"), TO_GEOPOINT("POINT(1 0)")))`, "111195.0",
		`TO_GEOPOINT("POINT(1 95)")`, "null",
	)
}

func TestLists(t *testing.T) {
	valuesAre(t,
		"MV_FIRST([3, 1])", "3", "MV_LAST([3, 1])", "1", "MV_MIN([3, 1])", "1", `MV_MAX(["a", "b"])`, `"b"`, "MV_SUM([1, 2])", "3",
		"MV_SUM([2147483647, 1])", "null", "MV_AVG([1, 2])", "1.5", "MV_MEDIAN([3, 1, 2])", "2", "MV_MEDIAN([1, 2])", "1", "MV_COUNT([1, 1])", "2", "MV_COUNT(null)", "null",
		`MV_CONCAT(["b", "a"], ",")`, `"b,a"`, "MV_DEDUPE([2, 1, 2])", "[2,1]", `MV_SORT([2, 1, 3], "desc")`, "[3,2,1]",
		"MV_SLICE([1, 2, 3], 1)", "2", "MV_SLICE([1, 2, 3], -2, -1)", "[2,3]", "MV_SLICE([1, 2], 5)", "null", "MV_SLICE([1, 2], 0, 9)", "[1,2]",
		"MV_APPEND([1], [2, 3])", "[1,2,3]", "MV_APPEND(1, null)", "null", "MV_CONTAINS([1, 2], 2)", "true", "MV_CONTAINS([1, 2], null)", "true", "MV_CONTAINS(null, 1)", "false",
		"MV_INTERSECTION([1, 2, 3], [3, 1])", "[1,3]", "MV_INTERSECTION([1], [2])", "null", "MV_UNION([1, 2], [2, 3])", "[1,2,3]",
		`MV_ZIP(["a", "b"], ["x"], "-")`, `["a-x","b"]`, "MV_FIRST(7)", "7",
	)
}

func TestJSONExtract(t *testing.T) {
	f := func(text, path, want string) {
		t.Helper()
		x := fmt.Sprintf(`JSON_EXTRACT("""%s""", "%s")`, text, path)
		if got := evaluate(t, x); got != want {
			t.Errorf("%s: got %s, want %s", x, got, want)
		}
	}
	const doc = `{"a": {"b": [1, {"x.y": "v"}], "n": null}, "s": "\u0041\"", "o": { "k" : [ 1 ] }, "a": 2}`
	f(doc, "a.b[0]", `"1"`)
	f(doc, "$.a.b[1]['x.y']", `"v"`)
	f(doc, "a.n", "null")
	f(doc, "a.b[7]", "null")
	f(doc, "a.b.c", "null")
	f(doc, "s", `"A\""`)
	f(doc, "o", `"{ \"k\" : [ 1 ] }"`)
	f(doc, "o.k", `"[ 1 ]"`)
	f(doc, "", `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(doc)+`"`)
	f(`{"a":`, "a", "null")
	f(`[1,2]`, "[1]", `"2"`)
	f(`{"a":1}`, "a..b", "null")
	f(`{"a":1}`, "[x]", "null")
}

func TestCommands(t *testing.T) {
	f := func(query, line string, want ...string) {
		t.Helper()
		if got := run(t, query, line); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s of %s:\n got %s\nwant %s", query, line, got, want)
		}
	}
	// Fields as an index has them: keywords sorted and distinct, others sorted.
	f("FROM a | KEEP process.args, no.such", `{"process":{"args":["b","a","b"]},"no":{"such":[2,1]}}`, `{"no.such":[1,2],"process.args":["a","b"]}`)
	f("FROM a METADATA _id, _index, _version | KEEP _*", `{"_index":"i","_id":"d","_source":{"a":1}}`, `{"_id":"d","_index":"logs-a","_version":null}`)
	f("FROM a METADATA _source | EVAL x = JSON_EXTRACT(_source, \"b\") | KEEP x", `{"b":"v"}`, `{"x":"v"}`)
	f("FROM a | KEEP source.ip, process.pid, @timestamp", `{"source.ip":["10.0.0.1","no"],"process.pid":"7","@timestamp":"2024-01-01T00:00:00.1239Z"}`,
		`{"@timestamp":"2024-01-01T00:00:00.123Z","process.pid":7,"source.ip":"10.0.0.1"}`)
	// A row for each value; null stays one row.
	f("FROM a | MV_EXPAND process.args | WHERE process.args != \"b\" | KEEP process.args", `{"process.args":["c","b","a"]}`, `{"process.args":"a"}`, `{"process.args":"c"}`)
	f("FROM a | MV_EXPAND process.args | KEEP process.args", `{}`, `{"process.args":null}`)
	f("FROM a | EVAL x = 1, y = x + 1, x = y * 2 | KEEP x, y", `{}`, `{"x":4,"y":2}`)
	f("FROM a | RENAME user.name AS u, process.name AS user.name | KEEP u, user.name", `{"user.name":"a","process.name":"b"}`, `{"u":"a","user.name":"b"}`)
	f(`FROM a | GROK message "%{WORD:w} %{INT:n:int}" | KEEP w, n`, `{"message":"say: abc 12 x"}`, `{"n":12,"w":"abc"}`)
	f(`FROM a | GROK message "%{WORD:w}=%{INT:n:int}" | KEEP w, n`, `{"message":"none"}`, `{"n":null,"w":null}`)
	f(`FROM a | DISSECT message "%{a} %{?b} %{c->}|%{d}" | KEEP a, c, d`, `{"message":"1 2 3||"}`, `{"a":"1","c":"3","d":""}`)
	f(`FROM a | DISSECT message "%{a} %{b}" | KEEP a`, `{"message":"1"}`, `{"a":null}`)
	f(`FROM a | WHERE user.name == "a" | KEEP user.name`, `{"user.name":["a","b"]}`)
	f(`FROM a | WHERE NOT user.name == "a" | KEEP user.name`, `{"user.name":["a","b"]}`)
	f(`FROM a | WHERE @timestamp > NOW() - 1 day | KEEP @timestamp`, `{"@timestamp":"2024-02-29T12:00:00Z"}`, `{"@timestamp":"2024-02-29T12:00:00.000Z"}`)
	// A string of a field without a schema is a date beside a date.
	f(`FROM a | WHERE no.such > NOW() - 1 day | KEEP no.such`, `{"no.such":"2024-02-29T12:00:00Z"}`, `{"no.such":"2024-02-29T12:00:00Z"}`)
	f(`FROM a | WHERE no.such == "5" | KEEP no.such`, `{"no.such":5}`)
}

// Rows of one event have a bound: the lists that they go through multiply.
func TestRowsAreBounded(t *testing.T) {
	p, l := program(t, "FROM a | MV_EXPAND process.args | MV_EXPAND no.such | KEEP process.args, no.such")
	var args, such []string
	for i := range 300 {
		args, such = append(args, fmt.Sprintf(`"a%d"`, i)), append(such, fmt.Sprint(i))
	}
	line := `{"process.args":[` + strings.Join(args, ",") + `],"no.such":[` + strings.Join(such, ",") + `]}`
	if got := len(made(t, p, l, line)); got != maxRows {
		t.Errorf("%d rows, want %d", got, maxRows)
	}
	// Nor does it go through all combinations where none survives: 300 to the sixth.
	p, l = program(t, "FROM a | EVAL b = process.args, c = b, d = b, e = b | MV_EXPAND process.args | MV_EXPAND no.such | MV_EXPAND b | MV_EXPAND c"+
		" | MV_EXPAND d | MV_EXPAND e | WHERE false")
	var ev event.Event
	if err := event.NewParser(l).Parse(&ev, []byte(line)); err != nil {
		t.Fatal(err)
	}
	if dropped := p.Start(p.NewEnv(), Event{Event: &ev}, func([]byte) {}); dropped == 0 {
		t.Error("nothing is said to be left out")
	}
	// A list that doubles is null before it is too long.
	q := `ROW x = ["a", "b"]` + strings.Repeat(" | EVAL x = MV_APPEND(x, x)", 20)
	if got := run(t, q, "{}"); got[0] != `{"x":null}` {
		t.Errorf("got %.80s", got[0])
	}
	q = `ROW x = "ab"` + strings.Repeat(" | EVAL x = CONCAT(x, x)", 25)
	if got := run(t, q, "{}"); got[0] != `{"x":null}` {
		t.Errorf("got %.80s", got[0])
	}
}

// Words of a MATCH that the index has no word for.
func TestWords(t *testing.T) {
	f := func(match, value string, want bool) {
		t.Helper()
		p, l := program(t, "FROM a | WHERE "+match)
		field := "process.name"
		if strings.HasPrefix(match, "powershell") {
			field = "powershell.file.script_block_text"
		}
		var ev event.Event
		line, err := json.Marshal(map[string]any{field: value})
		if err != nil {
			t.Fatal(err)
		}
		if err := event.NewParser(l).Parse(&ev, line); err != nil {
			t.Fatal(err)
		}
		w := p.Predicates[0].Words
		if got := w.Holds(ev.Values(w.Slot)); got != want {
			t.Errorf("%s on %q: %t", match, value, got)
		}
	}
	const fuzzy = `MATCH(process.name, "svchost.exe", {"fuzziness": 1})`
	f(fuzzy, "svchost.exe", true)
	f(fuzzy, "scvhost.exe", true) // two letters swapped are one edit
	f(fuzzy, "svch0st.exe", true)
	f(fuzzy, "svchosts.exe", true)
	f(fuzzy, "svch0sts.exe", false)
	f(`MATCH(process.name, "ab", {"fuzziness": "AUTO"})`, "ac", false)
	f(`MATCH(process.name, "abcd", {"fuzziness": "AUTO", "prefix_length": 1})`, "xbcd", false)
	const script = `powershell.file.script_block_text : "26a24ae4-039d"`
	f(script, "x = '26A24AE4-039D';", true)
	f(script, "x = '26A24AE4-039D-1';", false)
	f(`powershell.file.script_block_text : "rahc|metsys"`, "[Metsys]::x", true)
}

// What was spilled may have been changed: it is an error, or another value, never a panic.
func FuzzCutValue(f *testing.F) {
	f.Add(appendValue(nil, Value{keyword("a"), double(1.5), whole(esql.Date, 7)}))
	f.Add(appendValue(nil, toSample()))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, _, err := cutValue(b)
		if err != nil {
			if !errors.Is(err, errEncoding) {
				t.Fatal(err)
			}
			return
		}
		again, rest, err := cutValue(appendValue(nil, v))
		if err != nil || len(rest) > 0 || len(again) != len(v) {
			t.Fatalf("%v becomes %v, %v", v, again, err)
		}
		v.JSON()
	})
}

func toSample() Value {
	a, _ := as(keyword("10.0.0.1"), esql.IP)
	p, _ := parsePlace("POINT(1 2)")
	return Value{a, p}
}

// Evaluation never panics, whatever the query and the event, and a row that is written is
// read back.
func FuzzRun(f *testing.F) {
	for _, q := range []string{
		`FROM a | WHERE process.name == "x" AND LENGTH(user.name) > 2 | EVAL z = MV_SLICE(process.args, 0, 1) | KEEP z`,
		`FROM a | EVAL x = CASE(process.pid > 1, TO_STRING(process.pid), no.such) | GROK x "%{WORD:y}" | MV_EXPAND no.such`,
		`FROM a | EVAL x = DATE_TRUNC(1 month, @timestamp) + 3 days, y = ROUND(no.such / 3, -2) | DISSECT message "%{a} %{b}"`,
		`ROW x = JSON_EXTRACT("{}", "a"), y = SPLIT("a,b", ","), z = ROUND(-5, -1), w = SUBSTRING("é", -3, 2)`,
	} {
		f.Add(q, `{"process":{"name":"x","pid":4,"args":["a","b"]},"user.name":"abc","no.such":[1,"y",true],"@timestamp":"2024-01-01","message":"a b"}`)
	}
	f.Fuzz(func(t *testing.T, query, line string) {
		p, l, err := compile(query)
		if err != nil {
			return
		}
		var ev event.Event
		if event.NewParser(l).Parse(&ev, []byte(line)) != nil {
			return
		}
		e := p.NewEnv()
		e.Now = now
		p.Start(e, Event{Event: &ev}, func([]byte) {
			b := p.AppendRow(nil, e.Row)
			if rest, err := p.CutRow(make(Row, len(e.Row)), b); err != nil || len(rest) > 0 {
				t.Fatalf("%d bytes left, %v", len(rest), err)
			}
		})
	})
}
