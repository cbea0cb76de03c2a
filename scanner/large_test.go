package scanner

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Whatever comes in at once, what is in together has room; everything comes in, what is
// larger than all the room too.
func TestLargeLines(t *testing.T) {
	const room = 50 << 20
	g := newLargeLines(room)
	var in, most, passed atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 200 {
				weight := g.enter(largeLine << ((i + n) % 10))
				now := in.Add(int64(weight))
				for {
					seen := most.Load()
					if now <= seen || most.CompareAndSwap(seen, now) {
						break
					}
				}
				runtime.Gosched()
				in.Add(-int64(weight))
				passed.Add(1)
				g.leave(weight)
			}
		})
	}
	all.Wait()
	if most.Load() > room || most.Load() < largeLine || passed.Load() != 1600 || g.free != room {
		t.Errorf("%d lines, %d bytes at most of %d, %d free in the end", passed.Load(), most.Load(), room, g.free)
	}
	if g := newLargeLines(0); g.enter(1<<30) != 1 {
		t.Error("without room nothing comes in")
	}
}

// denseLine is a line of n values that makes a finding.
func denseLine(i, n int) string {
	return fmt.Sprintf(`{"@timestamp":%q,"host":{"name":"h1"},"process":{"name":"one","pid":%d},"x":[%s1]}`, at(i), i, strings.Repeat("1,", n))
}

// Large lines that all make findings are parsed by every worker: what that takes together
// does not grow with the workers. Without a bound eight took more than a gigabyte.
func TestLargeLinesMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("parses megabytes of values: not for the race detector's turn")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(30))
	cfg := withRules(t, kqlRule(t, "one", "process.name:one"))
	cfg.Jobs = 8
	var b bytes.Buffer
	for i := range 12 {
		b.WriteString(denseLine(i, 200_000) + "\n")
	}
	path := writeBytes(t, t.TempDir(), "a.ndjson", b.Bytes())
	b = bytes.Buffer{}
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-done:
				peak <- most
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	res := scan(t, cfg, path)
	close(done)
	most := <-peak
	equal(t, "findings", res.Counts.Findings, 12)
	t.Logf("%d MiB at most", most>>20)
	if most > 512<<20 {
		t.Errorf("%d MiB are in use", most>>20)
	}
}

// What lines wait for leaves no trace in what is found.
func TestLargeLinesInvariance(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "one", "process.name:one"))
	var b bytes.Buffer
	for i := range 16 {
		b.WriteString(denseLine(i, []int{1, 10_000, 100, 30_000}[i%4]) + "\n")
	}
	path := writeBytes(t, t.TempDir(), "a.ndjson", b.Bytes())
	want := ""
	for _, jobs := range []int{1, 2, 8} {
		for _, mem := range []int64{0, 1 << 20} {
			cfg.Jobs, cfg.MaxMemory = jobs, mem
			got := whole(t, scan(t, cfg, path))
			if want == "" {
				want = got
			}
			same(t, fmt.Sprintf("%d jobs, %d bytes", jobs, mem), got, want)
		}
	}
}
