package eql

import "testing"

func FuzzParse(f *testing.F) {
	for _, s := range inputs(f) {
		f.Add(s)
	}
	for _, c := range lowerings {
		f.Add("any where " + c.in)
	}
	for _, c := range mistakes {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := parse(text(s)); err == nil {
			checkRoundTrip(t, s)
		}
		if p, err := Parse(text(s), Options{}); (p == nil) == (err == nil) {
			t.Fatalf("Parse(%q): program %v, error %v", s, p, err)
		}
	})
}

func inputs(f *testing.F) []string {
	in, _ := parserBlocks(f)
	return in
}
