package matchers

import (
	"regexp"
	"strings"
	"testing"

	"coldcase/rules/query"
)

func TestShape(t *testing.T) {
	f := func(lucene, text string, want bool) {
		t.Helper()
		p, err := query.TranslateRegexp(lucene, false)
		if err != nil {
			t.Fatal(err)
		}
		if s := newShape(p); s.allows([]byte(text)) != want {
			t.Errorf("%q may match %q: %v, want %v", lucene, text, !want, want)
		}
	}
	f("a.*z", "abz", true)
	f("a.*z", "bbz", false)
	f("a.*z", "abb", false)
	f("a.*z", "", false)
	f("a*", "", true)
	f("a*", "b", false)
	f("(ab|cd).*", "cx", true) // only ends are looked at
	f("(ab|cd).*", "ex", false)
	f(`.*[0-9]{1,3}\.[0-9]:[0-9]:.*`, "1.2:3", false) // one colon of two
	f(`.*[0-9]{1,3}\.[0-9]:[0-9]:.*`, "1.2:3:", true)
	f(`.*(\.|:).*`, "x", true) // either will do, so neither is needed
	f(`.*(:.){3}.*`, "::", false)
	f(`.*(:.){3}.*`, ":::", true)
	f(`.*(:.){0,3}.*`, "", true)
	f(`[^a].*`, "\xff", true)
	f(`é.*`, "e", false)
	f(`.*é`, "\xa9", true)
}

// FuzzShape: what an expression matches, its shape allows.
func FuzzShape(f *testing.F) {
	for _, p := range []string{`a+b?(c|d)*`, `(?i)k[^s]{2,3}\.`, `(?s).*x|\pL$`, `\b|^$`, `[\x{80}-\x{ffff}a]+`, `((:){2}){3}`, `(?m)^a$`} {
		f.Add(p, "abc:k.K\u212a")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 100 || len(text) > 1000 {
			return
		}
		whole := `(?s)\A(?:` + pattern + `)\z`
		for _, p := range []string{pattern, whole} {
			re, err := regexp.Compile(p)
			if err != nil {
				return
			}
			s := newShape(p)
			for _, text := range []string{text, re.FindString(text), re.FindString(strings.ToUpper(text)), ""} {
				if re.MatchString(text) && !s.allows([]byte(text)) {
					t.Fatalf("%q matches %q, which its shape does not allow: %+v", p, text, s)
				}
			}
		}
	})
}

// FuzzGlobEdges: a list of patterns finds the same with its edges and without.
func FuzzGlobEdges(f *testing.F) {
	f.Add("a*b", "?bc", "*long text at the end", "abc")
	f.Add("", "*", "??", "\x00")
	f.Add("exactly twelve", "*\x00", "\x00\x00*", "exactly twelve")
	f.Fuzz(func(t *testing.T, p, q, r, text string) {
		globs := newGlobs([]query.Pattern{query.LikePattern(p), query.LikePattern(q), query.LikePattern(r)}, nil)
		for _, text := range []string{text, p, q, r, strings.ReplaceAll(p, "*", text), strings.ReplaceAll(q, "?", "x")} {
			want := false
			for _, g := range globs {
				want = want || g.match([]byte(text))
			}
			if got := newGlobTest(globs, true).matchText([]byte(text)); got != want {
				t.Fatalf("%q, %q and %q on %q: %v, want %v", p, q, r, text, got, want)
			}
		}
	})
}
