package load

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"coldcase/rules/lucene"
	"coldcase/rules/query"
	"coldcase/rules/source"
)

// maxClauses is how deep clauses may be nested.
const maxClauses = 32

// clauseReader translates the body of one kind of clause.
type clauseReader struct {
	name string
	read func(body any, depth int) (query.Expr, error)
}

// clauses lists the kinds of clause of the Query DSL that a filter may use. Whatever
// is not here, and any option that is not understood, makes the filter refused.
func clauses() []clauseReader {
	return []clauseReader{
		{"bool", boolean},
		{"exists", existsClause},
		{"match", onField(match)},
		{"match_all", func(any, int) (query.Expr, error) { return &query.Const{Value: true}, nil }},
		{"match_none", func(any, int) (query.Expr, error) { return &query.Const{Value: false}, nil }},
		{"match_phrase", onField(phrase)},
		{"prefix", onField(prefix)},
		{"query_string", queryString},
		{"range", onField(span)},
		{"term", onField(exactTerm)},
		{"terms", terms},
		{"wildcard", onField(wildcard)},
	}
}

var errMalformed = errors.New("malformed")

// clause translates {"<kind>": body}.
func clause(v any, depth int) (query.Expr, error) {
	if depth > maxClauses {
		return nil, fmt.Errorf("more than %d clauses within clauses", maxClauses)
	}
	m, ok := v.(map[string]any)
	if !ok || len(m) != 1 {
		return nil, fmt.Errorf("%w: expected one clause, found %s", errMalformed, describeClause(v))
	}
	for kind, body := range m {
		for _, c := range clauses() {
			if c.name != kind {
				continue
			}
			x, err := c.read(body, depth)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", kind, err)
			}
			return x, nil
		}
		return nil, errors.New(kind)
	}
	panic("BUG: load.clause: a map of length 1 without a key")
}

func describeClause(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return typeName(v)
	}
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return "none"
	}
	sort.Strings(keys)
	return strings.Join(keys[:min(len(keys), 5)], ", ")
}

// boolean translates bool. Without must and filter one of should has to hold, with
// them none has to, unless minimum_should_match says otherwise.
func boolean(body any, depth int) (query.Expr, error) {
	m, ok := body.(map[string]any)
	if !ok {
		return nil, errMalformed
	}
	if err := only(m, "must", "filter", "should", "must_not", "minimum_should_match", "boost", "adjust_pure_negative"); err != nil {
		return nil, err
	}
	var all []query.Expr
	for _, key := range []string{"must", "filter"} {
		xs, err := clauseList(m[key], depth)
		if err != nil {
			return nil, err
		}
		all = append(all, xs...)
	}
	should, err := clauseList(m["should"], depth)
	if err != nil {
		return nil, err
	}
	need, err := minimumShould(m, len(all) > 0)
	if err != nil {
		return nil, err
	}
	if len(should) > 0 && need {
		all = append(all, &query.Or{X: should})
	}
	not, err := clauseList(m["must_not"], depth)
	if err != nil {
		return nil, err
	}
	for _, x := range not {
		all = append(all, &query.Not{X: x})
	}
	return &query.And{X: all}, nil
}

// minimumShould returns whether one of should has to hold.
func minimumShould(m map[string]any, required bool) (bool, error) {
	v, ok := m["minimum_should_match"]
	if !ok {
		return !required, nil
	}
	n, ok := wholeNumber(v)
	if !ok || n < 0 || n > 1 {
		return false, errors.New("minimum_should_match")
	}
	return n == 1, nil
}

// clauseList translates a list of clauses, or a single one.
func clauseList(v any, depth int) ([]query.Expr, error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var xs []query.Expr
	for _, item := range list {
		x, err := clause(item, depth+1)
		if err != nil {
			return nil, err
		}
		xs = append(xs, x)
	}
	return xs, nil
}

func existsClause(body any, _ int) (query.Expr, error) {
	m, ok := body.(map[string]any)
	if !ok {
		return nil, errMalformed
	}
	name, ok := m["field"].(string)
	if err := only(m, "field", "boost"); err != nil || !ok {
		return nil, errors.Join(err, errMalformed)
	}
	return &query.Exists{Field: query.Field{Name: name}}, nil
}

