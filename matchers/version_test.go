package matchers

import "testing"

// The order is that of Elasticsearch's version type; pre-releases as in semver.org,
// section 11.
func TestCompareVersions(t *testing.T) {
	ascending := []string{"0.9", "1", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
		"1.0.0-rc.1", "1.0.0", "1.5.0", "1.11.3", "1.11.20", "2", "99999999999999999999999.0", "", "1.", "1..2", "abc", "v1.0"}
	for i, a := range ascending {
		for j, b := range ascending {
			got := compareVersions([]byte(a), []byte(b))
			if (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("compareVersions(%q, %q) = %d", a, b, got)
			}
		}
	}
}

func FuzzCompareVersions(f *testing.F) {
	f.Add("1.0.0", "1.0.0-rc.1", "1.0.0+b")
	f.Add("x", "01.2", "1.2")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		sign := func(a, b string) int { return min(1, max(-1, compareVersions([]byte(a), []byte(b)))) }
		if sign(a, b) != -sign(b, a) {
			t.Fatalf("%q and %q are in no order", a, b)
		}
		if sign(a, b) <= 0 && sign(b, c) <= 0 && sign(a, c) > 0 {
			t.Fatalf("%q <= %q <= %q, but not the ends", a, b, c)
		}
	})
}
