package matchers

import (
	"math"
	"math/big"
	"strconv"
	"testing"

	"coldcase/matchers/event"
	"coldcase/rules"
)

func TestParseNumber(t *testing.T) {
	f := func(in string, want number, ok bool) {
		t.Helper()
		got, gotOK := parseNumber([]byte(in))
		if got != want || gotOK != ok {
			t.Errorf("parseNumber(%q) = %v %v, want %v %v", in, got, gotOK, want, ok)
		}
	}
	f("4", whole(4), true)
	f("-4", whole(-4), true)
	f("+4", whole(4), true)
	f("007", whole(7), true)
	f("9223372036854775807", whole(math.MaxInt64), true)
	f("-9223372036854775807", whole(-math.MaxInt64), true)
	f("9223372036854775808", fraction(1<<63), true)
	f("18446744073709551615", fraction(1<<64), true)
	f("4.5", fraction(4.5), true)
	f(".5", fraction(0.5), true)
	f("5.", fraction(5), true)
	f("1e3", fraction(1000), true)
	f("1E-3", fraction(0.001), true)
	for _, bad := range []string{"", "-", "+", ".", "e3", "1e", "1e+", "0x10", "inf", "NaN", " 4", "4 ", "1_0", "4a", "1e999", "--4"} {
		f(bad, number{}, false)
	}
}

// FuzzParseNumber: what is read is what exact arithmetic says, and nothing that
// strconv refuses is read.
func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"4", "-0", "9223372036854775808", "4.5e-3", "1e400", "00", "1_0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := parseNumber([]byte(s))
		want, err := strconv.ParseFloat(s, 64)
		if ok && err != nil {
			t.Fatalf("%q is read as %v, strconv says %v", s, n, err)
		}
		if !ok {
			return
		}
		if n.whole {
			if exact, good := new(big.Int).SetString(s, 10); !good || exact.Cmp(big.NewInt(n.i)) != 0 {
				t.Fatalf("%q is read as %d", s, n.i)
			}
		} else if n.f != want {
			t.Fatalf("%q is read as %v, want %v", s, n.f, want)
		}
	})
}

func TestNumberOrder(t *testing.T) {
	ascending := []number{fraction(-1e300), whole(math.MinInt64 + 1), whole(-1), fraction(-0.5), whole(0), fraction(0.5),
		whole(1), whole(math.MaxInt64 - 1), whole(math.MaxInt64), fraction(1e300)}
	for i, a := range ascending {
		for j, b := range ascending {
			want := min(1, max(-1, i-j))
			if got := a.cmp(b); got != want {
				t.Errorf("%v cmp %v = %d, want %d", a, b, got, want)
			}
		}
	}
	if whole(4).cmp(fraction(4)) != 0 {
		t.Error("4 and 4.0 differ")
	}
}

// A long cuts fractions towards zero (coerce).
func TestFieldNumber(t *testing.T) {
	f := func(in string, want number) {
		t.Helper()
		if got, ok := fieldNumber(event.Value{Kind: event.Number, Text: []byte(in)}, true); !ok || got != want {
			t.Errorf("a long holds %v of %s, want %v", got, in, want)
		}
	}
	f("4.9", whole(4))
	f("-4.9", whole(-4))
	f("1e3", whole(1000))
	f("1e30", fraction(1e30))
	if _, ok := fieldNumber(event.Value{Kind: event.Bool, Text: []byte("true")}, true); ok {
		t.Error("true is a number")
	}
}

// TestNumberSpellings: a number is found however it is written, on both paths, though
// the index looks for digits.
func TestNumberSpellings(t *testing.T) {
	f := func(q string, values map[string]bool) {
		t.Helper()
		m, err := Compile([]*rules.Rule{eventRule(parseQuery(t, q))}, Options{AnyIndex: true})
		if err != nil {
			t.Fatal(err)
		}
		for value, want := range values {
			line := `{"process":{"pid":` + value + `},"event":{"code":` + value + `},"unknown":{"x":` + value + `}}`
			if got := matchesBoth(t, m, []byte(line)); got != want {
				t.Errorf("%s on %s is %v, want %v", q, value, got, want)
			}
		}
	}
	f(`any where process.pid == 4`, map[string]bool{`4`: true, `"4"`: true, `4.0`: true, `4.7`: true, `"4.7"`: true, `"+4"`: true,
		`"004"`: true, `4e0`: true, `40e-1`: true, `"40e-1"`: true, `[5,4]`: true, `".4e1"`: true, `"00000000000000000000000004"`: true,
		`5`: false, `14`: false, `-4`: false, `"4 "`: false, `"x4"`: false, `true`: false, `""`: false, `null`: false, `"0x4"`: false})
	// A keyword compares with a number as a number, too, and cuts nothing.
	f(`any where event.code == 4`, map[string]bool{`4`: true, `"4"`: true, `"4.0"`: true, `"04"`: true, `4e0`: true,
		`"4.7"`: false, `"x"`: false, `5`: false, `"44"`: false})
	f(`any where event.code == "4"`, map[string]bool{`4`: true, `"4"`: true, `"4.0"`: false, `"04"`: false, `"14"`: false})
	// Of a field that no schema knows a string is a keyword.
	f(`any where ?unknown.x == "4"`, map[string]bool{`4`: true, `4.0`: true, `"4"`: true, `"4.0"`: false, `5`: false, `"x"`: false})
	f(`any where process.pid == 1000000000000000000`, map[string]bool{`1000000000000000000`: true, `1e18`: true, `1000000000000000001`: false})
	f(`any where process.pid == 999999999999999999`, map[string]bool{`999999999999999999`: true, `999999999999999998`: false})
}
