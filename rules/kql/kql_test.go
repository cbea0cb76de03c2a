package kql

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// checkFixpoint holds that a tree prints as KQL that parses to the same tree.
func checkFixpoint(t *testing.T, n node) {
	t.Helper()
	printed := n.String()
	again, err := parse(source.Text{Body: printed})
	if err != nil {
		t.Errorf("printed as %q: %v", printed, err)
		return
	}
	if diff := cmp.Diff(suiteNode(again), suiteNode(n)); diff != "" {
		t.Errorf("printed as %q: -again +first:\n%s", printed, diff)
	}
	if got := again.String(); got != printed {
		t.Errorf("printed as %q and then as %q", printed, got)
	}
}

func TestTree(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		n, err := parse(source.Text{Body: in})
		if err != nil {
			t.Errorf("%q: %v", in, err)
			return
		}
		if got := n.String(); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		checkFixpoint(t, n)
	}
	// precedence: not, and, or; flat lists
	f("a:1 or b:2 and c:3", "a:1 or b:2 and c:3")
	f("(a:1 or b:2) and c:3", "(a:1 or b:2) and c:3")
	f("not a:1 or b:2", "not a:1 or b:2")
	f("not (a:1 or b:2)", "not (a:1 or b:2)")
	f("not (not a:1)", "not (not a:1)")
	f("a:1 and (b:2 and c:3)", "a:1 and (b:2 and c:3)")
	f("a:1 or (b:2 and c:3)", "a:1 or b:2 and c:3")
	f("((a:1))", "a:1")
	f("a:1\nOR\tNOT b:2 \u00a0AnD\u00a0 c:3", "a:1 or not b:2 and c:3")

	// lists
	f("a:(x or y and not z)", "a:x or a:y and not a:z")
	f("a:((x or y) and not (z))", "(a:x or a:y) and not a:z")
	f("a:( \"x\" )", `a:"x"`)
	f("not a:(x or y)", "not (a:x or a:y)")

	// what an unquoted literal swallows, and where it ends
	f("a:foo  bar ", "a:foo  bar")
	f("a:foo and", `a:foo \u0061nd`)
	f("(a:foo and) or b", `a:foo \u0061nd or b`)
	f("a:and", "a:and")
	f("OR foo", "OR foo")
	f("foo or or bar", "foo or or bar")
	f("foo orbar", "foo orbar")
	f("nothing", "nothing")
	f("a b : c", "a b:c")
	f("a:x\\and b", "a:xand b")
	f(`a:x \and y`, `a:x \u0061nd y`)
	f(`a:x \OR y`, `a:x \u004fR y`)
	f(`a:\not x`, `a:ot x`) // "\n", trimmed, and "ot": Kibana's order of escapes

	// escapes and wildcards
	f(`a:D\:\\yy\\*\(2\).exe`, `a:D\:\\yy\\*\(2\).exe`)
	f(`a:\**`, `a:\**`)
	f(`a:\{x\} \<\>\"`, `a:\{x\} \<\>\"`)
	f(`a:x\ty\r\nz`, `a:x\ty\r\nz`)
	f("a:x\ty", `a:x\ty`)
	f(`a:\u0041\uD83D\ude00\ud83d`, "a:A\U0001F600\uFFFD")
	f(`a:"\u0041 \q \" \\ * ? \t"`, `a:"A \\q \" \\ * ? \t"`)
	f("a:\"x\ny\"", `a:"x\ny"`)
	f(`a:x\u00a0and\u00a0y`, `a:x\u00a0and\u00a0y`)
	f("a:\u2003", `a:\t`)
	f("a:\u2003x*\u2003y\u2003", "a:x*\u2003y")
	f("**", "**")
	f(`"a b":c`, `"a b":c`)
	f("a*.b:c", "a*.b:c")

	// literals that are no strings
	f(`a:(true or "true" or null or True)`, `a:true or a:"true" or a:null or a:True`)
	f(`a:\u006eull`, "a:null")
	f("null:x", "x")

	// ranges and nested
	f("a<1 and b <= 2 and c>3 and d >=\"4 5\"", `a < 1 and b <= 2 and c > 3 and d >= "4 5"`)
	f("a > x y", "a > x y")
	f("a : {b:1 and c:{not d:(1 or 2)}}", "a:{ b:1 and c:{ not (d:1 or d:2) } }")
	f("", "*:*")
	f(" \n\t", "*:*")
}

