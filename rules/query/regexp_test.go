package query

import (
	"regexp"
	"strings"
	"testing"
)

func TestTranslateRegexp(t *testing.T) {
	f := func(lucene string, fold bool, yes, no string) {
		t.Helper()
		out, err := TranslateRegexp(lucene, fold)
		if err != nil {
			t.Errorf("TranslateRegexp(%q): %v", lucene, err)
			return
		}
		re := regexp.MustCompile(out)
		for _, s := range strings.Split(yes, "|") {
			if !re.MatchString(s) {
				t.Errorf("%q -> %q does not match %q", lucene, out, s)
			}
		}
		for _, s := range strings.Split(no, "|") {
			if re.MatchString(s) {
				t.Errorf("%q -> %q matches %q", lucene, out, s)
			}
		}
	}
	f("bin", false, "bin", "/bin/x|Bin")
	f("b.n", false, "bin|b\nn", "bn")
	f("^a$", false, "^a$", "a")
	f(`\"a\"`, false, `"a"`, "a")
	f(`"a.b"c`, false, "a.bc", "axbc")
	f("a+?", false, "|a|aa", "b")
	f("x{2,3}", false, "xx|xxx", "x|xxxx")
	f(`[a-c\-]+`, false, "abc-", "d")
	f(`[^a-c]`, false, "d|A", "a")
	f(`\w+\s\d`, false, "ab 1", "ab1")
	f("k@S", true, "K@s|k@S", "\u212a@s|k@\u017f")
	f("[^k]", true, "\u212a|j", "K|k")
	f("[a-f]x", true, "Bx|bX", "gx")
	f("a(b|c)?d", false, "ad|abd|acd", "abcd")
	f("()", false, "", "a")
}

func TestTranslateRegexpRefuses(t *testing.T) {
	for _, in := range []string{"a~b", "a&b", "<1-5>", "#", "(a", "a)", "[a", `a\`, "*a", "x{2001}", "a{", strings.Repeat("(", 200), "a?????"} {
		if out, err := TranslateRegexp(in, false); err == nil {
			t.Errorf("TranslateRegexp(%q) = %q, want an error", in, out)
		}
	}
}

func TestRequiredLiteral(t *testing.T) {
	f := func(lucene string, fold bool, want string) {
		t.Helper()
		re, err := TranslateRegexp(lucene, fold)
		if err != nil {
			t.Fatal(err)
		}
		if got := RequiredLiteral(re); got != want {
			t.Errorf("RequiredLiteral(%q) = %q, want %q", re, got, want)
		}
	}
	f(".*mimikatz.*", false, "mimikatz")
	f(".*MimiKatz.*", true, "mimikatz")
	f("(ab|cd).*", false, "")
	f("x?abc+", false, "ab")
	f("(foo)+bar", false, "foo")
}

func FuzzTranslateRegexp(f *testing.F) {
	for _, s := range []string{"a.*b", `[^a-z\d]{1,3}`, `"x"|y?`, `\\`, "((a))+?"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, fold bool) {
		out, err := TranslateRegexp(s, fold)
		if err == nil {
			re := regexp.MustCompile(out)
			if lit := RequiredLiteral(out); re.MatchString(s) && !strings.Contains(lowerASCII(s), lit) {
				t.Errorf("%q matches %q without %q", s, out, lit)
			}
		}
	})
}

func TestPatterns(t *testing.T) {
	f := func(got Pattern, want string) {
		t.Helper()
		if got.String() != want {
			t.Errorf("got %q, want %q", got.String(), want)
		}
	}
	f(LikePattern(`?:\a\*`), `?:\\a\\*`)
	f(EscapedPattern(`\?:\\a*`), `\?:\\a*`)
	f(EscapedPattern(`a\`), `a\\`)
	f(LikePattern(""), "")
}
