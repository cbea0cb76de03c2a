package esql

import (
	"regexp"
	"testing"
)

var threeGroups = regexp.MustCompile("(a)(?P<n>b)(c)")

func FuzzParse(f *testing.F) {
	inputs, _ := treeBlocks(f)
	for _, s := range inputs {
		f.Add(s)
	}
	for _, m := range mistakes {
		f.Add(m.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := parse(text(s)); err == nil {
			checkRoundTrip(t, s)
		}
		q, err := Parse(text(s), builtin())
		if (q == nil) == (err == nil) {
			t.Fatalf("Parse(%q): query %v, error %v", s, q, err)
		}
		if err != nil {
			return
		}
		Warnings(q)
		Prefilter(q)
		q.Fields()
		for i := range q.Commands {
			q.Live(i)
		}
	})
}

func FuzzPatterns(f *testing.F) {
	for _, s := range []string{`a&b|c`, `.*(x&|y).*`, `[^\w-]+@#<1-2>`, `%{IP:a}:%{INT:b:int}`, `(?im)^(?<c.d>\h+)$`,
		`%{a->} %{+b/2},%{?c}`, "\\$\\{(\\w++`){2,}", `(?!a|b)[a-z]`, "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 500 {
			return
		}
		translateRegexp(s)
		compileGrok(s)
		compileDissect(s)
		JavaRegexp(s)
		JavaReplacement(s, threeGroups)
		if d, err := CompileDateFormat(s); err == nil {
			d.Parse(d.Format(1_700_000_000_123))
			d.Parse(s)
		}
	})
}
