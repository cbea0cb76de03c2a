package scanner

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"coldcase/scanner/input"
)

// made is a standard input that makes its lines as they are read.
type made struct {
	n    int
	line func(i int) string
	i    int
	rest string
}

func (m *made) Read(p []byte) (int, error) {
	for len(m.rest) == 0 {
		if m.i == m.n {
			return 0, io.EOF
		}
		m.rest = m.line(m.i) + "\n"
		m.i++
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// peak runs f and returns the most bytes that the heap held meanwhile, beyond what it
// held before.
func peak(f func()) int64 {
	heap := func() int64 {
		s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(s)
		return int64(s[0].Value.Uint64())
	}
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	debug.FreeOSMemory()
	before, most := heap(), int64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			most = max(most, heap())
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	f()
	close(stop)
	<-done
	return most - before
}

// scanMade scans lines that are made, with little memory, and returns the result and
// the peak of the heap.
func scanMade(t *testing.T, cfg Config, m *made) (res *Result, most int64) {
	t.Helper()
	cfg.Inputs, cfg.Stdin = []input.Input{{Name: "-"}}, m
	most = peak(func() {
		var err error
		if res, err = Run(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() {
		if err := res.Close(); err != nil {
			t.Error(err)
		}
	})
	return res, most
}

// However many hosts and users the evidence names, the lists are capped, the counts
// are right, and the memory is bounded.
func TestManyHostsAndUsers(t *testing.T) {
	n := 100_000
	if raceDetector {
		n = 2 * maxGroups
	}
	cfg := withRules(t, kqlRule(t, "tools", `process.name: (tool or dump)`), kqlRule(t, "dumps", `process.name: dump`, risk("critical", 99)))
	cfg.MaxMemory = 8 << 20
	res, most := scanMade(t, cfg, &made{n: n, line: func(i int) string {
		name := "tool"
		if i == n-1 { // the one that matters comes last
			name = "dump"
		}
		return ev{time: at(i % 50_000), host: fmt.Sprint("host", i), user: fmt.Sprint("user", i), name: name}.String()
	}})
	equal(t, "findings", res.Counts.Findings, int64(n+1))
	equal(t, "groups counted", res.Counts.Groups, int64(n+1))
	equal(t, "groups listed", len(res.Groups), maxGroups)
	equal(t, "entities listed", len(res.Entities), 2*maxEntities)
	equal(t, "the best group", res.Groups[0].Host, fmt.Sprint("host", n-1))
	equal(t, "the best host", res.Entities[0].Name, fmt.Sprint("host", n-1))
	equal(t, "the best user", res.Entities[maxEntities].Name, fmt.Sprint("user", n-1))
	for _, note := range []string{
		fmt.Sprintf("groups that rank below those listed: %d; the findings files hold them all", n+1-maxGroups),
		fmt.Sprintf("hosts and users that rank below those listed: %d", 2*(n-maxEntities)),
		"the evidence names more indices, hosts or categories than the census keeps",
	} {
		equal(t, note, contains(res.Notes, note), true)
	}
	for i := 2; i < len(res.Groups); i++ {
		if compareGroups(res.Groups[i-1], res.Groups[i]) > 0 {
			t.Fatalf("groups %d and %d are out of order", i-1, i)
		}
	}
	// Batches and one line of 16 MiB are made only when needed; the lists, the census
	// and the merging of runs are what counts here.
	if most > 64<<20 {
		t.Errorf("the heap reached %d MiB", most>>20)
	}
}

// Long names cannot fill the memory either: the lists are bounded by their bytes.
func TestLongNames(t *testing.T) {
	const n, length = 300, 32 << 10
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	cfg.MaxMemory = 8 << 20
	pad := strings.Repeat("x", length)
	res, most := scanMade(t, cfg, &made{n: n, line: func(i int) string {
		return ev{time: at(i), host: fmt.Sprintf("h%04d%s", i, pad), user: fmt.Sprintf("u%04d%s", i, pad),
			more: `"process.command_line":"` + pad + `"`}.String()
	}})
	equal(t, "groups counted", res.Counts.Groups, n)
	equal(t, "groups listed", len(res.Groups), maxGroupText/(2*(length+5)+maxSample+len("…")))
	equal(t, "entities listed", len(res.Entities), 2*(maxEntityText/(length+5)))
	equal(t, "the first", res.Groups[0].Host[:5], "h0000")
	if most > 96<<20 {
		t.Errorf("the heap reached %d MiB", most>>20)
	}
}

// Many findings are spilled, and walked as often as asked, in order.
func TestManyFindings(t *testing.T) {
	n := 250_000
	if testing.Short() || raceDetector {
		n = 30_000
	}
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	cfg.MaxMemory = 16 << 20
	res, most := scanMade(t, cfg, &made{n: n, line: func(i int) string {
		// Times that come in no order, each once.
		return ev{time: fmt.Sprintf("2026-03-01T08:00:00.%09dZ", i*7919%1_000_003), id: fmt.Sprint(i)}.String()
	}})
	equal(t, "findings", res.Counts.Findings, int64(n))
	if most > 80<<20 {
		t.Errorf("the heap reached %d MiB", most>>20)
	}
	inside, err := os.ReadDir(cfg.TempDir)
	if err != nil || len(inside) != 1 {
		t.Errorf("the temporary directory holds %v, %v", inside, err)
	}
	for range 2 {
		var last time.Time
		walked := 0
		err := res.Findings(func(f *Finding) error {
			if !f.Time.After(last) {
				t.Fatalf("finding %d at %v comes after %v", walked, f.Time, last)
			}
			last, walked = f.Time, walked+1
			return nil
		})
		if err != nil || walked != n {
			t.Errorf("walked %d of %d findings: %v", walked, n, err)
		}
	}
}
