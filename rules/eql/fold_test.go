package eql

import (
	"fmt"
	"sort"
	"strings"
	"testing"
)

// foldText reads and folds one expression of any type.
func foldText(s string) (node, error) {
	src := text(s)
	tokens, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{src: src, tokens: tokens}
	x, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.cur().kind != tokEOF {
		return nil, p.unexpected("the end")
	}
	if _, err := (checker{src}).typeOf(x); err != nil {
		return nil, err
	}
	return (&folder{src}).fold(x)
}

// TestFold: what the reference says of functions, arithmetic and null
// (query-semantics 3.4 to 3.9).
func TestFold(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		x, err := foldText(in)
		if err != nil {
			t.Errorf("fold(%s): %v", in, err)
		} else if x.String() != want {
			t.Errorf("fold(%s): got %s, want %s", in, x, want)
		}
	}
	// Arithmetic: integers truncate, a double makes a double, % keeps the sign.
	f(`1 + 1`, `2`)
	f(`1 + 1 == 2`, `true`)
	f(`4 / 3 == 1`, `true`)
	f(`-7 / 2`, `-3`)
	f(`-7 % 3`, `-1`)
	f(`7 / 2.0`, `3.5`)
	f(`2 * 3 + 4 * 5`, `26`)
	f(`10 - 4 - 3`, `3`)
	f(`- - 5`, `5`)
	f(`+ 5`, `5`)
	f(`1 + null`, `null`)
	f(`-null`, `null`)
	f(`add(1, 2)`, `3`)
	f(`subtract(3, -5)`, `8`)
	f(`divide(30, 4.0)`, `7.5`)
	f(`multiply(6, 5)`, `30`)
	f(`modulo(11, 4)`, `3`)
	f(`9223372036854775807 - 1`, `9223372036854775806`)
	f(`-9223372036854775807 - 1`, `-9223372036854775808`)
	// A number too long for 64 bits is a double.
	f(`9223372036854775808 + 0 > 1e18`, `true`)
	// Comparisons.
	f(`"Foo" == "foo"`, `false`)
	f(`"Foo" < "foo"`, `true`)
	f(`3 == 3.0`, `true`)
	f(`"3" == 3`, `null`)
	f(`null == null`, `true`)
	f(`null != null`, `false`)
	f(`1 == null`, `false`)
	f(`null < 1`, `null`)
	f(`not null`, `null`)
	f(`f < null`, `null`)
	f(`5 < f`, `f > 5`)
	f(`5 >= f`, `f <= 5`)
	f(`"a" != f`, `not f == "a"`)
	f(`11 in (7, 11)`, `true`)
	f(`11 not in (7, 8)`, `true`)
	f(`1 in (2, null)`, `null`)
	f(`null in (1)`, `null`)
	// Logic.
	f(`f == 1 and true`, `f == 1`)
	f(`f == 1 and false`, `false`)
	f(`false or f == 1 or g`, `f == 1 or g`)
	f(`f == 1 or 1 == 1`, `true`)
	f(`not not f`, `f`)
	f(`not not not f`, `not f`)
	f(`null and null`, `null`)
	f(`null or true`, `true`)
	// == true and == false on anything but a field.
	f(`(f == 1) == true`, `f == 1`)
	f(`(f == 1) == false`, `not f == 1`)
	f(`true != (f == 1)`, `not f == 1`)
	f(`(f == 1) != false`, `f == 1`)
	f(`f == true`, `f == true`)
	f(`f != true`, `not f == true`)
	// Functions: names in any case.
	f(`CONCAT("a", 4, true, 42.5, 2.0)`, `"a4true42.52.0"`)
	f(`concat("a", null)`, `null`)
	f(`string(7)`, `"7"`)
	f(`string(1.5e10)`, `"1.5E10"`)
	f(`string(1e-5)`, `"1.0E-5"`)
	f(`length("a\u{1F600}b")`, `4`)
	f(`length("")`, `0`)
	f(`startsWith("abc", "AB")`, `false`)
	f(`startswith~("abc", "AB")`, `true`)
	f(`startsWith("abc", "")`, `true`)
	f(`endsWith("abc", "")`, `true`)
	f(`endsWith~("abc", "BC")`, `true`)
	f(`stringContains("abc", "b")`, `true`)
	f(`stringContains("abc", "")`, `false`)
	f(`indexOf("abcabc", "c")`, `2`)
	f(`indexOf("abcabc", "c", 3)`, `5`)
	f(`indexOf("abc", "c", -9)`, `2`)
	f(`indexOf("abc", "c", 4)`, `null`)
	f(`indexOf("abc", "x")`, `null`)
	f(`indexOf("abc", "", 2)`, `2`)
	f(`indexOf~("abC", "c")`, `2`)
	f(`substring("alpha gamma", -5)`, `"gamma"`)
	f(`substring("alpha gamma", 5, -1)`, `" gamm"`)
	f(`substring("omega", 3, 2)`, `""`)
	f(`substring("omega", -60, 500)`, `"omega"`)
	f(`between("a=1;b=2;", "=", ";")`, `"1"`)
	f(`between("a=1;b=2;", "=", ";", true)`, `"1;b=2"`)
	f(`between("a=1", "=", ";")`, `""`)
	f(`between("a=1", "", ";")`, `"a=1"`)
	f(`between~("xABCx", "a", "c")`, `"B"`)
	f(`number("0x1f")`, `31`)
	f(`number("1f", 16)`, `31`)
	f(`number("0x1f", 16)`, `31`)
	f(`number(" -3.25 ")`, `-3.25`)
	f(`length(concat("a", "b")) + 1 == 3`, `true`)
	// Left to the script: not all arguments are constant, or null for an optional one.
	f(`length(f)`, `length(f)`)
	f(`concat(f, "a")`, `concat(f, "a")`)
	f(`substring("ab", 1, null)`, `substring("ab", 1, null)`)
	f(`cidrMatch("10.0.0.1", "10.0.0.0/8")`, `cidrMatch("10.0.0.1", "10.0.0.0/8")`)
}

