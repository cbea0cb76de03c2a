package scanner

import (
	"fmt"
	"strings"
	"testing"
)

var (
	sumA = strings.Repeat("a1", 32)
	sumB = strings.Repeat("b2", 32)
)

func TestReadExpected(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		list, err := ReadExpected(strings.NewReader(text))
		var got []string
		for _, e := range list {
			got = append(got, e.Name+"="+e.SHA256[:2])
		}
		if err != nil {
			got = []string{err.Error()}
		}
		if g := strings.Join(got, " "); !strings.HasPrefix(g, want) || want == "" {
			t.Errorf("%q: got %q, want %q", text, g, want)
		}
	}
	// sha256sum: text and binary mode, --tag, an escaped name, a name with blanks
	f(sumA+"  a.ndjson\n"+sumB+" *b/c.gz\n", "a.ndjson=a1 b/c.gz=b2")
	f("SHA256 (x (1).zst) = "+strings.ToUpper(sumA)+"\n", "x (1).zst=a1")
	f(`\`+sumA+`  a\nb`, "a\nb=a1")
	f(sumA+"  two words.gz\r\n", "two words.gz=a1")
	f(sumA+"\n", "=a1")
	// hashdeep, with a comma in a name
	f("%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n## invoked from: /x\n##\n12,0123,"+sumA+",/x/a,b.gz\n", "/x/a,b.gz=a1")
	f("%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n12,0123,/x/a\n", "line 2: this hashdeep file has no sha256 column")
	f("%%%% size,sha256,filename\n12,zz,/x/a\n", "line 2: not a row")
	// tables
	f("name,hash\na.gz,"+sumA+"\n", "a.gz=a1")
	f("file;size;md5;sha256\n\"d;e.gz\";12;0123456789abcdef0123456789abcdef;"+sumB+"\n", "d;e.gz=b2")
	f(sumA+",a.gz", "a.gz=a1")
	f(sumA+"\tC:\\x\\a.gz", "C:/x/a.gz=a1")
	f("\ufeff# made by hand\n\na.gz,"+sumA, "a.gz=a1")
	// what is no list
	f("", "there is no SHA-256 in it")
	f("a.gz,0123456789abcdef0123456789abcdef\n", "line 1: no SHA-256")
	f(sumA+"  a\nhello\n", "line 2: no SHA-256")
	f("name,hash\nname,hash\n", "line 2: no SHA-256")
	f(sumA+"  "+strings.Repeat("x", maxExpectLine), "line 1: longer than 64 KiB")
}

func TestHoldExpected(t *testing.T) {
	f := func(list []Expectation, inputs map[string]string, want string) {
		t.Helper()
		var in []InputResult
		for _, file := range []string{"ev/a.gz", "ev/b.gz", "ev/z.zip!m"} {
			if sum, ok := inputs[file]; ok {
				in = append(in, InputResult{File: file, SHA256: sum})
			}
		}
		h := HoldExpected(list, in, func(in InputResult) string { return in.SHA256 })
		var got []string
		for _, x := range h.Inputs {
			got = append(got, x.File+" "+x.Verdict)
		}
		for _, m := range h.Missing {
			got = append(got, "missing "+m.Name)
		}
		if g := fmt.Sprint(strings.Join(got, ", "), " ", h.Failed()); g != want {
			t.Errorf("got %q, want %q", g, want)
		}
	}
	a, b := Expectation{"a.gz", sumA}, Expectation{"./ev/b.gz", sumB}
	f([]Expectation{a, b}, map[string]string{"ev/a.gz": sumA, "ev/b.gz": sumB}, "ev/a.gz match, ev/b.gz match false")
	f([]Expectation{a, b}, map[string]string{"ev/a.gz": sumA, "ev/b.gz": sumA}, "ev/a.gz match, ev/b.gz match, missing ./ev/b.gz true")
	f([]Expectation{a, b}, map[string]string{"ev/a.gz": strings.Repeat("0", 64)}, "ev/a.gz mismatch, missing ./ev/b.gz true")
	f([]Expectation{a}, map[string]string{"ev/a.gz": sumA, "ev/b.gz": sumB}, "ev/a.gz match, ev/b.gz unexpected false")
	// A renamed file is known by its hash; a file that could not be read is not.
	f([]Expectation{{"old.gz", sumA}}, map[string]string{"ev/a.gz": sumA}, "ev/a.gz match false")
	f([]Expectation{a}, map[string]string{"ev/a.gz": ""}, "ev/a.gz mismatch true")
	// Two copies need two entries only when they are listed twice.
	f([]Expectation{{"x", sumA}, {"y", sumA}}, map[string]string{"ev/a.gz": sumA, "ev/b.gz": sumA}, "ev/a.gz match, ev/b.gz match false")
	// The name of a member is that of its archive.
	f([]Expectation{{"z.zip", sumB}}, map[string]string{"ev/z.zip!m": sumA}, "ev/z.zip!m mismatch true")
	// "a.gz" does not name "aa.gz".
	f([]Expectation{{"v/a.gz", sumB}}, map[string]string{"ev/a.gz": sumA}, "ev/a.gz unexpected, missing v/a.gz true")
}

func FuzzReadExpected(f *testing.F) {
	f.Add(sumA + "  a.gz\n")
	f.Add("%%%% size,md5,sha256,filename\n1,2," + sumA + ",a\n")
	f.Add("name;hash\n\"a;b\";" + sumB + "\n")
	f.Add("SHA256 (a) = " + sumA)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ReadExpected(strings.NewReader(text))
		if (err == nil) != (len(list) > 0) {
			t.Fatalf("%d entries with error %v", len(list), err)
		}
		for _, e := range list {
			if !isSHA256(e.SHA256) || strings.ToLower(e.SHA256) != e.SHA256 {
				t.Fatalf("%q is no hash", e.SHA256)
			}
		}
	})
}
