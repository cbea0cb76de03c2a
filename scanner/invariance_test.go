package scanner

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"coldcase/rules"
)

// varied returns a set of rules that overlap and events of which many hit, all of
// them different: many hosts, users and times, ids or none.
func varied(t testing.TB, n int) (*rules.Set, []string) {
	t.Helper()
	rs := append(pack(t),
		kqlRule(t, "often", `process.name: (tool or other*)`, tactic(2, "TA0002", "Execution")),
		kqlRule(t, "seldom", `process.name: other7 and user.name: u3`, risk("high", 73), tactic(8, "TA0006", "Credential Access")),
		kqlRule(t, "newest", `event.id: *`, risk("low", 21)),
		eqlRule(t, "last", `any where process.name : "other*" | tail 3`, risk("critical", 99)),
		kqlRule(t, "never", `process.name: tool and no.such.field: 1`))
	r := rand.New(rand.NewPCG(1, 2))
	lines := make([]string, n)
	for i := range lines {
		e := ev{time: at(r.IntN(40_000)), host: fmt.Sprintf("h%d", r.IntN(60)), user: fmt.Sprintf("u%d", r.IntN(9)),
			name: [...]string{"tool", "quiet", fmt.Sprintf("other%d", r.IntN(30))}[r.IntN(3)],
			id:   [...]string{"-", fmt.Sprintf("id%d", i)}[r.IntN(2)],
			more: fmt.Sprintf(`"process.pid":%d,"message":"%d %x"`, i, i, r.Uint64())}
		if r.IntN(20) == 0 {
			e.time = "-"
		}
		if r.IntN(50) == 0 {
			e.index = "-"
		}
		lines[i] = e.String()
	}
	return rules.NewSet(rs, nil), lines
}

// The same bytes come out for any number of workers and any memory.
func TestSameResultForAnyWorkersAndMemory(t *testing.T) {
	set, events := varied(t, 12_000)
	memories := []int64{8 << 20, 64 << 20, DefaultMaxMemory}
	if raceDetector {
		memories = memories[:1]
	}
	dir := t.TempDir()
	bad := append([]string{"\ufeff" + events[0], "", "{broken", "[1]", `{"a":`}, events[1:4000]...)
	write(t, dir, "a.ndjson", bad...)
	writeBytes(t, dir, "b.ndjson.gz", gz(t, []byte(strings.Join(events[4000:8000], "\r\n")), 3))
	writeBytes(t, dir, "c.ndjson.zst", zst(t, []byte(strings.Join(events[8000:], "\n")), 2))
	write(t, dir, "d.ndjson", events[100:1500]...) // seen before
	cut := gz(t, []byte(strings.Join(events[:300], "\n")), 1)
	writeBytes(t, dir, "e.ndjson.gz", cut[:len(cut)*2/3])

	cfg := config(t, set)
	want := ""
	for _, jobs := range []int{1, 2, 7} {
		for _, memory := range memories {
			cfg.Jobs, cfg.MaxMemory = jobs, memory
			res := scan(t, cfg, dir)
			got := whole(t, res)
			if want == "" {
				want = got
				if res.Counts.Findings < 8000 || res.Counts.Folded < 1000 || res.Counts.BadLines < 3 {
					t.Fatalf("the evidence proves too little: %+v", res.Counts)
				}
			}
			same(t, fmt.Sprintf("%d workers, %d MiB", jobs, memory>>20), got, want)
		}
	}
}

// The reference path finds what the fast path finds.
func TestReferenceFindsTheSame(t *testing.T) {
	set, events := varied(t, 3000)
	cfg := config(t, set)
	path := write(t, t.TempDir(), "a.ndjson", events...)
	fast := whole(t, scan(t, cfg, path))
	cfg.Reference = true
	same(t, "reference", whole(t, scan(t, cfg, path)), fast)
}

// The same findings but for file, hash, line and offset come out of any compression
// and any split of the same lines.
func TestSameFindingsForAnyStorage(t *testing.T) {
	set, events := varied(t, 4000)
	cfg := config(t, set)
	plain := []byte(strings.Join(events, "\n") + "\n")
	dir := t.TempDir()
	split := func(parts int, store func(i int, b []byte)) {
		for i := range parts {
			store(i, []byte(strings.Join(events[len(events)*i/parts:len(events)*(i+1)/parts], "\n")))
		}
	}
	split(13, func(i int, b []byte) { writeBytes(t, dir, fmt.Sprintf("split/%02d.ndjson", i), b) })
	split(4, func(i int, b []byte) {
		if i%2 == 0 {
			b = gz(t, b, 2)
		} else {
			b = zst(t, b, 2)
		}
		writeBytes(t, dir, fmt.Sprintf("mixed/%d", i), b)
	})
	want := placeless(t, scan(t, cfg, writeBytes(t, dir, "plain", plain)))
	for _, path := range []string{
		writeBytes(t, dir, "gzip", gz(t, plain, 1)),
		writeBytes(t, dir, "members", gz(t, plain, 40)),
		writeBytes(t, dir, "zstd", zst(t, plain, 1)),
		writeBytes(t, dir, "frames", zst(t, plain, 40)),
		writeBytes(t, dir, "crlf", bytes.ReplaceAll(plain, []byte("\n"), []byte("\r\n"))),
		dir + "/split", dir + "/mixed",
	} {
		same(t, path, placeless(t, scan(t, cfg, path)), want)
	}
}
