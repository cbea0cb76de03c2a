package correlate_test

import (
	"fmt"
	"testing"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
	"coldcase/matchers/rows"
	"coldcase/rules"
)

// leaveGroups makes a row for each of so many users on a host of their own and returns how
// many were left out, and how many of these may be needed after all.
func leaveGroups(t *testing.T, groups int) (left, wanted int) {
	t.Helper()
	s := rowStory{query: `FROM logs-* | STATS n = COUNT_DISTINCT(host.name) BY user.name | WHERE n > 1`, lookBack: "1h", interval: "5m"}
	rs := []*rules.Rule{s.rule(t)}
	m, err := matchers.Compile(rs, matchers.Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	tallies := correlate.NewTallies(rs, func(int32) *rows.Program { return m.RowProgram(0) })
	cs := []*correlate.Collector{correlate.NewCollector(t.TempDir(), 4<<10), correlate.NewCollector(t.TempDir(), 4<<10)}
	w := m.NewWorker(false)
	for i := range groups {
		hits, err := w.Match([]byte(storyLine(fmt.Sprintf("10:00 user=u%d host=h%d", i, i))))
		if err != nil || len(hits) != 1 {
			t.Fatal(hits, err)
		}
		c := cs[i%2]
		if i < 2 {
			c.Share(tallies, 0)
		}
		ok, err := c.Leave(0, w.Rows(hits[0])[0], event.Origin{Line: int64(i + 1), Offset: int64(i) * 100, Length: 99})
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			left++
		}
	}
	out := correlate.NewSorter(t.TempDir(), 4<<10)
	defer out.Close()
	for _, c := range cs {
		if err := c.LateRows(tallies, out); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	last := int64(-1)
	err = correlate.Merge([]*correlate.Sorter{out}, func(_, entry []byte) error {
		l, err := correlate.CutLate(entry)
		if l.Offset <= last || l.Length != 99 || l.Offset != (l.Line-1)*100 {
			t.Fatalf("%+v behind offset %d", l, last)
		}
		last = l.Offset
		wanted++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return left, wanted
}

// Groups beyond the bound are taken to show enough, and so are all that were left out
// before it was reached.
func TestTalliesAreBounded(t *testing.T) {
	if left, wanted := leaveGroups(t, 10_000); left != 10_000 || wanted != 0 {
		t.Errorf("10,000 groups: %d left out, %d wanted", left, wanted)
	}
	if left, wanted := leaveGroups(t, 20_000); left != 1<<14 || wanted != left {
		t.Errorf("20,000 groups: %d left out, %d wanted", left, wanted)
	}
}
