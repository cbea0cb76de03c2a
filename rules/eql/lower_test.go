package eql

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// lowerings pair a condition with what it lowers to, in query's own notation. The
// numbers are clauses of query-semantics.md, traps those of query-traps.md.
var lowerings = []struct{ in, want string }{
	// 3.7a, trap 1: leaves on a bare field are pushed down, and negated two-valued.
	{`f == "a"`, `f = ("a")`},
	{`f == 4`, `f = (4)`},
	{`f == 4.50`, `f = (4.50)`},
	{`f == -1`, `f = (-1)`},
	{`f == true`, `f = (true)`},
	{`f != "a"`, `not f = ("a")`},
	{`f != false`, `not f = (false)`},
	{`"a" == f`, `f = ("a")`},
	{`f`, `f = (true)`},
	{`not f`, `not f = (true)`},
	{`not not f`, `f = (true)`},
	{`f < 3`, `f < 3`},
	{`3 < f`, `f > 3`},
	{`f >= "x"`, `f >= "x"`},
	{`not f > 3`, `not f > 3`},
	{`f == number("0x1f")`, `f = (31)`},
	{`f > 1 + 2`, `f > 3`},
	{`?f == 1`, `?f = (1)`},
	// Trap 4: == and in take no wildcards.
	{`f == "cmd*"`, `f = ("cmd*")`},
	{`f in ("a", "b*")`, `f = ("a", "b*")`},
	{`f not in (1, 2)`, `not f = (1, 2)`},
	{`f in~ ("1*")`, `f =~ ("1*")`},
	{`f not in~ ("a")`, `not f =~ ("a")`},
	{`f in ("a", null)`, `f = ("a")`},
	{`f in (null)`, `false`},
	// 3.4: without wildcards, : and like are equality.
	{`f : "a"`, `f =~ ("a")`},
	{`f : ("a", "b")`, `f =~ ("a", "b")`},
	{`f : "a*"`, `f like~ ("a*")`},
	{`f : "?:\\Windows\\*"`, `f like~ ("?:\\\\Windows\\\\*")`},
	{`f like "a"`, `f = ("a")`},
	{`f like "a?"`, `f like ("a?")`},
	{`f like~ "a"`, `f =~ ("a")`},
	{`f like~ ("a*", "b?")`, `f like~ ("a*", "b?")`},
	{`f like ("a*", "b")`, `(f = ("b") or f like ("a*"))`},
	{`not f : ("a*", "b")`, `not (f =~ ("b") or f like~ ("a*"))`},
	{`f : "%_"`, `f =~ ("%_")`},
	// Functions on a bare field with a constant.
	{`cidrMatch(f, "10.1.2.3/8", "::1")`, `f cidr ("10.1.2.3/8", "::1")`},
	{`not cidrmatch(f, "10.0.0.0/8")`, `not f cidr ("10.0.0.0/8")`},
	{`startsWith(f, "a*")`, `f like ("a\\**")`},
	{`startswith~(f, "a")`, `f like~ ("a*")`},
	{`startsWith(f, "")`, `f like ("*")`},
	{`not startsWith(f, "x")`, `not f like ("x*")`},
	{`endsWith(f, "a*b")`, `f like ("*a*b")`},
	{`endswith~(f, "x")`, `f like~ ("*x")`},
	{`stringContains(f, "a?")`, `f like ("*a?*")`},
	{`stringContains~(f, "a")`, `f like~ ("*a*")`},
	{`startsWith(f, concat("a", 1))`, `f like ("a1*")`},
	// 3.6: == true and == false on a function fall away.
	{`startsWith(f, "a") == true`, `f like ("a*")`},
	{`startsWith(f, "a") == false`, `not f like ("a*")`},
	{`false != endsWith(f, "a")`, `f like ("*a")`},
	{`true == (f in ("a"))`, `f = ("a")`},
	{`length(f) == true`, `script{(length(f) == true)}`},
	{`substring(f, 1) == true`, `script{(substring(f, 1) == true)}`},
	{`f + 1 != false`, `script{not ((f + 1) == false)}`},
	// 3.7d: null.
	{`f == null`, `not exists f`},
	{`null != f`, `exists f`},
	{`?f == null`, `not exists ?f`},
	{`length(f) == null`, `script{isNull(length(f))}`},
	{`length(f) != null`, `script{not isNull(length(f))}`},
	{`null == (f > -1)`, `script{isNull((f > -1))}`},
	{`null == (f > 1 and g)`, `script{isNull(((f > 1) and g))}`},
	{`f == 1 and null`, `(f = (1) and false)`},
	{`not null`, `false`},
	{`f < null`, `false`},
	{`not f < null`, `false`},
	// 3.4: two optional fields hold together while both are missing.
	{`?a == ?b`, `(not exists ?a and not exists ?b)`},
	{`?a != ?b`, `not (not exists ?a and not exists ?b)`},
	// 3.7b, traps 2 and 3: computed values are scripts, and not goes inside.
	{`length(f) > 5`, `script{(length(f) > 5)}`},
	{`5 < length(f)`, `script{(length(f) > 5)}`},
	{`not length(f) > 5`, `script{not (length(f) > 5)}`},
	{`length(f) != 5`, `script{not (length(f) == 5)}`},
	{`not endsWith(substring(f, 1), "x")`, `script{not endsWith(substring(f, 1), "x")}`},
	{`endsWith~(a, b)`, `script{endsWith~(a, b)}`},
	{`startsWith("abc", f)`, `script{startsWith("abc", f)}`},
	{`f + 1 == 3`, `script{((f + 1) == 3)}`},
	{`add(f, 1) == 3`, `script{((f + 1) == 3)}`},
	{`-f == 3`, `script{((0 - f) == 3)}`},
	{`f % 40 == 2`, `script{((f % 40) == 2)}`},
	{`string(f) : "1*"`, `script{string(f) like~ ("1*")}`},
	{`string(f) : "1"`, `script{string(f) like~ ("1")}`},
	{`string(f) like "1"`, `script{string(f) like ("1")}`},
	{`string(f) in ("a", "b")`, `script{string(f) in ("a", "b")}`},
	{`string(f) not in ("a")`, `script{not string(f) in ("a")}`},
	{`string(f) in ("a", null)`, `script{(string(f) in ("a") or null)}`},
	{`string(f) in~ ("a")`, `script{string(f) in~ ("a")}`},
	{`cidrMatch(string(f), "10.0.0.0/8")`, `script{cidrMatch(string(f), "10.0.0.0/8")}`},
	{`string(f == 1 and g != 2) == "true"`,
		`script{(string(((f == 1) and not (g == 2))) == "true")}`},
	{`string(f in ("a") or g) == "true"`, `script{(string((f in ("a") or g)) == "true")}`},
	// Elasticsearch writes a list of : , like and in~ over a computed value as an or
	// of scripts (querytranslator tests likeMultiArgWithScript, inFilterInsensitive-
	// WithScripting), so that not over it is outside.
	{`string(f) : ("1", "2*")`, `(script{string(f) like~ ("1")} or script{string(f) like~ ("2*")})`},
	{`not string(f) in~ ("a", "b")`,
		`not (script{string(f) in~ ("a")} or script{string(f) in~ ("b")})`},
	// 3.7c: and, or and not over them are two-valued.
	{`f == 1 and length(g) > 2`, `(f = (1) and script{(length(g) > 2)})`},
	{`not (f == 1 and length(g) > 2)`, `not (f = (1) and script{(length(g) > 2)})`},
	{`not (length(g) > 2 and true)`, `script{not (length(g) > 2)}`},
	{`not (f or g)`, `not (f = (true) or g = (true))`},
	{`a == 1 or b == 2 and not c == 3`, `(a = (1) or (b = (2) and not c = (3)))`},
	{`not a == 1 and b == 2`, `(not a = (1) and b = (2))`},
}

