package rows

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"coldcase/rules/esql"
)

// pool is values of every type, at the edges of each, and lists.
func pool() []Value {
	ip, _ := as(keyword("fe80::1"), esql.IP)
	at, _ := place(-180, 90)
	out := []Value{nil, yes, no, textValue(""), textValue("a"), textValue("é,❗️"), textValue("%{\\$1("), textValue("10.0.0.0/8"), textValue("2024-01-01"), textValue("POINT(1 2)"),
		textValue(`{"a":[1]}`), textValue("a\x00\xff"), longValue(0), longValue(-1), longValue(math.MaxInt64), longValue(math.MinInt64), {whole(esql.Integer, math.MinInt32)},
		{double(0.5)}, {double(-math.MaxFloat64)}, {double(math.SmallestNonzeroFloat64)}, dateValue(0), dateValue(math.MaxInt64), dateValue(math.MinInt64),
		{{Type: esql.UnsignedLong, N: math.MaxUint64}}, {ip}, {{Type: esql.Version, S: "1.2-x"}}, {at}}
	return append(out, Value{keyword("b"), keyword("a"), keyword("b")}, Value{whole(esql.Long, 2), double(1), keyword("x")})
}

// columns are fields without a schema: any value may stand in them.
func columns(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("no.c%d", i))
	}
	return names
}

// Functions take any values without a panic: a field without a schema holds what the
// evidence has.
func TestFunctionsTakeAnything(t *testing.T) {
	all := pool()
	for _, f := range esql.Functions() {
		tried := false
		for n := 0; n <= 3; n++ {
			names := columns(n)
			p, _, err := compile("FROM a | EVAL x = " + call(f, names) + " | KEEP x")
			if err != nil {
				continue // another number of arguments
			}
			tried = true
			slots := make([]int, n)
			for i, name := range names {
				slots[i] = p.slot(name)
			}
			e := p.NewEnv()
			combine(all, n, func(args []Value) {
				for i, v := range args {
					e.Row[slots[i]] = v
				}
				defer func() {
					if r := recover(); r != nil {
						t.Fatalf("%s of %v: %v", f.Name, args, r)
					}
				}()
				for _, o := range p.first.ops {
					o.apply(e)
				}
				if _, err := json.Marshal(e.Row[p.slot("x")].JSON()); err != nil {
					t.Fatalf("%s of %v: %v", f.Name, args, err)
				}
			})
		}
		if !tried && !f.Aggregate && !constantOnly[f.Name] {
			t.Errorf("%s was not tried", f.Name)
		}
	}
}

// constantOnly are functions of time spans, which no column holds.
var constantOnly = map[string]bool{"TO_DATEPERIOD": true, "TO_TIMEDURATION": true}

// call writes a call. Constants stand where functions want them.
func call(f *esql.Function, names []string) string {
	args := strings.Join(names, ", ")
	switch {
	case f.Name == "DATE_TRUNC" && len(names) == 1:
		args = "5 minutes, " + args
	case f.Name == "BUCKET" && len(names) == 1:
		args += ", 5"
	case f.Name == "MV_SORT" && len(names) == 2:
		args = names[0] + `, "desc"`
	}
	return f.Name + "(" + args + ")"
}

func combine(all []Value, n int, f func([]Value)) {
	args := make([]Value, n)
	var next func(i int)
	next = func(i int) {
		if i == n {
			f(args)
			return
		}
		for _, v := range all {
			args[i] = v
			next(i + 1)
		}
	}
	next(0)
}

// Operators, too.
func TestOperatorsTakeAnything(t *testing.T) {
	all := pool()
	for _, op := range []string{"+", "-", "*", "/", "%", "==", "<", ">=", "IN"} {
		x := "no.c0 " + op + " no.c1"
		if op == "IN" {
			x = "no.c0 IN (no.c1, 5)"
		}
		p, _ := program(t, "FROM a | EVAL x = "+x+", y = -no.c0, z = TO_DATETIME(no.c0) + 1 month | KEEP x, y, z")
		e := p.NewEnv()
		combine(all, 2, func(args []Value) {
			e.Row[p.slot("no.c0")], e.Row[p.slot("no.c1")] = args[0], args[1]
			for _, o := range p.first.ops {
				o.apply(e)
			}
		})
	}
	for _, v := range all {
		for _, s := range v {
			if b := appendValue(nil, Value{s}); len(b) == 0 {
				t.Fatal("nothing written")
			}
			got, rest, err := cutValue(appendValue(nil, Value{s}))
			if err != nil || len(rest) > 0 || got[0] != s {
				t.Errorf("%v is read as %v, %v", s, got, err)
			}
		}
	}
}
