package matchers

import (
	"testing"

	"coldcase/rules"
)

func TestRuleProfile(t *testing.T) {
	rs := []*rules.Rule{eventRule(parseQuery(t, `process where process.name == "a"`)), eventRule(parseQuery(t, `process where process.name : "A*"`)),
		eventRule(parseQuery(t, `process where not process.name : "a*"`))}
	m, err := Compile(rs, Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	f := func(reference bool, want ...RuleProfile) {
		t.Helper()
		w := m.NewWorker(reference)
		match(t, w, auditLine)
		if w.Profile() != nil {
			t.Error("profiled without being asked")
		}
		w.ProfileRules()
		match(t, w, auditLine)
		match(t, w, `{"event":{"category":"process"},"process":{"name":"ab"}}`)
		match(t, w, `{"event":{"category":"process"},"process":{"name":"b"}}`)
		match(t, w, `{"event":{"category":"file"},"process":{"name":"a"}}`)
		for i, got := range w.Profile() {
			if got.Evaluations > 0 && got.Nanoseconds <= 0 {
				t.Errorf("rule %d: %d evaluations took %d ns", i, got.Evaluations, got.Nanoseconds)
			}
			got.Nanoseconds = 0
			if got != want[i] {
				t.Errorf("rule %d: %+v, want %+v", i, got, want[i])
			}
		}
	}
	// The index lets the first rule through on its value and the second on its start; it
	// cannot tell anything of the third. None is looked at for a file.
	f(false, RuleProfile{Candidates: 1, Evaluations: 1, Hits: 1}, RuleProfile{Candidates: 2, Evaluations: 2, Hits: 2},
		RuleProfile{Candidates: 3, Evaluations: 3, Hits: 1})
	// The reference path evaluates each hit once more.
	f(true, RuleProfile{Candidates: 4, Evaluations: 5, Hits: 1}, RuleProfile{Candidates: 4, Evaluations: 6, Hits: 2},
		RuleProfile{Candidates: 4, Evaluations: 5, Hits: 1})
}

func TestProfileMerge(t *testing.T) {
	a := Profile{{1, 2, 3, 4}, {5, 6, 7, 8}}
	a.Merge(Profile{{10, 20, 30, 40}, {}})
	a.Merge(nil) // a worker that does not profile
	if a[0] != (RuleProfile{11, 22, 33, 44}) || a[1] != (RuleProfile{5, 6, 7, 8}) {
		t.Errorf("merged to %+v", a)
	}
}
