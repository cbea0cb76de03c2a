package correlate

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// A log gives back what was added, each entry once, whatever its budget, and has one file.
func TestLogKeepsAll(t *testing.T) {
	var want []string
	for i := range 3000 {
		want = append(want, fmt.Sprintf("%04d %s", (i*7919)%3000, strings.Repeat("x", i%50)))
	}
	want = append(want, "large "+strings.Repeat("y", 300_000), "", "same", "same")
	for _, budget := range []int{0, 1000, 1 << 20, 64 << 20} {
		dir := t.TempDir()
		l := NewLog(dir, budget)
		for _, e := range want {
			if err := l.Add([]byte(e)); err != nil {
				t.Fatal(err)
			}
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) > 1 {
			t.Errorf("budget %d: %d files (%v)", budget, len(files), err)
		}
		for range 2 { // as often as asked
			var got []string
			if err := l.Each(func(e []byte) { got = append(got, string(e)) }); err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			if !slices.Equal(got, slices.Sorted(slices.Values(want))) {
				t.Fatalf("budget %d: %d entries, want %d", budget, len(got), len(want))
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("budget %d: %d files are left (%v)", budget, len(left), err)
		}
	}
}
