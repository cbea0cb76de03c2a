package esql

import (
	"fmt"
	"testing"

	"coldcase/rules/query"
)

// Conditions on one field become one, with others left as they are, and what they were
// made of is not changed.
func TestDisjunction(t *testing.T) {
	term := func(field string, values ...string) *query.Term {
		x := &query.Term{Field: query.Field{Name: field}}
		for _, v := range values {
			x.Values = append(x.Values, query.Literal{Kind: query.String, Text: v})
		}
		return x
	}
	like := func(field, text string) *query.Wildcard {
		return &query.Wildcard{Field: query.Field{Name: field}, Patterns: []query.Pattern{query.LikePattern(text)}}
	}
	shared := term("a", "1")
	shared.Values = shared.Values[:1:1]
	list := []query.Expr{shared, term("b", "2"), like("a", "x*"), term("a", "3", "4"), &query.Exists{Field: query.Field{Name: "c"}},
		like("a", "*y"), &query.Term{Field: query.Field{Name: "a"}, Fold: true, Values: shared.Values}}
	before := fmt.Sprint(list)
	const want = `(a = ("1", "3", "4") or b = ("2") or a like ("x*", "*y") or exists c or a =~ ("1"))`
	if got := disjunction(list).String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if after := fmt.Sprint(list); after != before {
		t.Errorf("the conditions were changed: %s", after)
	}
	if got := disjunction([]query.Expr{shared, term("a", "2")}).String(); got != `a = ("1", "2")` {
		t.Errorf("one field: %s", got)
	}
}
