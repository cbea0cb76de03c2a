package matchers

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Words as Elasticsearch's standard tokenizer cuts them (Unicode annex 29) and its
// lower-case filter leaves them.
func TestTokenize(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		var got []string
		for _, w := range tokenize(in) {
			got = append(got, string(w))
		}
		if !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("tokenize(%q) = %q, want %q", in, got, want)
		}
	}
	f("", "")
	f(" -- ", "")
	f("The QUICK fox", "the quick fox")
	f("foo_bar-baz", "foo_bar baz")
	f("john's it’s", "john's it’s")
	f("'quoted'", "quoted")
	f("www.example.com.", "www.example.com")
	f("10.1.2.3", "10.1.2.3")
	f("1,000;5", "1,000;5")
	f("a,b;c", "a b c")
	f("a.1 1.a", "a 1 1 a") // annex 29 joins letters to letters, digits to digits
	f("a:b 1:2", "a:b 1 2")
	f(`C:\Windows\cmd.exe`, "c windows cmd.exe")
	f("ÄÖÜ ÉCOLE", "äöü école")
	f("a\xffb", "a b")
}

func TestPhrase(t *testing.T) {
	f := func(text, phrase string, want bool) {
		t.Helper()
		if got := hasPhrase([]byte(text), tokenize(phrase)); got != want {
			t.Errorf("%q in %q: %v, want %v", phrase, text, got, want)
		}
	}
	f("one two three", "TWO three", true)
	f("one two three", "two", true)
	f("one two three", "one three", false)
	f("one one two", "one two", true)
	f("one", "one two", false)
	f("twofold", "two", false)
}

// FuzzTokens: words do not overlap, stand in order and are what tokenEqual calls equal.
func FuzzTokens(f *testing.F) {
	f.Add("a.b c'd 1,2 \xff é")
	f.Fuzz(func(t *testing.T, s string) {
		b := []byte(s)
		for i, at := 0, 0; ; {
			start, end, ok := nextToken(b, i)
			if !ok {
				break
			}
			if start < at || end <= start || !utf8.Valid(b[start:end]) {
				t.Fatalf("%q: word %d to %d after %d", s, start, end, at)
			}
			if w := appendLowerUnicode(nil, b[start:end]); !tokenEqual(b[start:end], w) {
				t.Fatalf("%q is not equal to %q", b[start:end], w)
			}
			i, at = end, end
		}
	})
}
