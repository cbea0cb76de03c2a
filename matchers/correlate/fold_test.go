package correlate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"coldcase/matchers/event"
)

// foldText runs records "input id content key", in the order that identities sort, past
// a folder and returns "input content key nth" of those that stay.
func foldText(t *testing.T, lines ...string) (string, Stats) {
	t.Helper()
	var records []*Record
	for i, line := range lines {
		r := &Record{Origin: event.Origin{Line: int64(i)}}
		var id, content string
		if _, err := fmt.Sscanf(line, "%d %s %s %s", &r.Origin.Input, &id, &content, &r.Key); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if id != "-" {
			copy(r.IDHash[:], id)
		}
		copy(r.Content[:], content)
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b *Record) int {
		return strings.Compare(string(a.appendIdentity(nil)), string(b.appendIdentity(nil)))
	})
	var stats Stats
	f := &folder{stats: &stats}
	var out []string
	for _, r := range records {
		if !f.folds(r) {
			out = append(out, fmt.Sprintf("%d %s %s %d", r.Origin.Input, strings.TrimRight(string(r.Content[:]), "\x00"), r.Key, r.Nth))
		}
	}
	return strings.Join(out, ", "), stats
}

func TestFoldKnowsKeys(t *testing.T) {
	f := func(want string, folded, conflicts int64, lines ...string) {
		t.Helper()
		got, stats := foldText(t, lines...)
		if got != want || stats.Folded != folded || stats.IDConflicts != conflicts {
			t.Errorf("got %q %+v, want %q folded %d conflicts %d", got, stats, want, folded, conflicts)
		}
	}
	// one event of two keys is two records, in one export or in two
	f("0 a k 1, 0 a l 1", 0, 0, "0 x a k", "0 x a l")
	f("0 a k 1, 0 a l 1", 2, 0, "0 x a k", "0 x a l", "1 x a k", "1 x a l")
	// without id, each key counts its equal lines by itself
	f("0 a k 1, 0 a k 2, 0 a l 1, 0 a l 2", 2, 0, "0 - a k", "0 - a l", "0 - a k", "0 - a l", "1 - a k", "1 - a l")
	// an id with two contents is one conflict, whatever the number of keys
	f("0 a k 1, 0 a l 1, 1 b k 1, 1 b l 1", 0, 1, "0 x a k", "0 x a l", "1 x b k", "1 x b l")
	// three contents: two conflicts
	f("0 a k 1, 0 b k 1, 0 c k 1", 0, 2, "0 x a k", "0 x b k", "0 x c k")
	// the export that has most of the equal lines decides how many there are
	f("0 a k 1, 1 a k 2, 2 a k 3", 3, 0, "0 - a k", "1 - a k", "1 - a k", "2 - a k", "2 - a k", "2 - a k")
	// events without id are never in conflict
	f("0 a k 1, 0 b k 1", 0, 0, "0 - a k", "0 - b k")
}
