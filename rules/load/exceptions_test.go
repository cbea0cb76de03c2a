package load

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coldcase/rules"
)

// write puts files into a new directory and returns it.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// exceptionsOf reads one exception file, which stands among others.
func exceptionsOf(t testing.TB, name string, files map[string]string, lists map[string]string) (*rules.Exceptions, string) {
	t.Helper()
	dir := write(t, files)
	given := map[string]string{}
	for id, file := range lists {
		given[id] = filepath.Join(dir, file)
	}
	e, err := Exceptions([]string{filepath.Join(dir, name)}, ExceptionOptions{ValueLists: given})
	if err != nil {
		t.Fatal(err)
	}
	return e, dir
}

// showExceptions prints what was read, a line an item.
func showExceptions(e *rules.Exceptions, dir string) string {
	var b strings.Builder
	for _, x := range e.Items {
		fmt.Fprintf(&b, "%s line %d list=%q rules=%q", x.Name, x.Line, x.ListID, x.Rules)
		if !x.Expire.IsZero() {
			fmt.Fprintf(&b, " until %s", x.Expire.Format(time.RFC3339))
		}
		if x.NotApplied != "" {
			fmt.Fprintf(&b, " not applied: %s\n", x.NotApplied)
			continue
		}
		fmt.Fprintf(&b, " %s\n", x.X)
	}
	for _, p := range e.Problems {
		first, _, _ := strings.Cut(p.Err.Error(), "\n")
		fmt.Fprintf(&b, "problem %q %s\n", p.Name, first)
	}
	for _, n := range e.Notes {
		fmt.Fprintf(&b, "note %s\n", n)
	}
	return strings.ReplaceAll(b.String(), filepath.ToSlash(dir)+"/", "")
}

