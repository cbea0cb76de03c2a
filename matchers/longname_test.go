package matchers

import (
	"fmt"
	"strings"
	"testing"

	"coldcase/rules"
)

// Events with a name beyond the limit are counted on both paths alike, whether or not
// the predicate was come to: those of rules that look at the event's index.
func TestLongNamesAreCounted(t *testing.T) {
	long := strings.Repeat("k", maxFieldName+1)
	half := strings.Repeat("h", maxFieldName/2)
	r := eventRule(parseQuery(t, `event.category:never and process.*:x`))
	r.Indices = []string{"logs-a.*"}
	other := eventRule(parseQuery(t, `process.name:x`))
	for _, test := range []struct {
		what, rest string
		index      string
		want       int64
	}{
		{"short names", `"process":{"name":"` + long + `"}`, "logs-a.b-c", 0},
		{"a long name", `"` + long + `":"x"`, "logs-a.b-c", 1},
		{"a name at the limit", `"` + long[1:] + `":"x"`, "logs-a.b-c", 0},
		{"a long name in parts", `"` + half + `":[1,{"` + half + `":{"a":"x"}}]`, "logs-a.b-c", 1},
		{"parts that are no name", `"` + half + `":{"a":"` + half + `"},"` + half + `2":1`, "logs-a.b-c", 0},
		{"no value", `"` + long + `":null`, "logs-a.b-c", 0},
		{"nothing below", `"` + long + `":{"a":[]}`, "logs-a.b-c", 0},
		{"a long text of escapes", `"` + strings.Repeat(`\u0061`, 1000) + `":1`, "logs-a.b-c", 0},
		{"an index that no such rule looks at", `"` + long + `":"x"`, "logs-z.b-c", 0},
		{"in an envelope", `"` + long + `":"x"`, "", 1},
	} {
		p := newTwoPaths(t, []*rules.Rule{r, other}, Options{})
		line := fmt.Sprintf(`{"_index":%q,"_source":{"@timestamp":"2026-03-01T10:00:00Z",%s}}`, test.index, test.rest)
		if test.index == "" {
			line = fmt.Sprintf(`{"data_stream":{"type":"logs","dataset":"a.b","namespace":"c"},"event":{"category":"always"},%s}`, test.rest)
		}
		for range 2 {
			p.line(t, []byte(line))
		}
		for name, w := range map[string]*Worker{"reference": p.plain, "fast": p.fast} {
			if got := w.Account().LongNames(); got != 2*test.want {
				t.Errorf("%s, %s path: %d of 2 events counted, want %d", test.what, name, got, 2*test.want)
			}
		}
	}
}

// Without a rule that looks at any field nothing was passed over.
func TestLongNamesWithoutSuchRules(t *testing.T) {
	p := newTwoPaths(t, []*rules.Rule{eventRule(parseQuery(t, `process.name:x`))}, Options{AnyIndex: true})
	p.line(t, []byte(`{"`+strings.Repeat("k", 5000)+`":"x"}`))
	if a, b := p.plain.Account().LongNames(), p.fast.Account().LongNames(); a != 0 || b != 0 {
		t.Errorf("%d and %d events counted", a, b)
	}
}
