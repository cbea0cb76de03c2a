package matchers

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"coldcase/rules"
	"coldcase/rules/esql"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

func esqlRule(id, text string) (*rules.Rule, error) {
	q, err := esql.Parse(source.Text{Path: id, Body: text}, esql.FromSchema(schema.Builtin()))
	if err != nil {
		return nil, err
	}
	x, _ := esql.Prefilter(q)
	from := q.Commands[0].(*esql.From)
	return &rules.Rule{ID: id, Name: id, Type: rules.KindESQL, Query: text, ESQL: q, Program: &query.Program{Event: x},
		Indices: from.Indices, LookBack: 9e11, Severity: "low"}, nil
}

// survivors runs the commands that stream on a line without asking the predicate first, and
// says what the predicate would have said.
func survivors(t testing.TB, m *Matcher, rule int, line string) (made int, predicate bool) {
	t.Helper()
	w := m.NewWorker(true)
	if _, err := w.Match([]byte(line)); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	st := &m.steps[m.stepOf[rule]]
	predicate = w.evaluate(st, st.n)
	w.rows.reset()
	s, _ := w.makeRows(st)
	return int(s.to - s.from), predicate
}

// checkPredicate fails when the predicate rejects an event that makes a row. It returns how
// many events made one, and how many the predicate rejects.
func checkPredicate(t testing.TB, r *rules.Rule, lines []string) (made, rejected int) {
	t.Helper()
	m, err := Compile([]*rules.Rule{r}, Options{AnyIndex: true})
	if err != nil {
		t.Fatalf("%s: %v", r.Query, err)
	}
	for _, line := range lines {
		n, ok := survivors(t, m, 0, line)
		switch {
		case n > 0 && !ok:
			t.Errorf("%s\nmakes %d rows of %s\nwhich %s rejects", r.Query, n, line, r.Program.Event)
		case n > 0:
			made++
		case !ok:
			rejected++
		}
	}
	return made, rejected
}

// rowGenerator makes conditions and events that meet often.
type rowGenerator struct{ *rand.Rand }

func (g rowGenerator) pick(list ...string) string { return list[g.IntN(len(list))] }

var generatedFields = []string{"process.name", "user.name", "process.pid", "source.ip", "no.such", "process.args",
	"message", "@timestamp", "process.command_line", "process.command_line.text", "process.Ext.token.is_appcontainer"}

func (g rowGenerator) field() string { return generatedFields[g.IntN(len(generatedFields))] }

func (g rowGenerator) text() string {
	return g.pick("a", "A", "ab", "b", "", "kim", "KIM", "K", "i", "İ", "a*b", "4", "4.0", "true", "10.0.0.1", "x y")
}

func (g rowGenerator) constant() string {
	switch g.IntN(6) {
	case 0:
		return g.pick("4", "5", "-1", "4.0", "0")
	case 1:
		return g.pick("null", "true", "false")
	}
	return fmt.Sprintf("%q", g.text())
}

func (g rowGenerator) operand() string {
	switch g.IntN(8) {
	case 0:
		return "TO_LOWER(" + g.field() + ")"
	case 1:
		return "TO_UPPER(" + g.field() + ")"
	case 2:
		return "LENGTH(" + g.field() + ")"
	case 3:
		return "MV_FIRST(" + g.field() + ")"
	case 4:
		return "COALESCE(" + g.field() + ", " + g.constant() + ")"
	}
	return g.field()
}

func (g rowGenerator) pattern() string {
	return fmt.Sprintf("%q", g.pick("a*", "*b", "?", "*", "a?", "*K*", "*k*", "ki*", "4", "a\\*b", ""))
}