func TestLower(t *testing.T) {
	for _, c := range lowerings {
		p, err := Parse(text("any where "+c.in), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if got := p.Event.String(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.in, got, c.want)
		}
		checkRoundTrip(t, "any where "+c.in)
	}
}

func TestLowerRegexp(t *testing.T) {
	plain, err := query.TranslateRegexp("a.c", false)
	if err != nil {
		t.Fatal(err)
	}
	folded, err := query.TranslateRegexp("b+", true)
	if err != nil {
		t.Fatal(err)
	}
	f := func(in string, want query.Expr) {
		t.Helper()
		if diff := cmp.Diff(want, mustParse(t, "any where "+in).Event); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
	}
	name := query.Field{Name: "f"}
	f(`f regex "a.c"`, &query.Regexp{Field: name, Patterns: []string{plain}})
	f(`f regex~ ("b+")`, &query.Regexp{Field: name, Patterns: []string{folded}})
	f(`not f regex """a.c"""`, &query.Not{X: &query.Regexp{Field: name, Patterns: []string{plain}}})
	f(`not string(f) regex ("a.c", "a.c")`, &query.Script{X: &query.LogicNot{X: &query.Match{
		X:        &query.Call{Func: "string", Args: []query.Value{&query.FieldValue{Field: name}}},
		Patterns: []string{plain, plain},
	}}})
}

