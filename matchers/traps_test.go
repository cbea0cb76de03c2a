package matchers

import (
	"strings"
	"testing"

	"coldcase/rules"
	"coldcase/rules/eql"
	"coldcase/rules/kql"
	"coldcase/rules/query"
	"coldcase/rules/source"
)

// parseQuery reads EQL when the text has a "where", KQL otherwise.
func parseQuery(t testing.TB, q string) query.Expr {
	t.Helper()
	if strings.Contains(q, " where ") {
		p, err := eql.Parse(source.Text{Body: q}, eql.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return p.Event
	}
	x, err := kql.Parse(source.Text{Body: q})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// tries returns a function that holds one event against one query on both paths.
func tries(t *testing.T) func(doc, q string, want bool) {
	return func(doc, q string, want bool) {
		t.Helper()
		m, err := Compile([]*rules.Rule{eventRule(parseQuery(t, q))}, Options{AnyIndex: true})
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		if got := matchesBoth(t, m, []byte(doc)); got != want {
			t.Errorf("%s\n  on %.200s\n  is %v, want %v", q, doc, got, want)
		}
	}
}

// The traps of query-traps.md that concern one event, by number; the sequence traps
// (15 to 21, 24) are for the rule types that correlate. Where a Decision of
// query-semantics.md differs (8, 11, 22), it is the Decision that is tested.
func TestTraps(t *testing.T) {
	f := tries(t)
	proc := func(rest string) string { return `{"event":{"category":["process"]},` + rest + `}` }

	// 1: != and not on a missing bare field are true
	pid := proc(`"process":{"pid":4}`)
	f(pid, `process where process.name != "a.exe"`, true)
	f(pid, `process where not process.name : "a*"`, true)
	f(pid, `process where not process.name in ("a")`, true)
	f(pid, `process where not process.parent.pid > 3`, true)

	// 2: but false when the operand is computed
	f(pid, `process where not endsWith(substring(process.name,1), "x")`, false)
	f(pid, `process where not startsWith(process.name,"x")`, true)

	// 3: arrays: negation in a script means some value, pushed down no value
	args := proc(`"process":{"args":["a","bbbbbbb"]}`)
	f(args, `process where not length(process.args) > 5`, true)
	f(args, `process where not process.args : "b*"`, false)

	// 4: == and in~ know no wildcards; ':' and like do; '?' is one character
	star := proc(`"process":{"name":"cmd*.exe"}`)
	f(star, `process where process.name == "cmd*.exe"`, true)
	f(proc(`"process":{"name":"cmd1.exe"}`), `process where process.name == "cmd*.exe"`, false)
	f(proc(`"process":{"name":"10"}`), `process where process.name in~ ("1*")`, false)
	f(proc(`"process":{"name":"10"}`), `process where process.name : "1?"`, true)
	f(proc(`"process":{"name":"1"}`), `process where process.name : "1?"`, false)
	f(proc(`"process":{"name":"1é"}`), `process where process.name : "1?"`, true)

	// 5: KQL: '?' is plain, '*' in quotes is plain
	ab := `{"process":{"name":"ab"}}`
	f(ab, `process.name:a?`, false)
	f(ab, `process.name:"a*"`, false)
	f(ab, `process.name:a*`, true)

	// 6: case
	cmd := proc(`"process":{"name":"CMD.EXE"}`)
	f(cmd, `process.name:cmd.exe`, false)
	f(cmd, `process where process.name : "cmd.exe"`, true)
	f(cmd, `process where process.name == "cmd.exe"`, false)
	f(cmd, `process where process.name like "cmd*"`, false)
	f(cmd, `process where process.name like~ "cmd*"`, true)
	f(`{"message":"Foobar went by"}`, `message:FOO*`, true)

	// 7: folding is ASCII only
	file := func(name string) string { return `{"event":{"category":"file"},"file":{"name":"` + name + `"}}` }
	f(file("CAFÉ.exe"), `file where file.name : "café.exe"`, false)
	f(file("CAFÉ.exe"), `file where file.name : "cafÉ.EXE"`, true)
	f(file("\u212aey"), `file where file.name : "key"`, false)
	f(file("\u017fvc"), `file where file.name : "svc*"`, false)

	// 8: Decision 1: a value beyond ignore_above still matches
	long := `{"process":{"args":["` + strings.Repeat("x", 1100) + `mimikatz"]}}`
	f(long, `process.args:*mimikatz*`, true)
	f(long, `not process.args:*`, false)

	// 9: every leaf on an array is "any", independently
	curl := proc(`"process":{"args":["curl","-o"]}`)
	f(curl, `process.args:(curl and -o)`, true)
	f(curl, `process where process.args : "curl" and process.args : "-o"`, true)
	f(curl, `process where process.args == "curl -o"`, false)
	f(curl, `not process.args:curl`, false)

	// 10: event.category is an array; any wants no category
	two := `{"event":{"category":["network","process"]}}`
	f(two, `process where true`, true)
	f(two, `network where true`, true)
	f(`{"a":1}`, `any where true`, true)
	f(`{"event":{"category":"Process"}}`, `process where true`, false)

	// 11: unquoted values swallow blanks; Decision 2: a wildcard with a blank is one
	// pattern
	f(`{"process":{"name":"foo bar"}}`, `process.name:foo bar`, true)
	f(`{"process":{"name":"foo"}}`, `process.name:foo bar`, false)
	f(`{"message":"only bar here"}`, `message:foo bar`, true)
	f(`{"process":{"args":["x curl"]}}`, `process.args:(* curl*)`, true)
	f(`{"process":{"args":["curl"]}}`, `process.args:(* curl*)`, false)
	f(`{"process":{"command_line":"curl"}}`, `process.command_line:(* curl*)`, false)

	// 12: precedence and lists
	f(`{"a":"1"}`, `a:1 or b:2 and c:3`, true)
	f(`{"b":"2"}`, `a:1 or b:2 and c:3`, false)
	f(`{"b":"2","a":"1"}`, `not a:1 or b:2`, true)
	f(`{"a":["x","z"]}`, `a:((x or y) and not z)`, false)
	f(`{"a":["x"]}`, `a:((x or y) and not z)`, true)

	// 13: KQL escapes
	path := `{"file":{"path":"C:\\x\\y(1).dll"}}`
	f(path, `file.path:C\:\\x\\*\(1\).dll`, true)
	f(`{"file":{"path":"a*bc"}}`, `file.path:a\*b*`, true)
	f(`{"file":{"path":"axbc"}}`, `file.path:a\*b*`, false)

	// 14: exists
	f(`{"a":""}`, `a:*`, true)
	for _, missing := range []string{`{"a":[]}`, `{"a":[null]}`, `{"a":null}`, `{}`, `{"a":{}}`} {
		f(missing, `a:*`, false)
		f(missing, `any where a == null`, true)
	}
	f(`{"a":""}`, `any where a == null`, false)
	f(`{"a":{"b":1}}`, `a:*`, true)

	// 22: regular expressions are anchored; '^' and '$' are plain (Decision 6)
	bin := proc(`"process":{"args":"/bin/x"}`)
	f(bin, `process where process.args regex "bin"`, false)
	f(bin, `process where process.args regex ".*bin.*"`, true)
	f(bin, `process where process.args regex "^/bin/x$"`, false)
	f(proc(`"process":{"command_line":"\"a.exe\" x"}`), `process where process.command_line regex """\".*\.exe[^\"].*"""`, false)
	f(proc(`"process":{"command_line":"\"a.exe x"}`), `process where process.command_line regex """\".*\.exe[^\"].*"""`, true)

	// 23: escapes of each layer
	win := proc(`"process":{"executable":"C:\\Windows\\a.exe"}`)
	f(win, `process where process.executable : "?:\\Windows\\*"`, true)
	f(win, `process where process.executable : """?:\Windows\*"""`, true)
	f(proc(`"process":{"name":"a\u202eb"}`), `process where process.name : "*\u{202E}*"`, true)
	f(proc(`"process":{"name":"it's"}`), `process where process.name == "it\'s"`, true)

	// further ones
	f(pid, `process where 4 / 3 == 1`, true)
	f(proc(`"source":{"ip":"10.9.9.9"}`), `process where cidrmatch(source.ip, "10.6.48.157/8")`, true)
	f(proc(`"source":{"ip":["::1","fe80::1"]}`), `process where cidrMatch(source.ip, "::1")`, true)
	f(proc(`"process":{"name":"ABC"}`), `process where startswith~(process.name, "ab")`, true)
	f(args, `process where length(process.args) == 2`, false)
	f(proc(`"process":{"name":"foo_x1"}`), `process where endsWith~(process.name, "*X1")`, true)
	f(proc(`"process":{"code_signature":{"trusted":"true"}}`), `process where process.code_signature.trusted == true`, true)
	f(`{"event":{"code":4624}}`, `event.code:4624`, true)
	f(`{"event":{"code":"4624"}}`, `any where event.code == "4624"`, true)
	f(proc(`"process":{"pid":"4"}`), `process where process.pid == 4`, true)
}

func TestTrapBeyondIgnoreAboveIsSaid(t *testing.T) {
	m, err := Compile([]*rules.Rule{eventRule(parseQuery(t, `process.args:*mimikatz*`))}, Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	for arg, want := range map[string]bool{"mimikatz": false, strings.Repeat("é", 1100) + "mimikatz": true} {
		hits, err := m.NewWorker(false).Match([]byte(`{"process":{"args":["` + arg + `"]}}`))
		if err != nil || len(hits) != 1 {
			t.Fatalf("%d hits, %v", len(hits), err)
		}
		if hits[0].Beyond != want {
			t.Errorf("a match on %d bytes is beyond: %v, want %v", len(arg), hits[0].Beyond, want)
		}
	}
}
