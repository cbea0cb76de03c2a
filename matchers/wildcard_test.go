package matchers

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"coldcase/rules/query"
)

func TestGlob(t *testing.T) {
	f := func(pattern, in string, want bool) {
		t.Helper()
		if got := newGlob(query.LikePattern(pattern)).match([]byte(in)); got != want {
			t.Errorf("%q matches %q: %v, want %v", pattern, in, got, want)
		}
	}
	f("", "", true)
	f("", "a", false)
	f("*", "", true)
	f("**", "ab\nc", true)
	f("?", "", false)
	f("?", "é", true)
	f("?", "\xff", true) // a byte that is no UTF-8 is one character
	f("??", "é", false)
	f("a*", "a", true)
	f("*a", "ba", true)
	f("*a", "ab", false)
	f("a*a", "a", false) // the ends must not share
	f("a*a", "aa", true)
	f("ab*bc", "abc", false)
	f("*ab*ba*", "aba", false)
	f("*ab*ba*", "abba", true)
	f("a*b*c", "abcbc", true)
	f("a*b*c", "acb", false)
	f("*?é?*", "aéb", true)
	f("*?é?*", "éb", false)
	f("a*?", "a", false)
	f("a*?", "aé", true)
	f("*a?c", "abcaéc", true)
	f(`?:\a\*`, `C:\a\b`, true)
}

// FuzzGlob: the same as the regular expression that says the same.
func FuzzGlob(f *testing.F) {
	f.Add("a*b?c*", "axxbycz")
	f.Add("*ab*ab", "abab")
	f.Add("??é*", "\xffaé\xc3")
	f.Add("?*?", "é")
	f.Fuzz(func(t *testing.T, pattern, in string) {
		if len(pattern) > 200 || !utf8.ValidString(pattern) {
			return
		}
		p := query.LikePattern(pattern)
		var b strings.Builder
		for _, part := range p {
			b.WriteString(map[query.PartKind]string{query.Any: ".*", query.One: ".", query.Lit: regexp.QuoteMeta(part.Text)}[part.Kind])
		}
		if strings.ContainsRune(pattern, utf8.RuneError) && !utf8.ValidString(in) {
			return // regexp takes a broken byte for U+FFFD
		}
		want := regexp.MustCompile(`(?s)\A(?:` + b.String() + `)\z`).MatchString(in)
		if got := newGlob(p).match([]byte(in)); got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, in, got, want)
		}
	})
}

// TestGlobSteps: a matcher that goes back after a failed attempt would take more steps
// than there are atoms in the universe for the first of these, and never end.
func TestGlobSteps(t *testing.T) {
	long := bytes.Repeat([]byte("a"), 1<<20)
	for _, pattern := range []string{strings.Repeat("a*", 100) + "b", strings.Repeat("*a?", 100) + "b*", "*" + strings.Repeat("a", 50) + "b*a"} {
		if newGlob(query.LikePattern(pattern)).match(long) {
			t.Errorf("%.20q... matches", pattern)
		}
	}
}
