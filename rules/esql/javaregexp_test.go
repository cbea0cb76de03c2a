package esql

import (
	"regexp"
	"strings"
	"testing"
)

// TestJavaRegexp replaces as Matcher.replaceAll does.
func TestJavaRegexp(t *testing.T) {
	f := func(s, pattern, replacement, want string) {
		t.Helper()
		program, err := JavaRegexp(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			return
		}
		re := regexp.MustCompile(program)
		template, err := JavaReplacement(replacement, re)
		if err != nil {
			t.Errorf("%s: %v", replacement, err)
			return
		}
		if got := re.ReplaceAllString(s, template); got != want {
			t.Errorf("%s, %s, %s: got %q, want %q", s, pattern, replacement, got, want)
		}
	}
	f("Hello World", `\s+`, "", "HelloWorld")
	f("a\vb", `\s`, "_", "a_b") // Java counts the vertical tab
	f("a\vb", `[\s-]`, "_", "a_b")
	f("host:8080", ":[0-9]+$", "", "host")
	f(`C:\a\b`, `^.*\\`, "", "b")
	f("a\rb", "a.", "x", "a\rb") // '.' is no line end
	f("a\rb", "(?s)a.", "x", "xb")
	f("Bearer abc x", `(?i)(bearer +)[^'" ]+`, "$1<HIDDEN>", "Bearer <HIDDEN> x")
	f("ab", "(a)(b)", "$2$1", "ba")
	f("ab", "(a)", "$12", "a2b") // one group: the 2 is a digit
	f("ab", "(?<x>a)", "${x}!", "a!b")
	f("ab", "a", `\$1\\`, `$1\b`)
	f("x1y22", `\d++y`, "_", "x_22")
	f("`{ab`cd`ef}", "(\\w++`){2,}\\w++\\}", "_", "`{_")
	f("a`q a`r", "[a-z]`(?![rn]|\\d)[a-z]", "_", "_ a`r")
	f("a/b", `a\/`, "", "b")
	f("é_é", `\é`, "e", "e_e")
	f("A", `\u0041`, "b", "b")
}

func TestJavaRegexpErrors(t *testing.T) {
	f := func(pattern, want string) {
		t.Helper()
		if _, err := JavaRegexp(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", pattern, err, want)
		}
	}
	f("(?=a)b", "lookaround")
	f("(?<!a)b", "lookaround")
	f("(?!ab)c", "lookaround")
	f("(?!a)[a-c]+", "lookaround")
	f("(?!a", "missing ')'")
	f("(?>a)", "atomic group")
	f(`(a)\1`, "back-reference")
	f(`\w++a`, "possessive quantifier") // giving back could help: here it must fail
	f("[a[b]]", "class within a class")
	f("[a", "missing ']'")
	f(`a\`, "ends in a backslash")
	f("(a", "regular expression: ")
	f(strings.Repeat("a", 100<<10), "longer than")
}

func TestJavaReplacementErrors(t *testing.T) {
	re := regexp.MustCompile("(?P<y>a)")
	for _, s := range []string{"$", "$2", "$x", "${", "${}", "${x}", `\`} {
		if got, err := JavaReplacement(s, re); err == nil {
			t.Errorf("%s: got %q, want an error", s, got)
		}
	}
}
