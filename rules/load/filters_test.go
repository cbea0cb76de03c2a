package load

import (
	"encoding/json"
	"strings"
	"testing"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

func decodeFilter(t *testing.T, text string) any {
	t.Helper()
	m, err := decodeJSON(source.Text{Body: text})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

func TestFilter(t *testing.T) {
	f := func(text string, want query.Expr) {
		t.Helper()
		got, err := filter(decodeFilter(t, text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			return
		}
		if want == nil || got == nil {
			if got != want {
				t.Errorf("%s is %v, want %v", text, got, want)
			}
			return
		}
		if got.String() != want.String() {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	field := func(name string) query.Field { return query.Field{Name: name} }
	str := func(s ...string) (lits []query.Literal) {
		for _, x := range s {
			lits = append(lits, query.Literal{Kind: query.String, Text: x})
		}
		return lits
	}
	like := func(name, pattern string, fold bool) query.Expr {
		return &query.Wildcard{Field: field(name), Patterns: []query.Pattern{query.EscapedPattern(pattern)}, Fold: fold, Text: query.AnyToken}
	}
	exists := func(name string) query.Expr { return &query.Exists{Field: field(name)} }

	// No effect.
	f(`{}`, nil)
	f(`{"meta":{"disabled":true},"query":{"unheard_of":{}}}`, nil)
	// Negated, and the form of old exports.
	f(`{"meta":{"negate":true},"query":{"exists":{"field":"a"}}}`, &query.Not{X: exists("a")})
	f(`{"$state":{"store":"appState"},"meta":{"negate":false,"disabled":false},"exists":{"field":"a.b"}}`, exists("a.b"))
	f(`{"meta":{"negate":"true"},"exists":{"field":"a"}}`, &query.Not{X: exists("a")})
	// One of each.
	f(`{"query":{"match_all":{}}}`, &query.Const{Value: true})
	f(`{"query":{"match_none":{}}}`, &query.Const{Value: false})
	f(`{"query":{"wildcard":{"file.path":{"value":"?:\\\\x\\*\\\\*","case_insensitive":true}}}}`, like("file.path", `?:\\x\*\\*`, true))
	f(`{"query":{"wildcard":{"file.path":"a*"}}}`, like("file.path", "a*", false))
	f(`{"query":{"prefix":{"a":{"value":"x*"}}}}`, like("a", `x\**`, false))
	f(`{"query":{"term":{"a":"word"}}}`, &query.Term{Field: field("a"), Values: str("word"), Text: query.AnyToken})
	f(`{"query":{"term":{"a":{"value":"Two Words","case_insensitive":true}}}}`, &query.Term{Field: field("a"), Values: str("Two Words"), Fold: true})
	f(`{"query":{"term":{"a":4.50}}}`, &query.Term{Field: field("a"), Values: []query.Literal{{Kind: query.Number, Text: "4.50"}}})
	f(`{"query":{"term":{"a":true}}}`, &query.Term{Field: field("a"), Values: []query.Literal{{Kind: query.Bool, Text: "true"}}, Text: query.AnyToken})
	f(`{"query":{"terms":{"a":["X","Y"],"boost":1}}}`, &query.Term{Field: field("a"), Values: str("X", "Y")})
	f(`{"query":{"match":{"a":"two words"}}}`, &query.Term{Field: field("a"), Values: str("two words"), Text: query.AnyToken})
	f(`{"query":{"match":{"a":{"query":"two words","type":"phrase"}}}}`, &query.Term{Field: field("a"), Values: str("two words"), Text: query.Phrase})
	f(`{"query":{"match":{"a":{"query":"word","operator":"and"}}}}`, &query.Term{Field: field("a"), Values: str("word"), Text: query.AnyToken})
	f(`{"query":{"match_phrase":{"a":{"query":"two words","slop":0}}}}`, &query.Term{Field: field("a"), Values: str("two words"), Text: query.Phrase})
	f(`{"query":{"range":{"a":{"gte":1,"lt":5}}}}`, &query.And{X: []query.Expr{
		&query.Range{Field: field("a"), Op: query.Ge, Value: query.Literal{Kind: query.Number, Text: "1"}},
		&query.Range{Field: field("a"), Op: query.Lt, Value: query.Literal{Kind: query.Number, Text: "5"}}}})
	f(`{"range":{"@timestamp":{"gt":"now-1d","lte":null,"format":"strict_date_optional_time"}}}`,
		&query.Range{Field: field("@timestamp"), Op: query.Gt, Value: str("now-1d")[0]})
	f(`{"query":{"range":{"a":{}}}}`, exists("a"))
	// bool: one of should only where nothing else is required.
	f(`{"query":{"bool":{"should":[{"exists":{"field":"a"}},{"exists":{"field":"b"}}],"minimum_should_match":1}}}`,
		&query.And{X: []query.Expr{&query.Or{X: []query.Expr{exists("a"), exists("b")}}}})
	f(`{"query":{"bool":{"should":{"exists":{"field":"a"}}}}}`, &query.And{X: []query.Expr{&query.Or{X: []query.Expr{exists("a")}}}})
	f(`{"query":{"bool":{"filter":[{"exists":{"field":"a"}}],"should":[{"exists":{"field":"b"}}]}}}`, &query.And{X: []query.Expr{exists("a")}})
	f(`{"query":{"bool":{"must":{"exists":{"field":"a"}},"should":[{"exists":{"field":"b"}}],"minimum_should_match":"1","must_not":[{"exists":{"field":"c"}}]}}}`,
		&query.And{X: []query.Expr{exists("a"), &query.Or{X: []query.Expr{exists("b")}}, &query.Not{X: exists("c")}}})
	f(`{"query":{"bool":{}}}`, &query.And{})
	f(`{"query":{"query_string":{"query":"_exists_:a","analyze_wildcard":true,"default_field":"*","time_zone":"Zulu"}}}`, exists("a"))
}

// TestFilterRefused: what cannot be read exactly is refused by name, never dropped.
func TestFilterRefused(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got, err := filter(decodeFilter(t, text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is %v, error %v; want an error with %q", text, got, err, want)
		}
	}
	f(`{"meta":{"negate":false}}`, "found none")
	f(`{"query":{"regexp":{"a":"b.*"}}}`, "regexp")
	f(`{"query":{"script":{"script":"true"}}}`, "script")
	f(`{"query":{"nested":{"path":"a","query":{}}}}`, "nested")
	f(`{"query":{"exists":{"field":"a"},"term":{"a":"b"}}}`, "found exists, term")
	f(`{"query":"a:b"}`, "found a string")
	f(`{"query":{"exists":{"field":7}}}`, "malformed")
	f(`{"query":{"exists":{"field":"a","nested":true}}}`, "option nested")
	f(`{"query":{"term":{"a":null}}}`, "null in place of a value")
	f(`{"query":{"term":{"a":"b","c":"d"}}}`, "expected one field")
	f(`{"query":{"term":{"a":{"valeu":"b"}}}}`, "option valeu")
	f(`{"query":{"terms":{"a":{"index":"lookup","id":"1"}}}}`, "in place of a list")
	f(`{"query":{"terms":{"a":["b"],"c":["d"]}}}`, "expected one field")
	f(`{"query":{"match":{"a":{"query":"two words","operator":"and"}}}}`, "operator and")
	f(`{"query":{"match":{"a":{"query":"x","fuzziness":"AUTO"}}}}`, "option fuzziness")
	f(`{"query":{"match":{"a":{"query":"x","type":"phrase_prefix"}}}}`, "type phrase_prefix")
	f(`{"query":{"match_phrase":{"a":{"query":"x","slop":2}}}}`, "slop")
	f(`{"query":{"range":{"a":{"gte":1,"format":"epoch_millis"}}}}`, "format epoch_millis")
	f(`{"query":{"range":{"a":{"gte":"now","time_zone":"+02:00"}}}}`, "time_zone +02:00")
	f(`{"query":{"range":{"a":{"from":1}}}}`, "option from")
	f(`{"query":{"bool":{"should":[],"minimum_should_match":"75%"}}}`, "minimum_should_match")
	f(`{"query":{"bool":{"must":[{"geo_shape":{}}]}}}`, "bool: geo_shape")
	f(`{"query":{"query_string":{"query":"a b","default_operator":"AND"}}}`, "default_operator AND")
	f(`{"query":{"query_string":{"query":"(a"}}}`, "query_string: ")
	deep := strings.Repeat(`{"bool":{"must":`, 100) + `{"match_all":{}}` + strings.Repeat(`}}`, 100)
	f(`{"query":`+deep+`}`, "clauses within clauses")
}

func TestClausesAreListedOnce(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range clauses() {
		if seen[c.name] || c.read == nil {
			t.Errorf("clause %q is listed twice or does nothing", c.name)
		}
		seen[c.name] = true
	}
	for _, b := range bounds {
		if _, err := span(query.Field{Name: "a"}, map[string]any{b.key: json.Number("1")}); err != nil {
			t.Errorf("bound %s: %v", b.key, err)
		}
	}
}