func checkExceptions(t *testing.T, got, want string) {
	t.Helper()
	if want = strings.TrimPrefix(want, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func kibanaItem(name, entries string) string {
	return `{"list_id":"l","item_id":"i","type":"simple","namespace_type":"single","name":"` + name + `","os_types":[],"comments":[],"entries":[` + entries + `]}`
}

func TestExceptionOperators(t *testing.T) {
	f := func(entry, want string) {
		t.Helper()
		e, dir := exceptionsOf(t, "x.ndjson", map[string]string{"x.ndjson": kibanaItem("n", entry),
			"words.txt": "one\r\n\n two \n", "nets": "10.0.0.1\n10.1.0.0/16\n10.2.0.3-10.2.0.5\n::1\n"}, nil)
		checkExceptions(t, showExceptions(e, dir), `n line 1 list="l" rules=[] `+want+"\n")
	}
	f(`{"field":"a","operator":"included","type":"match","value":"x y"}`, `a =[phrase] ("x y")`)
	f(`{"field":"a","operator":"excluded","type":"match","value":"x"}`, `not a =[phrase] ("x")`)
	f(`{"field":"a","operator":"included","type":"match_any","value":["x","y"]}`, `a =[phrase] ("x", "y")`)
	f(`{"field":"a","operator":"included","type":"exists"}`, `exists a`)
	f(`{"field":"a","operator":"excluded","type":"exists"}`, `not exists a`)
	f(`{"field":"a","operator":"included","type":"wildcard","value":"C:\\\\x\\\\*.e?e"}`, `a like[any] ("C:\\\\x\\\\*.e?e")`)
	f(`{"field":"a","operator":"included","type":"list","list":{"id":"words.txt","type":"keyword"}}`, `a =[phrase] ("one", "two")`)
	f(`{"field":"a","operator":"included","type":"list","list":{"id":"words","type":"text"}}`, `a =[phrase] ("one", "two")`)
	f(`{"field":"a","operator":"excluded","type":"list","list":{"id":"nets","type":"ip_range"}}`,
		`not a cidr ("10.0.0.1", "10.1.0.0/16", "10.2.0.3/32", "10.2.0.4/31", "::1")`)
	f(`{"field":"p","type":"nested","entries":[{"field":"a","operator":"included","type":"match","value":"x"},{"field":"b","operator":"excluded","type":"exists"}]}`,
		`nested p {(p.a =[phrase] ("x") and not exists p.b)}`)
	f(`{"field":"a","operator":"included","type":"match","value":"x"},{"field":"b","operator":"included","type":"exists"}`,
		`(a =[phrase] ("x") and exists b)`)
	f(`{"field":"a","operator":"included","type":"list","list":{"id":"absent","type":"ip"}}`,
		`not applied: value list "absent" is not given: --value-list absent=FILE`)
	f(`{"field":"a","operator":"included","type":"list","list":{"id":"../x.ndjson","type":"keyword"}}`,
		`not applied: value list "../x.ndjson" is not given: --value-list ../x.ndjson=FILE`)
	f(`{"field":"a","operator":"included","type":"list","list":{"id":"words","type":"geo_shape"}}`,
		`not applied: value list "words" is of type "geo_shape"; known are keyword, text, ip and ip_range`)
}

// An export of rules: items go to the rules that name their list, by either of its
// names, whichever stands first in the file.
func TestExceptionsInExport(t *testing.T) {
	e, dir := exceptionsOf(t, "x.ndjson", map[string]string{"x.ndjson": strings.Join([]string{
		`{"rule_id":"r1","name":"R1","type":"query","query":"a:b","risk_score":21,"severity":"low","exceptions_list":[{"id":"c-1","list_id":"l","type":"detection","namespace_type":"single"}]}`,
		`{"rule_id":"r2","name":"R2","type":"query","query":"a:b","risk_score":21,"severity":"low","exceptions_list":[{"list_id":"endpoint_list","type":"endpoint"}]}`,
		`{"id":"c-1","list_id":"l","namespace_type":"single","type":"detection","name":"L","os_types":[]}`,
		`{"list_id":"l","item_id":"i1","name":"one","os_types":["windows","macos"],"expire_time":"2026-03-04T05:06:07Z","entries":[{"field":"a","operator":"included","type":"exists"}]}`,
		`{"list_id":"endpoint_list","item_id":"i2","name":"two","entries":[{"field":"a","operator":"included","type":"exists"}]}`,
		`{"list_id":"l","item_id":"i3","name":"three","new_key":1,"entries":[{"field":"a","operator":"included","type":"exists"}]}`,
		`{"id":"c","type":"action","attributes":{"actionTypeId":".email","name":"mail"}}`,
		`{"exported_exception_list_count":1,"exported_exception_list_item_count":2}`,
	}, "\n")}, nil)
	checkExceptions(t, showExceptions(e, dir), `
one line 4 list="l" rules=["r1"] until 2026-03-04T05:06:07Z ((host.os.type =[phrase] ("windows", "macos") or host.os.name.caseless =[phrase] ("windows", "macos")) and exists a)
two line 5 list="endpoint_list" rules=[] not applied: the endpoint exception list acts on endpoints; rules do not read it
three line 6 list="l" rules=["r1"] exists a
note x.ndjson:6: exception "three": unknown key "new_key"
`)
	if n := len(e.Lists); n != 2 || e.Lists[1].Name != "L" || e.Lists[1].Items != 2 {
		t.Errorf("lists are %+v", e.Lists)
	}
}

func TestExceptionsTOML(t *testing.T) {
	e, dir := exceptionsOf(t, "x.toml", map[string]string{"x.toml": `# ours
[[exception]]
name = "backup"
rules = ["*"]
expires = 2026-12-31
os_types = ["linux"]
[[exception.entries]]
field = "process.pid"
type = "match"
value = 4

[[exception]]
name = "scanner"
list = "lab"
expires = 2026-03-04T05:06:07+01:00
[[exception.entries]]
field = "source.ip"
type = "list"
operator = "excluded"
value = "lab"
[[exception.entries]]
field = "f"
type = "nested"
[[exception.entries.entries]]
field = "g"
type = "match_any"
value = ["x", true]

[[exception]]
name = "nobody's"
[[exception.entries]]
field = "a"
type = "exists"

[[exception]]
name = "all of it"
rules = ["*"]

[[exception]]
name = "typo"
rules = ["*"]
[[exception.entries]]
field = "a"
type = "matches"
`, "hosts": "10.0.0.1\n"}, map[string]string{"lab": "hosts"})
	checkExceptions(t, showExceptions(e, dir), `
backup line 2 list="" rules=["*"] until 2026-12-31T00:00:00Z ((host.os.type =[phrase] ("linux") or host.os.name.caseless =[phrase] ("linux")) and process.pid =[phrase] (4))
scanner line 12 list="lab" rules=[] until 2026-03-04T04:06:07Z (not source.ip cidr ("10.0.0.1") and nested f {f.g =[phrase] ("x", true)})
problem "nobody's" x.toml:29:1: rules: the exception applies to no rule: name rules, or a list that rules name
problem "all of it" x.toml:35:1: entries: an exception needs at least one entry: without any it would leave out every event
problem "typo" x.toml:39:1: entries.type: expected match, match_any, exists, wildcard, list or nested, found "matches"
`)
}

// What cannot be read is told with its place, and the rest goes on.
func TestExceptionMistakes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		e, dir := exceptionsOf(t, "x", map[string]string{"x": text, "bad": "10.0.0.1\nnot one\n", "empty": "\n"}, nil)
		got := showExceptions(e, dir)
		if !strings.Contains(got, want) {
			t.Errorf("%.100s\ngot\n%swant\n%s", text, got, want)
		}
		for _, x := range e.Items {
			if (x.X == nil) == (x.NotApplied == "") {
				t.Errorf("%.100s: item %+v", text, x)
			}
		}
	}
	entry := func(s string) string { return kibanaItem("n", s) }
	f("", "no exception found")
	f("just text", "x:1:")
	f("a = 1\n", "no exception found")
	f("exception = 1\n", "expected a table")
	f(`{"what":1}`, "x:1:1: expected an exception list or item")
	f("\n{\"list_id\":", "x:2:12: json:")
	f(`[{"list_id":"l"}]`, "x:1:1: json: expected an object, found array")
	f(`{"list_id":7,"item_id":"i","entries":[]}`, "list_id: expected a string, found a number")
	f(`{"list_id":"l","item_id":"i","name":"n"}`, "entries: an exception needs at least one entry")
	f(entry(`{"operator":"included","type":"match","value":"x"}`), "entries.field: the entry has no field")
	f(entry(`{"field":"a","operator":"maybe","type":"match","value":"x"}`), `found "maybe"`)
	f(entry(`{"field":"a","operator":"included","type":"match"}`), "entries.value: the entry has no value")
	f(entry(`{"field":"a","operator":"included","type":"match","value":{"x":1}}`), "in place of a value")
	f(entry(`{"field":"a","operator":"included","type":"match_any","value":[]}`), "the list of values is empty")
	f(entry(`{"field":"a","operator":"included","type":"match","value":"x","slop":3}`), "entries.slop: unknown key")
	f(entry(`{"field":"a","type":"nested","entries":[]}`), "the nested entry has no entries")
	f(entry(`{"field":"a","type":"nested","entries":[{"field":"b","type":"nested","entries":[]}]}`), "inside a nested entry")
	f(strings.Replace(entry(`{"field":"a","type":"exists"}`), `"os_types":[]`, `"os_types":["beos"]`, 1), `found "beos"`)
	f(strings.Replace(entry(`{"field":"a","type":"exists"}`), `"os_types":[]`, `"expire_time":"tomorrow"`, 1), `found "tomorrow"`)
	f(entry(`{"field":"a","type":"list","list":{"id":"bad","type":"ip"}}`), `bad:2:1: expected an address`)
	f(entry(`{"field":"a","type":"list","list":{"id":"empty","type":"keyword"}}`), `the value list is empty`)
	f(entry(`{"field":"a","type":"exists"}`)+"\n{\n"+entry(`{"field":"b","type":"exists"}`), "exists b")
	f(strings.Repeat(`{"list_id":`, 20_000), "x:1:")
	f("x = "+strings.Repeat("[", 1000), "x:1:")
	f(`{"list_id":"l","item_id":"i","name":"`+strings.Repeat("x", maxRule)+`"}`, "is larger than 4 MiB")

	if _, err := Exceptions([]string{filepath.Join(t.TempDir(), "none")}, ExceptionOptions{}); err == nil {
		t.Error("a path that does not exist is no error")
	}
	e, err := Exceptions([]string{t.TempDir()}, ExceptionOptions{})
	if err != nil || len(e.Problems) != 1 {
		t.Errorf("a directory: %v, %+v", err, e)
	}
}

