package scanner

import (
	"math/rand/v2"
	"testing"
	"time"

	"coldcase/matchers"
)

// stampedLine is an event as an ordering sees it.
type stampedLine struct {
	line, nanos int64
	stamp       matchers.Stamp
	sane        bool
}

// plainOrder says the same of events by looking at all of them.
func plainOrder(all []stampedLine) (o ordering) {
	var before []stampedLine
	for _, e := range all {
		if e.stamp == matchers.StampEarly {
			if o.early++; o.early == 1 {
				o.earlyLine = e.line
			}
		}
		if e.stamp == matchers.StampAhead {
			if o.ahead++; o.ahead == 1 {
				o.aheadLine = e.line
			}
		}
		if !e.sane {
			continue
		}
		for i, b := range before {
			if i == len(before)-1 && b.nanos-e.nanos > int64(time.Minute) {
				o.back++
			}
			if d := b.nanos - e.nanos; d > o.jump {
				o.jump, o.jumpLine = d, e.line
			}
		}
		before = append(before, e)
	}
	for i, e := range before {
		if i == 0 || e.nanos < o.min {
			o.min, o.minLine = e.nanos, e.line
		}
		if i == 0 || e.nanos > o.max {
			o.max = e.nanos
		}
	}
	if n := len(before); n > 0 {
		o.events, o.first, o.last = int64(n), before[0].nanos, before[n-1].nanos
	}
	return o
}

// However an input is cut into batches, and in whatever order they are finished, the same
// is said of its order.
func TestOrderingForAnyBatches(t *testing.T) {
	jumped := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		all := make([]stampedLine, r.IntN(40))
		now := int64(0)
		for i := range all {
			now += r.Int64N(int64(6*time.Minute)) - int64(2*time.Minute)
			e := stampedLine{line: int64(i + 1 + r.IntN(2)), nanos: now / 1e10 * 1e10, stamp: matchers.StampUsual, sane: true}
			switch r.IntN(8) {
			case 0:
				e.stamp, e.sane = matchers.StampEarly, false
			case 1:
				e.stamp, e.sane = matchers.StampAhead, r.IntN(2) == 0
			case 2:
				e.stamp, e.sane = matchers.StampNone, false
			}
			all[i] = e
		}
		want := plainOrder(all)
		if want.back > 0 && want.jump > int64(2*time.Minute) {
			jumped++
		}
		var batches []ordering
		for rest := all; len(rest) > 0; {
			n := 1 + r.IntN(min(len(rest), 9))
			var o ordering
			for _, e := range rest[:n] {
				o.note(e.line, e.nanos, e.stamp, e.sane)
			}
			batches, rest = append(batches, o), rest[n:]
		}
		var done orderings
		for _, i := range r.Perm(len(batches)) {
			done.put(int64(i), &batches[i])
		}
		if len(done) > 1 {
			t.Fatalf("seed %d: %d stretches are left of %d batches", seed, len(done), len(batches))
		}
		if got := done.whole(); got != want {
			t.Fatalf("seed %d:\n got %+v\nwant %+v", seed, got, want)
		}
	}
	if jumped < 50 {
		t.Errorf("only %d inputs were out of order", jumped)
	}
}

// Batches that are finished in order take no memory.
func TestOrderingsStaySmall(t *testing.T) {
	var done orderings
	for i := range int64(1000) {
		done.put(i^1, &ordering{})
		if len(done) > 2 {
			t.Fatalf("%d stretches", len(done))
		}
	}
	if len(done) != 1 || done[0].from != 0 || done[0].to != 1000 {
		t.Errorf("%+v", done)
	}
}