func TestFoldErrors(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if x, err := foldText(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("fold(%s): got %v, %v, want an error with %q", in, x, err, want)
		}
	}
	f(`1 / 0`, "division by zero")
	f(`1 % 0`, "division by zero")
	f(`1.0 / 0`, "overflow")
	f(`9223372036854775807 + 1`, "overflow")
	f(`-9223372036854775807 - 2`, "overflow")
	f(`(-9223372036854775807 - 1) / -1`, "overflow")
	f(`4294967296 * 4294967296`, "overflow")
	f(`number("abc")`, "cannot read a number")
	f(`number("1", 99)`, "base must be")
	f(`substring("a", 1.5)`, "whole number")
}

// foldSuiteOut lists expressions of python-eql's folding suites that do not hold in
// Elasticsearch, by what shows it.
var foldSuiteOut = []struct{ shows, why string }{
	{":length()", "method syntax is not in EQL"},
	{"wildcard(", "removed from EQL"},
	{"match(", "removed from EQL"},
	{`village`, `not found is "" (3.9)`},
	{`goodbye`, `not found is "" (3.9)`},
	{`, "x", `, `not found is "" (3.9)`},
	{`planet", "", `, "an empty bound returns the source (3.9)"},
	{`"o", null)`, "null for an optional argument is left to the script"},
	{`, null, null)`, "null for an optional argument is left to the script"},
	{`6, null)`, "null for an optional argument is left to the script"},
	{`-5, null)`, "null for an optional argument is left to the script"},
	{`null, 5)`, "null for a position is null in Elasticsearch"},
}

func TestPythonFolding(t *testing.T) {
	used := map[string]bool{}
	n := 0
	for _, name := range []string{"test_folding.toml", "test_string_functions.toml"} {
		var file map[string]map[string]any
		readTOML(t, shared(t, "suites", "eql-python", name), &file)
		for _, section := range sortedKeys(file) {
			if file[section]["case_insensitive"] == true {
				continue // == and the functions keep case here; ~ has tests of its own
			}
			for _, c := range foldCases(file[section]) {
				expr := strings.ReplaceAll(fmt.Sprint(c["expression"]), "'", `"`)
				if why := outOfFolding(expr); why != "" {
					used[why] = true
					continue
				}
				checkFold(t, expr, c["expected"])
				n++
			}
			for _, expr := range verifierCases(file[section]) {
				if x, err := foldText(strings.ReplaceAll(expr, "'", `"`)); err == nil {
					t.Errorf("%s: got %s, want an error", expr, x)
				}
			}
		}
	}
	for _, out := range foldSuiteOut {
		if !used[out.shows] {
			t.Errorf("no case for %s", out.shows)
		}
	}
	t.Logf("%d expressions", n)
}

func sortedKeys(m map[string]map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func outOfFolding(expr string) string {
	for _, out := range foldSuiteOut {
		if strings.Contains(expr, out.shows) {
			return out.shows
		}
	}
	return ""
}

// foldCases collects [fold.tests], and those of [loop] for a value of each type.
func foldCases(section map[string]any) []map[string]any {
	fold, _ := section["fold"].(map[string]any)
	cases, _ := fold["tests"].([]map[string]any)
	loops, _ := section["loop"].([]map[string]any)
	values := map[any]string{"null": "null", "bool": "true", "int": "7", "string": `"s"`, "float": "1.5"}
	for _, loop := range loops {
		param := loop["param"].(map[string]any)
		for _, c := range foldCases(loop) {
			for _, typ := range param["type"].([]any) {
				expr := strings.ReplaceAll(c["expression"].(string), "$value", values[typ])
				cases = append(cases, map[string]any{"expression": expr, "expected": c["expected"]})
			}
		}
	}
	return cases
}

func verifierCases(section map[string]any) []string {
	verifier, _ := section["verifier"].(map[string]any)
	failures, _ := verifier["failures"].([]map[string]any)
	var out []string
	for _, f := range failures {
		out = append(out, f["expression"].(string))
	}
	return out
}

// checkFold compares with a value of the suite; nil stands for null.
func checkFold(t *testing.T, expr string, expected any) {
	t.Helper()
	x, err := foldText(expr)
	if err != nil {
		t.Errorf("%s: %v", expr, err)
		return
	}
	l, ok := x.(*literal)
	if !ok {
		t.Errorf("%s: got %s, want the constant %v", expr, x, expected)
		return
	}
	want := fmt.Sprint(expected)
	switch v := expected.(type) {
	case nil:
		want = "null"
	case string:
		want = quote(v)
	case int64:
		ok = l.kind == typeNumber && parseNumber(l.text).compare(number{long: true, i: v, double: float64(v)}) == 0
		want = l.String()
	case float64:
		ok = l.kind == typeNumber && parseNumber(l.text).double == v
		want = l.String()
	}
	if !ok || l.String() != want {
		t.Errorf("%s: got %s, want %v", expr, l, expected)
	}
}
