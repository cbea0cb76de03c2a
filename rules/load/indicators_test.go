package load

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"coldcase/rules"
	"coldcase/rules/query"
)

// showIndicators prints what was read, a line an indicator.
func showIndicators(t testing.TB, text string) string {
	t.Helper()
	dir := write(t, map[string]string{"f": text})
	in, err := Indicators([]string{filepath.Join(dir, "f")})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, x := range in.Items {
		fmt.Fprintf(&b, "%d", x.Line)
		if x.Doc != nil {
			fmt.Fprintf(&b, " %s", x.Doc)
		} else {
			fmt.Fprintf(&b, " %s", x.Type)
		}
		for _, f := range x.Fields {
			fmt.Fprintf(&b, " %s=%s", strings.TrimPrefix(f.Path, "threat.indicator."), f.Value)
		}
		b.WriteByte('\n')
	}
	for _, p := range in.Problems {
		first, _, _ := strings.Cut(p.Err.Error(), "\n")
		fmt.Fprintf(&b, "problem %s\n", first)
	}
	for _, n := range in.Notes {
		fmt.Fprintf(&b, "note %s\n", n)
	}
	return strings.ReplaceAll(b.String(), filepath.ToSlash(dir)+"/", "")
}

func checkIndicators(t *testing.T, text, want string) {
	t.Helper()
	if got := showIndicators(t, text); got != strings.TrimPrefix(want, "\n") {
		t.Errorf("%.200s\ngot\n%swant%s", text, got, want)
	}
}

func TestIndicatorList(t *testing.T) {
	checkIndicators(t, `# a feed
10.1.2.3

10.0.0.0/8
::ffff:1.2.3.4
D41D8CD98F00B204E9800998ECF8427E
da39a3ee5e6b4b0d3255bfef95601890afd80709
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
hxxps://evil[.]example/a?b=1,2
Evil[.]Example.
HKEY_LOCAL_MACHINE\Software\Evil
HKCU\Software\Evil
mallory[at]evil.example
evil.exe
two words
1.2.3
deadbeef
`, `
2 ipv4-addr ip=10.1.2.3
4 ipv4-addr ip=10.0.0.0/8
5 ipv6-addr ip=::ffff:1.2.3.4
6 file file.hash.md5=d41d8cd98f00b204e9800998ecf8427e
7 file file.hash.sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709
8 file file.hash.sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
9 url url.full=https://evil.example/a?b=1,2 url.original=https://evil.example/a?b=1,2
10 domain-name url.domain=evil.example
11 windows-registry-key registry.path=HKLM\Software\Evil
12 windows-registry-key registry.path=HKCU\Software\Evil
13 email-addr email.address=mallory@evil.example
problem f:14:1: cannot tell what "evil.exe" is: expected an address, hash, URL, domain, registry path or email address
problem f:15:1: cannot tell what "two words" is: expected an address, hash, URL, domain, registry path or email address
problem f:16:1: cannot tell what "1.2.3" is: expected an address, hash, URL, domain, registry path or email address
problem f:17:1: cannot tell what "deadbeef" is: expected an address, hash, URL, domain, registry path or email address
note f: 3 defanged values are read as they were before
`)
}

func TestIndicatorCSV(t *testing.T) {
	checkIndicators(t, "\ufeff# by hand\r\nvalue,comment,Type\r\n10.1.2.3,\"a, b\",ip-dst\r\nevil.exe,,filename\r\nD41D8CD98F00B204E9800998ECF8427E,,hash\r\nx,,ja3\r\n,,ip\r\nnot one,,ip\r\nimp,,imphash\r\n", `
3 ipv4-addr ip=10.1.2.3
4 file file.name=evil.exe
5 file file.hash.md5=d41d8cd98f00b204e9800998ecf8427e
9 file file.pe.imphash=imp
problem f:6:1: unknown type of indicator "ja3"
problem f:7:1: the row has no value
problem f:8:1: "not one" is no ip
`)
	checkIndicators(t, "threat.indicator.file.hash.sha1;threat.indicator.type;file.name;x\nAA;file;a.exe;1\n;;;\nBB;;;\n", `
2 file file.hash.sha1=AA file.name=a.exe
4  file.hash.sha1=BB
problem f:3:1: the row has no value
`)
	checkIndicators(t, "indicator\n10.1.2.3\nevil.example\n", `
2 ipv4-addr ip=10.1.2.3
3 domain-name url.domain=evil.example
`)
	checkIndicators(t, "type,value\nip,\"10.1.2.3\nurl,http://a\n", `
problem f:2:1: csv: extraneous or missing " in quoted-field
`)
}

