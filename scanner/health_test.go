package scanner

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coldcase/scanner/input"

	"github.com/google/go-cmp/cmp"
)

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// A line that is no event is counted by its kind, with the first position of each, and
// the lines around it are read.
func TestBadLines(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	cfg.MaxLine = 1 << 10
	good := ev{}.String()
	lines := []string{
		"\ufeff" + good + "\r", // 1
		"",                     // 2
		"not json",             // 3
		`{"a":1} trailing`,     // 4: an event, and what is none
		`{"open":`,             // 5
		good + "\r",            // 6
		" \t",                  // 7
		`[{"a":1}]`,            // 8: an event
		"17",                   // 9
		`{"long":"` + strings.Repeat("x", 2000) + `"}`,                // 10
		strings.Repeat(`{"a":`, 140) + "1" + strings.Repeat("}", 140), // 11
		"not json either",       // 12
		`{"index":{"_id":"1"}}`, // 13: no document follows
		"",                      // 14
		good,                    // 15
	}
	text := []byte(strings.Join(lines, "\n")) // the last line has no end
	offset := func(line int) int64 { return int64(len(strings.Join(lines[:line-1], "\n")) + 1) }
	for _, jobs := range []int{1, 4} {
		cfg.Jobs = jobs
		res := scan(t, cfg, writeBytes(t, t.TempDir(), "a.ndjson", text))
		want := []BadKind{
			{"JSON breaks off", 1, 5, offset(5)},
			{"bulk action without a document", 1, 13, offset(13)},
			{"longer than 1 KiB", 1, 10, offset(10)},
			{"nested too deep", 1, 11, offset(11)},
			{"not JSON", 3, 3, offset(3)},
			{"not an object", 1, 9, offset(9)},
		}
		in := res.Inputs[0]
		if d := cmp.Diff(want, in.Bad); d != "" {
			t.Errorf("%d workers: %s", jobs, d)
		}
		equal(t, "lines", in.Lines, 13) // one of them twice
		equal(t, "blank", in.Blank, 3)
		equal(t, "bad", in.BadLines, 8)
		equal(t, "events", res.Counts.Events, 5)
		equal(t, "findings", res.Counts.Findings, 3)
		equal(t, "status", in.Status, StatusOK)
		equal(t, "hash", in.SHA256, hexSum(text))
		equal(t, "complete", res.Complete, false)
		equal(t, "bytes", in.DecodedBytes, int64(len(text)))
		fs := findings(t, res)
		equal(t, "offset of the first", fs[0].Evidence[0].Origin.Offset, int64(3))
		equal(t, "offset of the last", fs[2].Evidence[0].Origin.Offset, offset(15))
		equal(t, "line of the last", fs[2].Evidence[0].Origin.Line, int64(15))
	}
}

