package lucene

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// checkFixpoint holds that a tree prints as a query that parses to the same tree.
func checkFixpoint(t *testing.T, n node) {
	t.Helper()
	printed := n.String()
	again, err := parse(source.Text{Body: printed})
	if err != nil {
		t.Errorf("printed as %q: %v", printed, err)
		return
	}
	if got := again.String(); got != printed {
		t.Errorf("printed as %q and then as %q", printed, got)
	}
	if diff := cmp.Diff(again, n, trees); diff != "" {
		t.Errorf("printed as %q: -again +first:\n%s", printed, diff)
	}
}

// trees compares nodes but for the place of a regexp in the text.
var trees = cmp.Options{
	cmp.AllowUnexported(boolean{}, clause{}, term{}, wild{}, bounds{}, bound{}, exists{}, all{}),
	cmp.Comparer(func(a, b regex) bool { return a.field == b.field && a.body == b.body }),
}

// The printed form shows what Lucene's explain shows: + is required, - prohibited.
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
	// the classic parser has no precedence
	f("a AND b OR c", "+a +b c")
	f("a OR b AND c", "a +b +c")
	f("a b", "a b")
	f("a OR b", "a b")
	f("a AND b", "+a +b")
	f("a && b || c", "+a +b c")
	f("a AND NOT b", "+a -b")
	f("NOT a AND b", "-a +b")
	f("a OR NOT b", "a -b")
	f("+a -b !c d", "+a -b -c d")
	f("a AND (b OR c) AND d", "+a +(b c) +d")
	f("(a)", "a")
	f("((a b))", "a b")
	f("+a", "a")
	f("NOT a", "-a")
	f("a (NOT b)", "a (-b)")
	f("(-a)", "-a")
	f("a !(b c)", "a -(b c)")

	// words
	f("or and not", "or and not")
	f("ANDroid a&&b a||b", "ANDroid a&&b a||b")
	f(`\AND x\ y \(z\) a\:b`, `\AND x\ y \(z\) a\:b`)
	f("u+x a-b a!b", `u\+x a\-b a -b`)
	f("a - b", `a \- b`)
	f("a\u3000b\tc\nd", "a b c d")
	f(`\u0041\ud83d\ude00\ud800`, "A\U0001F600\uFFFD")
	f("a\u00a0b", "a\u00a0b")
	f("", "*:*")
	f(" \n", "*:*")

	// fields
	f("a:b", "a:b")
	f("a : b", "a:b")
	f("a:(b OR c AND -d)", "a:b +a:c -a:d")
	f("a:(b c:d e)", "a:b c:d a:e")
	f("a:(b (c d))", "a:b (a:c a:d)")
	f("x:a y", "x:a y")
	f(`a\*.b:c`, `a\*.b:c`)
	f("*:c", "c")
	f(`a.b\:c:d`, `a.b\:c:d`)

	// quoted, wildcards, regexps
	f(`a:"b c" "d\"\\* e"`, `a:"b c" "d\"\\* e"`)
	f("a:b* ?c **", "a:b* ?c **")
	f(`a:\*b\?c* a\\?`, `a:\*b\?c* a\\?`)
	f(`?\* \**`, `?\* \**`)
	f(`\u0041* \u0041?`, `A* u0041?`)
	f(`a:/b\/[0-9]{2}(c|d)/ /e f/`, `a:/b\/[0-9]{2}(c|d)/ /e f/`)
	f("a:/b/c", "a:/b/ c") // a slash ends it, white space or not

	// exists
	f("_exists_:a.b", `_exists_:"a.b"`)
	f("_exists_:(a OR b)", `_exists_:"a" _exists_:"b"`)
	f("a:*", `_exists_:"a"`)
	f("a:[* TO *]", `_exists_:"a"`)
	f("* *:*", "*:* *:*")

	// ranges
	f("a:[1 TO 2] {b TO c} [x TO y}", `a:["1" TO "2"] {"b" TO "c"} ["x" TO "y"}`)
	f("a:[* TO 2}", `a:[* TO "2"}`)
	f("a:{1 TO *]", `a:{"1" TO *]`)
	f(`a:["x y" TO "\"*\""]`, `a:["x y" TO "\"*\""]`)
	f("t:[now-1d/d TO 2024-01-01||/M]", `t:["now-1d/d" TO "2024-01-01||/M"]`)
	f("[ TO TO TO ]", `["TO" TO "TO"]`)
	f("a:>1 a:>=2 a:<3 a:<=4", `a:{"1" TO *] a:["2" TO *] a:[* TO "3"} a:[* TO "4"]`)
	f("a:(>=10 AND <20)", `+a:["10" TO *] +a:[* TO "20"}`)
	f("a:(+>=10 +<20)", `+a:["10" TO *] +a:[* TO "20"}`)
	f(`a:">1"`, `a:">1"`)
	f("a:>", "a:>")
	f("a:=1", "a:=1")

	// boosts
	f(`a^2 b:c^0.5 "d"^ 3 (e f)^4 [1 TO 2]^5`, `a b:c "d" (e f) ["1" TO "2"]`)
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
	const value = `a word, a quoted text, a range or "("`
	f("a AND", `r:1:6: found the end of the query, expected `+value)
	f("AND a", `r:1:1: found "AND", expected `+value)
	f("a AND OR b", `r:1:7: found "OR", expected `+value)
	f("NOT NOT a", `r:1:5: found "NOT", expected `+value)
	f("+-a", `r:1:2: found "-", expected `+value)
	f("a:", `r:1:3: found the end of the query, expected `+value)
	f("a:-1", `r:1:3: found "-", expected `+value)
	f("a:b:c", `r:1:4: found ":", expected the end of the query`)
	f("(a:b:c)", `r:1:5: found ":", expected ")"`)
	f("a*:b", `r:1:3: found ":", expected the end of the query`)
	f(`"a":b`, `r:1:4: found ":", expected the end of the query`)
	f("- :b", `r:1:3: found ":", expected the end of the query`)
	f("(a b", `r:1:5: found the end of the query, expected ")"`)
	f("a)", `r:1:2: found ")", expected the end of the query`)
	f("()", `r:1:2: found ")", expected `+value)
	f(`a:"b`, `r:1:3: found a quoted text without end, expected a closing "\""`)
	f(`a:"b\"`, `r:1:3: found a quoted text without end, expected a closing "\""`)
	f("a:/b", `r:1:3: found a regular expression without end, expected a closing "/"`)
	f("a:[1 TO 2", `r:1:10: found the end of the query, expected "]" or "}"`)
	f("a:[1 to 2]", `r:1:6: found "to", expected TO`)
	f("a:[1 2]", `r:1:6: found "2", expected TO`)
	f("a:[1 TO ]", `r:1:9: found "]", expected a value or *`)
	f("a:[]", `r:1:4: found "]", expected a value or *`)
	f("]", `r:1:1: found "]", expected `+value)
	f("a^", `r:1:3: found the end of the query, expected a number`)
	f("a^x", `r:1:3: found "x", expected a number`)
	f("a^1.", `r:1:5: found the end of the query, expected a digit`)
	f(`a\`, `r:1:2: found "\\", expected `+value)
	f(`[a\ TO b]`, `r:1:2: found a backslash at the end, expected a character after it`)
	f(`x a\u12g4`, `r:1:3: found \u in "a\\u12g4", expected four hexadecimal digits after it`)
	f("a:b AND\n  AND c", `r:2:3: found "AND", expected `+value)
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
	f("a:b~", "fuzzy search", 4)
	f("b~2 c", "fuzzy search", 2)
	f("b^2~", "fuzzy search", 4)
	f(`a:"b c"~3`, "proximity search", 8)
	f("a: >= 10", "range without a value", 4)
	f("_exists_:a*", "pattern after _exists_", 10)
	f("_exists_:*", "pattern after _exists_", 10)
	f("_exists_:/a/", "pattern after _exists_", 10)
	f("_exists_:[1 TO 2]", "pattern after _exists_", 10)
	f("_exists_:[* TO *]", "pattern after _exists_", 10)
	f("_exists_:>1", "pattern after _exists_", 10)
	f("x a:/b~c/", "regular expression", 5)
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
	nest := func(n int) string { return strings.Repeat("(", n) + "a" + strings.Repeat(")", n) }
	f("groups at the limit", nest(maxDepth), true)
	f("groups beyond", nest(maxDepth+1), false)
	f("groups far beyond", nest(maxLength/2-1), false)
	f("groups side by side", strings.Repeat("(a) ", 1000), true)
	f("longest", strings.Repeat("a", maxLength), true)
	f("too long", strings.Repeat("a", maxLength+1), false)
	f("many words", strings.Repeat("a ", maxLength/2), true)
	f("many stars", strings.Repeat("*", maxLength), true)
	f("spaces", "a"+strings.Repeat(" ", maxLength-1), true)
	f("many signs", strings.Repeat("+", maxLength), false)
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
	term := func(f query.Field, mode query.TextMode, v string) query.Expr {
		return &query.Term{Field: f, Text: mode, Values: []query.Literal{{Text: v}}}
	}
	word := func(f query.Field, v string) query.Expr { return term(f, query.AnyToken, v) }
	compare := func(f query.Field, op query.RangeOp, v string) query.Expr {
		return &query.Range{Field: f, Op: op, Value: query.Literal{Text: v}}
	}
	between := func(f query.Field, lo query.RangeOp, from string, hi query.RangeOp, to string) query.Expr {
		return &query.Range{Field: f, Op: lo, Value: query.Literal{Text: from},
			Also: &query.Bound{Op: hi, Value: query.Literal{Text: to}}}
	}
	and := func(xs ...query.Expr) query.Expr { return &query.And{X: xs} }
	or := func(xs ...query.Expr) query.Expr { return &query.Or{X: xs} }
	not := func(x query.Expr) query.Expr { return &query.Not{X: x} }
	part := func(s string) query.Part { return query.Part{Kind: query.Lit, Text: s} }
	wild := func(f query.Field, parts ...query.Part) query.Expr {
		return &query.Wildcard{Field: f, Patterns: []query.Pattern{parts}, Text: query.AnyToken}
	}
	star, one := query.Part{Kind: query.Any}, query.Part{Kind: query.One}
	x, y, z := word(field("f"), "x"), word(field("f"), "y"), word(field("f"), "z")

	for _, all := range []string{"", "*", "*:*", "(*)"} {
		f(all, &query.Const{Value: true})
	}
	f("f:x f:y", or(x, y))
	f("f:x AND f:y", and(x, y))
	f("f:x AND f:y OR f:z", and(x, y)) // z only scores
	f("f:x f:y -f:z", and(or(x, y), not(z)))
	f("f:x OR NOT f:y", and(x, not(y)))
	f("NOT f:x", not(x))
	f("-f:x -f:y", and(not(x), not(y)))
	f("f:x (NOT f:y)", or(x, not(y)))
	f("f:(x AND (y OR z))", and(x, or(y, z)))
	f("f:(x or)", or(x, word(field("f"), "or")))

	f("x", word(glob("*"), "x"))
	f(`"x y"`, term(glob("*"), query.Phrase, "x y"))
	f(`f:"x*"`, term(field("f"), query.Phrase, "x*"))
	f(`f\*.g:x`, word(glob("f*.g"), "x"))
	f("f:4", word(field("f"), "4"))
	f("f:true", &query.Term{Field: field("f"), Text: query.AnyToken, Values: []query.Literal{{Kind: query.Bool, Text: "true"}}})
	f(`f:"true"`, term(field("f"), query.Phrase, "true"))
	f("f:x*", wild(field("f"), part("x"), star))
	f(`f:\*?x\\`, wild(field("f"), part("*"), one, part(`x\`)))
	f("f:/0[0-7]{2}/", &query.Regexp{Field: field("f"), Patterns: []string{regexpOf(t, "0[0-7]{2}")}})

	f("f:*", &query.Exists{Field: field("f")})
	f("_exists_:f", &query.Exists{Field: field("f")})
	f(`f\*:*`, &query.Exists{Field: glob("f*")})
	f("[* TO *]", &query.Exists{Field: glob("*")})
	f("f:[1 TO 2}", between(field("f"), query.Ge, "1", query.Lt, "2"))
	f("f:{1 TO 2]", between(field("f"), query.Gt, "1", query.Le, "2"))
	f("f:>=now-1d", compare(field("f"), query.Ge, "now-1d"))
	f("f:<2", compare(field("f"), query.Lt, "2"))
}

func regexpOf(t *testing.T, lucene string) string {
	t.Helper()
	re, err := query.TranslateRegexp(lucene, false)
	if err != nil {
		t.Fatal(err)
	}
	return re
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "*", "a AND b OR NOT c", `a:("b c" /d\/e/ f?g*)^2`, "+a -b !c - d", "[a TO b} {* TO \"c\\\"\"]", `\u0041* \AND`,
		"_exists_:f g:*", "a:>=1 <b", "a~2", "(((", "\u3000a\\\u3000b", `\ud83d\ude00`, "a\xff:\xfe*", "f\\*:x",
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
