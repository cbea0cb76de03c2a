package event

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	f := func(line string, want *BadLine) {
		t.Helper()
		if got := check([]byte(line)); got != want {
			t.Errorf("%.60q: got %v, want %v", line, got, want)
		}
	}
	f(`{}`, nil)
	f("\t{ \"a\" : [ 1 , -0.5e-3 , true , false , null , \"x\" , { } , [ ] ] } \r", nil)
	f(`{"a":"\"\\\/\b\f\n\r\t\u00e9\ud800"}`, nil)
	f("{\"a\":\"\x7f\xff\"}", nil)
	f(``, errNotJSON)
	f(`  `, errNotJSON)
	f(`hello`, errNotJSON)
	f(`{"a":NaN}`, errNotJSON)
	f(`{"a":1}}`, errNotJSON)
	f(`{"a":1} {"a":2}`, errNotJSON)
	f(`{"a":1,}`, errNotJSON)
	f(`{,}`, errNotJSON)
	f(`{a:1}`, errNotJSON)
	f(`{'a':1}`, errNotJSON)
	f(`{"a":[1,]}`, errNotJSON)
	f(`{"a":[,1]}`, errNotJSON)
	f(`{"a" 1}`, errNotJSON)
	f(`{"a":+1}`, errNotJSON)
	f(`{"a":.5}`, errNotJSON)
	f(`{"a":5.}`, errNotJSON)
	f(`{"a":5e}`, errNotJSON)
	f(`{"a":00}`, errNotJSON)
	f(`{"a":0x1}`, errNotJSON)
	f(`{"a":-}`, errNotJSON)
	f(`{"a":tRue}`, errNotJSON)
	f(`{"a":"\v"}`, errNotJSON)
	f(`{"a":"\u12G4"}`, errNotJSON)
	f("{\"a\":\"\x00\"}", errNotJSON)
	f("{\"a\":\"12345678\x1f\"}", errNotJSON)
	f("{\"a\\n\x1f\":1}", errNotJSON)
	f("{\"a\":1}\x00", errNotJSON)
	f("\ufeff{}", errNotJSON)
	f(`{"a`, errShort)
	f(`{"a":"x\`, errShort)
	f(`{"a":"\u00`, errShort)
	f(`{"a":1`, errShort)
	f(`{"a":-`, errShort)
	f(`{"a":tru`, errShort)
	f(`{"a":[1,`, errShort)
	f(`{"a":{"b":1}`, errShort)
	f(`[{"a":1}]`, errArray)
	f(`"x"`, errNotObject)
	f(`17`, errNotObject)
	f(`null`, errNotObject)
	f(nestedObjects(maxDepth), nil)
	f(nestedObjects(maxDepth+1), errDeep)
	f(nestedArrays(maxDepth), nil)
	f(nestedArrays(maxDepth+1), errDeep)
	f(strings.Repeat(`[`, 1<<20), errDeep)
	f(strings.Repeat(`{"a":`, 1<<20), errDeep)
	f(`{"a":["`+strings.Repeat(",{[", maxValues)+`"]}`, nil)
	f(`{"a":[`+strings.Repeat("1,", maxValues-10)+`1]}`, nil)
	f(`{"a":[`+strings.Repeat("1,", maxValues)+`1]}`, errManyValues)
}

func nestedObjects(n int) string {
	return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n)
}

func nestedArrays(n int) string {
	return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}"
}

// TestStringEndAtEveryOffset moves what ends a string through all lanes of the
// word-wise scan.
func TestStringEndAtEveryOffset(t *testing.T) {
	for before := range 40 {
		for after := range 20 {
			pad, tail := strings.Repeat("é~x", before)[:before], strings.Repeat("\x7f\xff!", after)[:after]
			f := func(mid string, want int, wantEscaped bool) {
				t.Helper()
				got, escaped := stringEnd([]byte(pad+mid+tail), 0)
				if got != want || escaped != wantEscaped {
					t.Errorf("%q at %d: got %d, %v; want %d, %v", mid, before, got, escaped, want, wantEscaped)
				}
			}
			f(`"`, before+1, false)
			f(`""`, before+1, false)
			f(`\n"`, before+3, true)
			f("\x1f\"", ^before, true)
			f("\x1f\x00\"", ^before, true)
			f(`!`, ^(before + 1 + after), false)
		}
	}
}

// FuzzCheck holds our validation to encoding/json's, which allows what we limit.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e-3,"\u00e9"]}`, `{"a":`, `[{}]`, "{\"a\":\"\x01\"}", `{"a":1}x`, `nul`, `-`, `{"a":"12345678\"9"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		bad := check(line)
		wellFormed := bad == nil || bad == errArray || bad == errNotObject || bad == errManyValues
		if bad != errDeep && wellFormed != json.Valid(line) {
			t.Errorf("%q: check says %v, encoding/json %v", line, bad, json.Valid(line))
		}
	})
}

func TestAppendUnescaped(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := appendUnescaped([]byte("x"), []byte(in)); string(got) != "x"+want {
			t.Errorf("%s: got %q, want %q", in, got, "x"+want)
		}
	}
	f(``, "")
	f(`plain`, "plain")
	f(`\"\\\/\b\f\n\r\t`, "\"\\/\b\f\n\r\t")
	f(`\u0000\u0041\u00e9\u20AC`, "\x00Aé€")
	f(`\ud83d\ude00!`, "😀!")
	f(`\uD83D\uDE00`, "😀")
	f(`\ud83d`, "\ufffd")
	f(`\ud83dx`, "\ufffdx")
	f(`\ude00\ud83d`, "\ufffd\ufffd")
	f(`\ud83d\u0041`, "\ufffdA")
	f(`\ud83d\ud83d\ude00`, "\ufffd😀")
	f(`\ud83d\n`, "\ufffd\n")
	f(`\\ud83d`, `\ud83d`)
	f("\xff\xc3", "\xff\xc3")
}

// FuzzUnescape holds both of our ways to read a string to encoding/json's, which
// also replaces invalid bytes; such strings are left out.
func FuzzUnescape(f *testing.F) {
	for _, s := range []string{`a\u00e9`, `\ud83d\ude00`, `\ud83d\u0041`, `\\u0041\ud8`, `\ufffd`} {
		f.Add(s)
	}
	p := NewParser(testLayout())
	f.Fuzz(func(t *testing.T, s string) {
		line := []byte(`{"a":"` + s + `"}`)
		var want struct{ A string }
		if strings.Contains(s, `"`) || strings.ToValidUTF8(s, "") != s || json.Unmarshal(line, &want) != nil {
			return
		}
		if got := appendUnescaped(nil, []byte(s)); string(got) != want.A {
			t.Errorf("%s: appendUnescaped gives %q, want %q", s, got, want.A)
		}
		var ev Event
		if err := p.Parse(&ev, line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if got := ev.Values(0)[0].Text; string(got) != want.A {
			t.Errorf("%s: Parse gives %q, want %q", s, got, want.A)
		}
	})
}
