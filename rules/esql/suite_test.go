package esql

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// suiteCase is a case of Elasticsearch's own suite: what a query makes of a table. Here
// only the columns and their types are looked at.
type suiteCase struct {
	Name    string
	Data    string
	Query   string
	Columns []suiteColumn
}

type suiteColumn struct{ Name, Type string }

// suiteMapping is the mapping of one of the suite's tables.
func suiteMapping(types map[string]string) Mapping {
	m := Mapping{Names: []string{}, Type: func(name string) Type {
		for t := Null; t < numTypes; t++ {
			if t.String() == types[name] {
				return t
			}
		}
		return Null
	}}
	for name := range types {
		m.Names = append(m.Names, name)
	}
	return m
}

// TestSuite parses every query of the suite and compares the columns that it yields.
func TestSuite(t *testing.T) {
	var cases []suiteCase
	var types map[string]map[string]string
	readJSON(t, shared(t, "suites", "esql", "cases.json"), &cases)
	readJSON(t, shared(t, "suites", "esql", "data", "types.json"), &types)
	if len(cases) < 200 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		q, err := Parse(text(c.Query), suiteMapping(types[c.Data]))
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		checkRoundTrip(t, c.Query)
		var got []suiteColumn
		for _, col := range q.Tables[len(q.Tables)-1].Columns {
			got = append(got, suiteColumn{col.Name, col.Type.String()})
		}
		if diff := cmp.Diff(got, c.Columns); diff != "" {
			t.Errorf("%s: %s\n-got +want:\n%s", c.Name, c.Query, diff)
		}
	}
}