// Progress ends at the figures of the result.
func TestProgress(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`, risk("high", 73)))
	cfg.MaxLine, cfg.Progress = 1<<10, &Progress{}
	text := gz(t, []byte(ev{}.String()+"\nbroken\n"+strings.Repeat("x", 3000)+"\n"+ev{name: "quiet"}.String()+"\n"), 1)
	res := scan(t, cfg, writeBytes(t, t.TempDir(), "a", text))
	p := cfg.Progress
	equal(t, "stored", p.StoredBytes.Load(), int64(len(text)))
	equal(t, "decoded", p.DecodedBytes.Load(), res.Counts.DecodedBytes)
	equal(t, "events", p.Events.Load(), 2)
	equal(t, "bad lines", p.BadLines.Load(), 2)
	equal(t, "bad lines of the result", res.Counts.BadLines, 2)
	equal(t, "high", p.BySeverity[2].Load(), 1)
}

// A damaged input gives its whole lines, and says where it breaks off.
func TestDamagedInputs(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	var lines []string
	for i := range 400 {
		lines = append(lines, ev{user: fmt.Sprintf("u%d-%x", i, hexSum([]byte{byte(i), byte(i >> 8)}))}.String())
	}
	plain := []byte(strings.Join(lines, "\n") + "\n")
	for name, stored := range map[string][]byte{"a.gz": gz(t, plain, 1), "a.zst": zst(t, plain, 3)} {
		stored = stored[:len(stored)*3/4]
		res := scan(t, cfg, writeBytes(t, t.TempDir(), name, stored))
		in := res.Inputs[0]
		equal(t, name+": status", in.Status, StatusDamaged)
		equal(t, name+": complete", res.Complete, false)
		equal(t, name+": hash", in.SHA256, hexSum(stored))
		if len(in.Lost) != 1 || in.Lost[0].Offset != in.DecodedBytes || !strings.Contains(in.Problem, "unexpected end at stored byte") {
			t.Errorf("%s: %q, lost %+v, %d bytes decoded", name, in.Problem, in.Lost, in.DecodedBytes)
		}
		n := int64(strings.Count(string(plain[:in.DecodedBytes]), "\n"))
		if n < 100 || n >= 400 || res.Counts.Findings != n {
			t.Errorf("%s: %d findings, %d whole lines were decoded", name, res.Counts.Findings, n)
		}
		if cut := in.DecodedBytes > 0 && plain[in.DecodedBytes-1] != '\n'; cut {
			equal(t, name+": cut lines", in.BadLines, 1)
			equal(t, name+": kind", in.Bad[0].Kind, "cut off by damage")
		}
		for i, f := range findings(t, res) {
			equal(t, name+": user", f.User, fmt.Sprintf("u%d-%x", i, hexSum([]byte{byte(i), byte(i >> 8)})))
		}
	}
}

// An input that cannot be opened is listed, and the others are read.
func TestUnreadableInput(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	dir := t.TempDir()
	cfg.Inputs = []input.Input{
		{Name: "gone", Path: filepath.Join(dir, "gone")},
		{Name: "dir", Path: dir},
		{Name: "-"},
		{Name: "good", Path: write(t, dir, "good", ev{}.String())},
	}
	res, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	for i, why := range []string{"no such file", "is a directory", "no standard input", ""} {
		want := StatusUnreadable
		if why == "" {
			want = StatusOK
		}
		equal(t, res.Inputs[i].File, res.Inputs[i].Status, want)
		if !strings.Contains(res.Inputs[i].Problem, why) {
			t.Errorf("%s: problem %q, want %q", res.Inputs[i].File, res.Inputs[i].Problem, why)
		}
	}
	equal(t, "findings", res.Counts.Findings, 1)
	equal(t, "complete", res.Complete, false)
}

func TestCompleteAndEmpty(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	dir := t.TempDir()
	write(t, dir, "a.ndjson", ev{}.String())
	write(t, dir, "README.md", "# words")
	writeBytes(t, dir, "empty.ndjson", nil)
	res := scan(t, cfg, dir)
	equal(t, "complete", res.Complete, true)
	equal(t, "inputs and what is none", len(res.Inputs)+len(res.NotEvidence), 3)
	empty := scan(t, cfg, filepath.Join(dir, "empty.ndjson"))
	equal(t, "complete of an empty input", empty.Complete, true)
	equal(t, "hash of nothing", empty.Inputs[0].SHA256, hexSum(nil))
	equal(t, "findings of nothing", brief(t, empty), "")
	none := scan(t, cfg)
	equal(t, "complete of no input", none.Complete, true)
	emptyAfterClose(t, cfg, dir)
}

// emptyAfterClose checks that a closed result leaves no file behind.
func emptyAfterClose(t *testing.T, cfg Config, path string) {
	t.Helper()
	cfg.TempDir = t.TempDir()
	res, err := Run(t.Context(), over(t, cfg, path))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.ReadDir(cfg.TempDir); err != nil || len(info) != 1 {
		t.Errorf("while the result is open there are %v, %v", info, err)
	}
	for range 2 {
		if err := res.Close(); err != nil {
			t.Error(err)
		}
	}
	emptyDir(t, cfg.TempDir)
}
