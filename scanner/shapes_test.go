package scanner

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"coldcase/rules"
	"coldcase/scanner/input"
)

// each joins the documents after each was written by f.
func each(docs []string, sep string, f func(doc string) string) string {
	out := make([]string, len(docs))
	for i, d := range docs {
		out[i] = f(d)
	}
	return strings.Join(out, sep)
}

func itself(doc string) string { return doc }

func hit(doc string) string {
	return `{"_index":"logs-endpoint.events.process-default","_source":` + doc + `}`
}

func asText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func indented(doc string) string {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(doc), "", "  "); err != nil {
		panic(err)
	}
	return b.String()
}

// flatCells returns the values of flat documents under sorted names.
func flatCells(docs []string) (names []string, rows [][]string) {
	for i, d := range docs {
		var fields map[string]string
		if err := json.Unmarshal([]byte(d), &fields); err != nil {
			panic(err)
		}
		if i == 0 {
			for name := range fields {
				names = append(names, name)
			}
			slices.Sort(names)
		}
		row := make([]string, len(names))
		for i, name := range names {
			row[i] = fields[name]
		}
		rows = append(rows, row)
	}
	return names, rows
}

func discoverCSV(docs []string) string {
	names, rows := flatCells(docs)
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	var b strings.Builder
	b.WriteString(each(names, ",", quote) + "\r\n")
	for _, row := range rows {
		b.WriteString(each(row, ",", func(cell string) string {
			if t, err := time.Parse(time.RFC3339, cell); err == nil {
				cell = t.Format("Jan 2, 2006 @ 15:04:05.000")
			}
			return quote(cell)
		}) + "\r\n")
	}
	return b.String()
}

func esql(docs []string) string {
	names, rows := flatCells(docs)
	var columns []map[string]string
	for _, n := range names {
		columns = append(columns, map[string]string{"name": n, "type": "keyword"})
	}
	return `{"took":3,"columns":` + asText(columns) + `,"values":` + asText(rows) + `}`
}

func search(docs []string) string {
	return `{"took":5,"timed_out":false,"_shards":{"total":1},"hits":{"total":{"value":9,"relation":"eq"},"hits":[` + each(docs, ",", hit) + `]}}`
}

func utf16le(docs []string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(each(docs, "\n", itself))) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// evidenceShapes are the forms in which the same events come.
var evidenceShapes = map[string]func(docs []string) string{
	"lines with mark":   func(docs []string) string { return "\ufeff" + each(docs, "\r\n", itself) },
	"array":             func(docs []string) string { return "[" + each(docs, ",", itself) + "]" },
	"array of lines":    func(docs []string) string { return "[\n" + each(docs, ",\n", itself) + "\n]\n" },
	"pretty array":      func(docs []string) string { return indented("[" + each(docs, ",", hit) + "]") },
	"pretty objects":    func(docs []string) string { return each(docs, "\n", indented) },
	"concatenated":      func(docs []string) string { return each(docs, "", itself) },
	"two on a line":     func(docs []string) string { return docs[0] + "\n" + each(docs[1:], "", itself) + "\n" },
	"search":            search,
	"pretty search":     func(docs []string) string { return indented(search(docs)) },
	"scroll pages":      func(docs []string) string { return search(docs[:7]) + "\n" + search(docs[7:]) },
	"pages among lines": func(docs []string) string { return docs[0] + "\n" + search(docs[1:]) + "\n" },
	"multi-search": func(docs []string) string {
		return `{"took":1,"responses":[` + search(docs[:9]) + "," + search(docs[9:]) + `]}`
	},
	"asynchronous":      func(docs []string) string { return `{"id":"x","is_partial":false,"response":` + search(docs) + `}` },
	"Kibana's response": func(docs []string) string { return indented(`{"rawResponse":` + search(docs) + `,"isPartial":false}`) },
	"get":               func(docs []string) string { return `{"docs":[` + each(docs, ",", hit) + `]}` },
	"fields": func(docs []string) string {
		return each(docs, "\n", func(d string) string {
			return `{"_index":"logs-endpoint.events.process-default","fields":` + d + `}`
		})
	},
	"bulk": func(docs []string) string {
		return each(docs, "\n", func(d string) string { return `{"create":{}}` + "\n" + d })
	},
	"message": func(docs []string) string {
		return each(docs, "\n", func(d string) string { return `{"@version":"1","message":` + asText(d) + `}` })
	},
	"event.original": func(docs []string) string {
		return each(docs, "\n", func(d string) string { return `{"event":{"original":` + asText(d) + `}}` })
	},
	"container log": func(docs []string) string {
		return each(docs, "\n", func(d string) string { return `{"log":` + asText(d+"\n") + `,"stream":"stdout"}` })
	},
	"syslog": func(docs []string) string {
		return each(docs, "\n", func(d string) string { return "<13>Mar  1 08:00:00 h1 beat[7]: " + d })
	},
	"container runtime": func(docs []string) string {
		return each(docs, "\n", func(d string) string { return "2026-03-01T08:00:00.000Z stdout F " + d })
	},
	"ES|QL":         esql,
	"pretty ES|QL":  func(docs []string) string { return indented(esql(docs)) },
	"Discover CSV":  discoverCSV,
	"UTF-16":        utf16le,
	"a hole before": func(docs []string) string { return strings.Repeat("\x00", 5000) + each(docs, "\n", itself) },
	"a hole within": func(docs []string) string { return docs[0] + "\x00\x00" + each(docs[1:], "\n", itself) },
	"half a line": func(docs []string) string {
		return docs[0] + "\n" + docs[1][:40] + docs[1] + "\n" + each(docs[2:], "\n", itself)
	},
}

