package matchers

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"coldcase/rules"
	"coldcase/rules/query"
)

// argument reads a literal of EQL, in either quotes.
func argument(s string) result {
	switch {
	case s == "null":
		return null
	case s == "true" || s == "false":
		return boolResult(s == "true")
	case strings.HasPrefix(s, `"`) || strings.HasPrefix(s, `'`):
		return textResult([]byte(strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(s[1 : len(s)-1])))
	}
	return literalResult(query.Literal{Kind: query.Number, Text: s})
}

var (
	callText     = regexp.MustCompile(`^(\w+)(~?)\((.*)\)$`)
	argumentText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'|[^,\s]+`)
)

// apply evaluates a call on literals, as a script does on values.
func apply(t *testing.T, text string, fold bool) result {
	t.Helper()
	m := callText.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%s is no call", text)
	}
	f, ok := functions[m[1]]
	if !ok {
		t.Fatalf("no function %s", m[1])
	}
	c := callNode{f: f, fold: fold || m[2] != ""}
	for _, arg := range argumentText.FindAllString(m[3], -1) {
		c.args = append(c.args, constValue(argument(arg)))
	}
	return c.value(&scratch{})
}

func show(r result) string {
	switch r.kind {
	case isText:
		return fmt.Sprintf("%q", r.text)
	case isNumber:
		return string(appendPlain(nil, r))
	case isBool:
		return fmt.Sprint(r.yes)
	}
	return "null"
}

