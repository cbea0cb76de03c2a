package matchers

import (
	"fmt"
	"strings"
	"testing"

	"coldcase/rules"
)

func TestAnyField(t *testing.T) {
	f := tries(t)
	doc := `{"process":{"name":"Cat","pid":4,"parent":{"name":"dog"},"code_signature":{"trusted":"true"}},"x":{"y":[{"z":"Cat"},null]}}`
	f(doc, `process.*:Cat`, true)
	f(doc, `process.*:dog`, true) // the star crosses dots
	f(doc, `process.*:cat`, false)
	f(doc, `*name:dog`, true)
	f(doc, `*.nam:dog`, false) // the whole name
	f(doc, `proc*.n*e:d*`, true)
	f(doc, `process.*:true`, true) // by each field's own type
	f(doc, `process.*:4`, true)
	f(doc, `process.* > 3`, true)
	f(doc, `x.*:Cat`, true)
	f(doc, `x.*.z:*`, true)
	f(doc, `a.*:*`, false)
	f(`{"x":{"y":null}}`, `x.*:*`, false)
	f(doc, `dog`, true)
	f(doc, `bird`, false)
}

// TestAnyFieldHostile: a long key above many leaves makes each of their names long,
// and the line must not cost its length squared. Names beyond every mapping's are not
// looked at.
func TestAnyFieldHostile(t *testing.T) {
	var b strings.Builder
	key := strings.Repeat("a", 1<<20)
	fmt.Fprintf(&b, `{"x":{"%s":{`, key)
	for i := range 200_000 {
		fmt.Fprintf(&b, `"k%d":1,`, i)
	}
	b.WriteString(`"end":"Cat"}},"short":"Cat"}`)
	f := func(q string, want bool) {
		t.Helper()
		m, err := Compile([]*rules.Rule{eventRule(parseQuery(t, q))}, Options{AnyIndex: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := matchesBoth(t, m, []byte(b.String())); got != want {
			t.Errorf("%s is %v, want %v", q, got, want)
		}
	}
	f(`*nothing*here*:Cat`, false)
	f(`x*end:Cat`, false)
	f(`sh*t:Cat`, true)
}

// What a worker remembers of field names is bounded.
func TestFieldNamesForgotten(t *testing.T) {
	m, err := Compile([]*rules.Rule{eventRule(parseQuery(t, `x.*:none`))}, Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	w := m.NewWorker(false)
	for i := range 10 {
		var b strings.Builder
		for k := range 1000 {
			fmt.Fprintf(&b, `,"k%d-%d":"v"`, i, k)
		}
		if _, err := w.Match([]byte(`{"x":{` + b.String()[1:] + `,"` + strings.Repeat("y", 2*maxKnownName) + `":"v"}}`)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.s.fields); n != maxKnownFields {
		t.Errorf("%d names are remembered", n)
	}
}

// A field name wildcard inside path:{...} looks at the fields of that element alone.
func TestGlobInsideNested(t *testing.T) {
	f := tries(t)
	doc := `{"file":{"name":"b","pe":{"sections":[{"name":"a","virtual_size":1},{"name":"b","virtual_size":2}]}}}`
	f(doc, `file.pe.sections:{ na*:a and virtual_size:1 }`, true)
	f(doc, `file.pe.sections:{ na*:a and virtual_size:2 }`, false)
	f(doc, `file.pe.sections:{ na*:b and virtual_size:2 }`, true)
	f(doc, `file.pe.sections:{ x*:* }`, false)
	f(doc, `file.pe.sections:{ virt*:* and not na*:a }`, true)
}
