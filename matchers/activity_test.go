package matchers

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// naive is the set of slots of minutes, at the shortest slot at which they fit.
func naive(minutes []int64) (level uint8, slots []int64) {
	for ; ; level++ {
		words := map[int64]bool{}
		slots = slots[:0]
		for _, m := range minutes {
			words[m>>level>>6] = true
			slots = append(slots, m>>level)
		}
		if len(words) <= maxActiveWords {
			slices.Sort(slots)
			return level, slices.Compact(slots)
		}
	}
}

// However minutes come, and however they are divided, the set is the same.
func TestActivityIsASet(t *testing.T) {
	const now = 29_000_000
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		span := int64(1) << (4 + seed%22)
		var minutes []int64
		for range 1 + r.IntN(3000) {
			minutes = append(minutes, now+r.Int64N(span))
		}
		level, want := naive(minutes)
		var whole activity
		parts := make([]activity, 3)
		for _, m := range minutes {
			whole.add(m)
			parts[r.IntN(3)].add(m)
		}
		parts[1].merge(&parts[2])
		parts[0].merge(&parts[1])
		for name, got := range map[string]*activity{"whole": &whole, "merged": &parts[0]} {
			if got.level != level || len(got.words) > maxActiveWords {
				t.Fatalf("seed %d, %s: level %d, want %d; %d words", seed, name, got.level, level, len(got.words))
			}
			if d := cmp.Diff(want, got.slots()); d != "" {
				t.Fatalf("seed %d, %s: %s", seed, name, d)
			}
		}
	}
}

func TestActivityOfTheWholeRange(t *testing.T) {
	var a activity
	for m := earliest / 60e9; m < latest/60e9; m += 700 {
		a.add(m)
	}
	if n := len(a.words); n > maxActiveWords || n < maxActiveWords/4 {
		t.Errorf("a hundred years take %d words of %v", n, a.slot())
	}
}
