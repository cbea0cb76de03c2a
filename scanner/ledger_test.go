package scanner

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"coldcase/scanner/input"

	"github.com/google/go-cmp/cmp"
)

// manyEvents are different lines that do not compress to nothing.
func manyEvents(n int) (lines []string) {
	for i := range n {
		lines = append(lines, ev{user: fmt.Sprintf("u%d-%x", i, hexSum([]byte{byte(i), byte(i >> 8)}))}.String())
	}
	return lines
}

// Of ten members one is overwritten: the ledger says which bytes, and about how many
// events' worth, and the other nine are scanned.
func TestLedgerOfALostMember(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	plain := []byte(strings.Join(manyEvents(2000), "\n") + "\n")
	stored := gz(t, plain, 10)
	var starts []int
	for i := range stored {
		if bytes.HasPrefix(stored[i:], []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00")) {
			starts = append(starts, i)
		}
	}
	if len(starts) != 10 {
		t.Fatalf("%d members", len(starts))
	}
	for i := starts[4]; i < starts[5]; i++ {
		stored[i] = 0xee
	}
	res := scan(t, cfg, writeBytes(t, t.TempDir(), "a.gz", stored), write(t, t.TempDir(), "sound", ev{}.String(), "", " "))
	in := res.Inputs[0]
	equal(t, "status", in.Status, StatusDamaged)
	equal(t, "ranges", len(in.Lost), 1)
	l := in.Lost[0]
	equal(t, "decoded bytes before", l.Offset, int64(len(plain)*4/10))
	equal(t, "stored bytes before", l.Stored, int64(starts[4]))
	equal(t, "stored bytes lost", l.Length, int64(starts[5]-starts[4]))
	equal(t, "estimated", l.Estimated, true)
	if tenth := int64(len(plain) / 10); l.Decoded < tenth*8/10 || l.Decoded > tenth*12/10 {
		t.Errorf("about %d decoded bytes lost, of %d", l.Decoded, tenth)
	}
	equal(t, "loss", in.Loss, Loss{Ranges: 1, Stored: l.Length, Decoded: l.Decoded, Estimated: true})
	equal(t, "loss of the run", res.Counts.Loss, in.Loss)
	equal(t, "blank lines of the run", res.Counts.Blank, 2)
	equal(t, "loss of the sound input", res.Inputs[1].Loss, Loss{})
	equal(t, "complete", res.Complete, false)
	if n := res.Counts.Findings; n < 1790 || n > 1801 {
		t.Errorf("%d findings", n)
	}
}

// A wrong checksum loses nothing: what was decoded is scanned, and told to be unverified.
func TestLedgerOfUnverified(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	plain := []byte(strings.Join(manyEvents(100), "\n") + "\n")
	stored := gz(t, plain, 1)
	stored[len(stored)-8] ^= 1
	res := scan(t, cfg, writeBytes(t, t.TempDir(), "a.gz", stored))
	in := res.Inputs[0]
	equal(t, "status", in.Status, StatusDamaged)
	equal(t, "loss", in.Loss, Loss{Ranges: 1, Unverified: int64(len(plain))})
	equal(t, "findings", res.Counts.Findings, 100)
	equal(t, "complete", res.Complete, false)
}

// A file that is not what it was when it was found.
func TestChangedSinceFound(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	path := write(t, t.TempDir(), "a", manyEvents(10)...)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := func(content []byte, status string, changed bool, loss Loss) {
		t.Helper()
		cfg := over(t, cfg, path)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		res, err := Run(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Close()
		in := res.Inputs[0]
		equal(t, "status", in.Status, status)
		equal(t, "changed", in.Changed, changed)
		equal(t, "loss", in.Loss, loss)
		equal(t, "complete", res.Complete, status == StatusOK)
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n := int64(bytes.IndexByte(whole, '\n') + 1)
	f(whole, StatusOK, false, Loss{})
	f(append(slices.Clone(whole), whole[:n]...), StatusOK, true, Loss{})
	f(whole[n:], StatusDamaged, true, Loss{Ranges: 1, Stored: n, Decoded: n, Estimated: true})
}

// Limits that were hit are named, whatever hit them.
func TestLimitsHit(t *testing.T) {
	r := InputResult{Status: StatusUnreadable, Problem: "more members (a limit)", Lost: []Lost{{Why: "zip: x (a limit)"}, {Why: "zip: x (a limit)"}, {Why: "cut"}},
		Bad: []BadKind{{Kind: "longer than 1 KiB"}, {Kind: "not JSON"}, {Kind: "nested too deep"}, {Kind: "too many values"}}}
	want := []string{"line longer than 1 KiB", "line nested too deep", "line too many values", "more members (a limit)", "zip: x (a limit)"}
	if d := cmp.Diff(want, r.limited()); d != "" {
		t.Error(d)
	}
	equal(t, "limits of what is sound", len((&InputResult{Status: StatusOK}).limited()), 0)
}

// What an archive calls a member is told when it is odd.
func TestNoteOfAName(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	cfg.Inputs = []input.Input{{Name: "a", Path: write(t, t.TempDir(), "a", ev{}.String()), Note: `named "../a" in the archive`}}
	res, err := Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	equal(t, "note", res.Inputs[0].Note, `named "../a" in the archive`)
}
