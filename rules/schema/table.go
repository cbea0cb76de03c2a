package schema

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// fieldsCSV is the embedded table: name, type, multi_fields (names of sub-fields,
// space separated), attrs. One line a field, sorted; no quoting. A type that the
// sources disagree on stands once, ECS before Endpoint before Beats.
//
//go:embed fields.csv
var fieldsCSV string

// typeNames maps Elasticsearch's type names to ours. A name that is missing here is
// Other.
var typeNames = map[string]Type{
	"keyword":                 Keyword,
	"counted_keyword":         Keyword,
	"wildcard":                Wildcard,
	"constant_keyword":        ConstantKeyword,
	"text":                    Text,
	"match_only_text":         Text,
	"pattern_text":            Text,
	"annotated_text":          Text,
	"search_as_you_type":      Text,
	"long":                    Long,
	"integer":                 Long,
	"short":                   Long,
	"byte":                    Long,
	"unsigned_long":           Long,
	"double":                  Double,
	"float":                   Double,
	"half_float":              Double,
	"scaled_float":            Double,
	"ip":                      IP,
	"boolean":                 Boolean,
	"date":                    Date,
	"date_nanos":              Date,
	"version":                 Version,
	"flattened":               Flattened,
	"nested":                  Nested,
	"object":                  Object,
	"passthrough":             Object,
	"geo_point":               Other,
	"binary":                  Other,
	"murmur3":                 Other,
	"rank_feature":            Other,
	"dense_vector":            Other,
	"completion":              Other,
	"percolator":              Other,
	"ip_range":                Other,
	"long_range":              Other,
	"integer_range":           Other,
	"float_range":             Other,
	"double_range":            Other,
	"date_range":              Other,
	"geo_shape":               Other,
	"shape":                   Other,
	"point":                   Other,
	"histogram":               Other,
	"token_count":             Other,
	"sparse_vector":           Other,
	"semantic_text":           Other,
	"rank_features":           Other,
	"join":                    Other,
	"exponential_histogram":   Other,
	"aggregate_metric_double": Other,
}

// typeOf returns the type of an Elasticsearch type name, and whether it is one we
// have heard of.
func typeOf(name string) (Type, bool) {
	t, ok := typeNames[name]
	if !ok {
		return Other, false
	}
	return t, true
}

// Builtin returns the embedded schema. It is parsed on first use, shared by all
// callers, immutable and safe for concurrent use.
func Builtin() *Schema { return builtin() }

var builtin = sync.OnceValue(func() *Schema {
	fields := map[string]Field{}
	for i, line := range strings.Split(strings.TrimSpace(fieldsCSV), "\n") {
		if i > 0 {
			addLine(fields, line)
		}
	}
	return build(fields, nil)
})

// addLine adds the field of one line of the embedded table, and its multi-fields.
// The table is ours and tested: a line that does not parse is our bug.
func addLine(fields map[string]Field, line string) {
	col := strings.Split(line, ",")
	if len(col) != 4 {
		panic(fmt.Sprintf("BUG: schema.addLine: want 4 columns: %q", line))
	}
	t, ok := typeOf(col[1])
	if !ok {
		panic(fmt.Sprintf("BUG: schema.addLine: unexpected type: %q", line))
	}
	f := Field{Name: col[0], Path: col[0], Type: t, Known: true}
	if limit, found := strings.CutPrefix(col[3], "ignore_above="); found {
		n, err := strconv.Atoi(limit)
		if err != nil {
			panic(fmt.Sprintf("BUG: schema.addLine: bad limit: %q", line))
		}
		f.IgnoreAbove = n
	}
	fields[f.Name] = f
	for _, sub := range strings.Fields(col[2]) {
		m, ok := subField(f, "."+sub)
		if !ok {
			panic(fmt.Sprintf("BUG: schema.addLine: unexpected multi-field %q: %q", sub, line))
		}
		fields[m.Name] = m
	}
}
