package esql

import (
	"errors"
	"strings"
	"testing"

	"coldcase/rules/source"
)

// anArgument is an expression of a type that a parameter takes, as text.
func anArgument(f *Function, i int) string {
	if len(f.params) == 0 {
		return "1"
	}
	set := f.param(i)
	switch {
	case f.constant>>i&1 == 1 && set&texts != 0:
		return `"asc"`
	case set&setOf(Duration) != 0:
		return "1 hour"
	case set&setOf(Period) != 0:
		return "1 day"
	case set&setOf(Integer) != 0:
		return "1"
	case set&texts != 0:
		return "process.name"
	case set&setOf(Date) != 0:
		return "@timestamp"
	case set&setOf(IP) != 0:
		return "source.ip"
	case set&setOf(Boolean) != 0:
		return "true"
	}
	return "TO_GEOPOINT(process.name)"
}

// TestFunctions calls every function of the list: with the fewest and the most arguments it
// is taken, with one less or one more it is not.
func TestFunctions(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Functions() {
		if seen[f.Name] || f.Name != strings.ToUpper(f.Name) {
			t.Errorf("%s: a name is upper case and stands there once", f.Name)
		}
		seen[f.Name] = true
		for n := range len(f.params) + 2 {
			if f.Name == "BUCKET" && n > 1 {
				continue // TestBucket
			}
			args := make([]string, n)
			for i := range args {
				args[i] = anArgument(f, i)
				if f.Name == "CASE" {
					args[i] = "true"
				}
			}
			call := f.Name + "(" + strings.Join(args, ", ") + ")"
			if f.Name == "TO_DATEPERIOD" || f.Name == "TO_TIMEDURATION" {
				call = "@timestamp + " + call
			}
			q := "FROM a | EVAL x = " + call
			if f.Aggregate {
				q = "FROM a | STATS x = " + call
			}
			_, err := Parse(text(q), builtin())
			want := n >= f.least() && (n <= len(f.params) || f.variadic)
			if (err == nil) != want {
				t.Errorf("%s: got error %v, want accepted: %t", q, err, want)
			}
		}
	}
	for alias, name := range aliases {
		if f, ok := lookup(strings.ToLower(alias)); !ok || f.Name != name || seen[alias] {
			t.Errorf("alias %s does not lead to %s", alias, name)
		}
	}
	for typeName, name := range casts {
		if f, ok := castTo(strings.ToUpper(typeName)); !ok || f.Name != name {
			t.Errorf("cast to %s does not lead to %s", typeName, name)
		}
	}
}

// TestBucket has the forms of BUCKET, and what is refused by each.
func TestBucket(t *testing.T) {
	f := func(args, want string) {
		t.Helper()
		q, err := Parse(text("FROM a | EVAL x = BIN("+args+") | KEEP x"), builtin())
		got := ""
		if err != nil {
			got = strings.SplitN(err.Error(), "\n", 2)[0]
		} else {
			got = q.Tables[len(q.Tables)-1].Columns[0].Type.String()
		}
		if !strings.HasSuffix(got, want) {
			t.Errorf("%s: got %s, want %s", args, got, want)
		}
	}
	f("@timestamp, 1 hour", "date")
	f(`@timestamp, "1 week"`, "date")
	f(`@timestamp, 20, "2024-01-01", NOW() - 1 day`, "date")
	f("process.pid, 5", "double")
	f("process.pid, 5.5", "double")
	f("process.pid, 20, 0, 1000", "double")
	f("no.such, 20, 0, 1000", "double")
	f("no.such, 1 day", "date")
	f("@timestamp, 20", "expected BUCKET(date, number, from, to)")
	f(`@timestamp, 20, "2024-01-01"`, "BUCKET takes 2 or 4 arguments")
	f(`@timestamp, 1 hour, "2024-01-01", "2024-02-01"`, "expected BUCKET(date, span)")
	f("process.pid, 1 hour", "expected BUCKET(date, span)")
	f("process.pid, 2.5, 0, 10", "the number of buckets must be a whole number, found a double")
	f("process.pid, 2, 0, process.pid", "argument 4 of BUCKET must be a constant")
	f("process.pid, process.pid", "argument 2 of BUCKET must be a constant")
	f("@timestamp, 20, 0, 10", "argument 3 of BUCKET must be a date, found a integer")
}

// TestRefused: what is ES|QL and is not here is named.
func TestRefused(t *testing.T) {
	f := func(call, construct string) {
		t.Helper()
		_, err := Parse(text("FROM a | STATS x = "+call), builtin())
		var bad *source.Error
		if !errors.As(err, &bad) || bad.Unsupported != construct {
			t.Errorf("%s: got %v, want %q", call, err, construct)
		}
	}
	f("SAMPLE(process.name, 3)", "function SAMPLE")
	f("COUNT(*) BY CATEGORIZE(message)", "function CATEGORIZE")
	f(`TOP(process.pid, 3, "desc", process.name)`, "outputField of TOP")
	f("MAX(TO_DATE_NANOS(message))", "function TO_DATE_NANOS")
	f("MAX(message::date_nanos)", "cast to date_nanos")
	f(`COUNT(*) WHERE QSTR("a:b")`, "function QSTR")
	f(`COUNT(*) WHERE MATCH_PHRASE(message, "a b")`, "function MATCH_PHRASE")
	f(`MAX(TO_IP(message, {"leading_zeros": "octal"}))`, "options of TO_IP")
}

