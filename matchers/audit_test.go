package matchers

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"coldcase/matchers/event"
	"coldcase/matchers/index"
	"coldcase/rules"
	"coldcase/rules/query"
)

// auditedWorker returns a worker whose differences, written "rule: what", are appended
// to a list.
func auditedWorker(m *Matcher, n int) (*Worker, *[]string) {
	w, found := m.NewWorker(false), &[]string{}
	w.SetAudit(n, func(d AuditDifference) { *found = append(*found, fmt.Sprintf("%d: %s", d.Rule, d.What)) })
	return w, found
}

func auditMatcher(t *testing.T) *Matcher {
	t.Helper()
	rs := []*rules.Rule{eventRule(parseQuery(t, `process where process.name == "a"`)), eventRule(parseQuery(t, `process where process.name : "A*"`))}
	m, err := Compile(rs, Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const auditLine = `{"event":{"category":"process"},"process":{"name":"a"}}`

func match(t *testing.T, w *Worker, line string) []Hit {
	t.Helper()
	hits, err := w.Match([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

func expect(t *testing.T, found *[]string, want ...string) {
	t.Helper()
	if !slices.Equal(*found, want) {
		t.Errorf("the audit found %q, want %q", *found, want)
	}
	*found = nil
}

// TestAuditFindsDifferences breaks the fast path in each of its stages.
func TestAuditFindsDifferences(t *testing.T) {
	m := auditMatcher(t)
	w, found := auditedWorker(m, 1)
	if hits := match(t, w, auditLine); len(hits) != 2 {
		t.Fatalf("%d hits", len(hits))
	}
	expect(t, found)

	c := w.classOf()
	table := c.table
	none := make([]query.Expr, len(c.steps))
	for i := range none {
		none[i] = &query.Term{Field: query.Field{Name: "process.name"}, Values: []query.Literal{{Text: "other"}}}
	}
	c.table = index.NewTable(none, m.schema, m.layout)
	match(t, w, auditLine)
	expect(t, found, "0: step 0 holds on the plain path alone", "1: step 0 holds on the plain path alone")

	c.table = table
	c.nodes[1] = constNode(false)
	match(t, w, auditLine)
	expect(t, found, "1: step 0 holds on the plain path alone")
	c.nodes[1] = constNode(true)
	match(t, w, strings.Replace(auditLine, `"a"`, `"A"`, 1))
	expect(t, found) // holds as it is
	c.table = index.NewTable([]query.Expr{&query.Const{Value: true}, &query.Const{Value: true}}, m.schema, m.layout)
	match(t, w, strings.Replace(auditLine, `"a"`, `"b"`, 1))
	expect(t, found, "1: step 0 holds on the fast path alone")
	if n := w.Account().Audited(); n != 5 {
		t.Errorf("%d lines audited, want 5", n)
	}
}

func TestAuditComparesEvents(t *testing.T) {
	m := auditMatcher(t)
	w, found := auditedWorker(m, 1)
	match(t, w, auditLine)
	tell := func(what string) { *found = append(*found, what) }
	m.differingEvents(&w.ev, &w.audit.plain.ev, tell)
	expect(t, found)
	w.ev.Add(m.layout.Slot("process.name"), event.Value{Kind: event.String, Text: []byte("b")})
	m.differingEvents(&w.ev, &w.audit.plain.ev, tell)
	expect(t, found, "the values of process.name differ")
	match(t, w, auditLine)
	w.ev.ID = []byte("1")
	m.differingEvents(&w.ev, &w.audit.plain.ev, tell)
	expect(t, found, `the fast path reads "1" of index "", the plain path "" of ""`)
	differingHits([]Hit{{Rule: 1, Beyond: true}}, []Hit{{Rule: 1}}, func(rule int, what string) { tell(fmt.Sprint(rule, ": ", what)) })
	expect(t, found, "1: step 0 is marked differently")
}

func TestAuditErrors(t *testing.T) {
	m := auditMatcher(t)
	w, found := auditedWorker(m, 1)
	if _, err := w.Match([]byte(`{"a":`)); err == nil {
		t.Error("no error")
	}
	expect(t, found) // both refuse it
	w.audit.check(w, []byte(`{"a":`), nil, nil)
	if len(*found) != 1 || !strings.Contains((*found)[0], "the plain path alone refuses the line") {
		t.Errorf("found %q", *found)
	}
	*found = nil
	w.audit.check(w, []byte(`{}`), nil, fmt.Errorf("odd"))
	expect(t, found, "-1: the fast path alone refuses the line: odd")
}

// TestAuditPicks: which lines are audited hangs on their bytes alone, and about one in n is.
func TestAuditPicks(t *testing.T) {
	m := auditMatcher(t)
	one, found := auditedWorker(m, 10)
	odd, _ := auditedWorker(m, 10)
	even, _ := auditedWorker(m, 10)
	for i := range 2000 {
		line := strings.Replace(auditLine, `"a"`, strconv.Itoa(i), 1)
		match(t, one, line)
		if i%2 == 0 {
			match(t, even, line)
		} else {
			match(t, odd, line)
		}
	}
	expect(t, found)
	if n := one.Account().Audited(); n != odd.Account().Audited()+even.Account().Audited() || n < 100 || n > 300 {
		t.Errorf("one worker audited %d of 2000 lines, two %d and %d", n, odd.Account().Audited(), even.Account().Audited())
	}
	before := one.Account().Audited()
	one.SetAudit(0, nil)
	if match(t, one, auditLine); one.Account().Audited() != before {
		t.Error("an audit that is off counts")
	}
}

// TestAuditUnderActions: the plain path knows of the bulk action that a line stands under.
func TestAuditUnderActions(t *testing.T) {
	w, found := auditedWorker(auditMatcher(t), 1)
	for _, action := range []string{`{"index":{"_index":"logs-x","_id":"7"}}`, `{"update":{"_index":"logs-x","_id":"7"}}`} {
		if _, ok := w.Action([]byte(action)); !ok {
			t.Fatalf("%s is no action", action)
		}
		w.Match([]byte(auditLine))
		w.EndAction()
		w.Match([]byte(auditLine))
		w.Forget()
	}
	expect(t, found)
	if w.Account().Audited() != 4 {
		t.Errorf("%d lines audited", w.Account().Audited())
	}
}

// TestAuditShared: over shared events of each kind, in all envelopes and with all rules,
// the paths agree on hits, values and indices.
func TestAuditShared(t *testing.T) {
	m := corpusMatcher(t)
	w := m.NewWorker(false)
	for _, glob := range []string{"*.ndjson*", "benign/*", "envelopes/*"} {
		names, err := filepath.Glob(filepath.Join(shared(t, "events"), glob))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %v", glob, names, err)
		}
		for _, name := range names {
			w.SetAudit(1, func(d AuditDifference) { t.Errorf("%s: rule %d: %s: %.300s", name, d.Rule, d.What, d.Line) })
			lines := readLines(t, name)
			for _, line := range lines[:min(len(lines), 200)] {
				w.Match(line) // bad lines too: both paths refuse them in the same words
			}
		}
	}
}