func (g rowGenerator) condition(depth int) string {
	if depth > 0 {
		switch g.IntN(5) {
		case 0:
			return "(" + g.condition(depth-1) + " AND " + g.condition(depth-1) + ")"
		case 1:
			return "(" + g.condition(depth-1) + " OR " + g.condition(depth-1) + ")"
		case 2:
			return "NOT " + g.condition(depth-1)
		}
	}
	switch x := g.operand(); g.IntN(9) {
	case 0:
		return x + " " + g.pick("<", "<=", ">", ">=", "!=") + " " + g.constant()
	case 1:
		return x + g.pick(" IN (", " NOT IN (") + g.constant() + ", " + g.constant() + ")"
	case 2:
		return x + g.pick(" LIKE ", " NOT LIKE ") + g.pattern()
	case 3:
		return x + " RLIKE " + fmt.Sprintf("%q", g.pick("a.*", ".*", "[ab]+", "k@m", "4"))
	case 4:
		return x + g.pick(" IS NULL", " IS NOT NULL")
	case 5:
		return g.pick("STARTS_WITH", "ENDS_WITH", "CONTAINS") + "(" + x + ", " + fmt.Sprintf("%q", g.text()) + ")"
	case 6:
		return g.pick(`KQL("process.name: a*")`, `KQL("process.pid > 4")`, `process.name : "a"`, `message : "x"`,
			`MATCH(process.name, "kin", {"fuzziness": 1})`, `CIDR_MATCH(source.ip, "10.0.0.0/8")`)
	case 7:
		return "CASE(" + x + " == " + g.constant() + ", true, " + g.pick("false", "null", "user.name == \"a\"") + ")"
	}
	return g.operand() + " == " + g.constant()
}

// said is a condition on texts, and text an expression that is one: none is of a wrong type.
func (g rowGenerator) said(depth int) string {
	if depth > 0 {
		switch g.IntN(4) {
		case 0:
			return "(" + g.said(depth-1) + g.pick(" AND ", " OR ") + g.said(depth-1) + ")"
		case 1:
			return "NOT " + g.said(depth-1)
		}
	}
	x := g.pick("process.name", "user.name", "TO_LOWER(process.name)", "no.such", "process.args")
	switch g.IntN(6) {
	case 0:
		return x + g.pick(" IS NULL", " IS NOT NULL")
	case 1:
		return x + g.pick(" LIKE ", " NOT LIKE ") + g.pattern()
	case 2:
		return x + g.pick(" IN ", " NOT IN ") + g.pick(`("a", "b")`, `("kim", null)`)
	case 3:
		return "LOCATE(" + x + ", " + g.pick(`"a"`, `"b"`, `""`, "SPACE(1)", `"k"`) + g.pick("", ", 2") + ") " +
			g.pick("> 0", ">= 1", "> 1", "== 1", "< 1", "> -1", ">= 0", "== 0")
	}
	return x + g.pick(" == ", " != ", " > ") + fmt.Sprintf("%q", g.text())
}

func (g rowGenerator) result() string {
	return g.pick(`"a"`, `"b"`, `""`, "null", "process.name", "TO_LOWER(user.name)", "process.args", `CONCAT("a", "b")`)
}

// columns is a query whose conditions are on columns that EVAL has made.
func (g rowGenerator) columns() string {
	q := "FROM logs-* | EVAL w = " + g.said(1)
	q += ", v = CASE(" + g.said(1) + ", " + g.result()
	for range g.IntN(3) {
		q += ", " + g.pick("w", "NOT w", g.said(0)) + ", " + g.result()
	}
	q += g.pick(")", ", "+g.result()+")")
	q += g.pick("", "", " | RENAME v AS u | EVAL v = u", " | MV_EXPAND v", " | EVAL v = TO_LOWER(v)", " | KEEP *")
	if g.IntN(2) == 0 {
		truth := func() string { return g.pick("true", "false", "null", "w") }
		q += " | EVAL b = CASE(w, " + truth() + ", " + g.said(0) + ", " + truth() + g.pick("", ", "+truth()) + ")" +
			" | WHERE " + g.pick("b", "NOT b", "b IS NOT NULL", "b IS NULL")
	}
	for range 1 + g.IntN(2) {
		q += " | WHERE " + g.pick("", "NOT ") + g.pick(`v == "a"`, `v != "a"`, `"b" == v`, `v != ""`, "v IS NULL", "v IS NOT NULL", `v IN ("a", "b")`,
			`v LIKE "a*"`, `STARTS_WITH(v, "a")`, "w", `v > "a"`, `v == user.name`)
	}
	return q
}

