package correlate_test

import (
	"fmt"
	"os"
	"testing"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
	"coldcase/matchers/rows"
	"coldcase/rules"
)

// More groups than fit the budget: they are sorted on disk, one is in memory at a time, and
// the temporary directory is empty in the end.
func TestTableSpills(t *testing.T) {
	const groups = 20_000
	s := rowStory{query: "FROM a | STATS n = COUNT(*), u = VALUES(user.name) BY process.pid | WHERE n == 2 | SORT process.pid | STATS COUNT(*), MAX(process.pid)", lookBack: "0s"}
	m, err := matchers.Compile([]*rules.Rule{s.rule(t)}, matchers.Options{AnyIndex: true, Table: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	tables := []*correlate.Table{correlate.NewTable(dir, 64<<10), correlate.NewTable(dir, 64<<10)}
	w := m.NewWorker(false)
	for i := range 2 * groups {
		hits, err := w.Match(fmt.Appendf(nil, `{"process":{"pid":%d},"user":{"name":"u%d"}}`, i*7919%groups, i))
		if err != nil || len(hits) != 1 {
			t.Fatal(hits, err)
		}
		for _, row := range w.Rows(hits[0]) {
			r := &correlate.Record{Origin: event.Origin{Line: int64(i)}, Key: row.Key, Row: row.Row}
			if err := tables[i%2].Add(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) < 10 {
		t.Errorf("%d spilled files, %v", len(files), err)
	}
	var stats correlate.Stats
	got := ""
	err = correlate.Tabulate(t.Context(), m.RowProgram(0), tables, dir, 64<<10, 0, &stats, func(row []rows.Value) error {
		got += fmt.Sprint(row[0].JSON(), " ", row[1].JSON())
		return nil
	})
	if want := fmt.Sprint(groups, " ", groups-1); err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	for _, table := range tables {
		if err := table.Close(); err != nil {
			t.Error(err)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("%d files are left, %v", len(files), err)
	}
}
