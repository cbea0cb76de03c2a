package scanner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rejectsText lists the rejects of a result, a line each.
func rejectsText(t testing.TB, res *Result) string {
	t.Helper()
	var b strings.Builder
	err := res.Rejects(func(r *Reject) error {
		fmt.Fprintf(&b, "%s:%d @%d +%d %s: %q %s", r.File, r.Line, r.Offset, r.Length, r.Kind, r.Bytes, r.Why)
		if r.Lost != nil {
			fmt.Fprintf(&b, " %+v", *r.Lost)
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Each bad line stands in the rejects as it stands in the evidence: by framer and by
// parser, several on a line, over-long ones cut, with their whole length.
func TestRejects(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	cfg.MaxLine, cfg.Rejects = 100<<10, true
	good := `{"a":1}`
	long := `{"long":"` + strings.Repeat("x", 200<<10) + `"}`
	lines := []string{good, "not json\r", "", `{"a":1} trailing`, "\x00\x00\x00" + good, long, good, "\xff\xfe\x80", `{"open":`}
	text := []byte(strings.Join(lines, "\n"))
	offset := func(line int) int { return len(strings.Join(lines[:line-1], "\n")) + 1 }
	want := []string{
		fmt.Sprintf("a:2 @%d +8 not JSON: %q ", offset(2), "not json"),
		fmt.Sprintf("a:4 @%d +8 not JSON: %q ", offset(4)+8, "trailing"),
		fmt.Sprintf("a:5 @%d +3 NUL bytes: %q ", offset(5), "\x00\x00\x00"),
		fmt.Sprintf("a:6 @%d +%d longer than 100 KiB: %q ", offset(6), len(long), long[:maxReject]),
		fmt.Sprintf("a:8 @%d +3 not JSON: %q ", offset(8), "\xff\xfe\x80"),
		fmt.Sprintf("a:9 @%d +8 JSON breaks off: %q ", offset(9), `{"open":`), ""}
	for _, stored := range [][]byte{text, gz(t, text, 3), zst(t, text, 2)} {
		for _, jobs := range []int{1, 2, 8} {
			cfg.Jobs = jobs
			dir := t.TempDir()
			res := scan(t, cfg, writeBytes(t, dir, "a", stored))
			got := strings.ReplaceAll(rejectsText(t, res), dir+"/", "")
			if d := cmp.Diff(want, strings.Split(got, "\n")); d != "" {
				t.Fatalf("%d workers: %.2000s", jobs, d)
			}
			again := strings.ReplaceAll(rejectsText(t, res), dir+"/", "")
			same(t, "a second time", again, got)
		}
	}
}

// A line that is cut where the next reject begins, lost ranges in their place, several
// inputs, and the same bytes for any workers and shards.
func TestRejectsInOrder(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	cfg.Rejects = true
	dir := t.TempDir()
	write(t, dir, "a.ndjson", `[{"a":1},{"b":x},{"a":2},{"b":y},{"a":3}]`)
	var lines []string
	for i, l := range manyEvents(1500) {
		if i%100 == 50 {
			l = fmt.Sprintf("bad %d", i)
		}
		lines = append(lines, l)
	}
	stored := gz(t, []byte(strings.Join(lines, "\n")+"\n"), 5)
	for i := range len(stored) / 5 {
		stored[len(stored)/2+i] = 0xee
	}
	writeBytes(t, dir, "b.gz", stored)
	write(t, dir, "c.ndjson", ev{}.String())
	write(t, dir, "d.ndjson", ev{}.String(), "bad last")
	want := ""
	check := func(what string, res *Result) {
		t.Helper()
		got := strings.ReplaceAll(rejectsText(t, res), dir+"/", "")
		if want == "" {
			want = got
		}
		same(t, what, got, want)
		lost := 0
		for i := range res.Inputs {
			lost += len(res.Inputs[i].Lost)
		}
		equal(t, what+": records", int64(strings.Count(got, "\n")), res.Counts.BadLines+int64(lost))
		if lost == 0 || res.Counts.BadLines < 12 {
			t.Errorf("%s: the evidence proves too little: %d lost, %+v", what, lost, res.Counts)
		}
	}
	for jobs := 1; jobs <= 8; jobs++ {
		cfg.Jobs, cfg.MaxMemory = jobs, []int64{8 << 20, DefaultMaxMemory}[jobs%2]
		check(fmt.Sprint(jobs, " workers"), scan(t, cfg, dir))
	}
	for _, part := range []string{"a.ndjson:1 @9 +16 not JSON: \"{\\\"b\\\":x},{\\\"a\\\":2},\"", "b.gz:51 ", "d.ndjson:2 "} {
		if !strings.Contains(want, part) {
			t.Errorf("no %q in\n%.3000s", part, want)
		}
	}
	sharded := withDefaults(over(t, cfg, dir))
	s, err := mapShards(context.Background(), sharded, t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	res, err := reduce(context.Background(), sharded, s, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	check("3 shards", res)
	if err := res.Close(); err != nil {
		t.Error(err)
	}
}

// Standard input is kept for it; an input that is gone is told, line by line.
func TestRejectsOfWhatIsGone(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	cfg.Rejects, cfg.TempDir = true, t.TempDir()
	text := ev{}.String() + "\nbad one\n" + ev{}.String() + "\nbad two"
	cfg.Stdin = strings.NewReader(text)
	res, err := Run(context.Background(), over(t, cfg, "-"))
	if err != nil {
		t.Fatal(err)
	}
	got := rejectsText(t, res)
	if !strings.Contains(got, `"bad one"`) || !strings.Contains(got, `"bad two"`) || strings.Count(got, "\n") != 2 {
		t.Errorf("standard input: %s", got)
	}
	boom := errors.New("boom")
	if err := res.Rejects(func(*Reject) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("an error of yield is lost: %v", err)
	}
	if err := res.Close(); err != nil {
		t.Error(err)
	}
	emptyDir(t, cfg.TempDir)

	ctx, cancel := context.WithCancel(context.Background())
	path := writeBytes(t, t.TempDir(), "a", bytes.Repeat([]byte("bad\n"), 3))
	if res, err = Run(ctx, over(t, cfg, path)); err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	cancel()
	if got := rejectsText(t, res); strings.Count(got, "not read again: stopped") != 3 {
		t.Errorf("after the end of the run: %s", got)
	}
	cfg.Rejects = false
	equal(t, "rejects that nobody asked for", rejectsText(t, scan(t, cfg, path)), "")
}
