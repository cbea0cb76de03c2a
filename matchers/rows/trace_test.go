package rows_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"coldcase/matchers/rows"
	"coldcase/rules/esql"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

// recalled are queries with a column of every type, and with names that change.
var recalled = []string{
	`FROM a | STATS n = COUNT(*), d = AVG(process.pid), u = VALUES(user.name), ip = VALUES(source.ip), t = MAX(@timestamp), b = MAX(process.pid > 4), v = VALUES(x) BY host.name, w = TO_VERSION(y) | WHERE n > 3 AND d < 2 OR ip == "10.0.0.1" OR t > "2020-01-01" OR NOT b OR w > "1.2" OR v == 4`,
	`FROM a | STATS n = COUNT(*) BY host.name | RENAME n AS m | EVAL n = m + 1 | WHERE n > 1 | STATS m = MAX(n) BY host.name | WHERE m == 2`,
	`FROM a | INLINE STATS n = COUNT(*) BY k = TO_LOWER(user.name) | WHERE n > 1 | SORT n | LIMIT 3 | MV_EXPAND user.name | GROK user.name "%{WORD:first}" | KEEP n, k, user.name, first`,
}

func program(t testing.TB, text string) *rows.Program {
	t.Helper()
	q, err := esql.Parse(source.Text{Body: text}, esql.FromSchema(schema.Builtin()))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	p, err := rows.Compile(q, rows.Source{Schema: schema.Builtin(), LookBack: 3600e9, Slot: func(string) int { n++; return n - 1 }})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// FuzzRecall: a findings file may hold anything as the row of a finding.
func FuzzRecall(f *testing.F) {
	f.Add([]byte(`{"n":5,"d":1.5,"u":["a","b"],"ip":"::1","t":"2024-01-01T00:00:00.000Z","b":true,"v":[4,"x",null],"host.name":null,"w":"1.2.3"}`))
	f.Add([]byte(`{"n":"5","d":"NaN","u":{"a":[]},"ip":7,"t":1e99,"b":0,"m":-1,"first":"base64:AA==","k":[[1]]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		var row map[string]any
		if d.Decode(&row) != nil {
			return
		}
		for _, text := range recalled {
			p := program(t, text)
			way, columns := p.NewTracer().Recall(p.NewEnv(), row)
			if len(way) < 2 || len(columns) != len(p.Columns) {
				t.Fatalf("%d commands, %d columns", len(way), len(columns))
			}
		}
	})
}

// What a row still tells: columns that no later command has changed.
func TestRecall(t *testing.T) {
	told := func(text, row string) (out string) {
		d := json.NewDecoder(bytes.NewReader([]byte(row)))
		d.UseNumber()
		var columns map[string]any
		if err := d.Decode(&columns); err != nil {
			t.Fatal(err)
		}
		p := program(t, text)
		way, _ := p.NewTracer().Recall(p.NewEnv(), columns)
		for _, x := range way {
			out += p.Commands()[x.At].String()[:4]
			for _, c := range append(x.Keys, x.Made...) {
				if c.Told {
					out += " " + c.Name
				}
			}
			if x.Where != nil {
				out += " " + map[rows.Truth]string{rows.Yes: "true", rows.No: "false", rows.Null: "null", rows.Untold: "untold"}[x.Where.Truth]
			}
			out += "; "
		}
		return out
	}
	f := func(text, row, want string) {
		t.Helper()
		if got := told(text, row); got != want {
			t.Errorf("%s of %s:\ngot  %s\nwant %s", text, row, got, want)
		}
	}
	f(recalled[0], `{"n":5,"d":1.5}`, "STAT n d; WHER true; ")
	f(recalled[0], `{"n":1,"d":1.5}`, "STAT n d; WHER untold; ")
	f(recalled[0], `{"n":1,"d":1.5,"ip":["10.0.0.1","10.0.0.2"],"t":"1999-01-01T00:00:00.000Z","b":true,"w":"1.0","v":[]}`,
		"STAT w n d ip t b v; WHER null; ")
	f(recalled[0], `{"n":1,"d":1.5,"ip":"10.0.0.2","t":"1960-01-01T00:00:00.000Z","b":true,"w":"1.0","v":5}`,
		"STAT w n d ip t b v; WHER false; ")
	// n and m are others in front of the second STATS; the host is the same.
	f(`FROM a | STATS t = MAX(@timestamp) | WHERE t > NOW() - 1 day`, `{"t":"2024-01-01T00:00:00.000Z"}`, "STAT t; WHER untold; ")
	f(recalled[1], `{"host.name":"h","m":2}`, "STAT host.name; RENA; EVAL; WHER untold; STAT host.name m; WHER true; ")
	f(recalled[2], `{"n":2,"k":"a","user.name":"A","first":"A"}`, "INLI k n; WHER true; SORT; LIMI; MV_E user.name; GROK first; KEEP; ")
}
