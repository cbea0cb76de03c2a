package esql

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// grokValues runs a pattern as an executor would, and writes what it takes out.
func grokValues(t *testing.T, pattern, s string) string {
	t.Helper()
	p, err := compileGrok(pattern)
	if err != nil {
		t.Fatalf("%s: %v", pattern, err)
	}
	m := regexp.MustCompile(p.Program).FindStringSubmatchIndex(s)
	if m == nil {
		return "no match"
	}
	var out []string
	for _, f := range p.Fields {
		for _, g := range f.Groups {
			if m[2*g] >= 0 {
				out = append(out, f.Name+":"+f.Type.String()+"="+s[m[2*g]:m[2*g+1]])
			}
		}
	}
	return strings.Join(out, " ")
}

// TestGrok: what patterns take out. Those of the suite are there with their expected values.
func TestGrok(t *testing.T) {
	f := func(pattern, s, want string) {
		t.Helper()
		if diff := cmp.Diff(grokValues(t, pattern, s), want); diff != "" {
			t.Errorf("%s on %q:\n-got +want:\n%s", pattern, s, diff)
		}
	}
	f("%{WORD:a} %{NUMBER:b:int}", "x foo 42 y", "a:keyword=foo b:integer=42")
	f("%{NUMBER:b:int} .*", "foo bar", "no match")
	f("%{NUMBER:a:float} %{NUMBER:b:double} %{WORD:c:boolean} %{INT:d:long}", "1.5 .5 true -7",
		"a:double=1.5 b:double=.5 c:boolean=true d:long=-7")
	f("%{WORD:c.d} %{WORD:c.d}", "x y", "c.d:keyword=x c.d:keyword=y")
	f(`%{WORD:a}?\s*%{WORD:b}?`, "x", "a:keyword=x")
	f("(?<E.a>[0-9]+)-(?<b>[a-z])", "12-x", "E.a:keyword=12 b:keyword=x")
	f("(?<n:int>[0-9]+)", "12", "n:integer=12")
	f("%{DATA:a}=%{GREEDYDATA:b}", "k=v=w", "a:keyword=k b:keyword=v=w")
	f("%{TIMESTAMP_ISO8601:t} %{IP:ip} %{EMAILADDRESS:m} %{NUMBER:n:int}", "1953-01-23T12:15:00Z 127.0.0.1 some.email@foo.com 42",
		"t:keyword=1953-01-23T12:15:00Z ip:keyword=127.0.0.1 m:keyword=some.email@foo.com n:integer=42")
	f(`%{IP:ip} \[%{TIMESTAMP_ISO8601:@timestamp}\] %{GREEDYDATA:s}`, "1.2.3.4 [2023-01-23T12:15:00.000Z] Connected",
		"ip:keyword=1.2.3.4 @timestamp:keyword=2023-01-23T12:15:00.000Z s:keyword=Connected")
	// Lines: ^ and $ are their ends, '.' stays within one, Ruby's (?m) crosses.
	f("^%{WORD:a}$", "x y\nfoo\nz", "a:keyword=foo")
	f("a%{GREEDYDATA:b}", "ax\ny", "b:keyword=x")
	f("(?m:a(?<b>.*))", "ax\ny", "b:keyword=x\ny")
	f(`(?i)FOO(?<b>\h+)`, "fooAg", "b:keyword=A")
	f("(?i:https?)://%{URIHOST:h}", "HTTP://a.example:80/x", "h:keyword=a.example:80")
	// Addresses.
	f("^%{URIPROTO:p}://%{URIHOST:h}(?:/%{GREEDYDATA})?$", "https://files.example.com:8443/x y", "p:keyword=https h:keyword=files.example.com:8443")
	f("^%{URIHOST:h}$", "10.0.0.1", "h:keyword=10.0.0.1")
	f("^%{URIHOST:h}$", "1.2.3.456", "h:keyword=1.2.3.456") // a host name, not 1.2.3.45 and a 6
	f("^%{IP:ip}$", "fe80::1:2", "ip:keyword=fe80::1:2")
	f("^%{IP:ip}$", "::ffff:1.2.3.4", "ip:keyword=::ffff:1.2.3.4")
	f("^%{IP:ip}$", "1.2.3.256", "no match")
	f("^%{UUID:u}$", "00112233-4455-6677-8899-aabbccddeeff", "u:keyword=00112233-4455-6677-8899-aabbccddeeff")
	f("^%{MAC:m}$", "00:1a:2b:3c:4d:5e", "m:keyword=00:1a:2b:3c:4d:5e")
	f("%{QUOTEDSTRING:q}", `say "a \"b\""`, `q:keyword="a \"b\""`)
	f("%{UNIXPATH:p} %{WINPATH:w}", `/usr/bin/x C:\a\b.exe`, `p:keyword=/usr/bin/x w:keyword=C:\a\b.exe`)
	f("%{HTTPDATE:d} %{SYSLOGTIMESTAMP:s}", "10/Oct/2000:13:55:36 -0700 Jan  2 03:04:05",
		"d:keyword=10/Oct/2000:13:55:36 -0700 s:keyword=Jan  2 03:04:05")
	f("%{URI:u}", "see https://u:p@h.example/a?b=c#d.", "u:keyword=https://u:p@h.example/a?b=c#d.")
}

// TestGrokLibrary: every pattern compiles by itself and matches something of its own.
func TestGrokLibrary(t *testing.T) {
	for name := range grokLibrary {
		p, err := compileGrok("%{" + name + ":x}")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(p.Fields) != 1 || p.Fields[0].Name != "x" {
			t.Errorf("%s: got fields %v", name, p.Fields)
		}
	}
}

func TestGrokErrors(t *testing.T) {
	f := func(pattern, want string) {
		t.Helper()
		if _, err := compileGrok(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", pattern, err, want)
		}
	}
	f("%{WORD", "missing '}'")
	f("%{WORD:a:what}", `unknown type "what"`)
	f("%{WORD:}", "empty name")
	f("%{WORD:a:int} %{WORD:a}", "a is both integer and keyword")
	f("(?<a", "missing '>'")
	f("(?<=a)b", "lookaround")
	f("(?>a)", "atomic group")
	f("a++", "possessive quantifier")
	f(`(a)\k<1>`, `\k in GROK`)
	f("[a[b]]", "nested class")
	f("[a", "missing ']'")
	f("(a", "regular expression: ")
	f("(?x)a", "flag x")
	f("(?Pa)", "unknown group")
}
