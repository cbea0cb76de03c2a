package matchers

import (
	"slices"
	"strings"
	"testing"

	"coldcase/rules"
	"coldcase/rules/lucene"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

// matrixValues are what a field may hold in a line, each under the name by which the
// matrix speaks of it. "missing" is a line without the field.
var matrixValues = []struct{ name, json string }{
	{"abc", `"abc"`}, {"ABC", `"ABC"`}, {"two", `"abc def"`}, {"star", `"a*c"`}, {"empty", `""`},
	{"uni", `"äbc"`}, {"UNI", `"ÄBC"`}, {"esc", `"a\u0062c"`}, {"bsl", `"a\\b"`}, {"sl", `"a\/b"`},
	{"n4", `4`}, {"n4.5", `4.5`}, {"s4", `"4"`}, {"true", `true`}, {"strue", `"true"`}, {"false", `false`},
	{"null", `null`}, {"missing", ""}, {"[]", `[]`}, {"[null]", `[null]`}, {"{}", `{}`},
	{"arr", `["x","abc"]`}, {"nullarr", `[null,"abc"]`}, {"obj", `{"k":"abc"}`}, {"objs", `[{"k":"abc"}]`},
	{"ip4", `"10.1.2.3"`}, {"ip6", `"2001:db8::1"`}, {"mapped", `"::ffff:10.1.2.3"`},
	{"day", `"2020-03-06"`}, {"noon", `"2020-03-06T12:00:00.123Z"`}, {"zone", `"2020-03-07T00:30:00+01:00"`}, {"ms", `1583452800000`},
	{"v1.9", `"1.9.0"`}, {"v1.10", `"1.10.0"`}, {"vpre", `"1.10.0-rc.1"`},
}

// Groups of them. In a row of the matrix "+g" adds a group and "-x" takes away a name
// or, as "-+g", a group. All strings of the second line are for ip, date and version
// fields; elsewhere they are one more string.
var matrixGroups = map[string]string{
	"all":     matrixNames(),
	"gone":    "null missing [] [null] {}", // 0.2: no value
	"is":      "abc arr nullarr esc",       // some value is the text abc
	"objects": "obj objs",                  // not a value of a leaf's type
	"others":  "ip4 ip6 mapped day noon zone v1.9 v1.10 vpre ms",
	"words":   "abc ABC two uni UNI esc bsl sl star arr nullarr", // that begin with a letter, not true and false
}

func matrixNames() string {
	var names []string
	for _, v := range matrixValues {
		names = append(names, v.name)
	}
	return strings.Join(names, " ")
}

// namesOf expands a row's names.
func namesOf(t *testing.T, row string) []string {
	t.Helper()
	set := map[string]bool{}
	for _, name := range strings.Fields(row) {
		name, minus := strings.CutPrefix(name, "-")
		names := []string{name}
		if group, ok := strings.CutPrefix(name, "+"); ok {
			names = strings.Fields(matrixGroups[group])
		}
		for _, n := range names {
			if !slices.Contains(strings.Fields(matrixGroups["all"]), n) {
				t.Fatalf("no value %q", n)
			}
			set[n] = !minus
		}
	}
	var out []string
	for _, v := range matrixValues {
		if set[v.name] {
			out = append(out, v.name)
		}
	}
	return out
}

const matrixMapping = `{"properties":{"m":{"properties":{
	"kw":{"type":"keyword"},"wc":{"type":"wildcard"},"txt":{"type":"text"},"lng":{"type":"long"},"dbl":{"type":"double"},
	"ip":{"type":"ip"},"bool":{"type":"boolean"},"dat":{"type":"date"},"ver":{"type":"version"},"flat":{"type":"flattened"},
	"con":{"type":"constant_keyword","value":"abc"},"nul":{"type":"keyword","null_value":"aBc"},
	"low":{"type":"keyword","normalizer":"lowercase"},"nst":{"type":"nested"}}}}}`

// matrix holds queries on one field against all values of the matrix.
type matrix struct {
	t      *testing.T
	schema *schema.Schema
	field  string
}

func newMatrix(t *testing.T, field string) *matrix {
	t.Helper()
	s, err := schema.Builtin().WithMapping([]byte(matrixMapping))
	if err != nil {
		t.Fatal(err)
	}
	return &matrix{t, s, field}
}

// kql, eql and lucene: F in the query stands for the field; want names the values on
// which it must hold. On all others it must not.
func (m *matrix) kql(q, want string) {
	m.t.Helper()
	m.row(q, parseQuery(m.t, strings.ReplaceAll(q, "F", m.field)), want)
}

func (m *matrix) eql(q, want string) {
	m.t.Helper()
	m.row(q, parseQuery(m.t, "any where "+strings.ReplaceAll(q, "F", m.field)), want)
}

func (m *matrix) lucene(q, want string) {
	m.t.Helper()
	x, err := lucene.Parse(source.Text{Body: strings.ReplaceAll(q, "F", m.field)})
	if err != nil {
		m.t.Fatal(err)
	}
	m.row(q, x, want)
}

func (m *matrix) row(q string, x query.Expr, row string) {
	m.t.Helper()
	c, err := Compile([]*rules.Rule{eventRule(x)}, Options{Schema: m.schema, AnyIndex: true})
	if err != nil {
		m.t.Fatal(err)
	}
	want := namesOf(m.t, row)
	var got []string
	for _, v := range matrixValues {
		line := `{"other":1}`
		if v.json != "" {
			_, last, _ := strings.Cut(m.field, ".")
			line = `{"m":{"` + last + `":` + v.json + `},"other":1}`
		}
		if matchesBoth(m.t, c, []byte(line)) {
			got = append(got, v.name)
		}
	}
	if !slices.Equal(got, want) {
		m.t.Errorf("%s: %s\n  %s\n  got  %v\n  want %v", m.field, q, x, got, want)
	}
}

// Section 0.3 of query-semantics.md: keywords compare whole values, byte by byte;
// numbers and booleans of the JSON are their text.
func TestMatrixKeyword(t *testing.T) {
	m := newMatrix(t, "m.kw")
	m.kql(`F:abc`, "+is")
	m.kql(`F:"abc"`, "+is")
	m.kql(`F:ABC`, "ABC")
	m.kql(`F:äbc`, "uni")
	m.kql(`F:""`, "empty")
	m.kql(`F:4`, "n4 s4")
	m.kql(`F:true`, "true strue")
	m.kql(`F:abc def`, "two")  // 1.3: one literal
	m.kql(`F:a\\b`, "bsl")     // 1.5: escapes of the query
	m.kql(`F:"a\\b"`, "bsl")   //
	m.kql(`F:a/b`, "sl")       //
	m.kql(`F:a\*c`, "star")    // a plain star
	m.kql(`F:"a*c"`, "star")   // plain in quotes
	m.kql(`F:a*c`, "+is star") // a wild one
	m.kql(`F:a?c`, "")         // '?' is plain
	m.kql(`F:a*`, "+is two star bsl sl")
	m.kql(`F:*`, "+all -+gone") // exists; an object with something in it does
	m.kql(`not F:*`, "+gone")   //
	m.kql(`F:(abc or 4)`, "+is n4 s4")
	m.kql(`F:(abc and x)`, "arr") // each leaf is "any value"
	m.kql(`F:(abc and not x)`, "+is -arr")
	m.kql(`F:(not abc)`, "+all -+is")
	m.kql(`not F:abc`, "+all -+is") // true where it is missing
	m.kql(`F >= b`, "uni UNI true strue false arr")
	m.kql(`F < "4"`, "empty +others -mapped")
	m.kql(`F:{ k:abc }`, "")     // not mapped as nested
	m.kql(`abc`, "+is +objects") // free text: any field
	m.kql(`ab*`, "+is two +objects")
	m.kql(`"abc def"`, "two")
	m.kql(`m.*:abc`, "+is +objects")
	m.kql(`not m.*:abc`, "+all -+is -+objects")
	m.kql(`m.*:*`, "+all -+gone")
	m.kql(`x.*:abc`, "")

	m.eql(`F == "abc"`, "+is")
	m.eql(`F != "abc"`, "+all -+is") // 3.7 a: two-valued
	m.eql(`not F == "abc"`, "+all -+is")
	m.eql(`F == "a*c"`, "star")
	m.eql(`F == "a?c"`, "")
	m.eql(`F : "ABC"`, "+is ABC")
	m.eql(`F : "a?c"`, "+is ABC star")
	m.eql(`F : "?bc"`, "+is ABC uni UNI") // one code point
	m.eql(`F : "äBC"`, "uni")             // trap 7: only ASCII folds
	m.eql(`F : ("abc*", "4")`, "+is ABC two n4 s4")
	m.eql(`F like "a?c"`, "+is star")
	m.eql(`F like~ "A?C"`, "+is ABC star")
	m.eql(`F like "a\\*"`, "bsl") // the backslash is one, the star is wild
	m.eql(`F regex "a.c"`, "+is star")
	m.eql(`F regex "b"`, "") // anchored
	m.eql(`F regex~ "A.C"`, "+is ABC star")
	m.eql(`F regex~ "Ä.*"`, "UNI")
	m.eql(`F regex ("a.c", "[0-9]")`, "+is star n4 s4")
	m.eql(`F in ("abc", "4")`, "+is n4 s4")
	m.eql(`F in~ ("ABC")`, "+is ABC")
	m.eql(`F in~ ("a*")`, "")
	m.eql(`F not in ("abc")`, "+all -+is")
	m.eql(`F < "b"`, "+is ABC two star empty bsl sl n4 n4.5 s4 +others")
	m.eql(`F >= "b"`, "uni UNI true strue false arr")
	m.eql(`not F < "b"`, "uni UNI true strue false +objects +gone")
	m.eql(`F == 4`, "n4 s4")                                 // Decision 4: a number compares as one
	m.eql(`F > 4`, "n4.5 ms +words true strue false mapped") // and by bytes with what is none
	m.eql(`F == true`, "true strue")
	m.eql(`F`, "true strue")
	m.eql(`not F`, "+all -true -strue")
	m.eql(`F == null`, "+gone")
	m.eql(`F != null`, "+all -+gone")
	m.eql(`startsWith(F, "ab")`, "+is two")
	m.eql(`not startsWith(F, "ab")`, "+all -+is -two") // pushed down to prefix
	m.eql(`startsWith~(F, "AB")`, "+is ABC two")
	m.eql(`endsWith(F, "c")`, "+is star uni")
	m.eql(`stringContains~(F, "B")`, "+is ABC two uni UNI bsl sl ip6")

	// 3.7 b: a computed operand is three-valued; 3.8: one value is enough.
	m.eql(`length(F) == 3`, "+words -two n4.5")
	m.eql(`not length(F) > 1`, "n4 s4 empty arr")
	m.eql(`endsWith(substring(F, 1), "c")`, "+is star uni")
	m.eql(`not endsWith(substring(F, 1), "c")`, "ABC UNI two bsl sl empty n4 n4.5 s4 true strue false arr +others")
	m.eql(`not endsWith~(substring(F, 1), "BC")`, "two star bsl sl empty n4 n4.5 s4 true strue false arr +others")
	m.eql(`concat(F, "!") == "abc!"`, "+is")
	m.eql(`indexOf(F, "c") == 2`, "+is two star uni")
	m.eql(`indexOf(F, "zz") == null`, "+all") // not found, and missing, are null
	m.eql(`string(F) == "4"`, "n4 s4")
	m.eql(`number(F) == 4`, "n4 s4")
	m.eql(`between(F, "a", "c") == "b"`, "+is two")
	m.eql(`between~(F, "A", "C") == "b"`, "+is two")
	m.eql(`cidrMatch(F, "10.0.0.0/8")`, "ip4 mapped")
	m.eql(`substring(F, 0, 1) : "A"`, "+words -uni -UNI")
	m.eql(`substring(F, 0, 2) in ("ab", "AB")`, "+is ABC two")
	m.eql(`substring(F, 0, 3) regex "a.c"`, "+is two star")
	m.eql(`(length(F) > 3) == null`, "+gone +objects")

	m.lucene(`F:abc`, "+is")
	m.lucene(`F:a?c`, "+is star")
	m.lucene(`F:a*`, "+is two star bsl sl")
	m.lucene(`F:/a.c/`, "+is star")
	m.lucene(`F:[abc TO abd]`, "+is two")
	m.lucene(`F:{abc TO abd}`, "two")
	m.lucene(`_exists_:F`, "+all -+gone")
	m.lucene(`NOT F:abc`, "+all -+is")
	m.lucene(`F:(abc OR 4)`, "+is n4 s4")
}

func TestMatrixWildcard(t *testing.T) {
	m := newMatrix(t, "m.wc")
	m.kql(`F:abc`, "+is")
	m.kql(`F:a*c`, "+is star")
	m.kql(`F:a*def`, "two") // Decision 2: a blank is part of the pattern
	m.kql(`F:a* def`, "two")
	m.kql(`F:*`, "+all -+gone")
	m.eql(`F : "A?C"`, "+is ABC star")
	m.eql(`F like "*c*d*"`, "two")
	m.eql(`F regex~ "A.C"`, "+is ABC star")
	m.eql(`F == null`, "+gone")
}

// Text is analysed: words in lower case (0.3). EQL sees the whole text.
func TestMatrixText(t *testing.T) {
	m := newMatrix(t, "m.txt")
	m.kql(`F:abc`, "+is ABC two")
	m.kql(`F:ABC`, "+is ABC two")
	m.kql(`F:abc def`, "+is ABC two") // one word in common
	m.kql(`F:"abc def"`, "two")       // in sequence
	m.kql(`F:"def abc"`, "")
	m.kql(`F:AB*`, "+is ABC two")
	m.kql(`F:ÄB*`, "uni UNI") // analysis lowers more than ASCII
	m.kql(`F:äbc`, "uni UNI")
	m.kql(`F:a`, "star bsl sl")
	m.kql(`F:4`, "n4 s4")
	m.kql(`F:4*`, "n4 n4.5 s4")
	m.kql(`F:true`, "true strue")
	m.kql(`F:*`, "+all -+gone")
	m.kql(`not F:abc`, "+all -+is -ABC -two")
	m.eql(`F == "abc"`, "+is")
	m.eql(`F : "ABC*"`, "+is ABC two")
	m.eql(`F == null`, "+gone")
}

// Numbers: a long cuts the fraction of what it stores (coerce); numbers in strings
// count; what is no number never matches (Decision 4).
func TestMatrixNumbers(t *testing.T) {
	m := newMatrix(t, "m.lng")
	m.kql(`F:4`, "n4 n4.5 s4")
	m.kql(`F:"4"`, "n4 n4.5 s4")
	m.kql(`F:4.5`, "")
	m.kql(`F:4*`, "")
	m.kql(`F:abc`, "")
	m.kql(`not F:abc`, "+all")
	m.kql(`F > 3`, "n4 n4.5 s4 ms")
	m.kql(`F < "5"`, "n4 n4.5 s4")
	m.kql(`F >= 4 and F < 5`, "n4 n4.5 s4")
	m.kql(`F:(3 or 4)`, "n4 n4.5 s4")
	m.kql(`F:*`, "+all -+gone")
	m.eql(`F == 4`, "n4 n4.5 s4")
	m.eql(`F == 4.0`, "n4 n4.5 s4")
	m.eql(`F != 4`, "+all -n4 -n4.5 -s4")
	m.eql(`not F > 3`, "+all -n4 -n4.5 -s4 -ms")
	m.eql(`F in (4, 7)`, "n4 n4.5 s4")
	m.eql(`F == null`, "+gone")
	m.eql(`F + 1 == 5`, "n4 n4.5 s4")
	m.eql(`F * 2 > 8.5`, "ms")
	m.eql(`not F * 2 > 8.5`, "n4 n4.5 s4") // three-valued: not where there is no number
	m.eql(`string(F) == "4"`, "n4 n4.5 s4")
	m.lucene(`F:[4 TO 5]`, "n4 n4.5 s4")
	m.lucene(`F:>4`, "ms")

	m = newMatrix(t, "m.dbl")
	m.kql(`F:4`, "n4 s4")
	m.kql(`F:4.50`, "n4.5")
	m.kql(`F > 4`, "n4.5 ms")
	m.eql(`F == 4.5`, "n4.5")
	m.eql(`F <= 4.5`, "n4 n4.5 s4")
	m.eql(`F / 2 == 2.25`, "n4.5")
}

// "true" and "false" in strings are booleans, and "" is false (0.3).
func TestMatrixBoolean(t *testing.T) {
	m := newMatrix(t, "m.bool")
	m.kql(`F:true`, "true strue")
	m.kql(`F:"true"`, "true strue")
	m.kql(`F:false`, "false empty")
	m.kql(`F:abc`, "")
	m.kql(`F:t*`, "")
	m.kql(`F > false`, "")
	m.kql(`not F:true`, "+all -true -strue")
	m.kql(`F:*`, "+all -+gone")
	m.eql(`F`, "true strue")
	m.eql(`not F`, "+all -true -strue")
	m.eql(`F == true`, "true strue")
	m.eql(`F != true`, "+all -true -strue")
	m.eql(`F == false`, "false empty")
	m.eql(`F == null`, "+gone")
}

// An IPv4 address and its IPv4-mapped form are one (0.3).
func TestMatrixIP(t *testing.T) {
	m := newMatrix(t, "m.ip")
	m.kql(`F:10.1.2.3`, "ip4 mapped")
	m.kql(`F:10.0.0.0/8`, "ip4 mapped")
	m.kql(`F:"10.0.0.0/8"`, "ip4 mapped")
	m.kql(`F:"2001:DB8:0:0::1"`, "ip6")
	m.kql(`F:10.1*`, "")
	m.kql(`F:abc`, "")
	m.kql(`F >= 10.1.2.0 and F < 10.1.3.0`, "ip4 mapped")
	m.kql(`not F:10.0.0.0/8`, "+all -ip4 -mapped")
	m.kql(`F:*`, "+all -+gone")
	m.eql(`F == "10.1.2.3"`, "ip4 mapped")
	m.eql(`cidrMatch(F, "10.6.48.157/8", "::1")`, "ip4 mapped")
	m.eql(`not cidrMatch(F, "10.0.0.0/8")`, "+all -ip4 -mapped")
	m.eql(`cidrMatch(F, "2001:db8::/32")`, "ip6")
	m.eql(`cidrMatch(F, "::/0")`, "ip4 ip6 mapped")
	m.eql(`F in ("10.1.2.3", "::1")`, "ip4 mapped")
	m.eql(`F == null`, "+gone")
}

// A rounded literal is its period; "<=" and ">" take its end (0.3). The zone's event
// is at 23:30 UTC of the day before. A number is milliseconds, as is a string of
// digits but for four, which are a year.
func TestMatrixDate(t *testing.T) {
	m := newMatrix(t, "m.dat")
	m.kql(`F:2020-03-06`, "day noon zone ms")
	m.kql(`F:"2020-03-06T12:00"`, "noon")
	m.kql(`F:2020-03-06T12`, "noon") // a colon would need its backslash
	m.kql(`F:"2020-03-06T12:00:00.123Z"`, "noon")
	m.kql(`F:"2020-03-06T12:00:00.124Z"`, "")
	m.kql(`F:1583452800000`, "day ms")
	m.kql(`F > 2020-03-06`, "")
	m.kql(`F >= 2020-03-06`, "day noon zone ms")
	m.kql(`F < 2020-03-06`, "n4 n4.5 s4")
	m.kql(`F <= 2020-03`, "day noon zone ms n4 n4.5 s4")
	m.kql(`F <= 2020-03-06T11`, "day ms n4 n4.5 s4")
	m.kql(`F:"2020-03-07||-1d"`, "day noon zone ms") // the anchor is a day
	m.kql(`F:"2020-03-07||-1d/d"`, "day noon zone ms")
	m.kql(`F:abc`, "")
	m.kql(`F:*`, "+all -+gone")
	m.eql(`F >= "2020-03-06" and F < "2020-03-07"`, "day noon zone ms")
	m.eql(`F == null`, "+gone")
}

// Versions order by their numbers, a pre-release before its release; what is no
// version comes after all that are, but equals itself (0.3).
func TestMatrixVersion(t *testing.T) {
	m := newMatrix(t, "m.ver")
	m.kql(`F:1.10.0`, "v1.10")
	m.kql(`F > 1.9.0 and F < 2`, "v1.10 vpre n4 -n4")
	m.kql(`F >= 1.10.0 and F < 2`, "v1.10")
	m.kql(`F:1.1*`, "v1.10 vpre")
	m.kql(`F:abc`, "+is")
	m.eql(`F < "1.10.0"`, "v1.9 vpre")
	m.eql(`F == null`, "+gone")
}

// A constant_keyword has its value in every event (0.3).
func TestMatrixConstant(t *testing.T) {
	m := newMatrix(t, "m.con")
	m.kql(`F:abc`, "+all")
	m.kql(`F:ABC`, "")
	m.kql(`F:a*`, "+all")
	m.kql(`F:*`, "+all")
	m.kql(`not F:abc`, "")
	m.eql(`F : "ABC"`, "+all")
	m.eql(`F == null`, "")
}

// A null_value stands for explicit nulls, not for absence (0.2).
func TestMatrixNullValue(t *testing.T) {
	m := newMatrix(t, "m.nul")
	m.kql(`F:aBc`, "null [null] nullarr")
	m.kql(`F:aB*`, "null [null] nullarr")
	m.kql(`F:*`, "+all -missing -[] -{}")
	m.kql(`not F:aBc`, "+all -null -[null] -nullarr")
	m.eql(`F : "ABC"`, "+is ABC null [null]")
	m.eql(`F == null`, "missing [] {}")
	m.eql(`endsWith(substring(F, 1), "Bc")`, "null [null] nullarr")
}

// A lower-casing normalizer lowers values and literals, beyond ASCII.
func TestMatrixNormalizer(t *testing.T) {
	m := newMatrix(t, "m.low")
	m.kql(`F:ABC`, "+is ABC")
	m.kql(`F:ÄBC`, "uni UNI")
	m.kql(`F:Ä*`, "uni UNI")
	m.kql(`F >= B`, "uni UNI true strue false arr")
	m.eql(`F == "ABC"`, "+is ABC")
	m.eql(`F : "Ä?c"`, "uni UNI")
	m.eql(`substring(F, 0, 2) == "ab"`, "+is ABC two")
}

// A field that no schema knows takes the type of the JSON value (Decision 3, rules/query).
func TestMatrixDynamic(t *testing.T) {
	m := newMatrix(t, "m.dyn")
	m.kql(`F:abc`, "+is")
	m.kql(`F:4`, "n4 s4")
	m.kql(`F:4.0`, "n4")
	m.kql(`F:true`, "true strue")
	m.kql(`F:false`, "false")
	m.kql(`F:4*`, "s4") // a number has no wildcard
	m.kql(`F:*`, "+all -+gone")
	m.kql(`not F:abc`, "+all -+is")
	m.eql(`F : "ABC"`, "+is ABC")
	m.eql(`F == 4`, "n4 s4")
	m.eql(`F == 4.5`, "n4.5")
	m.eql(`F > 4`, "n4.5 ms +words strue mapped")
	m.eql(`F < 5`, "n4 n4.5 s4 empty +others -ms -mapped")
	m.eql(`F`, "true strue")
	m.eql(`F == null`, "+gone")
	m.eql(`F + 1 == 5`, "n4")
	m.eql(`length(F) == 3`, "+words -two")
	m.eql(`F regex "a.c"`, "+is star")
}

// Below a flattened field every leaf is a keyword.
func TestMatrixFlattened(t *testing.T) {
	m := newMatrix(t, "m.flat")
	m.kql(`F.k:abc`, "+objects")
	m.kql(`F.k:a*`, "+objects")
	m.kql(`not F.k:abc`, "+all -+objects")
	m.kql(`F.j:*`, "")
	m.eql(`F.k : "ABC"`, "+objects")
}

// path:{...} holds within one element; a leaf outside of it holds for any (1.7).
func TestMatrixNested(t *testing.T) {
	m := newMatrix(t, "m.nst")
	m.kql(`F:{ k:abc }`, "+objects")
	m.kql(`F:{ not k:x }`, "+objects {}") // an element for which the inner query holds
	m.kql(`not F:{ k:abc }`, "+all -+objects")
	m.kql(`F.k:abc`, "+objects")

	s, err := schema.Builtin().WithMapping([]byte(`{"properties":{"n":{"type":"nested","properties":{
		"a":{"type":"keyword"},"b":{"type":"keyword"},"in":{"type":"nested","properties":{"c":{"type":"keyword"}}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	f := func(doc, q string, want bool) {
		t.Helper()
		c, err := Compile([]*rules.Rule{eventRule(parseQuery(t, q))}, Options{Schema: s, AnyIndex: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := matchesBoth(t, c, []byte(doc)); got != want {
			t.Errorf("%s on %s is %v, want %v", q, doc, got, want)
		}
	}
	two := `{"n":[{"a":"1","b":"x","in":[{"c":"p"}]},{"a":"2","b":"y","in":{"c":"q"}}]}`
	f(two, `n:{ a:1 and b:x }`, true)
	f(two, `n:{ a:1 and b:y }`, false)
	f(two, `n.a:1 and n.b:y`, true)
	f(two, `n:{ a:1 and not b:x }`, false)
	f(two, `n:{ a:2 and not b:x }`, true)
	f(two, `n:{ a:1 and in:{ c:p } }`, true)
	f(two, `n:{ a:1 and in:{ c:q } }`, false) // the inner elements of the same element
	f(two, `n:{ a:2 and in:{ c:q } }`, true)
	f(two, `n:{ in:{ c:p } } and n:{ in:{ c:q } }`, true)
	f(`{"n":{"a":"1","in.c":"p"}}`, `n:{ a:1 and in.c:p }`, true)
}