// The same events in every form give the same findings, single events and those that are
// joined and read again, and each is proved by the bytes at its offset.
func TestSameFindingsInEveryShape(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`),
		eqlRule(t, "pair", `sequence by host.name with maxspan=5m [any where process.name == "tool"] [any where process.name == "dump"]`,
			func(r *rules.Rule) { r.Type = rules.KindEQL }))
	var docs []string
	for i := range 30 {
		docs = append(docs, ev{time: at(i), host: fmt.Sprint("h", i%3), user: fmt.Sprintf(`zażółć %d \"x\"`, i%2), name: []string{"tool", "dump", "other"}[i%5%3], id: fmt.Sprint("e", i),
			more: `"agent.id":"a"`}.String())
	}
	dir := t.TempDir()
	want := proven(t, scan(t, cfg, write(t, dir, "lines", docs...)))
	if len(want) < 17 || !strings.Contains(fmt.Sprint(want), "pair") {
		t.Fatalf("%d findings prove too little: %v", len(want), want)
	}
	for name, shape := range evidenceShapes {
		path := writeBytes(t, dir, strings.ReplaceAll(name, "|", ""), []byte(shape(docs)))
		one := cfg
		one.Inputs = []input.Input{{Name: path, Path: path}}
		res, err := Run(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		got := proven(t, res)
		same(t, name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		c := res.Counts
		equal(t, name+": events", c.Events, int64(len(docs)))
		equal(t, name+": lines accounted for", c.Events+c.BadLines+c.Actions, c.Lines)
		if bad := c.BadLines > 0; bad != strings.HasPrefix(name, "a h") && bad != strings.HasPrefix(name, "half") {
			t.Errorf("%s: %d bad lines: %+v", name, c.BadLines, res.Inputs[0].Bad)
		}
		if err := res.Close(); err != nil {
			t.Error(err)
		}
	}
}

// proven lists findings with their evidence, each line of which is held against the
// input.
func proven(t *testing.T, res *Result) (out []string) {
	t.Helper()
	for _, f := range findings(t, res) {
		line := f.ID + " " + f.Rule.Name
		for _, e := range f.Evidence {
			data, err := os.ReadFile(e.File)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(data[e.Origin.Offset : e.Origin.Offset+int64(e.Origin.Length)])
			if hex.EncodeToString(sum[:]) != e.LineSHA256 {
				t.Errorf("%s: the line at %+v is not proved by its hash", e.File, e.Origin)
			}
			var fields map[string]any
			if err := json.Unmarshal(e.Event, &fields); err != nil {
				t.Errorf("%s: event %s: %v", e.File, e.Event, err)
			}
			line += " " + asText(fields)
		}
		out = append(out, line)
	}
	return out
}

// Every event of the shared envelopes is found, whatever they are wrapped in.
func TestSharedEnvelopes(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "all", `process.name: *`, func(r *rules.Rule) { r.Indices = nil }))
	dir := sharedPath(t, "events", "envelopes")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	contents := map[string]bool{}
	var first []string
	for _, e := range entries {
		one := cfg
		one.Inputs = []input.Input{{Name: e.Name(), Path: dir + "/" + e.Name()}}
		res, err := Run(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range findings(t, res) {
			got = append(got, fmt.Sprint(f.Evidence[0].Event != nil, f.Time.UTC().Truncate(time.Millisecond), f.Process))
			contents[e.Name()] = true
		}
		switch name := e.Name(); {
		case strings.HasPrefix(name, "01"):
			first = got
		case strings.HasPrefix(name, "24"), strings.HasPrefix(name, "26"), strings.HasPrefix(name, "29"), strings.HasPrefix(name, "34"):
			// Other events, other times, or cut: some are found.
		case strings.Join(got, "\n") != strings.Join(first, "\n"):
			t.Errorf("%s: got\n%s\nwant\n%s\nbad: %+v", name, strings.Join(got, "\n"), strings.Join(first, "\n"), res.Inputs[0].Bad)
		}
		if err := res.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(first) != 3 || len(contents) != len(entries) {
		t.Errorf("%d events, findings in %d of %d envelopes", len(first), len(contents), len(entries))
	}
}