// The function reference, as query-semantics 3.9 has it.
func TestFunctions(t *testing.T) {
	f := func(call, want string) {
		t.Helper()
		if got := show(apply(t, call, false)); got != want {
			t.Errorf("%s = %s, want %s", call, got, want)
		}
	}
	f(`add(4, 3)`, "7")
	f(`add(4, 0.5)`, "4.5")
	f(`add(4, null)`, "null")
	f(`add(9223372036854775807, 1)`, "null") // an overflow is an error there
	f(`subtract(4, 5)`, "-1")
	f(`multiply(4, 5)`, "20")
	f(`multiply(4611686018427387904, 2)`, "null")
	f(`divide(4, 3)`, "1") // whole numbers divide truncating
	f(`divide(-4, 3)`, "-1")
	f(`divide(4, 3.0)`, "1.3333333333333333")
	f(`divide(4, 0)`, "null")
	f(`modulo(10, 3)`, "1")
	f(`modulo(-10, 3)`, "-1") // the sign of the dividend
	f(`modulo(10, 0)`, "null")

	f(`between("welcome event", "w", "e")`, `""`)
	f(`between("welcome event", "l", "e")`, `"com"`)
	f(`between("welcome event", "l", "e", true)`, `"come ev"`)
	f(`between("welcome event", "x", "e")`, `""`)
	f(`between("welcome event", "w", "x")`, `""`)
	f(`between("welcome event", "", "e")`, `"welcome event"`)
	f(`between("", "a", "b")`, `""`)
	f(`between(null, "a", "b")`, "null")
	f(`between("WELCOME", "l", "e")`, `""`)
	f(`between~("WELCOME", "l", "e")`, `"COM"`)
	f("between~(\"K\u212aȺaMID\u212ab\", \"ka\", \"KB\")", `""`)
	f("between~(\"\u212aȺaMID\u212ab\", \"kⱥA\", \"KB\")", `"MID"`) // lower case has other lengths

	f(`cidrMatch("10.1.2.3", "10.6.48.157/8")`, "true")
	f(`cidrMatch("10.1.2.3", "192.168.0.0/16", "10.1.2.3/32")`, "true")
	f(`cidrMatch("10.1.2.3", "11.0.0.0/8")`, "false")
	f(`cidrMatch("x", "11.0.0.0/8")`, "false")
	f(`cidrMatch(null, "11.0.0.0/8")`, "null")

	f(`concat("a", 4, 42.5, true)`, `"a442.5true"`)
	f(`concat("a", null)`, "null")
	f(`concat(1e7, " ", 1.5e-5, " ", 1234567.0)`, `"1.0E7 1.5E-5 1234567.0"`)

	f(`endsWith("abc", "bc")`, "true")
	f(`endsWith("abc", "")`, "true")
	f(`endsWith("", "")`, "true")
	f(`endsWith("abc", "BC")`, "false")
	f(`endsWith~("abc", "BC")`, "true")
	f(`endsWith~("ÄB", "äb")`, "true") // scripts fold as Java does
	f(`endsWith(null, "c")`, "null")
	f(`startsWith("abc", "ab")`, "true")
	f(`startsWith("abc", 4)`, "null")
	f(`stringContains("abc", "b")`, "true")
	f(`stringContains("abc", "")`, "false")
	f(`stringContains("", "")`, "false")

	f(`indexOf("subdomain.net", ".")`, "9")
	f(`indexOf("subdomain.net", ".", 9)`, "9")
	f(`indexOf("subdomain.net", ".", 10)`, "null")
	f(`indexOf("subdomain.net", ".", -1)`, "9")
	f(`indexOf("abc", "", 2)`, "2")
	f(`indexOf("abc", "", 3)`, "3")
	f(`indexOf("abc", "", 4)`, "null")
	f(`indexOf("aBc", "b")`, "null")
	f(`indexOf~("aBc", "b")`, "1")
	f(`indexOf("😀b", "b")`, "2") // UTF-16
	f(`indexOf(null, "b")`, "null")

	f(`length("äb")`, "2")
	f(`length("😀")`, "2")
	f(`length("")`, "0")
	f(`length(null)`, "null")

	f(`number("1337")`, "1337")
	f(`number(" -42.5 ")`, "-42.5")
	f(`number("0x1f")`, "31")
	f(`number("-0x1F")`, "-31")
	f(`number("1f", 16)`, "31")
	f(`number("0x1f", 16)`, "31")
	f(`number("0x1f", null)`, "31")
	f(`number("101", 2)`, "5")
	f(`number("102", 2)`, "null")
	f(`number("0x1f", 10)`, "null")
	f(`number("ffffffffffffffff", 16)`, "null")
	f(`number("x")`, "null")
	f(`number("")`, "null")
	f(`number("0x")`, "null")
	f(`number("1", 99)`, "null")
	f(`number(4)`, "4")
	f(`number(null)`, "null")

	f(`string(4)`, `"4"`)
	f(`string(0.5)`, `"0.5"`)
	f(`string(true)`, `"true"`)
	f(`string(null)`, "null")

	f(`substring("start regsvr32.exe", 6)`, `"regsvr32.exe"`)
	f(`substring("start regsvr32.exe", 0, 5)`, `"start"`)
	f(`substring("start regsvr32.exe", 6, 14)`, `"regsvr32"`)
	f(`substring("start regsvr32.exe", -4)`, `".exe"`)
	f(`substring("abc", -2, -1)`, `"b"`)
	f(`substring("abc", 5)`, `""`)
	f(`substring("abc", 2, 1)`, `""`)
	f(`substring("abc", -9, 99)`, `"abc"`)
	f(`substring("😀b", 2)`, `"b"`)
	f(`substring(null, 1)`, "null")
}

func TestJavaDouble(t *testing.T) {
	f := func(in float64, want string) {
		t.Helper()
		if got := string(appendJavaDouble([]byte("x"), in)); got != "x"+want {
			t.Errorf("%v is written %q, want %q", in, got[1:], want)
		}
	}
	f(0, "0.0")
	f(1, "1.0")
	f(-2.5, "-2.5")
	f(0.001, "0.001")
	f(0.0001, "1.0E-4")
	f(9999999, "9999999.0")
	f(1e7, "1.0E7")
	f(1.25e10, "1.25E10")
	f(math.Inf(1), "Infinity")
	f(math.Inf(-1), "-Infinity")
	f(math.NaN(), "NaN")
}

