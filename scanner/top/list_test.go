package top

import (
	"math/rand/v2"
	"testing"
)

// What a list keeps is the head of the whole order, whatever order it is given in.
func TestList(t *testing.T) {
	f := func(n, text, values int) {
		t.Helper()
		all := make([]int, values)
		for i := range all {
			all[i] = i
		}
		size := func(v int) int { return v*7919%13 + 1 }
		want, held := 0, 0
		for want < min(values, n) && (want == 0 || held+size(want) <= text) {
			held += size(want)
			want++
		}
		for range 50 {
			rand.Shuffle(values, func(i, j int) { all[i], all[j] = all[j], all[i] })
			list := &List[int]{N: n, Text: text, Compare: func(a, b int) int { return a - b }, Size: size}
			for _, v := range all {
				list.Add(v)
				if len(list.kept) > 2*n || list.held > 2*text+13 {
					t.Fatalf("holds %d values of %d bytes", len(list.kept), list.held)
				}
			}
			kept := list.Sorted()
			if len(kept) != want || list.Seen != int64(values) {
				t.Fatalf("top %d of %d bytes: kept %v of %d, want %d", n, text, kept, list.Seen, want)
			}
			for i, v := range kept {
				if v != i {
					t.Errorf("kept %d in place %d", v, i)
				}
			}
		}
	}
	f(10, 1000, 100)
	f(10, 1000, 3)
	f(100, 50, 500)
	f(5, 1, 40)
	f(1, 1000, 9)
}
