package esql

import (
	"regexp"
	"strings"
	"testing"
)

// TestTranslateRegexp holds RLIKE patterns against strings; the expectations follow from
// Lucene's RegExp grammar (esql-semantics 7).
func TestTranslateRegexp(t *testing.T) {
	f := func(pattern, s string, want bool) {
		t.Helper()
		program, err := translateRegexp(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			return
		}
		if got := regexp.MustCompile(program).MatchString(s); got != want {
			t.Errorf("%s on %q (%s): got %t, want %t", pattern, s, program, got, want)
		}
	}
	// The whole value; any character but only one.
	f("abc", "abc", true)
	f("abc", "xabc", false)
	f("a.c", "a\nc", true)
	f("", "", true)
	f("", "a", false)
	// No anchors.
	f("^a$", "a", false)
	f("^a$", "^a$", true)
	// Operands that look like operators.
	f("*sh.{1,2}-c*", "*shxx-c", true)
	f("*sh.{1,2}-c*", "/bin/sh x-c", false)
	f("(oauth.*||.*login.*)", "oauth2", true)
	f("(oauth.*||.*login.*)", "a login", false)
	f("(oauth.*||.*login.*)", "|a login", true)
	f("a|)", ")", true)
	// Any string, no string, quoted text.
	f(".+@[A-Z]+", "abX", true)
	f("a#", "a", false)
	f("(a#|b)", "b", true)
	f(`"a.b"c`, "a.bc", true)
	f(`"a.b"c`, "axbc", false)
	f("a()b", "ab", true)
	// Intersections with a side that is a small set.
	f("(a|b|c)&[b-z]", "b", true)
	f("(a|b|c)&[b-z]", "a", false)
	f("x(ab?&a.*)y", "xaby", true)
	f(`(>&\s*/dev/tcp)|ok`, ">", false)
	f(`(>&\s*/dev/tcp)|ok`, "ok", true)
	// Classes: in brackets only \ - ] and a leading ^ are special.
	f(`[a.$^]`, "$", true)
	f(`[a.$^]`, "b", false)
	f(`[^\w-]`, "-", false)
	f(`[^\w-]`, "+", true)
	f(`[\]\-]`, "]", true)
	f(`\s\d\W\S`, "\t5+x", true)
	f(`\s`, "\v", false)
	f(`\w`, "é", false)
	f(`\D\W`, "é\n", true)
	// Quantifiers are never lazy.
	f("a+?", "", true)
	f("a{2}{2}", "aaaa", true)
	f("a{2}{2}", "aaa", false)
	f("a{2,}b", "aaab", true)
	f(`C:\\.*\.exe`, `C:\x.exe`, true)
}

func TestTranslateRegexpErrors(t *testing.T) {
	f := func(pattern, want string) {
		t.Helper()
		if _, err := translateRegexp(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", pattern, err, want)
		}
	}
	f("(a", "missing ')'")
	f("a)", `unexpected ")"`)
	f("a|", "ends where an operand is expected")
	f("a&", "ends where an operand is expected")
	f("[a", "missing ']'")
	f(`"a`, "missing '\"'")
	f(`a\`, "ends in a backslash")
	f(`\q`, `invalid escape \q`)
	f("[z-a]", "malformed range")
	f("a{x}", "malformed repetition")
	f("a{1}{1}{1}{1}{1}", "more than 4 quantifiers")
	f("~a", "complement (~)")
	f("<1-5>", "number range (<n-m>)")
	f("<1", "missing '>'")
	f("a.*&.*b", "intersection (&)")
	f(strings.Repeat("a", 100<<10), "longer than")
}