// onField reads {"field.name": argument}: the dotted name is one key. An argument
// that is no table is short for a table that holds it under "".
func onField(read func(f query.Field, arg map[string]any) (query.Expr, error)) func(any, int) (query.Expr, error) {
	return func(body any, _ int) (query.Expr, error) {
		m, ok := body.(map[string]any)
		if !ok || len(m) != 1 {
			return nil, fmt.Errorf("%w: expected one field", errMalformed)
		}
		for name, v := range m {
			arg, ok := v.(map[string]any)
			if !ok {
				arg = map[string]any{"": v}
			}
			return read(query.Field{Name: name}, arg)
		}
		panic("BUG: load.onField: a map of length 1 without a key")
	}
}

// argument returns the literal of a clause, which stands alone or under one of keys,
// and whether case is to be ignored. Other options are refused.
func argument(arg map[string]any, keys []string, options ...string) (lit query.Literal, fold bool, err error) {
	if err := only(arg, slices.Concat([]string{"", "boost", "case_insensitive"}, keys, options)...); err != nil {
		return lit, false, err
	}
	for _, k := range append([]string{""}, keys...) {
		if v, ok := arg[k]; ok {
			lit, err = literal(v)
			return lit, truth(arg["case_insensitive"]), err
		}
	}
	return lit, false, errMalformed
}

// exactTerm translates term: one exact value. A term is held against the tokens of a text
// field as it is, which Whole does not do; a word in lower case is its own only token.
func exactTerm(f query.Field, arg map[string]any) (query.Expr, error) {
	lit, fold, err := argument(arg, []string{"value"})
	if err != nil {
		return nil, err
	}
	return termOf(f, []query.Literal{lit}, fold), nil
}

func termOf(f query.Field, values []query.Literal, fold bool) query.Expr {
	mode := query.AnyToken
	for _, v := range values {
		if !isToken(v.Text) {
			mode = query.Whole
		}
	}
	return &query.Term{Field: f, Values: values, Fold: fold, Text: mode}
}

func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// terms translates terms: one of several exact values.
func terms(body any, _ int) (query.Expr, error) {
	m, ok := body.(map[string]any)
	if !ok {
		return nil, errMalformed
	}
	var names []string
	for name := range m {
		if name != "boost" {
			names = append(names, name)
		}
	}
	if len(names) != 1 {
		return nil, fmt.Errorf("%w: expected one field", errMalformed)
	}
	list, ok := m[names[0]].([]any)
	if !ok {
		return nil, fmt.Errorf("%w: %s in place of a list", errMalformed, typeName(m[names[0]]))
	}
	values := make([]query.Literal, 0, len(list))
	for _, item := range list {
		lit, err := literal(item)
		if err != nil {
			return nil, err
		}
		values = append(values, lit)
	}
	return termOf(query.Field{Name: names[0]}, values, false), nil
}

func wildcard(f query.Field, arg map[string]any) (query.Expr, error) {
	lit, fold, err := argument(arg, []string{"value", "wildcard"}, "rewrite")
	if err != nil {
		return nil, err
	}
	return &query.Wildcard{Field: f, Patterns: []query.Pattern{query.EscapedPattern(lit.Text)}, Fold: fold, Text: query.AnyToken}, nil
}

func prefix(f query.Field, arg map[string]any) (query.Expr, error) {
	lit, fold, err := argument(arg, []string{"value", "prefix"}, "rewrite")
	if err != nil {
		return nil, err
	}
	p := append(query.Pattern(nil).AppendLit(lit.Text), query.Part{Kind: query.Any})
	return &query.Wildcard{Field: f, Patterns: []query.Pattern{p}, Fold: fold, Text: query.AnyToken}, nil
}

// match translates match, and the "type": "phrase" that old versions gave it.
func match(f query.Field, arg map[string]any) (query.Expr, error) {
	lit, _, err := argument(arg, []string{"query"}, "type", "operator", "lenient")
	if err != nil {
		return nil, err
	}
	mode := query.AnyToken
	switch arg["type"] {
	case nil, "boolean":
	case "phrase":
		mode = query.Phrase
	default:
		return nil, fmt.Errorf("type %v", arg["type"])
	}
	switch arg["operator"] {
	case nil, "or", "OR":
	default: // all tokens, in any order: the tree has no such term
		if !isToken(lit.Text) {
			return nil, fmt.Errorf("operator %v", arg["operator"])
		}
	}
	return &query.Term{Field: f, Values: []query.Literal{lit}, Text: mode}, nil
}

