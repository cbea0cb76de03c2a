package eql

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"coldcase/rules/source"
)

// mistakes pair a text with where its error stands (the text behind "at" begins
// there) and what the error says.
var mistakes = []struct{ in, at, says string }{
	// python-eql's constructs, each by name.
	{`process where a = 1`, `= 1`, `"=" is not an operator`},
	{`process where a == 'x'`, `'x'`, `single-quoted`},
	{`process where a == ?"x"`, `?"x"`, `raw string`},
	{`process where child of [file where true]`, `child of`, `process relationships (child of)`},
	{`process where not descendant of [file where true]`, `descendant`, `process relationships`},
	{`join by a [file where true] [process where true]`, `join`, `join is not supported`},
	{`sequence [file where true] fork=true [process where true]`, `fork`, `fork is not supported`},
	{`process where true | unique a`, `unique`, `pipe unique`},
	{`process where true | filter a`, `filter`, `pipe filter`},
	{`process where a[0] == 1`, `[0]`, `array indexes`},
	{`process where arrayContains(a, "x")`, `arrayContains`, `unknown function arrayContains`},
	{`process where wildcard(a, "x*")`, `wildcard`, `unknown function wildcard`},
	{`process where length~(a) == 1`, `length~`, `no case-insensitive form`},
	{`process where a !: "x"`, `!:`, `unexpected character`},
	{`sequence [file where true] by a * 2 [file where true] by b`, `a * 2`, `a join key is a field`},
	// Comparisons between fields (3.4).
	{`any where a == b`, `b`, `one side must be constant`},
	{`any where a == ?b`, `?b`, `one side must be constant`},
	{`any where ?a < ?b`, `?b`, `one side must be constant`},
	{`any where length(a) > length(b)`, `length(b)`, `one side must be constant`},
	{`any where a in ("x", b)`, `b)`, `comparison with a field`},
	{`any where a : b`, `b`, `expected a constant`},
	{`any where "x" : a`, `a`, `expected a constant`},
	{`any where cidrMatch(a, b)`, `b)`, `must be a constant`},
	{`any where cidrMatch(a, "10.0.0.0/99")`, `"10.0.0.0/99"`, `no network`},
	{`any where cidrMatch(string(a), "x")`, `"x"`, `no network`},
	// Types.
	{`any where 1`, `1`, `must be a boolean, found a number`},
	{`any where "x"`, `"x"`, `must be a boolean, found a string`},
	{`any where length(a)`, `length(a)`, `must be a boolean`},
	{`any where not 1`, `1`, `must be a boolean`},
	{`any where a and 1 + 2`, `1 + 2`, `must be a boolean`},
	{`any where a : 1`, `1`, `must be a string`},
	{`any where a in~ (1)`, `1)`, `must be a string`},
	{`any where a like null`, `null`, `null has no place`},
	{`any where length(a) : "x"`, `length(a)`, `must be a string`},
	{`any where startsWith(1, "x")`, `1, "x"`, `argument 1 of startsWith`},
	{`any where startsWith("x", 1)`, `1)`, `argument 2 of startsWith`},
	{`any where number(true) == 1`, `true)`, `argument 1 of number`},
	{`any where a + "x" == 1`, `"x"`, `operand of +`},
	{`any where -"x" == 1`, `"x"`, `operand of`},
	// Arity.
	{`any where length() == 1`, `length()`, `takes 1 argument, found 0`},
	{`any where length(a, b) == 1`, `length(a, b)`, `takes 1 argument, found 2`},
	{`any where between(a, "x") == ""`, `between(a, "x")`, `takes 3 to 4 arguments, found 2`},
	{`any where cidrMatch(a)`, `cidrMatch(a)`, `takes 2 arguments or more, found 1`},
	{`any where startsWith(a)`, `startsWith(a)`, `takes 2 arguments, found 1`},
	{`any where concat() == ""`, `concat()`, `takes 1 arguments or more, found 0`},
	{`any where 1 / 0 == f`, `1 / 0`, `division by zero`},
	// Words and signs.
	{``, ``, `found end of query`},
	{`process`, ``, `found end of query, expected "where"`},
	{`process where`, ``, `found end of query`},
	{`PROCESS WHERE true`, `WHERE`, `expected "where"`},
	{`process where a AND b`, `AND`, `expected "|" or the end`},
	{`process where a == b == c`, `== c`, `expected "|" or the end`},
	{`process where (a`, ``, `expected ")"`},
	{`process where a in "x"`, `"x"`, `expected "("`},
	{`process where a in ()`, `)`, `found ")"`},
	{`process where event.sequence == 1`, `sequence ==`, `keywords need backticks`},
	{`process where sample == 1`, `sample`, `keyword`},
	{`process where a.`, ``, `expected a field name`},
	{`?process where true`, `?process`, `expected an event category`},
	{`"" where true`, `""`, `expected an event category`},
	{`42 where true`, `42`, `expected an event category`},
	{`any where a == "x`, `"x`, `not closed`},
	{"any where a == \"x\n\"", `"x`, `not closed on its line`},
	{`any where a == """x""`, `"""x`, `raw string is not closed`},
	{`any where a == "\q"`, `\q`, `unknown escape`},
	{`any where a == "\`, `\`, `unknown escape`},
	{`any where a == "\u{1}"`, `\u{1}`, `two to eight`},
	{`any where a == "\u{d800}"`, `\u{d800}`, `no code point`},
	{`any where a == "\u{110000}"`, `\u{110000}`, `no code point`},
	{`any where a == "\u{zz}"`, `\u{zz}`, `no code point`},
	{"any where `a == 1", "`a", `not closed`},
	{"any where `` == 1", "``", `empty field name`},
	{`any where /* a`, `/*`, `comment is not closed`},
	{`any where a ; b`, `;`, `unexpected character ';'`},
	{`any where a == 1e999`, `1e999`, `out of range`},
	// Sequences and samples (4.1, 4.4 to 4.6).
	{`sequence`, ``, `expected "["`},
	{`sequence [a where true]`, `sequence`, `two terms or more`},
	{`sequence with maxspan=1m by a [b where true] [c where true]`, `by a`, `must come before "with"`},
	{`sequence with maxspan=1.5m [b where true] [c where true]`, `1.5m`, `a whole number and a unit`},
	{`sequence with maxspan=0s [b where true] [c where true]`, `0s`, `out of range`},
	{`sequence with maxspan=9999999d [b where true] [c where true]`, `9999999d`, `out of range`},
	{`sequence with maxspan=30 [b where true] [c where true]`, `[b`, `a unit of time`},
	{`sequence with maxspan=30w [b where true] [c where true]`, `w [b`, `a unit of time`},
	{`sequence with runs=3 [b where true]`, `runs`, `expected "maxspan"`},
	{`sequence [b where true] with runs=0`, `0`, `from 1 to 100`},
	{`sequence [b where true] with runs=101`, `101`, `from 1 to 100`},
	{`sequence [b where true] by a [c where true]`, `[c where true]`, `found 0 join keys, expected 1`},
	{`sequence [b where true] [c where true] until [d where true] by x`, `[d`, `found 1 join keys`},
	{`sequence [b where true] [c where true] until ![d where true]`, `until`, `takes a plain`},
	{`sequence [b where true] ![c where true]`, `![c`, `needs "with maxspan"`},
	{`sequence with maxspan=1s ![b where true] ![c where true]`, `sequence`, `not ![ ]`},
	{`sample by a [b where true]`, `sample`, `two terms or more`},
	{`sample [b where true] [c where true]`, `sample`, `needs a join key`},
	{`sample by a [b where true] ![c where true]`, `![c`, `do not belong in a sample`},
	{`sample by a [b where true] [c where true] | head 1`, `| head`, `takes no pipes`},
	// Pipes.
	{`any where true | head`, ``, `found end of query`},
	{`any where true | head -1`, `-1`, `not negative`},
	{`any where true | head 1.5`, `1.5`, `whole number`},
	{`any where true | tail "x"`, `"x"`, `whole number`},
	{`any where true | head 99999999999`, `99999999999`, `whole number`},
}

func TestMistakes(t *testing.T) {
	for _, c := range mistakes {
		_, err := Parse(text(c.in), Options{})
		var e *source.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want an error with %q", c.in, err, c.says)
			continue
		}
		if e.Unsupported != "" || !strings.Contains(e.Msg, c.says) {
			t.Errorf("%s: got %q, want a mistake with %q", c.in, e.Msg, c.says)
		}
		lines := strings.Split(c.in, "\n")
		rest := lines[e.Line-1][e.Col-1:]
		if c.at == "" && rest != "" || !strings.HasPrefix(rest, c.at) {
			t.Errorf("%s: %q points at %q, want %q", c.in, e.Msg, rest, c.at)
		}
	}
}

// TestLimits: hostile depth and length end in errors, not in a stack overflow.
func TestLimits(t *testing.T) {
	f := func(name, in, says string) {
		t.Helper()
		_, err := Parse(text(in), Options{})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error with %q", name, err, says)
		}
	}
	const many = 20_000
	rep := strings.Repeat
	f("parentheses", "any where "+rep("(", many)+"a"+rep(")", many), "nested deeper")
	f("not", "any where "+rep("not ", many)+"a", "nested deeper")
	f("minus", "any where "+rep("-", many)+"1 == 1", "nested deeper")
	f("calls", "any where "+rep("string(", many)+"a", "nested deeper")
	f("lists", "any where a in "+rep("(a in ", many), "nested deeper")
	f("arithmetic", "any where a"+rep("+ 1", many)+" == 1", "arithmetic operators")
	f("text", "any where a"+rep(" ", 2<<20), "bytes")
	f("runs", "sequence "+rep("[a where true] with runs=100 ", 11), "the limit is 1000")
	f("alternatives", "any where string(a) : (\"x\""+rep(`, "x"`, 64)+")", "more than 64 values")
	f("sample", "sample by a "+rep("[a where true] ", 6), "the limit is 5")
	// What is deep but within the limit, and a long chain, which is not deep.
	mustParse(t, "any where "+rep("(", maxDepth-1)+"a"+rep(")", maxDepth-1))
	mustParse(t, "any where a == 1"+rep(" or a == 1", 10_000))
	mustParse(t, "any where a in (1"+rep(", 1", 20_000)+")")
}

// TestFunctionList: every function can be called by its name, and its arity is that
// of its parameters.
func TestFunctionList(t *testing.T) {
	seen := map[string]bool{}
	for _, fn := range functions {
		name := strings.ToLower(fn.name)
		if seen[name] {
			t.Errorf("%s is listed twice", fn.name)
		}
		seen[name] = true
		least, _ := fn.arity()
		in := fmt.Sprintf("%s(%s)", strings.ToUpper(fn.name), strings.TrimSuffix(strings.Repeat("f, ", least), ", "))
		if x, err := foldText(in); err != nil {
			t.Errorf("%s: %v", in, err)
		} else if c, ok := x.(*call); fn.op == 0 && (!ok || c.fn.name != fn.name) {
			t.Errorf("%s: got %s", in, x)
		}
	}
	if len(seen) != 16 {
		t.Errorf("got %d functions, want the 16 of the reference", len(seen))
	}
}
