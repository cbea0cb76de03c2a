package scanner

import (
	"fmt"
	"testing"
)

// More hosts than the census keeps: the result is still the same for any number of
// workers, its lists of hosts and its rarity included.
func TestManyHostsForAnyWorkers(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	lines := make([]string, 30_000)
	for i := range lines {
		e := ev{time: at(i), host: fmt.Sprint("host", i), name: "quiet"}
		if i%2 == 0 {
			e.index, e.more = "-", `"data_stream":{"type":"metrics","dataset":"cpu"}`
		}
		if i%10 == 1 {
			e.name = "tool"
		}
		lines[i] = e.String()
	}
	path := write(t, t.TempDir(), "a", lines...)
	want := ""
	for _, jobs := range []int{1, 2, 7, 2} {
		cfg.Jobs = jobs
		got := whole(t, scan(t, cfg, path))
		if want == "" {
			want = got
		}
		same(t, fmt.Sprint(jobs, " workers"), got, want)
	}
}
