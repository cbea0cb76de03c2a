package correlate_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/eql"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

func shared(t *testing.T, parts ...string) string {
	t.Helper()
	dir := os.Getenv("COLDCASE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	name := filepath.Join(append([]string{dir, "suites"}, parts...)...)
	if _, err := os.Stat(name); err != nil {
		t.Skip("shared material absent")
	}
	return name
}

// suiteCase is one query of a suite. Expected are the ids of all sequences one after
// the other, -1 where a missing event stands; a list of lists holds alternatives.
type suiteCase struct {
	Name, Query string
	Expected    []any    `toml:"expected_event_ids"`
	JoinKeys    []string `toml:"join_keys"`
}

func readCases(t *testing.T, parts ...string) []suiteCase {
	t.Helper()
	var suite struct{ Queries []suiteCase }
	if _, err := toml.DecodeFile(shared(t, parts...), &suite); err != nil {
		t.Fatal(err)
	}
	if len(suite.Queries) == 0 {
		t.Fatalf("%v: suite without queries", parts)
	}
	return suite.Queries
}

// alternatives returns the acceptable lists of ids.
func (c suiteCase) alternatives() (all [][]int64) {
	one := []int64{}
	for _, v := range c.Expected {
		switch v := v.(type) {
		case int64:
			one = append(one, v)
		case []any:
			all = append(all, suiteCase{Expected: v}.alternatives()...)
		}
	}
	if all == nil {
		all = [][]int64{one}
	}
	return all
}

// evidence is a suite's data.
type evidence struct {
	schema  *schema.Schema
	idField string
	docs    []map[string]any // in the order of the file
	lines   [][]byte
	time    func(doc map[string]any) (int64, bool)
}

func readEvidence(t *testing.T, mapping, idField string, parts ...string) *evidence {
	t.Helper()
	e := &evidence{schema: readMapping(t, mapping), idField: idField}
	data, err := os.ReadFile(shared(t, parts...))
	if err != nil {
		t.Fatal(err)
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	for _, line := range raw {
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		var doc map[string]any
		if err := d.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		e.docs, e.lines = append(e.docs, doc), append(e.lines, line)
	}
	return e
}

// readMapping makes a schema of a mapping of the suites (suites/README.md).
func readMapping(t *testing.T, name string) *schema.Schema {
	t.Helper()
	data, err := os.ReadFile(shared(t, "eql-elasticsearch", "data", "mappings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	var types map[string]string
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(all[name], &types); err != nil {
		t.Fatal(err)
	}
	props := map[string]any{}
	for field, typ := range types {
		if target, ok := strings.CutPrefix(typ, "alias->"); ok {
			props[field] = map[string]any{"type": "alias", "path": target}
			continue
		}
		switch {
		case strings.HasPrefix(typ, "also"):
			continue
		case strings.HasPrefix(typ, "text+"), strings.HasPrefix(typ, "keyword"):
			typ = "keyword" // EQL takes the sub-field of a text (query-semantics 0.3)
		}
		typ, _, _ = strings.Cut(typ, " ")
		props[field] = map[string]any{"type": typ}
	}
	text, _ := json.Marshal(map[string]any{"properties": props})
	s, err := schema.Builtin().WithMapping(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// endgame is the suites' Endgame data: FILETIME to milliseconds, as Elasticsearch's
// own loader converts it.
func endgame(t *testing.T) *evidence {
	e := readEvidence(t, "endgame-140 (mapping-default.json)", "serial_event_id", "eql-python", "test_data.json")
	e.time = func(doc map[string]any) (int64, bool) {
		n, err := doc["timestamp"].(json.Number).Int64()
		return (n - 116444736000000000) / 1e4 * 1e6, err == nil
	}
	return e
}

func missingEvents(t *testing.T) *evidence {
	e := readEvidence(t, "extra", "sequence", "eql-elasticsearch", "data", "missing-events.data.json")
	e.time = func(doc map[string]any) (int64, bool) {
		return event.ParseTime(event.Value{Kind: event.String, Text: []byte(doc["@timestamp"].(string))})
	}
	return e
}

// keys returns the join keys of an event for a step: none when a key is missing that
// must not be, all combinations of several values (query-semantics.md 4.4).
func keys(doc map[string]any, fields []query.Field) []string {
	out := []string{""}
	for _, f := range fields {
		var next []string
		for _, part := range keyParts(doc[f.Name], f.Optional) {
			for _, k := range out {
				if k += part; !slices.Contains(next, k) {
					next = append(next, k)
				}
			}
		}
		out = next
	}
	return out
}

func keyParts(v any, optional bool) (parts []string) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, v := range list {
		switch v := v.(type) {
		case string:
			parts = append(parts, string(event.AppendKey(nil, event.KeyText, []byte(v))))
		case json.Number:
			parts = append(parts, string(event.AppendKey(nil, event.KeyNumber, []byte(v.String()))))
		case bool:
			parts = append(parts, string(event.AppendKey(nil, event.KeyBool, strconv.AppendBool(nil, v))))
		}
	}
	if len(parts) == 0 && optional {
		parts = append(parts, string(event.AppendKey(nil, event.KeyNull, nil)))
	}
	return parts
}

// numbered returns the distinct steps of a program by their number, and how many
// slots a result has.
func numbered(p *query.Program) (steps []query.Step, slots int) {
	var all []query.Step
	var ids []int
	if p.Sample != nil {
		all, ids = p.Sample.Steps, p.Sample.IDs()
	} else {
		all = p.Sequence.Steps
		var until int
		if ids, until = p.Sequence.IDs(); until >= 0 {
			all, ids = append(slices.Clone(all), *p.Sequence.Until), append(ids, until)
			slots--
		}
	}
	for i, id := range ids {
		if id == len(steps) {
			steps = append(steps, all[i])
		}
	}
	return steps, slots + len(all)
}

// records holds all events against all steps.
func (e *evidence) records(t *testing.T, steps []query.Step) (out []*correlate.Record) {
	t.Helper()
	var rs []*rules.Rule
	for range steps {
		rs = append(rs, &rules.Rule{ID: "step", Type: rules.KindEQL, Indices: []string{"*"}})
	}
	for i, s := range steps {
		rs[i].Program = &query.Program{Event: s.X}
	}
	m, err := matchers.Compile(rs, matchers.Options{Schema: e.schema, AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	w := m.NewWorker(false)
	for i, line := range e.lines {
		hits, err := w.Match(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for _, h := range hits {
			for _, key := range keys(e.docs[i], steps[h.Rule].Keys) {
				out = append(out, e.record(t, i, h.Rule, key))
			}
		}
	}
	return out
}

func (e *evidence) record(t *testing.T, i int, step int32, key string) *correlate.Record {
	t.Helper()
	id := e.docs[i][e.idField].(json.Number)
	nanos, ok := e.time(e.docs[i])
	seq, err := id.Int64()
	if !ok || err != nil {
		t.Fatalf("%s: time or id cannot be read", e.lines[i])
	}
	r := &correlate.Record{Step: int16(step), Time: nanos, Sequence: seq, Origin: event.Origin{Line: int64(i + 1)}, ID: id.String(), Key: key}
	r.IDHash[0], r.IDHash[1] = byte(i), 1
	return r
}

// run evaluates a sequence or sample.
func (e *evidence) run(t *testing.T, p *query.Program) (ids []int64, joined []string) {
	t.Helper()
	steps, slots := numbered(p)
	// Results come in the order of their last events, which a pipe that takes all asks for.
	p.Pipes = append(p.Pipes, query.Pipe{N: 1 << 30})
	dir := t.TempDir()
	cs := []*correlate.Collector{correlate.NewCollector(dir, 1), correlate.NewCollector(dir, 1<<20)}
	for i, r := range e.records(t, steps) {
		if err := cs[i%len(cs)].Emit(r); err != nil {
			t.Fatal(err)
		}
	}
	rd := &correlate.Reduction{Rules: []*rules.Rule{{Program: p}}, Dir: dir, Budget: 1 << 20}
	err := rd.Run(cs, func(f *correlate.Finding) error {
		one := slices.Repeat([]int64{-1}, slots)
		for _, r := range f.Records {
			one[r.Step] = r.Sequence
		}
		ids = append(ids, one...)
		for _, v := range event.SplitKey(f.Records[0].Key) {
			text, _ := v.(string)
			joined = append(joined, text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cs {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	return ids, joined
}

func (e *evidence) check(t *testing.T, c suiteCase, p *query.Program) {
	t.Helper()
	got, joined := e.run(t, p)
	ok := slices.ContainsFunc(c.alternatives(), func(want []int64) bool { return slices.Equal(got, want) })
	if !ok {
		t.Errorf("%s: %s\ngot %v, want %v", c.Name, strings.TrimSpace(c.Query), got, c.Expected)
	}
	if c.JoinKeys != nil && !slices.Equal(joined, c.JoinKeys) {
		t.Errorf("%s: got join keys %q, want %q", c.Name, joined, c.JoinKeys)
	}
}

// runSuite runs what correlates of a suite and returns how many queries did and how
// many look at single events, which the matchers' own test runs.
func runSuite(t *testing.T, e *evidence, cases []suiteCase) (ran, single int) {
	t.Helper()
	for _, c := range cases {
		p, err := eql.Parse(source.Text{Body: c.Query}, eql.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if p.Event != nil {
			single++
			continue
		}
		ran++
		e.check(t, c, p)
	}
	return ran, single
}

func TestElasticsearchSequences(t *testing.T) {
	cases := readCases(t, "eql-elasticsearch", "test_queries.toml")
	ran, single := runSuite(t, endgame(t), cases)
	t.Logf("%d sequences and samples ran; %d event queries run in matchers", ran, single)
	if ran == 0 || ran+single != len(cases) {
		t.Errorf("%d of %d queries ran", ran, len(cases))
	}
}

func TestElasticsearchMissingEvents(t *testing.T) {
	cases := readCases(t, "eql-elasticsearch", "test_missing_events.toml")
	if ran, _ := runSuite(t, missingEvents(t), cases); ran != len(cases) {
		t.Errorf("%d of %d queries ran", ran, len(cases))
	}
}

// notElasticsearch lists what python-eql's sequences have that Elasticsearch's
// language has not.
var notElasticsearch = []struct{ shows, why string }{
	{`^\s*join\b`, "join is not in the language"},
	{`\|\s*(filter|unique|unique_count|sort)\b`, "the pipe is not in the language"},
	{`\bfork\b`, "fork is not in the language"},
	{`\bby [^\n]*[*(]`, "a join key is a field, not an expression"},
}

// pythonSpellings write what python-eql means as Elasticsearch says it: its = and ==
// with a text know wildcards and ignore case.
var pythonSpellings = []struct{ from, to string }{
	{`'`, `"`},
	{`([^=!<>])=([^=])`, "$1==$2"},
	{`maxspan==`, "maxspan="},
	{`\s*== ?"`, ` : "`},
}

func TestPythonSequences(t *testing.T) {
	correlates := regexp.MustCompile(`^\s*(sequence|sample|join)\b`)
	e := endgame(t)
	ran, out := 0, map[string]int{}
	for _, c := range readCases(t, "eql-python", "test_queries.toml") {
		if !correlates.MatchString(c.Query) {
			out["looks at single events: run in matchers"]++
			continue
		}
		if why := notIn(c.Query); why != "" {
			out[why]++
			continue
		}
		for _, s := range pythonSpellings {
			c.Query = regexp.MustCompile(s.from).ReplaceAllString(c.Query, s.to)
		}
		p, err := eql.Parse(source.Text{Body: c.Query}, eql.Options{})
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		ran++
		e.check(t, c, p)
	}
	t.Logf("%d sequences ran; not run: %v", ran, out)
	for _, n := range notElasticsearch {
		if out[n.why] == 0 {
			t.Errorf("no case shows that %s", n.why)
		}
	}
	if ran == 0 {
		t.Error("no sequence ran")
	}
}

func notIn(q string) string {
	for _, n := range notElasticsearch {
		if regexp.MustCompile(n.shows).MatchString(q) {
			return n.why
		}
	}
	return ""
}