func TestIndicatorDocuments(t *testing.T) {
	checkIndicators(t, `{"threat":{"indicator":{"ip":"10.1.2.3"}}}
{"_index":"i","_id":"1","_source":{"threat.indicator.ip":"10.1.2.4"}}

{"threat":
{"message":"x"}
10.1.2.3
`, `
1 {"threat":{"indicator":{"ip":"10.1.2.3"}}}
2 {"_index":"i","_id":"1","_source":{"threat.indicator.ip":"10.1.2.4"}}
problem f:4:1: expected a JSON object on one line
problem f:5:1: expected a document with threat.indicator
problem f:6:1: expected a JSON object on one line
`)
	checkIndicators(t, `[{"threat":{}}]`, "\nproblem f:1:1: expected one document a line, found a JSON array\n")
	checkIndicators(t, "", "\nproblem no indicator found: neither ECS documents, STIX, CSV nor one value a line\n")
	checkIndicators(t, "[fe80::1]\n", "\n1 ipv6-addr ip=fe80::1\n")
}

func TestIndicatorSTIX(t *testing.T) {
	pattern := func(p string) string {
		return fmt.Sprintf(`    {"type":"indicator","id":"indicator--1","pattern":%q,"pattern_type":"stix"}`, p)
	}
	bundle := func(objects ...string) string {
		return "{\n  \"type\": \"bundle\", \"id\": \"bundle--1\",\n  \"objects\": [\n" + strings.Join(objects, ",\n") + "\n]}\n"
	}
	checkIndicators(t, bundle(
		`{"type":"identity","id":"identity--1"}`,
		pattern(`[file:hashes.'SHA-256' = 'AB']`),
		pattern(`[ file:hashes.MD5='D41D8CD98F00B204E9800998ECF8427E' AND file:hashes."SHA-1" = 'da39a3ee5e6b4b0d3255bfef95601890afd80709' ]`),
		pattern(`[ipv4-addr:value = '10.1.2.3' OR ipv4-addr:value ISSUBSET '10.0.0.0/8'] OR [ipv6-addr:value='fe80::1']`),
		pattern(`[domain-name:value IN ('a.example', 'B.example')]`),
		pattern(`[url:value = 'http://a.example/it\'s']`),
		pattern(`[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\Software\\x']`),
		pattern(`[email-addr:value = 'a@b.example']`),
		pattern(`[file:name = 'a' AND file:size = 3]`),
		pattern(`[file:name = 'a' AND domain-name:value = 'a.example']`),
		pattern(`[ipv4-addr:value = '10.1.2.3'] FOLLOWEDBY [domain-name:value = 'a.example']`),
		pattern(`[domain-name:value LIKE '%x']`),
		pattern(`[domain-name:value = 'a.example`),
		pattern(``),
		`{"type":"indicator","id":"indicator--2","pattern":"rule x {}","pattern_type":"yara"}`,
		`{"type":"indicator","id":"indicator--3","revoked":true,"pattern":"[domain-name:value = 'a.example']","pattern_type":"stix"}`,
	), `
6 file file.hash.md5=d41d8cd98f00b204e9800998ecf8427e
6 file file.hash.sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709
7 ipv4-addr ip=10.1.2.3
7 ipv4-addr ip=10.0.0.0/8
7 ipv6-addr ip=fe80::1
8 domain-name url.domain=a.example
8 domain-name url.domain=b.example
9 url url.full=http://a.example/it's url.original=http://a.example/it's
10 windows-registry-key registry.path=HKLM\Software\x
11 email-addr email.address=a@b.example
problem f:5:1: indicator--1: "AB" is no sha256
problem f:12:1: indicator--1: a comparison of "file:size" cannot be read
problem f:13:1: indicator--1: a pattern of several comparisons joined by AND cannot be read, but for the hashes of a file
problem f:14:1: indicator--1: a pattern with FOLLOWEDBY cannot be read, only observations joined by OR
problem f:15:1: indicator--1: domain-name:value: expected =, IN or ISSUBSET, found "LIKE '%x']"
problem f:16:1: indicator--1: domain-name:value: the string is not closed
problem f:17:1: indicator--1: expected [, found ""
problem f:18:1: indicator--2: a pattern of type "yara" cannot be read, only stix
note f: 1 revoked indicators are left out
`)
	checkIndicators(t, `{"type":"bundle","objects":[{"type":"indicator",`, "\nproblem unexpected EOF\n")
	checkIndicators(t, `{"type":"bundle","objects":7}`, "\nproblem stix: expected a list of objects\n")
	checkIndicators(t, `{"type":"bundle","objects":[{"type":"indicator","pattern":7}]}`, "\nproblem no indicator found: neither ECS documents, STIX, CSV nor one value a line\n")
}

