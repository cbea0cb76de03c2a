package scanner

import (
	"testing"

	"coldcase/rules"
	"coldcase/rules/load"
)

// Every line of the shared events is an event, a bad line with its kind and position,
// or a bulk action; of each input and of the run.
func TestEveryLineIsAccountedFor(t *testing.T) {
	set, err := load.Paths([]string{sharedPath(t, "rules-corpus")})
	if err != nil {
		t.Fatal(err)
	}
	res := scan(t, config(t, set.Select(rules.Selection{})), sharedPath(t, "events"))
	c := res.Counts
	if c.Lines == 0 || c.Lines != c.Events+c.BadLines+c.Actions {
		t.Errorf("%d lines, %d events, %d bad, %d actions", c.Lines, c.Events, c.BadLines, c.Actions)
	}
	for _, in := range res.Inputs {
		var kinds int64
		for _, b := range in.Bad {
			kinds += b.Count
			if b.Line < 1 || b.Kind == "" {
				t.Errorf("%s: bad line without place or kind: %+v", in.File, b)
			}
		}
		if kinds != in.BadLines {
			t.Errorf("%s: %d bad lines, %d by kind", in.File, in.BadLines, kinds)
		}
	}
	if len(res.Rules) != len(set.Entries) {
		t.Errorf("%d rules given, %d in the result", len(set.Entries), len(res.Rules))
	}
}
