package matchers

import (
	"testing"

	"coldcase/rules"
	"coldcase/rules/lucene"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

const flattenedMapping = `{"properties":{"tags_of":{"type":"flattened"},"short":{"type":"flattened","ignore_above":4},
	"plain":{"properties":{"level":{"type":"keyword"}}},"group":{"type":"nested","properties":{"tags":{"type":"flattened"}}},
	"other_name":{"type":"alias","path":"tags_of"}}}`

// flattenedDoc is an issue like that of Elasticsearch's documentation of the type.
const flattenedDoc = `{"tags_of":{"priority":"Urgent","release":["v1.2.5","v1.3.0",null],"stamp":{"created":1541458026,"deep":{"on":true}},"empty":"","none":null},
	"plain":{"level":"low"},"group":[{"tags":{"a":"one"}},{"tags":{"b":"two"}}],"short":{"k":"longer"}}`

func flattenedTries(t *testing.T) func(doc, q string, want bool) {
	s, err := schema.Builtin().WithMapping([]byte(flattenedMapping))
	if err != nil {
		t.Fatal(err)
	}
	return func(doc, q string, want bool) {
		t.Helper()
		x := query.Expr(nil)
		if rest, ok := cutLucene(q); ok {
			if x, err = lucene.Parse(source.Text{Body: rest}); err != nil {
				t.Fatal(err)
			}
		} else {
			x = parseQuery(t, q)
		}
		m, err := Compile([]*rules.Rule{eventRule(x)}, Options{AnyIndex: true, Schema: s})
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		if got := matchesBoth(t, m, []byte(doc)); got != want {
			t.Errorf("%s\n  on %s\n  is %v, want %v", q, doc, got, want)
		}
	}
}

func cutLucene(q string) (string, bool) {
	const mark = "lucene: "
	if len(q) > len(mark) && q[:len(mark)] == mark {
		return q[len(mark):], true
	}
	return q, false
}

// A query on a flattened field searches all leaves below it, each a keyword: whole,
// case-sensitive, numbers and booleans as they are written.
func TestFlattenedRoot(t *testing.T) {
	f := flattenedTries(t)
	for _, q := range []string{
		`tags_of:Urgent`, `tags_of:"v1.3.0"`, `tags_of:1541458026`, `tags_of:true`, `tags_of:Urg*`, `tags_of:*.3.*`, `tags_of:*`, `tags_of:""`,
		`tags_of:(nothing or v1.2.5)`, `tags_of:(Urgent and true)`, `not tags_of:low`, `tags_of > "Urge" and tags_of:true`,
		`other_name:Urgent`, `tags_of.priority:Urgent`, `tags_of.stamp:*`, `not tags_of.none:*`,
		`lucene: tags_of:Urgent`, `lucene: tags_of:v1.?.0`, `lucene: tags_of:/v1\.[0-9]\.5/`, `lucene: _exists_:tags_of`, `lucene: tags_of:[v1.2 TO v1.4]`,
		`any where tags_of == "Urgent"`, `any where tags_of : "urgent"`, `any where tags_of like "v1.*"`, `any where tags_of like~ "URG*"`,
		`any where tags_of in ("x", "v1.3.0")`, `any where tags_of in~ ("X", "V1.3.0")`, `any where tags_of != null`, `any where tags_of regex "v[0-9.]+"`,
		`any where tags_of != "low"`, `any where not tags_of : "low*"`,
		`tags*:Urgent`, `t*_of:Urgent`, `*_of:true`, `*of:Urg*`, `lucene: t\*of:Urgent`, `t*_of:*`,
		`group:{ tags:one }`, `group:{ tags:two and not tags:one }`, `group.tags:two`,
		`short:longer`, // Decision 1
	} {
		f(flattenedDoc, q, true)
	}
	for _, q := range []string{
		`tags_of:urgent`, `tags_of:Urg`, `tags_of:low`, `tags_of:priority`, `tags_of:created`, `tags_of:"1541458026 "`, `tags_of:"v1.2.5 v1.3.0"`, `tags_of:ow*`,
		`not tags_of:true`, `tags_of:(Urgent and low)`, `tags_of.priority:true`, `tags_of.release:Urgent`,
		`lucene: tags_of:urgent`, `lucene: tags_of:[w TO x]`, `lucene: NOT _exists_:tags_of`, `lucene: tags_of:/v1/`,
		`any where tags_of == "urgent"`, `any where tags_of like "urg*"`, `any where tags_of in ("low", "URGENT")`, `any where tags_of == null`,
		`t*_of:urgent`, `t*_off:Urgent`, `*_of:low`, `plain*:Urgent`,
		`group:{ tags:one and tags:two }`, `group:{ tags:true }`,
	} {
		f(flattenedDoc, q, false)
	}
}

// What is not below the field is not of it; a field of a like name is none of its leaves.
func TestFlattenedRootMissing(t *testing.T) {
	f := flattenedTries(t)
	for _, doc := range []string{
		`{"plain":{"level":"Urgent"}}`, `{"tags_ofs":{"a":"Urgent"}}`, `{"x":{"tags_of":{"a":"Urgent"}}}`, `{"tags_of":{}}`, `{"tags_of":null}`,
		`{"tags_of":{"a":{},"b":[],"c":[null]}}`,
	} {
		f(doc, `tags_of:Urgent`, false)
		f(doc, `not tags_of:Urgent`, true)
		f(doc, `tags_of:*`, false)
		f(doc, `tags_of:*e*`, false)
		f(doc, `any where tags_of != "Urgent"`, true)
		f(doc, `any where tags_of == null`, true)
	}
	// Dotted names, arrays of objects, duplicate keys lead to the same leaves.
	for _, doc := range []string{
		`{"tags_of.a":"Urgent"}`, `{"tags_of.a.b":["x","Urgent"]}`, `{"tags_of":[{"a":1},{"b":{"c":"Urgent"}}]}`, `{"tags_of":{"a.b":"Urgent"}}`,
		`{"tags_of":{"":"Urgent"}}`, `{"_index":"logs-a.b-c","_source":{"tags_of":{"a":"Urgent"}}}`, `{"tags_of":{"a":"\u0055rgent"}}`,
	} {
		f(doc, `tags_of:Urgent`, true)
		f(doc, `tags_of:*gent`, true)
		f(doc, `tags_of:*`, true)
	}
}

// A leaf beyond the field's ignore_above is one that a live stack does not index.
func TestFlattenedRootBeyond(t *testing.T) {
	s, err := schema.Builtin().WithMapping([]byte(flattenedMapping))
	if err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string]bool{`short:longer`: true, `short:lo*`: true, `short:low`: false, `short.a:longer`: true, `s*t:longer`: true} {
		m, err := Compile([]*rules.Rule{eventRule(parseQuery(t, q))}, Options{AnyIndex: true, Schema: s})
		if err != nil {
			t.Fatal(err)
		}
		for _, reference := range []bool{true, false} {
			hits, err := m.NewWorker(reference).Match([]byte(`{"short":{"a":"longer","b":"low"}}`))
			if err != nil || len(hits) != 1 {
				t.Fatalf("%s: %v, %v", q, hits, err)
			}
			// lo* holds for "low" too.
			if want := want && q != `short:lo*`; hits[0].Beyond != want {
				t.Errorf("%s, reference %v: beyond is %v, want %v", q, reference, hits[0].Beyond, want)
			}
		}
	}
}

// An exception on a flattened field looks at its leaves too.
func TestFlattenedRootExcepted(t *testing.T) {
	s, err := schema.Builtin().WithMapping([]byte(flattenedMapping))
	if err != nil {
		t.Fatal(err)
	}
	r := eventRule(parseQuery(t, `plain.level:low`))
	item := &rules.ExceptionItem{ID: "x", Name: "x", X: parseQuery(t, `tags_of:Urgent`), Rules: []string{"*"}}
	m, err := Compile([]*rules.Rule{r}, Options{AnyIndex: true, Schema: s, Exceptions: []*rules.ExceptionItem{item}})
	if err != nil {
		t.Fatal(err)
	}
	for _, reference := range []bool{true, false} {
		w := m.NewWorker(reference)
		for doc, want := range map[string]int{flattenedDoc: 0, `{"plain":{"level":"low"},"tags_of":{"a":"urgent"}}`: 1} {
			if hits, err := w.Match([]byte(doc)); err != nil || len(hits) != want {
				t.Errorf("reference %v: %d hits of %s, want %d; %v", reference, len(hits), doc, want, err)
			}
		}
	}
}