func TestErrors(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		_, err := Parse(source.Text{Path: "r", Body: in})
		var e *source.Error
		if !errors.As(err, &e) {
			t.Errorf("%q: got error %v, want a *source.Error", in, err)
			return
		}
		got, _, _ := strings.Cut(e.Error(), "\n")
		if got != want {
			t.Errorf("%q:\n got %s\nwant %s", in, got, want)
		}
		if e.Unsupported != "" {
			t.Errorf("%q: got unsupported %q, want a syntax error", in, e.Unsupported)
		}
	}
	const operand = `a field, a value or "("`
	const rest = `"and", "or" or the end of the query`
	f("a:", `r:1:3: found the end of the query, expected a value or "("`)
	f("a >", `r:1:4: found the end of the query, expected a value`)
	f(": x", `r:1:1: found ":", expected `+operand)
	f("a:1 and ", `r:1:9: found the end of the query, expected `+operand)
	f("a:1 or\n  or )", `r:2:6: found ")", expected "and", "or" or the end of the query`)
	f("a:(1 or 2", `r:1:10: found the end of the query, expected "and", "or" or ")"`)
	f("a:1)", `r:1:4: found ")", expected `+rest)
	f("()", `r:1:2: found ")", expected `+operand)
	f("a:()", `r:1:4: found ")", expected a value or "("`)
	f("a:(b:1)", `r:1:5: found ":", expected "and", "or" or ")"`)
	f("message: cannot open", `r:1:13: found "not", expected `+rest)
	f("not not a", `r:1:5: found "not", expected `+operand)
	f("a:not b", `r:1:3: found "not", expected a value or "("`)
	f("NOT(a:1)", `r:1:4: found "(", expected `+rest)
	f(`"a"or b`, `r:1:4: found "or", expected `+rest)
	f(`a:"b`, `r:1:3: found a quoted value without end, expected a closing "\""`)
	f(`a:"b\"`, `r:1:3: found a quoted value without end, expected a closing "\""`)
	f(`a:"b" c`, `r:1:7: found "c", expected `+rest)
	f(`a:C:\x`, `r:1:4: found ":", expected `+rest)
	f(`a:\x`, `r:1:3: found "\\", expected an escape: a backslash itself is written \\`)
	f(`a:x\`, `r:1:4: found "\\", expected an escape: a backslash itself is written \\`)
	f(`a:\u12g4`, `r:1:3: found "\\", expected an escape: a backslash itself is written \\`)
	f("a:{b:1", `r:1:7: found the end of the query, expected "and", "or" or "}"`)
	f("a:{}", `r:1:4: found "}", expected `+operand)
	f("(a:{b:1)}", `r:1:8: found ")", expected "and", "or" or "}"`)
	f("a::b", `r:1:3: found ":", expected a value or "("`)
	f("a:(1) (2)", `r:1:7: found "(", expected `+rest)
}

func TestUnsupported(t *testing.T) {
	f := func(in, construct string, col int) {
		t.Helper()
		_, err := Parse(source.Text{Body: in})
		var e *source.Error
		if !errors.As(err, &e) || e.Unsupported != construct || e.Col != col {
			t.Errorf("%q: got %v, want %q unsupported at column %d", in, err, construct, col)
		}
	}
	f("a:null", "null value", 3)
	f("null", "null value", 1)
	f("a > null", "null value", 5)
	f("null > 1", "null as a field name", 1)
	f("a:{ b:1 and x }", "free text inside of a nested query", 13)
	f("a:{ * }", "free text inside of a nested query", 5)
	f("a*:{ b:1 }", "nested path that is no plain name", 1)
	f("null:{ b:1 }", "nested path that is no plain name", 1)
	f(`a\**:1`, "plain asterisk in a field name with a wildcard", 1)
	f(`"a*":{ b*:1 }`, "plain asterisk in a field name with a wildcard", 8)
}

func TestLimits(t *testing.T) {
	f := func(name, in string, ok bool) {
		t.Helper()
		start := time.Now()
		_, err := Parse(source.Text{Body: in})
		if (err == nil) != ok {
			t.Errorf("%s: got error %.200v, want accepted %v", name, err, ok)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
	nest := func(open, x, end string, n int) string { return strings.Repeat(open, n) + x + strings.Repeat(end, n) }
	f("groups at the limit", nest("(", "a", ")", maxDepth), true)
	f("groups beyond", nest("(", "a", ")", maxDepth+1), false)
	f("groups far beyond", nest("(", "a", ")", maxLength/2-1), false)
	f("lists at the limit", "a:"+nest("(", "a", ")", maxDepth), true)
	f("lists beyond", "a:"+nest("(", "a", ")", maxDepth+1), false)
	f("nested at the limit", nest("a:{", "a:1", "}", maxDepth), true)
	f("nested beyond", nest("a:{", "a:1", "}", maxDepth+1), false)
	f("groups side by side", strings.TrimSuffix(strings.Repeat("(a) or ", 1000), " or "), true)
	f("longest", strings.Repeat("a", maxLength), true)
	f("too long", strings.Repeat("a", maxLength+1), false)
	f("longest name", strings.Repeat("a", maxName)+":x", true)
	f("name too long", strings.Repeat("a", maxName+1)+":x", false)
	f("nested name too long", "a:{"+strings.Repeat("a", maxName-1)+":x}", false)
	f("spaces", "a"+strings.Repeat(" ", maxLength/2), true)
	f("many values", "a:("+strings.Repeat("b or ", maxLength/5-2)+"c)", true)
	f("many stars", "a:"+strings.Repeat("*", maxLength-2), true)
	f("many nots", strings.Repeat("not ", maxLength/4), false)
}

func TestLowering(t *testing.T) {
	f := func(in string, want query.Expr) {
		t.Helper()
		got, err := Parse(source.Text{Body: in})
		if err != nil {
			t.Errorf("%q: %v", in, err)
			return
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%q: -got +want:\n%s", in, diff)
		}
	}
	field := func(name string) query.Field { return query.Field{Name: name} }
	glob := func(name string) query.Field { return query.Field{Name: name, Glob: true} }
	term := func(f query.Field, mode query.TextMode, values ...string) *query.Term {
		x := &query.Term{Field: f, Text: mode}
		for _, v := range values {
			x.Values = append(x.Values, query.Literal{Text: v})
		}
		return x
	}
	anyOf := func(f query.Field, values ...string) *query.Term { return term(f, query.AnyToken, values...) }
	wild := func(f query.Field, patterns ...query.Pattern) *query.Wildcard {
		return &query.Wildcard{Field: f, Patterns: patterns, Text: query.AnyToken}
	}
	lit := func(s string) query.Part { return query.Part{Kind: query.Lit, Text: s} }
	star := query.Part{Kind: query.Any}
	a, b := field("a"), field("b")

	for _, all := range []string{"", " ", "*", "*:*", "( * )", "(*:*)"} {
		f(all, &query.Const{Value: true})
	}
	f("a:*", &query.Exists{Field: a})
	f("a.*:*", &query.Exists{Field: glob("a.*")})
	f(`a:"*"`, term(a, query.Phrase, "*"))
	f(`a:\*`, anyOf(a, "*"))
	f("a:**", wild(a, query.Pattern{star, star}))
	f("a:x y", anyOf(a, "x y"))
	f("a:x?", anyOf(a, "x?"))
	f(`a:"x y"`, term(a, query.Phrase, "x y"))
	f("a:(* nmap*)", wild(a, query.Pattern{star, lit(" nmap"), star})) // Decision 2
	f(`a:\*x\\*`, wild(a, query.Pattern{lit(`*x\`), star}))
	f("a:070", anyOf(a, "070"))
	f("a:true", &query.Term{Field: a, Text: query.AnyToken, Values: []query.Literal{{Kind: query.Bool, Text: "true"}}})
	f(`a:"true"`, term(a, query.Phrase, "true"))
	f("true:x", anyOf(field("true"), "x"))
	f(`"a*":x`, anyOf(field("a*"), "x"))
	f("a*.b:x", anyOf(glob("a*.b"), "x"))

	// free text
	f("x y", anyOf(glob("*"), "x y"))
	f(`"x y"`, term(glob("*"), query.Phrase, "x y"))
	f("x*", wild(glob("*"), query.Pattern{lit("x"), star}))
	f("null:x", anyOf(glob("*"), "x"))
	f("*:x", anyOf(glob("*"), "x"))

	// lists, merged where they mean the same
	f(`a:(x or y or "z" or w* or v or u* or "t")`, &query.Or{X: []query.Expr{
		anyOf(a, "x", "y", "v"), term(a, query.Phrase, "z", "t"),
		wild(a, query.Pattern{lit("w"), star}, query.Pattern{lit("u"), star}),
	}})
	f("a:(x or (y or z))", anyOf(a, "x", "y", "z"))
	f("a:x or b:x or a:y", &query.Or{X: []query.Expr{anyOf(a, "x", "y"), anyOf(b, "x")}})
	f("a:(x and y)", &query.And{X: []query.Expr{anyOf(a, "x"), anyOf(a, "y")}})
	f("a:(x or not y or not z)", &query.Or{X: []query.Expr{
		anyOf(a, "x"), &query.Not{X: anyOf(a, "y")}, &query.Not{X: anyOf(a, "z")},
	}})
	f("a:1 and (b:1 and a:2)", &query.And{X: []query.Expr{anyOf(a, "1"), anyOf(b, "1"), anyOf(a, "2")}})
	f("not a:(x or y)", &query.Not{X: anyOf(a, "x", "y")})

	// ranges
	f("a < 1", &query.Range{Field: a, Op: query.Lt, Value: query.Literal{Text: "1"}})
	f("a <= 1", &query.Range{Field: a, Op: query.Le, Value: query.Literal{Text: "1"}})
	f("a > now-1d", &query.Range{Field: a, Op: query.Gt, Value: query.Literal{Text: "now-1d"}})
	f(`a* >= "x*"`, &query.Range{Field: glob("a*"), Op: query.Ge, Value: query.Literal{Text: "x*"}})
	f("a > x*", &query.Range{Field: a, Op: query.Gt, Value: query.Literal{Text: "x*"}})
	f("a > true", &query.Range{Field: a, Op: query.Gt, Value: query.Literal{Kind: query.Bool, Text: "true"}})

	// nested
	f("a:{ b:x and c*:y and *:* and d:{ e > 1 or not f:* } }", &query.Nested{Path: "a", X: &query.And{X: []query.Expr{
		anyOf(field("a.b"), "x"),
		anyOf(glob("a.c*"), "y"),
		&query.Const{Value: true},
		&query.Nested{Path: "a.d", X: &query.Or{X: []query.Expr{
			&query.Range{Field: field("a.d.e"), Op: query.Gt, Value: query.Literal{Text: "1"}},
			&query.Not{X: &query.Exists{Field: field("a.d.f")}},
		}}},
	}}})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "*", "a:b", `a:("b c" or not d*) and e >= 1`, "a:{ b:c or d:{ e:f } }", `\u0041\and \not x`,
		`a:"\"\\\t"`, "cannot open", "a:(b", "\u00a0not\u00a0a", "x \\or y", `\ud83d\ude00*`, "null:null", "a\xff:\xfe *",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		text := source.Text{Body: in}
		n, err := parse(text)
		x, lowerErr := Parse(text)
		if (lowerErr == nil) != (x != nil) {
			t.Errorf("got %v and error %v", x, lowerErr)
		}
		if err != nil {
			if lowerErr == nil || lowerErr.Error() != err.Error() {
				t.Errorf("got %v from Parse, %v from parse", lowerErr, err)
			}
			return
		}
		checkFixpoint(t, n)
	})
}
