package correlate_test

import (
	"encoding/json"
	"strings"
	"testing"

	"coldcase/rules/esql"
	"coldcase/rules/source"
)

// shops is a table of four documents: lists, and a column that is missing at times.
var (
	shopTypes = map[string]string{"id": "integer", "city": "keyword", "tags": "keyword", "price": "double",
		"open": "boolean", "rank": "integer", "note": "keyword"}
	shops = []string{
		`{"id":1,"city":"Oslo","tags":["fish","bread"],"price":2.5,"open":true,"rank":3,"note":"a=1;b=2"}`,
		`{"id":2,"city":"Bergen","tags":["bread"],"price":4.5,"open":[true,false],"rank":1,"note":"a=1;;c"}`,
		`{"id":3,"tags":["fish","wine","bread"],"price":1.25,"open":false,"rank":2,"note":""}`,
		`{"id":4,"city":"Oslo","price":9.75,"rank":2}`,
	}
)

// TestCommands: columns, their order and rows as Elasticsearch has them. What is expected was
// worked out by hand from the rules that its csv-spec suites show; each group names the suite.
func TestCommands(t *testing.T) {
	f := func(text, columns string, want ...string) {
		t.Helper()
		q, err := esql.Parse(source.Text{Path: "shops", Body: text}, suiteMapping(shopTypes))
		if err != nil {
			t.Errorf("%s\n%v", text, err)
			return
		}
		var names []string
		for _, c := range q.Tables[len(q.Tables)-1].Columns {
			names = append(names, c.Name)
		}
		if got := strings.Join(names, " | "); got != columns {
			t.Errorf("%s\n got columns %s\nwant         %s", text, got, columns)
		}
		lines := shops
		if _, ok := q.Commands[0].(*esql.Row); ok {
			lines = []string{"{}"}
		}
		var got []string
		for _, row := range runTable(t, q, suiteSchema(t, shopTypes), lines) {
			var cells []string
			for _, v := range row {
				b, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				cells = append(cells, string(b))
			}
			got = append(got, strings.Join(cells, " | "))
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s\n got %q\nwant %q", text, got, want)
		}
	}
	inlineLists(f)
	namesTwice(f)
	keysAlone(f)
	nullified(f)
	dissected(f)
}

// inlineLists: a row with lists among the keys of INLINE STATS is in a group for each
// combination of their distinct values, and gets the results of all of them, duplicates
// included (S:inlinestats inlinestatsWithFilterAndGroupBy, inlinestatsWithMixedFiltersAndGroup).
func inlineLists(f func(text, columns string, want ...string)) {
	f("FROM shops | INLINE STATS n = COUNT(*) BY tags | SORT id | KEEP id, n", "id | n",
		"1 | [3,2]", "2 | 3", "3 | [3,2,1]", "4 | 1")
	f("FROM shops | INLINE STATS m = MAX(price) BY open | SORT id | KEEP id, open, m", "id | open | m",
		"1 | true | 4.5", "2 | [false,true] | [4.5,4.5]", "3 | false | 4.5", "4 | null | 9.75")
	f("FROM shops | INLINE STATS v = VALUES(id) BY tags, open | SORT id | KEEP id, v", "id | v",
		"1 | [1,2,1]", "2 | [2,3,1,2]", "3 | [2,3,3,3]", "4 | 4")
	// Of nothing but nulls there is null.
	f("FROM shops | INLINE STATS v = VALUES(city) WHERE false BY tags | SORT id | KEEP id, v", "id | v",
		"1 | null", "2 | null", "3 | null", "4 | null")
	f("FROM shops | INLINE STATS BY tags | SORT id DESC | LIMIT 1 | KEEP id, tags", "id | tags", "4 | null")
}

// namesTwice: of several keys of a name the last one is a key at all (S:stats
// nestedAggsOverGroupingTwiceWithAlias, shadowingInternalWithGroup2), and DROP may name a
// column twice (S:drop shadowingInternalWildcard).
func namesTwice(f func(text, columns string, want ...string)) {
	f("FROM shops | STATS n = COUNT(*) BY k = id, k = city | SORT k", "n | k", `1 | "Bergen"`, `2 | "Oslo"`, "1 | null")
	f("FROM shops | STATS n = COUNT(k) BY k = id, k = city | SORT k", "n | k", `1 | "Bergen"`, `2 | "Oslo"`, "0 | null")
	f("FROM shops | STATS n = COUNT(*) BY rank, r = rank, rank | SORT rank", "n | r | rank", "1 | 1 | 1", "2 | 2 | 2", "1 | 3 | 3")
	f("FROM shops | KEEP id, city, rank | DROP city, ran*, city, r*k | LIMIT 1", "id", "1")
}

// keysAlone: a result of STATS may be made of keys only (S:stats
// statsOnUnrolledMultivalueNoWarnings).
func keysAlone(f func(text, columns string, want ...string)) {
	f("FROM shops | STATS x = r * 10, COUNT(*) BY r = rank | SORT r", "x | COUNT(*) | r", "10 | 1 | 1", "20 | 2 | 2", "30 | 1 | 3")
	f("ROW a = [3, 1] | STATS a + 1 BY a | SORT a", "a + 1 | a", "2 | 1", "4 | 3")
}

// nullified: SET unmapped_fields="nullify" makes a column of an unknown name, behind those of
// the source (S:unmapped-nullify).
func nullified(f func(text, columns string, want ...string)) {
	set := `SET unmapped_fields="nullify"; `
	f(set+"ROW a = 1 | EVAL b = 2 | WHERE no IS NULL", "a | no | b", "1 | null | 2")
	f(set+"ROW a = 1 | EVAL a = such::LONG", "such | a", "null | null")
	f(set+"ROW a = 1 | SORT no::LONG, a | MV_EXPAND such", "a | no | such", "1 | null | null")
	f(set+"ROW a = 1 | RENAME a AS b, no AS such", "b | such", "1 | null")
	f(set+"ROW a = 1 | INLINE STATS s = MAX(a) + k BY k = no + 1", "a | no | s | k", "1 | null | null | null")
	f(set+"FROM shops | KEEP id, * | EVAL x = no::LONG + id | KEEP id, no, x | SORT id | LIMIT 1", "id | no | x", "1 | null | null")
	f(set+"FROM shops | WHERE id_2::LONG > 0 OR id == 1 | KEEP id*", "id | id_2", "1 | null")
}

// dissected: delimiters that follow each other (DissectParser.parse), and text that is no
// more than what stands in front of the first key.
func dissected(f func(text, columns string, want ...string)) {
	f(`FROM shops | DISSECT note "a=%{a};%{b}=%{c}" | SORT id | KEEP id, a, b, c`, "id | a | b | c",
		`1 | "1" | "b" | "2"`, `2 | "1" | "" | "c"`, "3 | null | null | null", "4 | null | null | null")
	f(`ROW s = "1,,," | DISSECT s "%{a},%{b},%{c}"`, "s | a | b | c", `"1,,," | "1" | "" | ""`)
	f(`ROW s = "1,,,2" | DISSECT s "%{a->},%{b}"`, "s | a | b", `"1,,,2" | "1" | "2"`)
	f(`ROW s = "k v w" | DISSECT s "%{?} %{b} %{b}"`, "s | b", `"k v w" | "w"`)
	f(`ROW s = "k v w" | DISSECT s "%{b} %{b} %{+b}" APPEND_SEPARATOR="-"`, "s | b", `"k v w" | "k-v-w"`)
}