// commands are what may stand in front of, and between, conditions.
func (g rowGenerator) query() string {
	q := "FROM logs-*"
	for range 1 + g.IntN(3) {
		switch g.IntN(8) {
		case 0:
			q += " | EVAL " + g.pick("process.name", "v") + " = " + g.operand()
		case 1:
			q += " | RENAME user.name AS process.name"
		case 2:
			q += " | MV_EXPAND " + g.field()
		case 3:
			q += ` | GROK process.name "%{WORD:user.name}"`
		case 4:
			q += ` | DISSECT message "%{user.name} %{v}"`
		}
		q += " | WHERE " + g.condition(2)
	}
	return q + g.pick("", " | STATS COUNT(*) BY user.domain", " | LIMIT 5", " | SORT @timestamp")
}

func (g rowGenerator) value() any {
	switch g.IntN(10) {
	case 0:
		return nil
	case 1:
		return json.Number(g.pick("4", "4.0", "5", "-1", "4.5"))
	case 2:
		return g.IntN(2) == 0
	case 3:
		list := []any{}
		for range g.IntN(4) {
			list = append(list, g.value())
		}
		return list
	}
	return g.text()
}

func (g rowGenerator) line() string {
	doc := map[string]any{}
	for _, f := range generatedFields {
		if g.IntN(3) > 0 && f != "process.command_line.text" {
			doc[f] = g.value()
		}
	}
	if g.IntN(2) == 0 {
		doc["@timestamp"] = "2024-01-01T00:00:00.5Z"
	}
	b, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func checkGenerated(t testing.TB, seed uint64) (made, rejected int) {
	g := rowGenerator{rand.New(rand.NewPCG(seed, 1))}
	q := g.query()
	if g.IntN(2) == 0 {
		q = g.columns()
	}
	r, err := esqlRule("r", q)
	if err != nil {
		return 0, 0 // no query
	}
	lines := make([]string, 12)
	for i := range lines {
		lines[i] = g.line()
	}
	return checkPredicate(t, r, lines)
}

// The predicate of a rule in ES|QL rejects no event that makes a row.
func TestPredicateKeepsRows(t *testing.T) {
	made, rejected := 0, 0
	for seed := range uint64(1500) {
		n, k := checkGenerated(t, seed)
		if made, rejected = made+n, rejected+k; t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if made < 500 || rejected < 500 {
		t.Errorf("%d events made rows, %d were rejected: the test says little", made, rejected)
	}
}

func FuzzPredicateKeepsRows(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { checkGenerated(t, seed) })
}

// Each query of the corpus, over the events that the rules of the corpus are tested with.
func TestPredicateKeepsRowsOfCorpus(t *testing.T) {
	var lines []string
	for _, name := range []string{"endpoint-samples.ndjson", "auditbeat-golden.ndjson", "atomic-red-team.endpoint.ndjson.zst"} {
		for i, line := range readLines(t, shared(t, "events", name)) {
			if i%31 == 0 && len(line) > 0 {
				lines = append(lines, string(line))
			}
		}
	}
	n := 0
	err := filepath.WalkDir(shared(t, "rules-corpus"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".toml") {
			return err
		}
		var file struct {
			Rule struct{ Language, Query string }
		}
		if _, err := toml.DecodeFile(path, &file); err != nil || file.Rule.Language != "esql" {
			return err
		}
		n++
		r, err := esqlRule(filepath.Base(path), file.Rule.Query)
		if err != nil {
			return err
		}
		checkPredicate(t, r, lines)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n != 155 {
		t.Errorf("%d queries, want the 155 of the corpus", n)
	}
}