func TestRangeNetworks(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		nets, err := networks(s)
		if got := strings.Join(nets, " "); err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", s, got, err, want)
		}
	}
	f("0.0.0.0-255.255.255.255", "0.0.0.0/0")
	f("10.0.0.1-10.0.0.1", "10.0.0.1/32")
	f("10.0.0.1 - 10.0.0.6", "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32")
	f("255.255.255.254-255.255.255.255", "255.255.255.254/31")
	f("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0")
	f("fe80::1-fe80::2", "fe80::1/128 fe80::2/128")
	for _, s := range []string{"", "-", "10.0.0.2-10.0.0.1", "10.0.0.1-::2", "10.0.0.1-", "10.0.0.1/33", "fe80::1%eth0", "1.2.3"} {
		if nets, err := networks(s); err == nil {
			t.Errorf("%q is %q", s, nets)
		}
	}
}

func FuzzExceptions(f *testing.F) {
	f.Add([]byte(kibanaItem("n", `{"field":"a","operator":"included","type":"match","value":"x"}`)))
	f.Add([]byte("[[exception]]\nname='a'\nrules=['*']\n[[exception.entries]]\nfield='a'\ntype='exists'\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e := &exceptionReader{lists: newValueLists(nil), out: &rules.Exceptions{}}
		e.file("x/f", data)
		if len(e.out.Items)+len(e.out.Problems)+len(e.out.Lists) == 0 {
			t.Error("nothing was read and nothing said")
		}
		for _, x := range e.out.Items {
			if (x.X == nil) == (x.NotApplied == "") {
				t.Errorf("item %+v", x)
			}
		}
	})
}