// Many mistakes do not flood the screen.
func TestIndicatorMistakesAreBounded(t *testing.T) {
	dir := write(t, map[string]string{"f": strings.Repeat("?\n", 5000)})
	in, err := Indicators([]string{filepath.Join(dir, "f"), dir})
	if err != nil || len(in.Problems) != maxBadLines+2 {
		t.Fatalf("%v, %d problems", err, len(in.Problems))
	}
	if got := in.Problems[maxBadLines].Err.Error(); got != "4000 more indicators could not be read" {
		t.Error(got)
	}
	if _, err := Indicators([]string{filepath.Join(dir, "none")}); err == nil {
		t.Error("a path that does not exist is no error")
	}
}

// threat_query is parsed with the rule.
func TestThreatQuery(t *testing.T) {
	f := func(extra string) (*rules.Rule, error) {
		t.Helper()
		rs, problems := Read("x.json", []byte(`{"rule_id":"r","name":"n","type":"threat_match","query":"a:*","severity":"low","risk_score":1,`+
			`"threat_mapping":[{"entries":[{"field":"a","value":"threat.indicator.ip","type":"mapping"}]}]`+extra+`}`))
		if len(problems) > 0 {
			return nil, problems[0].Err
		}
		return rs[0], nil
	}
	r, err := f(`,"threat_query":"@timestamp >= \"now-30d/d\" and event.module:x"`)
	if err != nil || fmt.Sprint(r.ThreatMatch.QueryX) != `(@timestamp >= "now-30d/d" and event.module =[any] ("x"))` || r.NotRun != rules.ReasonIndicators {
		t.Errorf("%v %v", r, err)
	}
	if r, err := f(`,"threat_query":" "`); err != nil || r.ThreatMatch.QueryX != query.Expr(nil) {
		t.Errorf("empty: %v %v", r, err)
	}
	if r, err := f(`,"threat_query":"a:b","threat_language":"esql"`); err != nil || r.NotRun != "not supported: language esql in threat_query" {
		t.Errorf("esql: %v %v", r, err)
	}
	if _, err := f(`,"threat_query":"a:("`); err == nil || !strings.Contains(err.Error(), "threat_query: line 1, column") {
		t.Errorf("bad query: %v", err)
	}
	rs, problems := Read("x.json", []byte(`{"rule_id":"r","name":"n","type":"threat_match","query":"a:*","severity":"low","risk_score":1,`+
		`"threat_mapping":[{"entries":[{"field":"a","value":"threat.indicator.ip","type":"mapping","negate":true}]}]}`))
	if len(rs) != 0 || len(problems) != 1 {
		t.Errorf("negated alone: %v %v", rs, problems)
	}
}

func FuzzIndicators(f *testing.F) {
	f.Add([]byte("type,value\nip,10.1.2.3\n"))
	f.Add([]byte(`{"type":"bundle","objects":[{"type":"indicator","pattern":"[domain-name:value = 'a.example']"}]}`))
	f.Add([]byte(`{"threat":{"indicator":{"ip":"10.1.2.3"}}}`))
	f.Add([]byte("hxxp://a[.]example\n10.0.0.0/8\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &indicatorReader{out: &rules.Indicators{}}
		r.begin("f")
		r.file(data)
		r.end()
		if len(r.out.Items)+len(r.out.Problems)+len(r.out.Notes) == 0 {
			t.Error("nothing was read and nothing said")
		}
		for _, x := range r.out.Items {
			if (x.Doc == nil) == (len(x.Fields) == 0) || x.Line < 1 {
				t.Errorf("indicator %+v", x)
			}
		}
	})
}
