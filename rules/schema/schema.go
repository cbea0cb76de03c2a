package schema

// Type is the Elasticsearch type of a field.
type Type uint8

// The field types that evaluation tells apart. Dynamic is a field that no schema
// knows: it takes the type of the JSON value at hand, as dynamic mapping would.
const (
	Dynamic Type = iota
	Keyword
	Wildcard
	ConstantKeyword
	Text   // text and match_only_text
	Long   // long, integer, short, byte, unsigned_long
	Double // double, float, half_float, scaled_float
	IP
	Boolean
	Date // date and date_nanos
	Version
	Flattened // the object itself; fields below it are Keyword
	Nested
	Object
	Other // a type on which no predicate but exists is defined: geo_point, binary, ...
)

// Field says how a name behaves in a query.
type Field struct {
	Name string
	Type Type
	// Path is the JSON name that its values come from: Name itself, the parent of a
	// multi-field (process.name for process.name.caseless), or an alias' target.
	Path string
	// Lower is set for a lower-casing normalizer: values and literals are lowered.
	Lower bool
	// IgnoreAbove is the mapping's limit in characters, 0 for none. Longer values
	// still match here; a finding says that a live stack would have missed it.
	IgnoreAbove int
	// NullValue replaces an explicit null when HasNullValue is set.
	NullValue    string
	HasNullValue bool
	// Constant is the one value of a constant_keyword whose mapping states it: every
	// event of the index has it, in its line or not.
	Constant    string
	HasConstant bool
	// Nested is the innermost path mapped as nested that the field lies below, "".
	Nested string
	// Known is false for a field that no schema names.
	Known bool
}