// TestTimestamp: functions on @timestamp are short for others.
func TestTimestamp(t *testing.T) {
	f := func(short, long string) {
		t.Helper()
		for _, prefix := range []string{"FROM a | ", `SET unmapped_fields="nullify"; FROM a | `} {
			got, want := mustParse(t, prefix+short), mustParse(t, prefix+long)
			if dump(got) != dump(want) {
				t.Errorf("%s: got %s, want %s", short, got, want)
			}
			checkRoundTrip(t, prefix+short)
		}
	}
	f("WHERE TRANGE(1h)", "WHERE @timestamp > NOW() - 1h AND @timestamp <= NOW()")
	f("WHERE NOT TRANGE(2 days) OR process.pid > 1", "WHERE NOT (@timestamp > NOW() - 2 days AND @timestamp <= NOW()) OR process.pid > 1")
	f(`WHERE TRANGE("2024-01-01", "2024-01-02")`, `WHERE @timestamp > "2024-01-01" AND @timestamp <= "2024-01-02"`)
	f("WHERE TRANGE(0, 86400000)", "WHERE @timestamp > TO_DATETIME(0) AND @timestamp <= TO_DATETIME(86400000)")
	f("STATS x = FIRST(process.name), y = LATEST(user.name)", "STATS x = FIRST(process.name, @timestamp), y = LAST(user.name, @timestamp)")
	f("STATS x = COUNT(*) BY b = TBUCKET(1 hour)", "STATS x = COUNT(*) BY b = BUCKET(@timestamp, 1 hour)")
	f(`STATS x = COUNT(*) BY b = TBUCKET(20, "2024-01-01", NOW())`, `STATS x = COUNT(*) BY b = BUCKET(@timestamp, 20, "2024-01-01", NOW())`)
	for _, bad := range []string{"TRANGE()", "TRANGE(5)", "TRANGE(process.pid)", `TRANGE("x", "y")`, "TRANGE(1h, 2h, 3h)", `TRANGE(1h, {"a": 1})`, "TBUCKET()"} {
		if _, err := Parse(text("FROM a | WHERE "+bad+" IS NOT NULL"), builtin()); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

// TestCommon: widening is the same from both sides, and null and dynamic stand aside.
func TestCommon(t *testing.T) {
	f := func(a, b Type, want string) {
		t.Helper()
		for _, pair := range [][2]Type{{a, b}, {b, a}} {
			got := "none"
			if c, ok := Common(pair[0], pair[1]); ok {
				got = c.String()
			}
			if got != want {
				t.Errorf("Common(%s, %s): got %s, want %s", pair[0], pair[1], got, want)
			}
		}
	}
	f(Integer, Integer, "integer")
	f(Integer, Long, "long")
	f(Long, Double, "double")
	f(UnsignedLong, Integer, "none")
	f(UnsignedLong, Double, "none")
	f(UnsignedLong, UnsignedLong, "unsigned_long")
	f(Keyword, Text, "keyword")
	f(Text, Text, "keyword")
	f(Text, Null, "keyword")
	f(Keyword, Integer, "none")
	f(Date, Keyword, "none")
	f(Null, Null, "null")
	f(Null, IP, "ip")
	f(Dynamic, IP, "dynamic")
	f(Dynamic, Null, "dynamic")
}

// TestArithmeticTypes has the operands of + and * by type.
func TestArithmeticTypes(t *testing.T) {
	f := func(op byte, l, r Type, want string) {
		t.Helper()
		got := "none"
		if c, ok := arithType(op, l, r); ok {
			got = c.String()
		}
		if got != want {
			t.Errorf("%s %c %s: got %s, want %s", l, op, r, got, want)
		}
	}
	f('/', Integer, Integer, "integer")
	f('*', Integer, Double, "double")
	f('+', Integer, Null, "integer")
	f('+', Null, Null, "null")
	f('+', Date, Period, "date")
	f('-', Date, Duration, "date")
	f('*', Date, Duration, "none")
	f('+', Duration, Date, "date")
	f('-', Duration, Date, "none")
	f('+', Null, Date, "date")
	f('-', Null, Date, "none")
	f('-', Date, Date, "none")
	f('+', Period, Period, "date_period")
	f('+', Period, Duration, "none")
	f('+', Dynamic, Integer, "dynamic")
	f('+', Dynamic, Date, "dynamic")
	f('+', Dynamic, Keyword, "none")
	f('+', Boolean, Integer, "none")
}

func TestFoldSpan(t *testing.T) {
	f := func(in string, want Span, ok bool) {
		t.Helper()
		q, err := Parse(text("ROW d = NOW() | EVAL e = d + ("+in+")"), builtin())
		if err != nil {
			t.Errorf("%s: %v", in, err)
			return
		}
		got, gotOK := FoldSpan(q.Commands[1].(*Eval).Fields[0].X.(*Arith).R)
		if got != want || gotOK != ok {
			t.Errorf("%s: got %v, %t, want %v, %t", in, got, gotOK, want, ok)
		}
	}
	f("4 years + 3 months - 2 weeks + 1 day", Span{Months: 51, Days: -13}, true)
	f("1 h + 2 min - 4 ms", Span{Duration: 3720e9 - 4e6}, true)
	f("-(2 quarters)", Span{Months: -6}, true)
	f(`"3 hours"::time_duration`, Span{Duration: 3 * 3600e9}, true)
	f(`TO_DATEPERIOD("2 days")`, Span{Days: 2}, true)
	f("-1day", Span{Days: -1}, true)
	f("null", Span{}, false)
	f("11000000 years", Span{Months: 132000000}, true)
	for _, in := range []string{"12000000 years", "20000000 weeks", "134217729 days"} { // printed, they would not be read
		if _, err := Parse(text("ROW d = NOW() + "+in), builtin()); err == nil {
			t.Errorf("%s: no error", in)
		}
	}
}