// TestCategory: an exact term on event.category, or on the field the rule names.
func TestCategory(t *testing.T) {
	f := func(in string, opt Options, want string) {
		t.Helper()
		p, err := Parse(text(in), opt)
		if err != nil {
			t.Errorf("%s: %v", in, err)
		} else if got := p.Event.String(); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	f(`process where f`, Options{}, `(event.category = ("process") and f = (true))`)
	f(`process where true`, Options{}, `event.category = ("process")`)
	f(`process where false`, Options{}, `false`)
	f(`any where true`, Options{}, `true`)
	f(`"my-cat" where true`, Options{}, `event.category = ("my-cat")`)
	f(`"any" where true`, Options{}, `event.category = ("any")`)
	f(`file where true`, Options{CategoryField: "event_type"}, `event_type = ("file")`)
}

func TestSequence(t *testing.T) {
	p := mustParse(t, `sequence by host.id, ?user.id with maxspan=1500ms
		[process where a == 1] by pid with runs=2
		![file where b] by fid
		until [any where c] by cid
		| head 10 | tail 2 + 3`)
	term := func(f, v string, k query.LiteralKind) query.Expr {
		return &query.Term{Field: query.Field{Name: f}, Values: []query.Literal{{Kind: k, Text: v}}}
	}
	keys := func(own string) []query.Field {
		return []query.Field{{Name: "host.id"}, {Name: "user.id", Optional: true}, {Name: own}}
	}
	first := query.Step{Keys: keys("pid"), X: &query.And{X: []query.Expr{
		term("event.category", "process", query.String), term("a", "1", query.Number)}}}
	missing := query.Step{Keys: keys("fid"), Missing: true, X: &query.And{X: []query.Expr{
		term("event.category", "file", query.String), term("b", "true", query.Bool)}}}
	want := &query.Program{
		Sequence: &query.Sequence{
			Steps:   []query.Step{first, first, missing},
			Until:   &query.Step{Keys: keys("cid"), X: term("c", "true", query.Bool)},
			MaxSpan: 1500 * time.Millisecond,
		},
		Pipes: []query.Pipe{{N: 10}, {Tail: true, N: 5}},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSample(t *testing.T) {
	p := mustParse(t, `sample by host [any where a] by x [any where b] by ?y`)
	var got []string
	for _, s := range p.Sample.Steps {
		for _, k := range s.Keys {
			got = append(got, k.String())
		}
	}
	if want := "host x host ?y"; strings.Join(got, " ") != want {
		t.Errorf("keys: got %v, want %s", got, want)
	}
}

// TestUnsupportedRegexp: valid EQL that RE2 cannot express makes the rule not run.
func TestUnsupportedRegexp(t *testing.T) {
	_, err := Parse(text(`any where f regex "a&b"`), Options{})
	var e *source.Error
	if !errors.As(err, &e) || e.Unsupported == "" || e.Line != 1 || e.Col != 19 {
		t.Errorf("got %#v, want an unsupported construct at 1:19", err)
	}
}
