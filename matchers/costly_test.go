package matchers

import (
	"strings"
	"testing"

	"coldcase/matchers/event"
	"coldcase/rules/query"
)

// countedTest counts how often it is asked.
type countedTest struct {
	asked int
	holds func(event.Value) bool
}

func (t *countedTest) match(_ *scratch, v event.Value) bool {
	t.asked++
	return t.holds(v)
}

func TestMemo(t *testing.T) {
	ct := &countedTest{holds: func(v event.Value) bool { return strings.HasPrefix(string(v.Text), "a") }}
	l := &costlyLeaf{leaf: leaf{test: ct}, id: 3}
	m, s := newTestMemo(), &scratch{}
	f := func(kind event.Kind, text string, want bool, wantAsked int) {
		t.Helper()
		ct.asked = 0
		if got := m.match(l, s, event.Value{Kind: kind, Text: []byte(text)}); got != want || ct.asked != wantAsked {
			t.Errorf("%q is %v after %d tests, want %v after %d", text, got, ct.asked, want, wantAsked)
		}
	}
	long := "a" + strings.Repeat("b", maxMemoText-1)
	f(event.String, "abc", true, 1)
	f(event.String, "abc", true, 0)
	f(event.Number, "abc", true, 1) // another kind is another value
	f(event.String, "b", false, 1)
	f(event.String, "b", false, 0)
	f(event.String, "", false, 1)
	f(event.String, "", false, 0)
	f(event.String, long, true, 1)
	f(event.String, long, true, 0)
	f(event.String, long+"c", true, 1) // too long to remember
	f(event.String, long+"c", true, 1)
}

// An entry is taken for nothing but the very leaf and value that made it.
func TestMemoCollision(t *testing.T) {
	m, s := newTestMemo(), &scratch{}
	for i := range m.entries { // whatever the hash is, this entry stands at its place
		m.entries[i] = memoEntry{leaf: 1, kind: event.String, size: 3, result: true}
		copy(m.entries[i].text[:], "abd")
	}
	never := &countedTest{holds: func(event.Value) bool { return false }}
	f := func(id uint32, text string, want bool) {
		t.Helper()
		l := &costlyLeaf{leaf: leaf{test: never}, id: id}
		if got := m.match(l, s, event.Value{Kind: event.String, Text: []byte(text)}); got != want {
			t.Errorf("leaf %d on %q is %v, want %v", id, text, got, want)
		}
	}
	f(0, "abd", true) // the planted result
	f(0, "abc", false)
	f(0, "ab", false)
	f(0, "abde", false)
	f(7, "abd", false)
}

// A leaf that rules share is asked once an event, and anew on the next.
func TestCostlyOncePerEvent(t *testing.T) {
	ct := &countedTest{holds: func(v event.Value) bool { return string(v.Text) == "yes" }}
	l := &costlyLeaf{leaf: leaf{test: ct}, id: 70}
	s := &scratch{memo: newTestMemo()}
	f := func(text string, want bool) {
		t.Helper()
		var ev event.Event
		ev.Reset(1)
		ev.Add(0, event.Value{Kind: event.String, Text: []byte(text)})
		s.reset(&ev, 1, 0)
		ct.asked = 0
		for range 3 {
			if got := l.eval(s); got != want {
				t.Errorf("%q is %v, want %v", text, got, want)
			}
		}
		if ct.asked != 1 {
			t.Errorf("%q: asked %d times", text, ct.asked)
		}
	}
	f("yes", true)
	f("no", false)
	f("yes", true)
}

// What is cheap comes first, whatever a rule's order.
func TestCheapFirst(t *testing.T) {
	c := newCompiler(generatorSchema(t), event.NewLayout())
	f := func(q string, want ...string) {
		t.Helper()
		n, err := c.node(parseQuery(t, q))
		if err != nil {
			t.Fatal(err)
		}
		parts, ok := n.(andNode)
		if !ok || len(parts) != len(want) {
			t.Fatalf("%s became %T", q, n)
		}
		for i, p := range parts {
			if got := nodeKind(p); got != want[i] {
				t.Errorf("%s: part %d is %s, want %s", q, i, got, want[i])
			}
		}
	}
	f(`any where length(process.name) > 3 and process.args regex ".*a.*b" and process.name == "a"`, "text", "regexp", "script")
	f(`any where process.args : ("*a*", "*b*") and not process.pid == 4 and process.name != null`, "exists", "not", "wildcard")
}

func nodeKind(n node) string {
	switch n := n.(type) {
	case *existsNode:
		return "exists"
	case notNode:
		return "not"
	case *leaf:
		return testKind(n.test)
	case *costlyLeaf:
		return testKind(n.test)
	}
	return "script"
}

func testKind(t test) string {
	switch t.(type) {
	case *textTest:
		return "text"
	case *regexpTest:
		return "regexp"
	case *globTest:
		return "wildcard"
	}
	return "other"
}

func TestIsCostly(t *testing.T) {
	f := func(x query.Expr, want bool) {
		t.Helper()
		n, err := newCompiler(generatorSchema(t), event.NewLayout()).node(x)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := n.(*costlyLeaf); got != want {
			t.Errorf("%s is costly: %v, want %v", x, got, want)
		}
	}
	name := query.Field{Name: "process.name"}
	f(&query.Term{Field: name, Values: []query.Literal{{Text: "a"}}}, false)
	f(&query.Wildcard{Field: name, Patterns: []query.Pattern{query.LikePattern("a*")}}, false)
	f(&query.Wildcard{Field: name, Patterns: []query.Pattern{query.LikePattern("*a*"), query.LikePattern("*b*")}}, true)
	f(&query.Regexp{Field: name, Patterns: []string{`(?s)\A(?:a)\z`}}, true)
	f(&query.CIDR{Field: query.Field{Name: "source.ip"}, Nets: []string{"10.0.0.0/8", "::1"}}, true)
	// A date may hang on the event's own time: it is never remembered.
	f(&query.Term{Field: query.Field{Name: "@timestamp"}, Values: []query.Literal{{Text: "now-1d"}}}, false)
}