// pythonFunctions are the sections of the suite whose functions mean the same in
// Elasticsearch. python-eql ignores case unless the section says otherwise, finds
// nothing of an unknown part (null, here "") and takes null for a missing argument.
var pythonFunctions = map[string]bool{"concat": true, "endswith": true, "endswith_insensitive": true, "endswith_sensitive": true,
	"indexof": true, "length": true, "number": true, "startswith": true, "startswith_case_sensitive": true,
	"startswith_case_insensitive": true, "string": true, "substring": true, "between": true}

// pythonFunctionsDiffer lists the calls on which the languages part, by reason.
var pythonFunctionsDiffer = []struct{ shows, why string }{
	{`^between\(.*"", ("x"|"planet"|"", false)`, "an empty part: the text itself in Elasticsearch (StringUtils.between)"},
	{`^between\(.*("village"|"goodbye"|"x", (true|false))`, `not found: "" in Elasticsearch`},
	{`^substring\('.*null`, "null for a position: null in Elasticsearch"},
	{`^number\(.*[a-z]'\)|^number\('[^0-9]`, "text that is no number: python-eql reads a prefix of it"},
}

type pythonCall struct {
	Expression string
	Expected   any
}

type pythonSection struct {
	Tests []pythonCall
	Fold  struct{ Tests []pythonCall }
}

func TestFunctionsPythonSuite(t *testing.T) {
	var suite map[string]pythonSection
	if _, err := toml.DecodeFile(shared(t, "suites", "eql-python", "test_string_functions.toml"), &suite); err != nil {
		t.Fatal(err)
	}
	ran, differ := 0, 0
	for _, name := range sortedKeys(suite) {
		if !pythonFunctions[name] {
			continue
		}
		for _, c := range append(suite[name].Fold.Tests, suite[name].Tests...) {
			got, want := show(apply(t, c.Expression, !strings.HasSuffix(name, "_sensitive"))), expectedOf(c.Expected)
			if why := functionsDiffer(c.Expression); why != "" {
				differ++
				if got == want {
					t.Errorf("%s = %s, as in python-eql: not true that %s", c.Expression, got, why)
				}
				continue
			}
			ran++
			if got != want {
				t.Errorf("%s: %s = %s, want %s", name, c.Expression, got, want)
			}
		}
	}
	t.Logf("%d calls ran, %d differ by language", ran, differ)
	if ran < 50 {
		t.Errorf("only %d calls ran", ran)
	}
}

func functionsDiffer(call string) string {
	for _, d := range pythonFunctionsDiffer {
		if regexp.MustCompile(d.shows).MatchString(call) {
			return d.why
		}
	}
	return ""
}

func expectedOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(v)
}

// TestFunctionsTwice: rules/eql folds calls on constants when it parses, matchers
// evaluate them on events. Both must say the same.
func TestFunctionsTwice(t *testing.T) {
	g := newGenerator(3)
	s := generatorSchema(t)
	ran := 0
	for range 3000 {
		subject := g.eqlText()
		call := strings.Replace(g.eqlScript("\x00"), "\x00", "%s", -1)
		folded, err := parseAny("any where " + strings.ReplaceAll(call, "%s", subject))
		if err != nil {
			continue
		}
		k, ok := folded.(*query.Const)
		if !ok {
			continue // another field takes part
		}
		m, err := Compile([]*rules.Rule{eventRule(parseQuery(t, "any where "+strings.ReplaceAll(call, "%s", "m.wc")))}, Options{Schema: s, AnyIndex: true})
		if err != nil {
			t.Fatal(err)
		}
		ran++
		text := argument(subject).text
		if got := matchesBoth(t, m, []byte(`{"m":{"wc":`+g.quote(string(text))+`}}`)); got != k.Value {
			t.Errorf("%s of %s is %v, folded %v", call, subject, got, k.Value)
		}
	}
	if ran < 1000 {
		t.Errorf("only %d calls ran", ran)
	}
}