func phrase(f query.Field, arg map[string]any) (query.Expr, error) {
	lit, _, err := argument(arg, []string{"query"}, "slop")
	if err != nil {
		return nil, err
	}
	if n, ok := wholeNumber(arg["slop"]); arg["slop"] != nil && (!ok || n != 0) {
		return nil, errors.New("slop")
	}
	return &query.Term{Field: f, Values: []query.Literal{lit}, Text: query.Phrase}, nil
}

// bounds are the keys of range.
var bounds = []struct {
	key string
	op  query.RangeOp
}{{"gt", query.Gt}, {"gte", query.Ge}, {"lt", query.Lt}, {"lte", query.Le}}

// span translates range.
func span(f query.Field, arg map[string]any) (query.Expr, error) {
	if err := only(arg, "gt", "gte", "lt", "lte", "format", "boost", "time_zone"); err != nil {
		return nil, err
	}
	if v := arg["format"]; v != nil && v != "strict_date_optional_time" && v != "date_optional_time" {
		return nil, fmt.Errorf("format %v", v)
	}
	if v := arg["time_zone"]; v != nil && v != "UTC" && v != "Z" && v != "Zulu" && v != "+00:00" {
		return nil, fmt.Errorf("time_zone %v", v)
	}
	var xs []query.Expr
	for _, b := range bounds {
		v, ok := arg[b.key]
		if !ok || v == nil { // an open end
			continue
		}
		lit, err := literal(v)
		if err != nil {
			return nil, err
		}
		xs = append(xs, &query.Range{Field: f, Op: b.op, Value: lit})
	}
	if len(xs) == 0 { // Elasticsearch then wants a value, whichever
		return &query.Exists{Field: f}, nil
	}
	return and(xs), nil
}

// queryStringDefaults are the options of query_string that change nothing.
var queryStringDefaults = []struct{ key, value string }{
	{"default_field", "*"}, {"default_operator", "OR"}, {"time_zone", "Zulu"},
}

// queryString translates query_string, which is Lucene's syntax.
func queryString(body any, _ int) (query.Expr, error) {
	m, ok := body.(map[string]any)
	if !ok {
		return nil, errMalformed
	}
	if err := only(m, "query", "analyze_wildcard", "default_field", "default_operator", "time_zone"); err != nil {
		return nil, err
	}
	for _, plain := range queryStringDefaults {
		if v := m[plain.key]; v != nil && v != plain.value {
			return nil, fmt.Errorf("%s %v", plain.key, v)
		}
	}
	text, ok := m["query"].(string)
	if !ok {
		return nil, errMalformed
	}
	x, err := lucene.Parse(source.Text{Body: text})
	var bad *source.Error
	if errors.As(err, &bad) {
		return nil, errors.New(cmp.Or(bad.Unsupported, bad.Msg))
	}
	return x, err
}

// only refuses options that are not understood.
func only(m map[string]any, keys ...string) error {
	var unknown []string
	for k := range m {
		if !slices.Contains(keys, k) {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return fmt.Errorf("option %s", slices.Min(unknown))
}

// literal reads a scalar of a clause.
func literal(v any) (query.Literal, error) {
	switch v := v.(type) {
	case string:
		return query.Literal{Kind: query.String, Text: v}, nil
	case bool:
		return query.Literal{Kind: query.Bool, Text: strconv.FormatBool(v)}, nil
	case json.Number:
		return query.Literal{Kind: query.Number, Text: string(v)}, nil
	case int64:
		return query.Literal{Kind: query.Number, Text: strconv.FormatInt(v, 10)}, nil
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return query.Literal{Kind: query.Number, Text: strconv.FormatFloat(v, 'g', -1, 64)}, nil
		}
	}
	return query.Literal{}, fmt.Errorf("%w: %s in place of a value", errMalformed, typeName(v))
}
