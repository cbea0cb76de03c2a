package correlate_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
	"coldcase/matchers/rows"
	"coldcase/rules"
	"coldcase/rules/esql"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

// suiteRows is a case of Elasticsearch's own suite: what a query makes of a table.
type suiteRows struct {
	Name    string
	Data    string
	Query   string
	Columns []struct{ Name, Type string }
	Rows    [][]any
	Ordered bool
}

// notAsThere are cases that we answer otherwise, with why.
var notAsThere = map[string]string{}

func readShared(t *testing.T, v any, parts ...string) {
	t.Helper()
	b, err := os.ReadFile(sharedPath(t, parts...))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		t.Fatal(err)
	}
}

func sharedPath(t *testing.T, parts ...string) string {
	t.Helper()
	root := os.Getenv("COLDCASE_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skip("shared material absent")
	}
	return path
}

// TestRowSuite runs every query of the suite and compares the rows that it makes.
func TestRowSuite(t *testing.T) {
	var cases []suiteRows
	var types map[string]map[string]string
	readShared(t, &cases, "suites", "esql", "cases.json")
	readShared(t, &types, "suites", "esql", "data", "types.json")
	if len(cases) < 200 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			if why, ok := notAsThere[c.Name]; ok {
				t.Skip(why)
			}
			checkSuiteRows(t, c, suiteTable(t, c, types[c.Data]))
		})
	}
}

// suiteTable runs the query of a case.
func suiteTable(t *testing.T, c suiteRows, types map[string]string) [][]any {
	t.Helper()
	q, err := esql.Parse(source.Text{Path: "suite", Body: c.Query}, suiteMapping(types))
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{"{}"} // ROW needs no document
	if c.Data != "" {
		b, err := os.ReadFile(sharedPath(t, "suites", "esql", "data", c.Data+".ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		lines = strings.Split(strings.TrimSpace(string(b)), "\n")
	}
	return runTable(t, q, suiteSchema(t, types), lines)
}

// runTable runs a query over lines, as one window, and returns its rows.
func runTable(t testing.TB, q *esql.Query, s *schema.Schema, lines []string) (out [][]any) {
	t.Helper()
	x, _ := esql.Prefilter(q)
	rule := &rules.Rule{ID: "suite", Type: rules.KindESQL, ESQL: q, Program: &query.Program{Event: x}}
	m, err := matchers.Compile([]*rules.Rule{rule}, matchers.Options{Schema: s, AnyIndex: true, Table: true})
	if err != nil {
		t.Fatal(err)
	}
	table := correlate.NewTable(t.TempDir(), 1<<20)
	defer table.Close()
	var waiting []rows.Waiting
	for _, reference := range []bool{false, true} {
		w := m.NewWorker(reference)
		n := 0
		for i, line := range lines {
			hits, err := w.Match([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range hits {
				n++
				if reference {
					continue
				}
				for k, row := range w.Rows(h) {
					r := &correlate.Record{Origin: event.Origin{Line: int64(i)}, Step: int16(k), Key: row.Key, Row: row.Row}
					waiting = append(waiting, rows.Waiting{Key: row.Key, Row: row.Row})
					if err := table.Add(r); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if !reference {
			defer func(fast int) {
				if fast != n {
					t.Errorf("the fast path hits %d lines", fast)
				}
			}(n)
		}
	}
	var stats correlate.Stats
	err = correlate.Tabulate(t.Context(), m.RowProgram(0), []*correlate.Table{table}, t.TempDir(), 1<<20, 0, &stats, func(row []rows.Value) error {
		cells := []any{}
		for _, v := range row {
			cells = append(cells, v.JSON())
		}
		out = append(out, cells)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	replayAgrees(t, m.RowProgram(0), waiting, out)
	return out
}

func suiteMapping(types map[string]string) esql.Mapping {
	byName := map[string]esql.Type{}
	for t := esql.Dynamic; t <= esql.Duration; t++ {
		byName[t.String()] = t
	}
	m := esql.Mapping{Names: []string{}, Type: func(name string) esql.Type {
		if t, ok := byName[types[name]]; ok {
			return t
		}
		return esql.Null
	}}
	for name := range types {
		m.Names = append(m.Names, name)
	}
	return m
}

// suiteSchema is the mapping of a table as Elasticsearch exports it.
func suiteSchema(t *testing.T, types map[string]string) *schema.Schema {
	t.Helper()
	var fields []string
	for name, typ := range types {
		fields = append(fields, fmt.Sprintf("%q: {\"type\": %q}", name, typ))
	}
	sort.Strings(fields)
	s, err := schema.Builtin().WithMapping([]byte(`{"properties": {` + strings.Join(fields, ",") + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkSuiteRows compares rows; doubles to 1e-12, VALUES in any order.
func checkSuiteRows(t *testing.T, c suiteRows, got [][]any) {
	t.Helper()
	anyOrder := strings.Contains(strings.ToLower(c.Query), "values(") && !strings.Contains(strings.ToLower(c.Query), "mv_sort")
	text := func(rows [][]any) []string {
		var out []string
		for _, r := range rows {
			var cells []string
			for _, v := range r {
				cells = append(cells, cellText(v, anyOrder))
			}
			out = append(out, strings.Join(cells, " | "))
		}
		if !c.Ordered {
			sort.Strings(out)
		}
		return out
	}
	g, w := text(got), text(c.Rows)
	if strings.Join(g, "\n") != strings.Join(w, "\n") {
		t.Errorf("%s\n got %q\nwant %q", c.Query, g, w)
	}
}

func cellText(v any, anyOrder bool) string {
	switch v := v.(type) {
	case []any:
		var parts []string
		for _, x := range v {
			parts = append(parts, cellText(x, anyOrder))
		}
		if anyOrder {
			sort.Strings(parts)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case json.Number, int64, uint64:
		f, err := strconv.ParseFloat(fmt.Sprint(v), 64)
		if err != nil {
			panic(err)
		}
		return strconv.FormatFloat(f, 'g', 13, 64)
	}
	return fmt.Sprintf("%T %v", v, v)
}
